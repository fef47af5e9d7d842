#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <memory>

#include "client/http_archive.h"
#include "client/services/associations_reader.h"
#include "client/services/calselector.h"
#include "client/services/datalink.h"
#include "client/services/links_reader.h"
#include "tests/support/scripted_server.h"
#include "tests/unit/client/services/samples.h"

namespace esofs::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using tests::answer_with;

const std::string kScience = "MUSE.2018-06-05T01:06:59.418";
const std::string kUrl = "https://archive.eso.org/calselector/v1/associations?dp_id=" + kScience +
                         "&mode=Raw2Master&responseformat=votable";
const std::string kForsId = "FORS2.2021-01-02T00:59:12.533";
constexpr const char* kUnsupported = "No association could be established: this file type is not supported";

struct RowText {
  std::string semantics, url, category = {}, type = "application/fits", length = {}, description = {},
                              id = {}, error = {};
};

std::string table(const std::vector<RowText>& rows) {
  std::string text =
      R"(<VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE type="results"><TABLE>)";
  for (const char* name : {"ID", "access_url", "service_def", "error_message", "semantics", "description",
                           "content_type", "content_length", "eso_category", "eso_datalink"})
    text += std::string(R"(<FIELD datatype="char" arraysize="*" name=")") + name + R"("/>)";
  text += "<DATA><TABLEDATA>";
  for (const auto& row : rows) {
    text += "<TR>";
    for (const auto& cell : {row.id, row.url, std::string(), row.error, row.semantics, row.description,
                             row.type, row.length, row.category, std::string()})
      text += "<TD>" + cell + "</TD>";
    text += "</TR>";
  }
  return text + "</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>";
}

std::string tree(const std::string& main, const std::string& inside,
                 const std::string& attributes =
                     R"(category="SCI" certified="true" complete="true" mode="Raw2Raw" type="main")") {
  return "<association " + attributes + "><mainFiles><file category=\"OBJECT\" name=\"" + main +
         "\"/></mainFiles><messages/><associatedFiles>" + inside + "</associatedFiles></association>";
}
std::string child(const std::string& category, const std::string& name) {
  return "<association category=\"" + category + "\"><mainFiles><file category=\"" + category + "\" name=\"" +
         name + "\"/></mainFiles><messages/><associatedFiles/></association>";
}

class AssociationsTest : public ::testing::Test {
 protected:
  Result<Associations> parse(const std::string& document, const std::string& type = "application/xml",
                             const std::string& id = kScience) const {
    return parse_associations(document, type, kUrl, id, ids_);
  }
  static std::vector<std::string> names(const Associations& found) {
    std::vector<std::string> all;
    for (const auto& file : found.files) all.push_back(file.name);
    return all;
  }

  const Identifiers ids_{eso_profile()};
};

TEST_F(AssociationsTest, TheRecordedTableIsRead) {
  const auto document =
      tests::sample("eso/reconstructed/calselector_raw2master_MUSE.2018-06-05T01_06_59.418.xml");
  if (!document) GTEST_SKIP();
  const auto found = parse(*document, "application/x-votable+xml");
  ASSERT_TRUE(found) << found.error().what();
  EXPECT_EQ(found->mode, "Raw2Master");
  EXPECT_EQ(found->complete, true);
  EXPECT_EQ(found->certified, true);
  EXPECT_THAT(found->messages, ElementsAre());
  ASSERT_EQ(found->files.size(), 17U);
  const auto& bias = found->files[7];
  EXPECT_EQ(bias.category, "MASTER_BIAS");
  EXPECT_EQ(bias.dataset.id, "M.MUSE.2018-06-11T08:52:34.073");
  EXPECT_EQ(bias.name, "M.MUSE.2018-06-11T08:52:34.073.fits");
  EXPECT_EQ(bias.dataset.estimate_bytes, 4'851'898'560U);
  EXPECT_EQ(bias.dataset.access_url, ids_.dataset(bias.dataset.id).access_url) << "as below datasets/";
  EXPECT_EQ(found->files[5].name, "MUSE.2018-06-05T00:56:30.418.fits");
  EXPECT_EQ(found->tree_url,
            "https://archive.eso.org/calselector/v1/associations?dp_id=" + kScience + "&mode=Raw2Master");
  EXPECT_EQ(found->tree, "");
}

TEST_F(AssociationsTest, TheRecordedTreeIsRead) {
  const auto document = tests::sample("eso/astroquery/FORS2.2021-01-02T00_59_12.533_raw2raw.xml");
  if (!document) GTEST_SKIP();
  const auto found = parse(*document, "application/xml;content=calselector", kForsId);
  ASSERT_TRUE(found) << found.error().what();
  EXPECT_EQ(found->mode, "Raw2Raw");
  EXPECT_EQ(found->complete, true);
  EXPECT_EQ(found->certified, true);
  EXPECT_EQ(found->tree, *document);
  const auto all = names(*found);
  EXPECT_EQ(all.front(), "FORS2.2020-12-26T00:19:09.658.fits");
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), all.size()) << "files repeat in the tree";
  EXPECT_EQ(std::count(all.begin(), all.end(), kForsId + ".fits"), 0)
      << "the observation is no calibration of itself";
  EXPECT_EQ(std::count(all.begin(), all.end(), "M.FORS2.2020-12-16T08:22:29.053.fits"), 1);
}

