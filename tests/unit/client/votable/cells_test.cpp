// VotableReader: cells of every type, as text and as bytes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "tests/unit/client/votable/documents.h"

namespace esofs::client::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string field(const std::string& datatype, const std::string& arraysize = "",
                  const std::string& null = "") {
  return "<FIELD name='c' datatype='" + datatype + "'" +
         (arraysize.empty() ? "" : " arraysize='" + arraysize + "'") + ">" +
         (null.empty() ? "" : "<VALUES null='" + null + "'/>") + "</FIELD>";
}

struct Cell {
  std::string value;
  bool legal;
};

Cell only_cell(const std::string& document) {
  const auto reading = read(document);
  EXPECT_FALSE(reading.error) << reading.error->what();
  if (reading.events.rows.size() != 1) return {"not one row", false};
  return {shown(reading.events.rows[0][0]), reading.unparsable == 0};
}

std::string text_cell(const std::string& field, const std::string& text) {
  const auto cell = only_cell(table(field, "<TABLEDATA><TR><TD>" + text + "</TD></TR></TABLEDATA>"));
  return cell.legal ? cell.value : "illegal " + cell.value;
}

std::string byte_cell(const std::string& field, const std::string& bytes) {
  const auto cell = only_cell(table(field, stream("BINARY", bytes)));
  return cell.legal ? cell.value : "illegal " + cell.value;
}

