// export_table: what each format says of values, nulls and types.
#include "client/tables/table_export.h"

#include <fitsio.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/temp_dir.h"
#include "tests/unit/client/votable/support.h"

namespace esofs::client::tests {
namespace {

class TableExport : public ::testing::Test {
 protected:
  // The export of a document, or "failed: …".
  std::string exported(const std::string& document, TableFormat format,
                       std::uint64_t most_rows = std::numeric_limits<std::uint64_t>::max()) {
    ExportSource source;
    source.votable = dir_ / "in.vot";
    source.most_rows = most_rows;
    std::ofstream(source.votable, std::ios::binary) << document;
    const auto target = path(format);
    const auto done = export_table(source, format, target, {});
    if (!done) return "failed: " + done.error().what();
    rows_ = *done;
    std::ifstream file(target, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::filesystem::path path(TableFormat format) const {
    return dir_ / ("out" + std::string(extension(format)));
  }

  static std::string field(const std::string& name, const std::string& datatype,
                           const std::string& more = "") {
    return "<FIELD name=\"" + name + "\" datatype=\"" + datatype + "\" " + more + "/>";
  }
  static std::string text(const std::string& name) { return field(name, "char", "arraysize=\"*\""); }

  esofs::tests::TempDir dir_;
  std::uint64_t rows_ = 0;
};

TEST_F(TableExport, CsvQuotesWhatItMustAndLeavesNullsEmpty) {
  const auto csv =
      exported(table(text("a,b") + field("n", "int") + field("x", "double"),
                     tabledata({{"say \"hi\", you", "7", "0.1"}, {"", "", ""}, {" edge", "-1", "NaN"}})),
               TableFormat::kCsv);
  EXPECT_EQ(csv, "\"a,b\",n,x\n\"say \"\"hi\"\", you\",7,0.1\n,,\n\" edge\",-1,NaN\n");
}

TEST_F(TableExport, ANullAloneInItsCsvLineIsNoBlankLine) {
  EXPECT_EQ(exported(table(field("n", "int"), tabledata({{"1"}, {""}})), TableFormat::kCsv), "n\n1\n\"\"\n");
}

TEST_F(TableExport, NumbersReadBackAsTheSameValueAndFloatsLookLikeFloats) {
  const auto csv = exported(
      table(field("k", "long") + field("e", "float") + field("d", "double") + field("b", "boolean"),
            tabledata({{"9223372036854775807", "0.1", "1e300", "T"}, {"-9007199254740993", "3", "2", "0"}})),
      TableFormat::kCsv);
  EXPECT_EQ(csv, "k,e,d,b\n9223372036854775807,0.1,1e+300,true\n-9007199254740993,3.0,2.0,false\n");
}

TEST_F(TableExport, TsvHasNoTabsOrLineEndsInItsFields) {
  const auto tsv =
      exported(table(text("a") + text("b"), tabledata({{"one\ttwo\nthree", "\"q\""}})), TableFormat::kTsv);
  EXPECT_EQ(tsv, "a\tb\none two three\t\"q\"\n");
}

TEST_F(TableExport, JsonKeepsTypesAndNamesThem) {
  const auto fields = field("k", "long", "unit=\"s\" ucd=\"meta.number\"") + field("e", "float") + text("s") +
                      field("v", "int", "arraysize=\"*\"") + field("c", "doubleComplex");
  const auto json = nlohmann::json::parse(
      exported(table(fields, tabledata({{"9223372036854775807", "NaN", "tab\tand \"quote\"", "1 2", "1 -2"},
                                        {"", "Inf", "", "", ""}})),
               TableFormat::kJson));
  EXPECT_EQ(json["metadata"][0]["name"], "k");
  EXPECT_EQ(json["metadata"][0]["datatype"], "long");
  EXPECT_EQ(json["metadata"][0]["unit"], "s");
  EXPECT_EQ(json["metadata"][0]["ucd"], "meta.number");
  EXPECT_EQ(json["data"][0][0].get<std::int64_t>(), 9223372036854775807);
  EXPECT_TRUE(json["data"][0][1].is_null());
  EXPECT_EQ(json["data"][0][2], "tab\tand \"quote\"");
  EXPECT_EQ(json["data"][0][3], nlohmann::json::parse("[1,2]"));
  EXPECT_EQ(json["data"][0][4], nlohmann::json::parse("[1.0,-2.0]"));
  for (const auto& cell : json["data"][1]) EXPECT_TRUE(cell.is_null());
}

TEST_F(TableExport, TextIsAlignedAndSaysNull) {
  const auto lines =
      exported(table(text("name") + field("n", "int"), tabledata({{"two words", "5"}, {"", "-12"}})),
               TableFormat::kText);
  EXPECT_EQ(lines,
            "# name          n\n"
            "  \"two words\"   5\n"
            "  null        -12\n");
}

TEST_F(TableExport, RowsBeyondThoseWantedAreLeftOut) {
  EXPECT_EQ(exported(table(field("n", "int"), tabledata({{"1"}, {"2"}, {"3"}})), TableFormat::kCsv, 2),
            "n\n1\n2\n");
  EXPECT_EQ(rows_, 2U);
}

TEST_F(TableExport, TheResultsAreTakenNotAnotherTable) {
  const auto document =
      "<VOTABLE version=\"1.4\"><RESOURCE type=\"meta\"><TABLE>" + field("m", "int") +
      "<DATA><TABLEDATA><TR><TD>9</TD></TR></TABLEDATA></DATA></TABLE></RESOURCE>"
      "<RESOURCE type=\"results\"><TABLE>" +
      field("n", "int") + "<DATA><TABLEDATA><TR><TD>1</TD></TR></TABLEDATA></DATA></TABLE><TABLE>" +
      field("o", "int") +
      "<DATA><TABLEDATA><TR><TD>2</TD></TR></TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>";
  EXPECT_EQ(exported(document, TableFormat::kCsv), "n\n1\n");
}

TEST_F(TableExport, ATableWithoutRowsHasItsColumns) {
  EXPECT_EQ(exported(table(field("n", "int"), tabledata({})), TableFormat::kCsv), "n\n");
  EXPECT_EQ(exported(table(field("n", "int"), tabledata({})), TableFormat::kText), "# n\n");
  EXPECT_EQ(exported(table(field("n", "int"), tabledata({})), TableFormat::kFits).size() % 2880, 0U);
}

TEST_F(TableExport, ABrokenDocumentIsRefused) {
  EXPECT_EQ(exported("<VOTABLE><RESOURCE>", TableFormat::kCsv).rfind("failed: ", 0), 0U);
  EXPECT_EQ(exported(votable(""), TableFormat::kCsv), "failed: the document holds no table");
}

TEST_F(TableExport, AFullDiskIsSaid) {
  ExportSource source;
  source.votable = dir_ / "in.vot";
  std::ofstream(source.votable) << table(field("n", "int"), tabledata({{"1"}}));
  const auto done = export_table(source, TableFormat::kCsv, "/dev/full", {});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), ENOSPC);
}

TEST_F(TableExport, AStopEndsIt) {
  ExportSource source;
  source.votable = dir_ / "in.vot";
  std::ofstream(source.votable) << table(field("n", "int"), tabledata({{"1"}}));
  std::stop_source stop;
  stop.request_stop();
  const auto done = export_table(source, TableFormat::kCsv, path(TableFormat::kCsv), stop.get_token());
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), EINTR);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// The most memory that the process has had since reset_most_memory(), in bytes; 0 if the kernel does not say.
std::size_t most_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stoull(line.substr(6)) * 1024;
  }
  return 0;
}
bool reset_most_memory() {
  return static_cast<bool>(std::ofstream("/proc/self/clear_refs") << "5" << std::flush);
}