TEST_F(AssociationsTest, OfTheRecordedMultipartBodyTheTreeAskedForIsTaken) {
  const auto body = tests::sample("eso/astroquery/FORS2.2021-01-02T00_59_12.533_raw2raw_multipart.xml");
  const auto single = tests::sample("eso/astroquery/FORS2.2021-01-02T00_59_12.533_raw2raw.xml");
  if (!body || !single) GTEST_SKIP();
  for (const char* type : {"multipart/form-data; boundary=uFQlfs9nBIDEAIoz0_ZM-O2SXKsZ2iSd4h7H", ""}) {
    const auto first = parse(*body, type, "FORS2.2021-01-02T00:59:12.534");
    ASSERT_TRUE(first) << first.error().what();
    EXPECT_EQ(first->tree.size(), 23'266U) << "as its Content-Length says";
    EXPECT_EQ(first->files.front().dataset.id, "FORS2.2020-12-26T00:19:09.657");
    const auto second = parse(*body, type, kForsId);
    ASSERT_TRUE(second) << second.error().what();
    EXPECT_EQ(second->tree, *single);
    EXPECT_FALSE(parse(*body, type, kScience)) << "the calibrations of others are not ours";
  }
}

TEST_F(AssociationsTest, ATableAndATreeMayComeTogether) {
  const std::string xml = tree(kScience, child("BIAS", "MUSE.2018-06-05T00:00:00.000"));
  const std::string list =
      table({{"#calibration", "https://h/file/M.MUSE.2018-06-11T08:52:34.073", "MASTER_BIAS"}});
  for (const bool table_first : {true, false}) {
    const std::string body = "--x\r\nContent-Type: application/xml\r\n\r\n" + (table_first ? list : xml) +
                             "\r\n--x\r\n\r\n" + (table_first ? xml : list) + "\r\n--x--\r\n";
    const auto found = parse(body, "multipart/mixed; boundary=x");
    ASSERT_TRUE(found) << found.error().what();
    EXPECT_THAT(names(*found), ElementsAre("M.MUSE.2018-06-11T08:52:34.073.fits"));
    EXPECT_EQ(found->tree, xml);
    EXPECT_EQ(found->mode, "Raw2Raw") << "what the table does not say the tree does";
  }
}

TEST_F(AssociationsTest, WhatTheTableSaysOfItselfIsRead) {
  const auto state = [&](const std::string& description) {
    return *parse(table({{"#this", "https://h/f", "OBJECT", "", "", description}}));
  };
  const auto bad = state(
      "category=&quot;SCI&quot; certified=&quot;false&quot; complete=&quot;false&quot; "
      "mode=&quot;Raw2Raw&quot; "
      "type=&quot;main&quot; messages=&quot;no &quot;flat&quot; found&quot;");
  EXPECT_EQ(bad.mode, "Raw2Raw");
  EXPECT_EQ(bad.complete, false);
  EXPECT_EQ(bad.certified, false);
  EXPECT_THAT(bad.messages, ElementsAre("no \"flat\" found"));
  const auto messages_first = state("messages=&quot;m&quot; mode=&quot;Raw2Master&quot;");
  EXPECT_EQ(messages_first.mode, "Raw2Master");
  EXPECT_THAT(messages_first.messages, ElementsAre("m"));
  EXPECT_EQ(messages_first.complete, std::nullopt);
  const auto nothing = state("some text");
  EXPECT_EQ(nothing.mode, "");
  EXPECT_EQ(nothing.certified, std::nullopt);
}

TEST_F(AssociationsTest, RowsOfOtherObservationsAndOtherKindsAreLeftOut) {
  const auto found = parse(table({
      {"#calibration", "https://h/file/M.MUSE.2018-06-11T08:52:34.073", "A", "", "", "",
       "ivo://eso.org/ID?" + kScience},
      {"#calibration", "https://h/file/M.MUSE.2018-06-11T08:52:34.074", "B", "", "", "",
       "ivo://eso.org/ID?MUSE.2019-06-05T01:06:59.418"},
      {"#calibration", "https://h/file/M.MUSE.2018-06-11T08:52:34.075", "C", "", "", "",
       "ivo://eso.org/ID?M." + kScience},
      {"http://archive.eso.org/rdf/datalink/eso#sibling_raw", "https://h/file/MUSE.2018-06-05T02:06:59.418"},
      {"#calibration", "https://h/file/M.MUSE.2018-06-11T08:52:34.073", "again"},
  }));
  ASSERT_TRUE(found);
  EXPECT_THAT(names(*found), ElementsAre("M.MUSE.2018-06-11T08:52:34.073.fits"));
  EXPECT_EQ(found->files[0].category, "A");
}

TEST_F(AssociationsTest, FilesOfOtherHostsAreKnownByTheirUrlAndNothingElseIsFetched) {
  const auto found = parse(table({
      {"#calibration", "https://other.org/a/flat.fits?x=1", "FLAT", "application/fits", "2880"},
      {"#calibration", "https://other.org/a/..%2F..%2Fetc%2Fpasswd", "EVIL", ""},
      {"#calibration", "https://other.org/doc.pdf", "DOC", "application/pdf"},
      {"#calibration", "file:///etc/passwd", "LOCAL"},
      {"#calibration", "https://evil.org/x/M.MUSE.2018-06-11T08%3A52%3A34.073", "BIAS"},
  }));
  ASSERT_TRUE(found);
  EXPECT_THAT(names(*found),
              ElementsAre("flat.fits", "passwd.fits", "doc.pdf", "M.MUSE.2018-06-11T08:52:34.073.fits"));
  EXPECT_EQ(found->files[0].dataset.access_url, "https://other.org/a/flat.fits?x=1");
  EXPECT_EQ(found->files[0].dataset.estimate_bytes, 2880U);
  EXPECT_EQ(found->files[0].dataset.access, AccessKind::kFile);
  EXPECT_FALSE(found->files[2].fits);
  EXPECT_THAT(found->files[3].dataset.access_url, StartsWith("https://archive.eso.org/"))
      << "an id is the archive's";
  EXPECT_THAT(found->messages, ElementsAre(HasSubstr("1 files were left out")));
}

TEST_F(AssociationsTest, AnUnsupportedFileTypeIsAnAnswerWithoutFiles) {
  const std::string sentence = kUnsupported;
  for (const std::string& document :
       {sentence + "\n", "<html><body><p>" + sentence + "</p></body></html>",
        "<error>" + sentence + "</error>",
        tree(kScience, "")
            .insert(tree(kScience, "").find("<messages/>"),
                    "<messages><message text=\"" + sentence + "\"/></messages>"),
        table({{"#this", "", "", "", "", "", "", sentence}}),
        table({{"#this", "", "", "", "", "", "", "UsageFault: " + sentence}}),
        "<VOTABLE version=\"1.3\"><RESOURCE type=\"results\"><INFO name=\"QUERY_STATUS\" value=\"ERROR\">" +
            sentence + "</INFO></RESOURCE></VOTABLE>"}) {
    const auto found = parse(document);
    ASSERT_TRUE(found) << document << ": " << found.error().what();
    EXPECT_TRUE(found->files.empty());
    EXPECT_THAT(found->messages, ElementsAre(sentence)) << document;
  }
}

TEST_F(AssociationsTest, ErrorRowsHaveTheirErrno) {
  const auto code = [&](const std::string& message) {
    return parse(table({{"#this", "", "", "", "", "", "", message}})).error().code();
  };
  EXPECT_EQ(code("NotFoundFault: no such id"), ENOENT);
  EXPECT_EQ(code("AuthorizationFault: proprietary metadata"), EACCES);
}

TEST_F(AssociationsTest, WhatIsNoAnswerIsRefused) {
  for (const std::string document :
       {"", " \n ", "sorry", "<html>login</html>", "<a/>", "<association",
        "<association><mainFiles></association>", "{\"x\":1}", "<!-- <association/> -->",
        "<?xml version=\"1.0\"?>", "--x\n\n<association/>\n", "--x\n\nhello\n--x--"}) {
    const auto found = parse(document);
    ASSERT_FALSE(found) << document;
    EXPECT_EQ(found.error().code(), EBADMSG) << document << found.error().what();
  }
}

TEST_F(AssociationsTest, EntitiesAreNotExpanded) {
  const std::string bomb =
      "<!DOCTYPE a [<!ENTITY x \"xxxxxxxxxx\"><!ENTITY y \"&x;&x;&x;\"><!ENTITY f SYSTEM "
      "\"file:///etc/passwd\">]>" +
      tree(kScience,
           "<association category=\"&y;\"><messages><message text=\"&f;\"/></messages><mainFiles>"
           "<file category=\"&y;\" name=\"MUSE.2018-06-05T00:00:00.000\"/></mainFiles></association>");
  const auto found = parse(bomb);
  ASSERT_TRUE(found) << found.error().what();
  ASSERT_EQ(found->files.size(), 1U);
  EXPECT_EQ(found->files[0].category, "&y;");
  EXPECT_THAT(found->messages, ElementsAre("&f;"));
}

TEST_F(AssociationsTest, DeepNestingIsRefusedAndDoesNotOverflowTheStack) {
  std::string deep;
  for (int i = 0; i < 200'000; ++i) deep += "<association>";
  for (int i = 0; i < 200'000; ++i) deep += "</association>";
  const auto found = parse(tree(kScience, deep));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code(), EBADMSG);
}

TEST_F(AssociationsTest, FloodsOfFilesAndMessagesHaveALimit) {
  std::string many;
  for (int i = 0; i < 100'000; ++i) many += "<file name=\"MUSE.2018-06-05T00:00:00.000\"/>";
  const auto repeated =
      parse(tree(kScience, "<association><mainFiles>" + many + "</mainFiles></association>"));
  EXPECT_TRUE(repeated) << "repeated files count once";
  std::string messages;
  for (int i = 0; i < 1000; ++i)
    messages += "<message text=\"m" + std::to_string(i) + std::string(10'000, 'x') + "\"/>";
  const auto wordy =
      parse(tree(kScience, "<association><messages>" + messages + "</messages></association>"));
  ASSERT_TRUE(wordy);
  EXPECT_EQ(wordy->messages.size(), 100U);
  EXPECT_LT(wordy->messages[0].size(), 2000U);
  std::vector<RowText> rows;
  for (int i = 0; i < 20'001; ++i)
    rows.push_back({"#calibration", "https://h/" + std::to_string(i) + ".fits"});
  const auto flooded = parse(table(rows));
  ASSERT_FALSE(flooded);
  EXPECT_EQ(flooded.error().code(), EFBIG);
}

TEST_F(AssociationsTest, NamesInATreeThatAreNoIdentifiersAreReported) {
  const auto found = parse(tree(kScience, child("X", "../../etc/passwd") + child("Y", "a/b") +
                                              child("BIAS", "MUSE.2018-06-05T00:00:00.000")));
  ASSERT_TRUE(found);
  EXPECT_THAT(names(*found), ElementsAre("MUSE.2018-06-05T00:00:00.000.fits"));
  EXPECT_THAT(found->messages, ElementsAre(HasSubstr("2 files were left out")));
}

TEST(CalSelectorUrlTest, ADataLinkAnswerNamesTheServiceForEachMode) {
  const auto document = tests::sample("eso/reconstructed/datalink_MUSE.2018-06-05T01_06_59.418.xml");
  if (!document) GTEST_SKIP();
  const auto links = parse_links(*document, "https://archive.eso.org/", {});
  ASSERT_TRUE(links);
  for (const auto mode : {CalibrationMode::kRaw, CalibrationMode::kMaster}) {
    EXPECT_EQ(calselector_url(*links, mode),
              calselector_url("https://archive.eso.org/calselector/v1/associations", kScience, mode))
        << "and the profile's pattern is the same";
  }
  EXPECT_EQ(calselector_url(Links(), CalibrationMode::kRaw), "");
}

class CalSelectorTest : public ::testing::Test {
 protected:
  CalSelectorTest() {
    auto profile = parse_profile(
        R"({"name": "mirror", "extends": "eso", "base_url": ")" + server_.url("") + "\"}", "test");
    HttpSettings settings;
    settings.limits.attempts = 1;
    archive_ = HttpArchive::make(*profile, settings);
    url_ = archive_->associations_url(archive_->dataset(kScience), CalibrationMode::kMaster);
  }
  Result<Associations> ask(int status, const std::string& body, const std::string& type = "text/plain") {
    server_.add(answer_with(status, body, {{"Content-Type", type}}));
    return archive_->associations(url_, kScience, turn_);
  }

  tests::ScriptedServer server_;
  std::unique_ptr<Archive> archive_;
  std::string url_;
  Lane::Turn turn_{std::stop_token()};
};

TEST_F(CalSelectorTest, OnlyRawDataHaveAServiceUrl) {
  EXPECT_EQ(url_, server_.url("/calselector/v1/associations?dp_id=" + kScience +
                              "&mode=Raw2Master&responseformat=votable"));
  EXPECT_EQ(
      archive_->associations_url(archive_->dataset("ADP.2018-06-21T20:32:57.736"), CalibrationMode::kRaw),
      "");
  EXPECT_EQ(
      archive_->associations_url(archive_->dataset("M.MUSE.2018-06-11T08:52:34.073"), CalibrationMode::kRaw),
      "");
  const auto bare = HttpArchive::make(*find_profile("http://127.0.0.1:1/tap", ""), {});
  EXPECT_EQ(bare->associations_url(archive_->dataset(kScience), CalibrationMode::kRaw), "");
}

TEST_F(CalSelectorTest, AnAnswerIsAskedForAsItsUrlIsWritten) {
  const auto found = ask(200, tree(kScience, ""), "application/xml");
  ASSERT_TRUE(found) << found.error().what();
  EXPECT_EQ(server_.requests().at(0).target,
            "/calselector/v1/associations?dp_id=" + kScience + "&mode=Raw2Master&responseformat=votable");
  EXPECT_EQ(found->tree_url,
            server_.url("/calselector/v1/associations?dp_id=" + kScience + "&mode=Raw2Master"));
}

TEST_F(CalSelectorTest, RefusalsHaveTheErrnoOfTheirStatus) {
  EXPECT_EQ(ask(401, "").error().code(), EACCES);
  EXPECT_EQ(ask(403, kUnsupported).error().code(), EACCES);
  EXPECT_EQ(ask(404, "<html>x</html>", "text/html").error().code(), ENOENT);
  EXPECT_EQ(
      ask(500, "<association><messages><message text=\"broken\"/></messages></association>").error().code(),
      EIO);
  const auto failed = ask(500, "java.lang.NullPointerException");
  EXPECT_EQ(failed.error().code(), EIO);
  EXPECT_THAT(failed.error().what(), HasSubstr("NullPointerException"));
  EXPECT_EQ(ask(200, "<html>login</html>", "text/html").error().code(), EIO);
  EXPECT_EQ(ask(200, "").error().code(), EIO);
}

TEST_F(CalSelectorTest, AnUnsupportedTypeIsAnAnswerWhateverTheStatus) {
  for (const int status : {200, 400, 404, 500}) {
    const auto found = ask(status, kUnsupported);
    ASSERT_TRUE(found) << status << found.error().what();
    EXPECT_THAT(found->messages, ElementsAre(kUnsupported));
  }
}

}  // namespace
}  // namespace esofs::client
