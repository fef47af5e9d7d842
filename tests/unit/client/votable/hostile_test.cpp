// VotableReader: documents made to hurt, and documents hurt by accident.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <random>
#include <string>

#include "tests/unit/client/votable/documents.h"

namespace esofs::client::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string with_dtd(const std::string& declarations, const std::string& cell) {
  return "<!DOCTYPE VOTABLE [" + declarations +
         "]><VOTABLE><RESOURCE><TABLE><FIELD name='a' datatype='char' "
         "arraysize='*'/><DATA><TABLEDATA><TR><TD>" +
         cell + "</TD></TR></TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>";
}

TEST(VotableHostile, AnEntityBombIsRefusedWhereItIsDeclared) {
  std::string bomb = "<!ENTITY a0 \"lol\">";
  for (int i = 1; i < 10; ++i) {
    bomb += "<!ENTITY a" + std::to_string(i) + " \"";
    for (int j = 0; j < 10; ++j) bomb += "&a" + std::to_string(i - 1) + ";";
    bomb += "\">";
  }
  const auto reading = read(with_dtd(bomb, "&a9;"));
  ASSERT_TRUE(reading.error);
  EXPECT_EQ(reading.error->code(), EBADMSG);
  EXPECT_THAT(reading.error->what(), HasSubstr("entity"));
  EXPECT_EQ(read(with_dtd("<!ENTITY a \"" + std::string(100000, 'x') + "\">", "&a;")).error->code(), EBADMSG);
}

TEST(VotableHostile, ExternalEntitiesAreNeverRead) {
  for (const auto* declaration :
       {"<!ENTITY e SYSTEM 'file:///etc/passwd'>", "<!ENTITY e PUBLIC 'x' 'http://h/x'>"}) {
    const auto reading = read(with_dtd(declaration, "&e;"));
    ASSERT_TRUE(reading.error);
    EXPECT_EQ(reading.error->code(), EBADMSG);
    EXPECT_THAT(reading.error->what(), HasSubstr("external entity"));
  }
  EXPECT_EQ(read(with_dtd("<!ENTITY % p SYSTEM 'file:///etc/passwd'> %p;", "&e;")).error->code(), EBADMSG);
}

TEST(VotableHostile, AShortEntityIsText) {
  EXPECT_THAT(row_lines(read(with_dtd("<!ENTITY eso \"ESO\">", "&eso;-VLT"))),
              ElementsAre("row \"ESO-VLT\""));
}

TEST(VotableHostile, NestingIsBounded) {
  std::string deep = "<VOTABLE>";
  for (int i = 0; i < 100000; ++i) deep += "<RESOURCE>";
  const auto reading = read(deep);
  ASSERT_TRUE(reading.error);
  EXPECT_EQ(reading.error->code(), EBADMSG);
  EXPECT_THAT(reading.error->what(), HasSubstr("deeper than 200"));
  std::string ignored = "<VOTABLE>";
  for (int i = 0; i < 100000; ++i) ignored += "<x>";
  EXPECT_EQ(read(ignored).error->code(), EBADMSG);
}

TEST(VotableHostile, ALargeTextIsRefusedBeforeItIsHeld) {
  VotableReader::Options options;
  options.most_text_bytes = 1U << 20U;
  const std::string large(4U << 20U, 'x');
  const std::string field = "<FIELD name='a' datatype='char' arraysize='*'/>";
  for (const auto& text :
       {table(field, "<TABLEDATA><TR><TD>" + large + "</TD></TR></TABLEDATA>"),
        table(field, "<TABLEDATA><TR><TD>a</TD></TR><!--" + large + "--></TABLEDATA>"),
        votable("<INFO name='QUERY_STATUS' value='" + large + "'/>"),
        votable("<INFO name='QUERY_STATUS' value='OK'>" + large + "</INFO>"),
        table("<FIELD name='a'><DESCRIPTION>" + large + "</DESCRIPTION></FIELD>", "<TABLEDATA/>"),
        table(field, stream("BINARY", be(4 << 20) + large))}) {
    const auto reading = read(text, 4096, options);
    ASSERT_TRUE(reading.error);
    EXPECT_EQ(reading.error->code(), EFBIG) << reading.error->what();
  }
}

