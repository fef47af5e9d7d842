// VotableReader: the promises of its header, on documents made here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "tests/unit/client/votable/documents.h"

namespace esofs::client::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(VotableReader, TableDataGivesTheValuesOfItsCells) {
  const auto reading = read(as_tabledata());
  ASSERT_FALSE(reading.error) << reading.error->what();
  EXPECT_THAT(row_lines(reading), ElementsAre(kFirstRow, kSecondRow));
  EXPECT_EQ(reading.unparsable, 0U);
}

TEST(VotableReader, BinaryGivesTheSameRowsAsTableData) {
  EXPECT_THAT(row_lines(read(as_binary())), ElementsAre(kFirstRow, kSecondRow));
}

TEST(VotableReader, Binary2FlagsMakeCellsNullWhateverTheirBytes) {
  EXPECT_THAT(row_lines(read(as_binary2())), ElementsAre(kFirstRow, kSecondRowFlagged));
}

TEST(VotableReader, ACutAtAnyByteChangesNothing) {
  for (const auto& document : {as_tabledata(), as_binary(), as_binary2(), gzip(as_binary2())}) {
    const auto whole = read(document).events.lines;
    ASSERT_THAT(whole, ::testing::SizeIs(5));
    for (std::size_t cut = 1; cut < document.size(); ++cut) {
      Recorder events;
      VotableReader reader(events);
      ASSERT_TRUE(reader.push(std::as_bytes(std::span(document).first(cut))));
      ASSERT_TRUE(reader.push(std::as_bytes(std::span(document).subspan(cut))));
      ASSERT_TRUE(reader.finish());
      ASSERT_EQ(events.lines, whole) << "cut at " << cut;
    }
    EXPECT_EQ(read(document, 1).events.lines, whole);
  }
}

TEST(VotableReader, TheDocumentTellsItsVersionAndNamespace) {
  const auto reading = read(as_tabledata());
  ASSERT_TRUE(reading.events.info);
  EXPECT_EQ(reading.events.info->version, "1.4");
  EXPECT_EQ(reading.events.info->xml_namespace, "http://www.ivoa.net/xml/VOTable/v1.3");
  const auto bare = read("<VOTABLE/>");
  EXPECT_FALSE(bare.error);
  EXPECT_EQ(bare.events.info->version, std::nullopt);
  EXPECT_EQ(bare.events.info->xml_namespace, std::nullopt);
}

TEST(VotableReader, EventsComeInDocumentOrder) {
  EXPECT_THAT(
      read(datalink()).events.lines,
      ElementsAre("document 1.4 http://www.ivoa.net/xml/VOTable/v1.3", "status RESOURCE before OK so far",
                  "table 0 links ID:char* size:long around=outer inside=3",
                  "row \"ivo://eso.org/ID?A&B\"|8589934592", "row ~|~", "end 1 2",
                  "status RESOURCE after OVERFLOW ",
                  "service soda accessURL=http://archive/soda?a=1&b=2 "
                  "standardID=ivo://ivoa.net/std/SODA#sync-1.0 ?ID= ?CIRCLE= ?BAND= ?POL=",
                  "service  accessURL=http://archive/links"));
}

TEST(VotableReader, AnErrorOfTheEventsEndsTheReadingWithIt) {
  const auto reading = read(as_tabledata(), 10, {}, 1);
  ASSERT_TRUE(reading.error);
  EXPECT_EQ(reading.error->code(), ECANCELED);
  EXPECT_EQ(reading.error->what(), "enough");
  EXPECT_THAT(row_lines(reading), ElementsAre(kFirstRow));
  EXPECT_EQ(read(as_binary2(), 1000, {}, 1).error->what(), "enough");
}

TEST(VotableReader, AReaderThatFailedStaysFailed) {
  Recorder events;
  VotableReader reader(events);
  const std::string text = "<VOTABLE><b></a>";
  const auto first = reader.push(std::as_bytes(std::span(text)));
  ASSERT_FALSE(first);
  EXPECT_EQ(reader.push(std::as_bytes(std::span(text))).error().what(), first.error().what());
  EXPECT_EQ(reader.finish().error().what(), first.error().what());
}

TEST(VotableReader, NotAVotableIsToldWithWhatItIs) {
  const auto why = [](std::string_view document) {
    const auto reading = read(document, 7);
    if (!reading.error) return std::string("no error");
    EXPECT_EQ(reading.error->code(), EBADMSG);
    return reading.error->what();
  };
  EXPECT_THAT(why("<!DOCTYPE html><html><head><meta charset=utf-8></head></html>"), HasSubstr("HTML page"));
  EXPECT_THAT(why("<!doctype HTML>\n<title>Login</title>"), HasSubstr("HTML page"));
  EXPECT_THAT(why("\n <html><body>Down for maintenance</body></html>"), HasSubstr("HTML page"));
  EXPECT_THAT(why("Service unavailable"), HasSubstr("Service unavailable"));
  EXPECT_THAT(why("<uws:job xmlns:uws='x'/>"), HasSubstr("uws:job"));
  EXPECT_THAT(why(""), HasSubstr("empty"));
  EXPECT_THAT(why(" \n "), HasSubstr("empty"));
}

TEST(VotableReader, BrokenXmlIsToldWithItsLine) {
  const auto reading = read("<VOTABLE>\n<RESOURCE>\n<TABLE>\n</RESOURCE>\n</VOTABLE>");
  ASSERT_TRUE(reading.error);
  EXPECT_EQ(reading.error->code(), EBADMSG);
  EXPECT_THAT(reading.error->what(), HasSubstr("line 4"));
}

TEST(VotableReader, ADocumentCutAnywhereIsAnErrorNotAShortTable) {
  for (const auto& document : {as_tabledata(), as_binary2(), datalink(), gzip(as_binary())}) {
    const bool compressed = document[0] == '\x1F';
    const auto whole = compressed ? document.size() : document.rfind('>') + 1;
    for (std::size_t size = 0; size < whole; ++size) {
      const auto reading = read(std::string_view(document).substr(0, size));
      ASSERT_TRUE(reading.error) << "cut to " << size << " bytes";
      ASSERT_EQ(reading.error->code(), EBADMSG);
    }
  }
}

TEST(VotableReader, RowsBeforeACutAreDelivered) {
  const auto document = as_tabledata();
  const auto reading = read(std::string_view(document).substr(0, document.find("</TR>") + 5));
  EXPECT_TRUE(reading.error);
  EXPECT_THAT(row_lines(reading), ElementsAre(kFirstRow));
}

}  // namespace
}  // namespace esofs::client::tests