TEST_F(TableExport, MemoryDoesNotGrowWithTheRows) {
  ExportSource source;
  source.votable = dir_ / "in.vot";
  {
    std::ofstream document(source.votable);
    document << "<VOTABLE><RESOURCE><TABLE>" << text("s") << field("v", "int", "arraysize=\"*\"")
             << "<DATA><TABLEDATA>";
    for (int i = 0; i < 200'000; ++i)
      document << "<TR><TD>" << std::string(90, 'x') << i << "</TD><TD>1 2 3 4 5 6 7 8 9 10</TD></TR>\n";
    document << "</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>";
  }
  for (const auto format : {TableFormat::kFits, TableFormat::kJson}) {
    if (!reset_most_memory() || most_memory() == 0) GTEST_SKIP() << "this kernel does not tell";
    const std::size_t before = most_memory();
    const auto done = export_table(source, format, path(format), {});
    ASSERT_TRUE(done) << done.error().what();
    EXPECT_EQ(*done, 200'000U);
    EXPECT_GT(std::filesystem::file_size(path(format)), 20U << 20U);
    EXPECT_LT(most_memory(), before + (10U << 20U)) << extension(format);
  }
}
#endif

// A binary table as CFITSIO reads it.
class Fits {
 public:
  explicit Fits(const std::filesystem::path& path) {
    fits_open_table(&file_, path.c_str(), READONLY, &status_);
    EXPECT_EQ(status_, 0) << path;
  }
  Fits(const Fits&) = delete;
  Fits& operator=(const Fits&) = delete;
  ~Fits() {
    status_ = 0;
    fits_close_file(file_, &status_);
  }

  std::string key(const std::string& name) {
    std::array<char, FLEN_VALUE> value{};
    int status = 0;
    fits_read_key(file_, TSTRING, name.c_str(), value.data(), nullptr, &status);
    return status == 0 ? value.data() : "absent";
  }
  long rows() {
    long rows = 0;
    fits_get_num_rows(file_, &rows, &status_);
    return rows;
  }
  std::string text(int column, long row) {
    std::array<char, 4096> value{};
    std::array<char, 2> null{};
    char* into = value.data();
    int any = 0;
    fits_read_col_str(file_, column, row, 1, 1, null.data(), &into, &any, &status_);
    EXPECT_EQ(status_, 0);
    return value.data();
  }
  // Elements as text: "1 null 3".
  std::string numbers(int column, long row, long count) {
    std::vector<LONGLONG> values(static_cast<std::size_t>(count));
    std::vector<char> nulls(static_cast<std::size_t>(count));
    int any = 0;
    fits_read_colnull(file_, TLONGLONG, column, row, 1, count, values.data(), nulls.data(), &any, &status_);
    EXPECT_EQ(status_, 0);
    std::string all;
    for (std::size_t i = 0; i < values.size(); ++i)
      all += (i > 0 ? " " : "") + (nulls[i] != 0 ? std::string("null") : std::to_string(values[i]));
    return all;
  }
  double real(int column, long row, long element = 1) {
    double value = 0;
    int any = 0;
    fits_read_col_dbl(file_, column, row, element, 1, 0, &value, &any, &status_);
    EXPECT_EQ(status_, 0);
    return value;
  }
  long elements(int column, long row) {
    long count = 0;
    long offset = 0;
    fits_read_descript(file_, column, row, &count, &offset, &status_);
    EXPECT_EQ(status_, 0);
    return count;
  }

 private:
  fitsfile* file_ = nullptr;
  int status_ = 0;
};

TEST_F(TableExport, FitsHasTheRightTypesAndKeywords) {
  const auto fields = field("ra", "double", "unit=\"deg\" ucd=\"pos.eq.ra;meta.main\" utype=\"x:y\"") +
                      field("k", "long") + field("i", "int") + field("s", "short") +
                      field("u", "unsignedByte") + field("e", "float") + field("l", "boolean") +
                      "<FIELD name=\"when\" datatype=\"char\" arraysize=\"*\" xtype=\"timestamp\">"
                      "<DESCRIPTION>Begin of the exposure</DESCRIPTION></FIELD>" +
                      field("c", "floatComplex") + field("m", "double", "arraysize=\"2x3\"");
  exported(table(fields, tabledata({{"10.5", "9223372036854775807", "-7", "3", "255", "0.5", "T",
                                     "2026-01-01T00:00:00", "1 2", "1 2 3 4 5 6"}})),
           TableFormat::kFits);
  Fits fits(path(TableFormat::kFits));
  EXPECT_EQ(fits.rows(), 1);
  const std::vector<std::string> forms = {"1D", "1K", "1J", "1I", "1B", "1E", "1L", "19A", "1C", "6D"};
  for (std::size_t i = 0; i < forms.size(); ++i)
    EXPECT_EQ(fits.key("TFORM" + std::to_string(i + 1)), forms[i]);
  EXPECT_EQ(fits.key("TUNIT1"), "deg");
  EXPECT_EQ(fits.key("TUCD1"), "pos.eq.ra;meta.main");
  EXPECT_EQ(fits.key("TUTYP1"), "x:y");
  EXPECT_EQ(fits.key("TXTYP8"), "timestamp");
  EXPECT_EQ(fits.key("TCOMM8"), "Begin of the exposure");
  EXPECT_EQ(fits.key("TDIM10"), "(2,3)");
  EXPECT_EQ(fits.numbers(2, 1, 1), "9223372036854775807");
  EXPECT_EQ(fits.numbers(5, 1, 1), "255");
  EXPECT_EQ(fits.text(8, 1), "2026-01-01T00:00:00");
  EXPECT_EQ(fits.real(10, 1, 6), 6.0);
}

TEST_F(TableExport, FitsNullsOfIntegersAreAValueThatNoCellHas) {
  const auto fields = field("s", "short") + field("k", "long") +
                      "<FIELD name=\"declared\" datatype=\"int\"><VALUES null=\"-99\"/></FIELD>" +
                      field("b", "unsignedByte");
  exported(table(fields, tabledata({{"-32768", "-9223372036854775808", "5", "0"},
                                    {"", "9223372036854775807", "", ""},
                                    {"1", "", "-99", "255"}})),
           TableFormat::kFits);
  Fits fits(path(TableFormat::kFits));
  EXPECT_EQ(fits.key("TNULL1"), "-32767") << "the least short is taken";
  EXPECT_EQ(fits.key("TNULL2"), "-9223372036854775807");
  EXPECT_EQ(fits.key("TNULL3"), "-99") << "as declared";
  EXPECT_EQ(fits.key("TNULL4"), "1");
  EXPECT_EQ(fits.numbers(1, 1, 1) + fits.numbers(1, 2, 1), "-32768null");
  EXPECT_EQ(fits.numbers(2, 2, 1) + fits.numbers(2, 3, 1), "9223372036854775807null");
  EXPECT_EQ(fits.numbers(3, 1, 1) + fits.numbers(3, 2, 1) + fits.numbers(3, 3, 1), "5nullnull");
  EXPECT_EQ(fits.numbers(4, 2, 1) + fits.numbers(4, 3, 1), "null255");
}

TEST_F(TableExport, AByteColumnWithEveryValueAndANullIsAShort) {
  std::vector<std::vector<std::string>> cells{{""}};
  for (int i = 0; i < 256; ++i) cells.push_back({std::to_string(i)});
  exported(table(field("b", "unsignedByte"), tabledata(cells)), TableFormat::kFits);
  Fits fits(path(TableFormat::kFits));
  EXPECT_EQ(fits.key("TFORM1"), "1I");
  EXPECT_EQ(fits.numbers(1, 1, 3), "null 0 1");
  EXPECT_EQ(fits.numbers(1, 257, 1), "255");
}

TEST_F(TableExport, FitsWithoutNullsHasNoTnull) {
  exported(table(field("n", "int"), tabledata({{"1"}})), TableFormat::kFits);
  EXPECT_EQ(Fits(path(TableFormat::kFits)).key("TNULL1"), "absent");
}

TEST_F(TableExport, FitsArraysOfVariableLengthLieInTheHeap) {
  exported(table(field("v", "int", "arraysize=\"*\"") + field("w", "double", "arraysize=\"*\"") + text("s"),
                 tabledata({{"1 2 3", "", "a"}, {"", "0.5", "bcd"}, {"-4", "1.5 NaN", ""}})),
           TableFormat::kFits);
  Fits fits(path(TableFormat::kFits));
  EXPECT_EQ(fits.key("TFORM1"), "1PJ(3)");
  EXPECT_EQ(fits.key("TFORM3"), "3A");
  EXPECT_EQ(fits.key("PCOUNT"), std::to_string(4 * 4 + 3 * 8));
  EXPECT_EQ(fits.elements(1, 1), 3);
  EXPECT_EQ(fits.elements(1, 2), 0);
  EXPECT_EQ(fits.numbers(1, 1, 3), "1 2 3");
  EXPECT_EQ(fits.numbers(1, 3, 1), "-4");
  EXPECT_EQ(fits.elements(2, 1), 0);
  EXPECT_EQ(fits.real(2, 3, 1), 1.5);
  EXPECT_EQ(fits.text(3, 2), "bcd");
}

TEST_F(TableExport, FitsNamesAreUniqueAndItsTextIsAscii) {
  exported(table(text("Name") + text("NAME") + text(""), tabledata({{"a\xc3\xa9z", "x\ny", ""}})),
           TableFormat::kFits);
  Fits fits(path(TableFormat::kFits));
  EXPECT_EQ(fits.key("TTYPE1"), "Name");
  EXPECT_EQ(fits.key("TTYPE2"), "NAME_2");
  EXPECT_EQ(fits.key("TTYPE3"), "col3");
  EXPECT_EQ(fits.text(1, 1), "a?z");
  EXPECT_EQ(fits.text(2, 1), "x y");
}

TEST_F(TableExport, AFitsTableHas999ColumnsAtMost) {
  std::string fields;
  for (int i = 0; i < 1000; ++i) fields += field("c" + std::to_string(i), "int");
  EXPECT_NE(exported(table(fields, tabledata({})), TableFormat::kFits).find("999"), std::string::npos);
}

TEST_F(TableExport, NullsOfFloatsAndLogicalsAreNanAndZero) {
  exported(table(field("d", "double") + field("l", "boolean"), tabledata({{"", ""}, {"1", "F"}})),
           TableFormat::kFits);
  Fits fits(path(TableFormat::kFits));
  EXPECT_TRUE(std::isnan(fits.real(1, 1)));
  EXPECT_EQ(fits.real(1, 2), 1.0);
}

// --- votable_in_memory ---

std::string content_of(const UniqueFd& file) {
  std::string text(1U << 20U, '\0');
  const ssize_t got = ::pread(file.get(), text.data(), text.size(), 0);
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

TEST(VotableInMemoryTest, ARowIsReadBackAsItWas) {
  const auto first = read(table(
      "<FIELD name=\"a&lt;b\" datatype=\"char\" arraysize=\"*\"><DESCRIPTION>x &amp; y</DESCRIPTION></FIELD>"
      "<FIELD name=\"n\" datatype=\"int\" unit=\"m\" ucd=\"meta.id\"><VALUES null=\"-1\"/></FIELD>"
      "<FIELD name=\"d\" datatype=\"double\"/><FIELD name=\"f\" datatype=\"float\"/>"
      "<FIELD name=\"b\" datatype=\"boolean\"/><FIELD name=\"l\" datatype=\"short\" arraysize=\"*\"/>"
      "<FIELD name=\"t\" datatype=\"char\" arraysize=\"3x2\"/><FIELD name=\"c\" datatype=\"doubleComplex\"/>"
      "<FIELD name=\"g\" datatype=\"float\" arraysize=\"2\"/>",
      tabledata({{"1 &lt; 2 &amp; \"x\"", "7", "0.1", "+Inf", "T", "1 2", "ab cd ", "1.5 -2", "NaN 1"},
                 {"", "-1", "", "-Inf", "", "", "", "", ""}})));
  ASSERT_EQ(first.events.rows.size(), 2U);
  const auto& columns = first.events.tables.front().columns;
  const auto made = votable_in_memory(
      {columns, 2, [&](std::uint64_t number) { return Result<Row>(first.events.rows[number]); }}, true);
  ASSERT_TRUE(made);
  const auto second = read(content_of(*made));
  ASSERT_FALSE(second.error) << second.error->what();
  EXPECT_EQ(second.unparsable, 0U);
  ASSERT_EQ(second.events.rows.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(shown(second.events.rows[i]), shown(first.events.rows[i]));
  const auto& again = second.events.tables.front().columns;
  ASSERT_EQ(again.size(), columns.size());
  EXPECT_EQ(again[0].name, "a<b");
  EXPECT_EQ(again[0].description, "x & y");
  EXPECT_EQ(again[1].unit, "m");
  EXPECT_EQ(again[1].null_value, "-1");
  ASSERT_EQ(second.events.statuses.size(), 2U);
  EXPECT_EQ(second.events.statuses.back().value, "OVERFLOW");
}

}  // namespace
}  // namespace esofs::client::tests