TEST(VotableHostile, ALargeTokenInSmallPiecesIsReadInLinearTime) {
  const auto text = votable("<INFO name='x' value='" + std::string(8U << 20U, 'x') + "'/>");
  const auto reading = read(text, 512);  // expat alone would look at 64 GB
  EXPECT_FALSE(reading.error) << reading.error->what();
}

// Flips, cuts, doublings and insertions at random places; the same ones in every run.
class Mutator {
 public:
  explicit Mutator(unsigned seed) : random_(seed) {}

  std::string mutate(std::string text) {
    for (auto changes = 1 + below(4); changes > 0; --changes) {
      if (text.empty()) return text;
      const auto at = below(text.size());
      switch (below(6)) {
        case 0:
          text[at] = static_cast<char>(below(256));
          break;
        case 1:
          text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
          break;
        case 2:
          text.resize(at);
          break;
        case 3:
          text.insert(at, text.substr(below(text.size()), below(60)));
          break;
        case 4:
          text.erase(at, below(40));
          break;
        default:
          text.insert(at, kSpices.at(below(kSpices.size())));
      }
    }
    return text;
  }
  std::size_t below(std::size_t bound) { return random_() % bound; }

 private:
  static constexpr std::array<const char*, 14> kSpices = {
      "<TR>",   "</TD>", "<TABLE>",  "</RESOURCE>", "<![CDATA[", "&#0;",  "&amp;",
      "<FIELD", "]]>",   "<STREAM>", "<!--",        "/////",     "99999", "<DATA><BINARY><STREAM>"};
  std::mt19937 random_;
};

// A row always has a cell for each column of the table that was announced last.
class Checker : public Recorder {
 public:
  Result<void> row(std::span<const Value> row) override {
    EXPECT_FALSE(tables.empty());
    EXPECT_EQ(row.size(), tables.empty() ? 0 : tables.back().columns.size());
    return {};
  }
};

void read_mutated(const std::vector<std::string>& documents, unsigned seed, int times) {
  Mutator mutator(seed);
  VotableReader::Options options;
  options.most_text_bytes = 1U << 20U;
  for (int i = 0; i < times; ++i) {
    const auto text = mutator.mutate(documents[static_cast<std::size_t>(i) % documents.size()]);
    Checker events;
    VotableReader reader(events, options);
    const auto cut = mutator.below(text.size() + 1);
    auto done = reader.push(std::as_bytes(std::span(text).first(cut)));
    if (done) done = reader.push(std::as_bytes(std::span(text).subspan(cut)));
    if (done) done = reader.finish();
    ASSERT_TRUE(done || !done.error().what().empty());
  }
}

TEST(VotableHostile, DamagedDocumentsEndInRowsOrAnError) {
  read_mutated({as_tabledata(), as_binary(), as_binary2(), datalink()}, 20180621, 4000);
}

TEST(VotableHostile, DamagedGzipAndBinaryBytesEndInRowsOrAnError) {
  read_mutated({gzip(as_tabledata()), gzip(as_binary2())}, 1, 600);
  Mutator mutator(2);
  for (int i = 0; i < 1500; ++i) {
    std::string bytes(60 + mutator.below(100), '\0');
    for (auto& byte : bytes) byte = mutator.below(3) == 0 ? static_cast<char>(mutator.below(256)) : '\0';
    const auto reading = read(
        table("<FIELD name='a' datatype='char' arraysize='*'/><FIELD name='b' datatype='unicodeChar' "
              "arraysize='3x*'/><FIELD name='c' datatype='bit' arraysize='*'/><FIELD name='d' "
              "datatype='boolean' arraysize='2'/><FIELD name='e' datatype='doubleComplex' arraysize='*'/>",
              stream(i % 2 == 0 ? "BINARY" : "BINARY2", bytes)));
    if (reading.error) {
      EXPECT_THAT(reading.error->code(), ::testing::AnyOf(EBADMSG, EFBIG));
    }
  }
}

}  // namespace
}  // namespace esofs::client::tests