TEST(VotableCells, IntegersAreDecimalOrHexadecimal) {
  EXPECT_EQ(text_cell(field("short"), " +5 "), "5");
  EXPECT_EQ(text_cell(field("short"), "-32768"), "-32768");
  EXPECT_EQ(text_cell(field("short"), "0x7F"), "127");
  EXPECT_EQ(text_cell(field("short"), "0xFFFF"), "-1");
  EXPECT_EQ(text_cell(field("unsignedByte"), "0xff"), "255");
  EXPECT_EQ(text_cell(field("long"), "-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(text_cell(field("long"), "0xffffffffffffffff"), "-1");
  EXPECT_EQ(text_cell(field("int", "*"), "\n 0x10\t-0 +7"), "[16,0,7]");
}

// The cell of a document of VOTable 1.6.
std::string cell_of_1_6(const std::string& field, const std::string& data) {
  std::string document = table(field, data);
  const auto at = document.find("version=", document.find("<VOTABLE"));
  EXPECT_NE(at, std::string::npos);
  document.replace(at + 9, 3, "1.6");
  return only_cell(document).value;
}

TEST(VotableCells, LengthsOfCharCountBytesSinceVersion1_6) {
  const auto text = [](const std::string& cell) {
    return "<TABLEDATA><TR><TD>" + cell + "</TD></TR></TABLEDATA>";
  };
  const std::string both = "\xC3\xA9t \xC3\xA9 b";  // two strings of four bytes, three characters
  const std::string apart = "[\"\xC3\xA9t\",\"\xC3\xA9 b\"]";
  EXPECT_EQ(cell_of_1_6(field("char", "4x2"), text(both)), apart);
  EXPECT_EQ(cell_of_1_6(field("unicodeChar", "3x2"), text(both)), apart);
  EXPECT_EQ(text_cell(field("char", "3x2"), both), apart);
}

TEST(VotableCells, ACharacterCutAtTheEndOfACharColumnIsLeftOut) {
  const std::string cut = "\xC3\xA9t\xC3";  // four bytes of a longer text
  EXPECT_EQ(cell_of_1_6(field("char", "4"), stream("BINARY", cut)), "\"\xC3\xA9t\"");
  EXPECT_EQ(
      cell_of_1_6(field("char", "*"), stream("BINARY", be<std::uint32_t>(6) + "\xF0\x9F\x8C\x8C\xC3\xA9")),
      "\"\xF0\x9F\x8C\x8C\xC3\xA9\"");
}

TEST(VotableCells, WhatIsNotLegalIsNullAndCounted) {
  for (const auto* text : {"32768", "-32769", "0x10000", "null", "--", "1.5", "12 13", "0x", "+", "1e3"})
    EXPECT_EQ(text_cell(field("short"), text), "illegal ~") << text;
  for (const auto* text : {"256", "-1"})
    EXPECT_EQ(text_cell(field("unsignedByte"), text), "illegal ~") << text;
  for (const auto* text : {"N/A", "1.5.2", "-", "1,5", "+-1"})
    EXPECT_EQ(text_cell(field("double"), text), "illegal ~") << text;
  EXPECT_EQ(text_cell(field("boolean"), "maybe"), "illegal ~");
  EXPECT_EQ(text_cell(field("bit", "*"), "012"), "illegal ~");
  EXPECT_EQ(text_cell(field("floatComplex"), "1"), "illegal ~");
  EXPECT_EQ(text_cell(field("int", "*"), "1 x 3"), "illegal ~");
  EXPECT_EQ(byte_cell(field("boolean"), "8"), "illegal ~");
}

TEST(VotableCells, FloatsHaveInfinitiesAndNotANumber) {
  EXPECT_EQ(text_cell(field("double"), "+Inf"), "inf");
  EXPECT_EQ(text_cell(field("double"), "-inf"), "-inf");
  EXPECT_EQ(text_cell(field("double"), "Infinity"), "inf");
  EXPECT_EQ(text_cell(field("float"), "NaN"), "nanf");
  EXPECT_EQ(text_cell(field("double"), "1e400"), "inf");
  EXPECT_EQ(text_cell(field("double"), "-1e-400"), "-0");
  EXPECT_EQ(text_cell(field("float"), "1e39"), "inff");
  EXPECT_EQ(text_cell(field("double"), "5e-324"), "4.9406564584124654e-324");
  EXPECT_EQ(text_cell(field("float"), "-.5"), "-0.5f");
  EXPECT_EQ(text_cell(field("double"), "+1.5E+3"), "1500");
  EXPECT_EQ(text_cell(field("doubleComplex"), "0.5 -2"), "0.5/-2");
  EXPECT_EQ(text_cell(field("floatComplex", "*"), "1 2 3 4"), "[1f/2f,3f/4f]");
}

TEST(VotableCells, BooleansAndBitsAreRead) {
  for (const auto* text : {"T", "t", "1", "true", "tRUe"})
    EXPECT_EQ(text_cell(field("boolean"), text), "true");
  for (const auto* text : {"F", "f", "0", "False"}) EXPECT_EQ(text_cell(field("boolean"), text), "false");
  for (const auto* text : {"?", " ", ""}) EXPECT_EQ(text_cell(field("boolean"), text), "~");
  EXPECT_EQ(text_cell(field("boolean", "3"), "T ? 0"), "[true,~,false]");
  EXPECT_EQ(text_cell(field("bit"), "1"), "1");
  EXPECT_EQ(text_cell(field("bit", "4"), "10 1 1"), "[1,0,1,1]");
}

TEST(VotableCells, WhiteSpaceInTextCounts) {
  EXPECT_EQ(text_cell(field("char", "*"), " a\tb "), "\" a\tb \"");
  EXPECT_EQ(text_cell(field("char", "*"), " "), "\" \"");
  EXPECT_EQ(text_cell(field("char"), " "), "\" \"");
  EXPECT_EQ(text_cell(field("char", "8"), "M31  "), "\"M31\"");
}

TEST(VotableCells, ReferencesCommentsAndCdataAreOneText) {
  EXPECT_EQ(text_cell(field("char", "*"), "a&lt;&#xe9;&#x1F52D;<!-- no --><![CDATA[<b>&amp;]]>c"),
            "\"a<é🔭<b>&amp;c\"");
}

TEST(VotableCells, AnEmptyCellIsNullForEveryType) {
  for (const auto* datatype : {"boolean", "bit", "unsignedByte", "short", "int", "long", "char",
                               "unicodeChar", "float", "double", "floatComplex", "doubleComplex"}) {
    EXPECT_EQ(text_cell(field(datatype), ""), "~");
    EXPECT_EQ(text_cell(field(datatype, "*"), ""), "~");
  }
}

TEST(VotableCells, TheNullOfAColumnIsComparedAsANumber) {
  EXPECT_EQ(text_cell(field("int", "", "0xff"), "255"), "~");
  EXPECT_EQ(text_cell(field("int", "*", "-1"), "3 -1 4"), "[3,~,4]");
  EXPECT_EQ(text_cell(field("short", "", "-32769"), "-32769"), "~");
  EXPECT_EQ(text_cell(field("double", "", "-999"), "-999.0"), "~");
  EXPECT_EQ(text_cell(field("char", "*", "none"), "none"), "~");
  EXPECT_EQ(byte_cell(field("short", "", "-99"), be(std::int16_t{-99})), "~");
  EXPECT_EQ(byte_cell(field("float", "2", "-1"), be(-1.0F) + be(1.0F)), "[~,1f]");
}

TEST(VotableCells, StringsOfSeveralDimensionsAreCutByTheFirst) {
  EXPECT_EQ(text_cell(field("char", "4x*"), "ab  αβγδx"), R"(["ab","αβγδ","x"])");
  EXPECT_EQ(byte_cell(field("char", "4x2"), std::string("ab\0\0cd  ", 8)), R"(["ab","cd"])");
  EXPECT_EQ(byte_cell(field("char", "3x*"), be(6) + "abcdef"), R"(["abc","def"])");
  EXPECT_EQ(byte_cell(field("unicodeChar", "1x*"), be(2) + std::string("\0a\0b", 4)), R"(["a","b"])");
}

TEST(VotableCells, AnUnknownDatatypeIsText) {
  EXPECT_EQ(text_cell(field("string"), "IMAGE"), "\"IMAGE\"");
  EXPECT_EQ(text_cell(field("unicodeString", "10"), "Ceçi"), "\"Ceçi\"");
  EXPECT_EQ(text_cell(field("int", "nonsense"), "1 2"), "[1,2]");
}

TEST(VotableCells, EveryTypeHasItsBytes) {
  EXPECT_EQ(byte_cell(field("boolean"), "t"), "true");
  EXPECT_EQ(byte_cell(field("boolean", "4"), std::string("F1\0 ", 4)), "[false,true,~,~]");
  EXPECT_EQ(byte_cell(field("bit"), "\x80"), "1");
  EXPECT_EQ(byte_cell(field("bit", "*"), be(9) + "\xF0\x80"), "[1,1,1,1,0,0,0,0,1]");
  EXPECT_EQ(byte_cell(field("unsignedByte"), "\xFF"), "255");
  EXPECT_EQ(byte_cell(field("short"), be(std::int16_t{-2})), "-2");
  EXPECT_EQ(byte_cell(field("int"), be(-3)), "-3");
  EXPECT_EQ(byte_cell(field("long"), be(std::int64_t{-4})), "-4");
  EXPECT_EQ(byte_cell(field("float"), be(-0.5F)), "-0.5f");
  EXPECT_EQ(byte_cell(field("double"), be(0.125)), "0.125");
  EXPECT_EQ(byte_cell(field("floatComplex"), be(1.0F) + be(-1.0F)), "1f/-1f");
  EXPECT_EQ(byte_cell(field("doubleComplex", "*"), be(1) + be(1.0) + be(2.0)), "[1/2]");
  EXPECT_EQ(byte_cell(field("short", "2x*"), be(2) + be(std::int16_t{1}) + be(std::int16_t{2})), "[1,2]");
  EXPECT_EQ(byte_cell(field("char"), "x"), "\"x\"");
  EXPECT_EQ(byte_cell(field("char", "*"), be(4) + std::string("ab\0c", 4)), "\"ab\"");
  EXPECT_EQ(byte_cell(field("char", "*"), be(2) + "\xC3\xA9"), "\"é\"");
  EXPECT_EQ(byte_cell(field("char", "*"), be(1) + "\xE9"), "\"é\"");  // Latin-1 in practice
  EXPECT_EQ(byte_cell(field("unicodeChar", "*"), be(3) + "\xD8\x3D\xDD\x2D" + std::string("\0!", 2)),
            "\"🔭!\"");
  EXPECT_EQ(byte_cell(field("unicodeChar", "2"), "\xD8\x3D" + std::string("\0!", 2)), "\"\xEF\xBF\xBD!\"");
}

TEST(VotableCells, RowsOfTheWrongLengthAreFilledOrCut) {
  const auto reading = read(table("<FIELD name='a' datatype='int'/><FIELD name='b' datatype='int'/>",
                                  tabledata({{"1"}, {"1", "2", "3"}, {}, {"4", "5"}})));
  EXPECT_THAT(row_lines(reading), ElementsAre("row 1|~", "row 1|2", "row ~|~", "row 4|5"));
}

TEST(VotableCells, ACellMayBeBase64) {
  const auto cell = [](const std::string& fields, const std::string& text) {
    return only_cell(table(fields, "<TABLEDATA><TR><TD encoding='base64'>" + text + "</TD></TR></TABLEDATA>"))
        .value;
  };
  EXPECT_EQ(cell(field("float"), "P4AAAA=="), "1f");
  EXPECT_EQ(cell(field("short", "*"), base64(be(1) + be(std::int16_t{9}))), "[9]");
  EXPECT_EQ(cell(field("float"), "P4"), "~");
}

TEST(VotableCells, DamagedBinaryRowsAreErrors) {
  const auto failure = [](const std::string& fields, const std::string& bytes) {
    VotableReader::Options options;
    options.most_text_bytes = 1000;
    const auto reading = read(table(fields, stream("BINARY", bytes)), 100, options);
    return reading.error ? reading.error->code() : 0;
  };
  EXPECT_EQ(failure(field("int", "*"), be(-1)), EBADMSG);
  EXPECT_EQ(failure(field("int", "*"), be(0x7FFFFFFF) + "abc"), EFBIG);
  EXPECT_EQ(failure(field("int", "*"), be(2) + be(1)), EBADMSG);
  EXPECT_EQ(failure(field("int"), "abcde"), EBADMSG);
  EXPECT_EQ(failure(field("int", "0"), "abcd"), EBADMSG);
  EXPECT_EQ(failure(field("int", "1000000x1000000x1000000x1000000"), "abcd"), EFBIG);
  EXPECT_EQ(failure("", "abcd"), EBADMSG);
  EXPECT_EQ(failure(field("int", "*"), be(1) + be(1)), 0);
}

TEST(VotableCells, BrokenBase64IsAnError) {
  for (const auto* text : {"AAA*", "AAAAA", "A==="}) {
    const auto reading = read(table(field("unsignedByte"), std::string("<BINARY><STREAM encoding='base64'>") +
                                                               text + "</STREAM></BINARY>"));
    ASSERT_TRUE(reading.error) << text;
    EXPECT_EQ(reading.error->code(), EBADMSG);
    EXPECT_THAT(reading.error->what(), HasSubstr("base64"));
  }
}

}  // namespace
}  // namespace esofs::client::tests
