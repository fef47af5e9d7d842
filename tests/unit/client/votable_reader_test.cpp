// VotableReader: the promises of its header, on documents made here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "unit/client/votable_support.h"

namespace esofs::client::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The table of VOTable cells worked through in DESIGN's notes on the standard: all layouts, one null of each kind.
constexpr const char* kFields =
    R"(<FIELD name="name" datatype="char" arraysize="6"/>
<FIELD name="n" datatype="short"><VALUES null="-99"/></FIELD>
<FIELD name="vec" datatype="int" arraysize="*"/>
<FIELD name="xy" datatype="float" arraysize="2"/>
<FIELD name="bits" datatype="bit" arraysize="10"/>
<FIELD name="ok" datatype="boolean"/>
<FIELD name="label" datatype="unicodeChar" arraysize="*"/>
<FIELD name="url" datatype="char" arraysize="20*"/>
<FIELD name="big" datatype="long"/>
)";

std::string first_row() {
  return std::string("NGC 1\0", 6) + be(std::int16_t{15}) + be(2) + be(1) + be(-2) + be(1.5F) + be(0.25F) +
         "\xB1\x80T" + be(2) + "\x03\xB1" + std::string("\0b", 2) + be(5) + "x?a=1" +
         be(std::int64_t{9007199254740993});
}
std::string second_row(std::int16_t n, char ok) {
  return std::string("M31\0\0\0", 6) + be(n) + be(0) + be(0.0F) + be(-1.0F) + std::string(2, '\0') + ok +
         be(0) + be(0) + be(std::int64_t{0});
}

constexpr const char* kFirst =
    R"(row "NGC 1"|15|[1,-2]|[1.5f,0.25f]|[1,0,1,1,0,0,0,1,1,0]|true|"αb"|"x?a=1"|9007199254740993)";
constexpr const char* kSecond = R"(row "M31"|~|~|[0f,-1f]|[0,0,0,0,0,0,0,0,0,0]|~|~|~|0)";
constexpr const char* kSecondFlagged = R"(row "M31"|~|~|[0f,-1f]|[0,0,0,0,0,0,0,0,0,0]|~|~|~|~)";

std::string as_tabledata() {
  return table(
      kFields,
      tabledata({{"NGC 1", "15", "1 -2", "1.5 0.25", "1011000110", "T", "αb", "x?a=1", "9007199254740993"},
                 {"M31", "-99", "", "0 -1", "0000000000", "?", "", "", "0"}}));
}
std::string as_binary() { return table(kFields, stream("BINARY", first_row() + second_row(-99, '?'))); }
std::string as_binary2() {
  return table(kFields,
               stream("BINARY2", std::string(2, '\0') + first_row() + "\x67\x80" + second_row(0, '\0')));
}

std::vector<std::string> row_lines(const Reading& reading) {
  std::vector<std::string> rows;
  for (const auto& line : reading.events.lines)
    if (line.starts_with("row ")) rows.push_back(line);
  return rows;
}

TEST(VotableReader, TableDataGivesTheValuesOfItsCells) {
  const auto reading = read(as_tabledata());
  ASSERT_FALSE(reading.error) << reading.error->what();
  EXPECT_THAT(row_lines(reading), ElementsAre(kFirst, kSecond));
  EXPECT_EQ(reading.unparsable, 0U);
}

TEST(VotableReader, BinaryGivesTheSameRowsAsTableData) {
  EXPECT_THAT(row_lines(read(as_binary())), ElementsAre(kFirst, kSecond));
}

TEST(VotableReader, Binary2FlagsMakeCellsNullWhateverTheirBytes) {
  EXPECT_THAT(row_lines(read(as_binary2())), ElementsAre(kFirst, kSecondFlagged));
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

}  // namespace
}  // namespace esofs::client::tests
