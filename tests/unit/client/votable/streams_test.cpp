// VotableReader: encodings of XML, gzip, side files, inline FITS.
#include <fitsio.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iconv.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string>

#include "tests/unit/client/votable/documents.h"

namespace esofs::client::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// `text`, which is UTF-8, in another encoding.
std::string encoded(std::string text, const char* encoding) {
  const iconv_t handle = iconv_open(encoding, "UTF-8");
  std::string out(text.size() * 4 + 8, '\0');
  char* in = text.data();
  char* to = out.data();
  std::size_t left = text.size();
  std::size_t room = out.size();
  EXPECT_EQ(iconv(handle, &in, &left, &to, &room), 0U) << encoding;
  iconv_close(handle);
  out.resize(out.size() - room);
  return out;
}

std::string document(const std::string& declaration, const std::string& cell) {
  return declaration +
         "<VOTABLE><RESOURCE><TABLE><FIELD name='c' datatype='char' "
         "arraysize='*'/><DATA><TABLEDATA><TR><TD>" +
         cell + "</TD></TR></TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>";
}

std::string declared(const std::string& encoding) {
  return "<?xml version='1.0' encoding='" + encoding + "'?>\n";
}

TEST(VotableEncodings, EveryEncodingOfXmlIsRead) {
  const std::string mark = "\xEF\xBB\xBF";
  const std::string cell = "naïve é";
  const std::string wide = "naïve ☃ 🔭 日本";
  const std::vector<std::pair<std::string, std::string>> documents = {
      {document("", wide), wide},
      {document(declared("utf-8"), wide), wide},
      {mark + document(declared("UTF-8"), wide), wide},
      {"\n  " + document(declared("UTF-8"), wide), wide},
      {encoded(document(declared("iso-8859-1"), cell), "ISO-8859-1"), cell},
      {encoded(document(declared("windows-1252"), "€"), "CP1252"), "€"},
      {encoded(document(declared("Shift_JIS"), "日本"), "SHIFT_JIS"), "日本"},
      {encoded(mark + document(declared("UTF-16"), wide), "UTF-16LE"), wide},
      {encoded(mark + document("", wide), "UTF-16BE"), wide},
      {encoded(document(declared("UTF-16"), wide), "UTF-16LE"), wide},
      {encoded(document(declared("UTF-8"), wide), "UTF-16BE"), wide},  // re-encoded by a proxy
      {encoded(mark + document("", wide), "UTF-32LE"), wide},
      {encoded(document("", wide), "UTF-32BE"), wide},
      {document(declared("UTF-16"), wide), wide},  // a declaration that cannot be right
      {document(declared("US-ASCII"), wide), wide},
  };
  for (std::size_t i = 0; i < documents.size(); ++i) {
    const auto& [text, expected] = documents[i];
    for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, text.size()}) {
      const auto reading = read(text, piece);
      EXPECT_FALSE(reading.error) << i << ": " << reading.error->what();
      EXPECT_THAT(row_lines(reading), ElementsAre("row \"" + expected + "\"")) << "document " << i;
    }
  }
}

TEST(VotableEncodings, BytesOrNamesThatAreNoEncodingAreErrors) {
  EXPECT_THAT(read(document(declared("EBCDIC-XX"), "a")).error->what(), HasSubstr("unknown encoding"));
  EXPECT_EQ(read(document(declared("UTF-8"), "\xE9")).error->code(), EBADMSG);
  EXPECT_EQ(read(document(declared("Shift_JIS"), "\xFF\xFF")).error->code(), EBADMSG);
  const auto half = encoded(document("", "a"), "UTF-16LE");
  EXPECT_EQ(read(half.substr(0, half.size() - 1)).error->code(), EBADMSG);
}

TEST(VotableEncodings, Latin1ThatNobodyDeclaresIsRead) {
  for (const std::size_t piece : {1U, 7U, 10'000U}) {
    const auto reading = read(document("", "G\xF6\xDFnitz \xC3\xA9 \xE2\x86\x92 \xE9"), piece);
    ASSERT_FALSE(reading.error) << reading.error->what();
    EXPECT_THAT(reading.events.lines,
                ::testing::Contains(HasSubstr("G\xC3\xB6\xC3\x9Fnitz \xC3\xA9 \xE2\x86\x92 \xC3\xA9")));
  }
}

TEST(VotableEncodings, ControlCharactersDoNotCostTheDocument) {
  for (const auto& declaration : {std::string(), declared("UTF-8")}) {
    const auto reading = read(document(declaration,
                                       "a\x0C\x01"
                                       "b\tc"));
    ASSERT_FALSE(reading.error) << reading.error->what();
    EXPECT_THAT(reading.events.lines, ::testing::Contains(HasSubstr("a\xEF\xBF\xBD\xEF\xBF\xBD"
                                                                    "b")));
  }
}

TEST(VotableGzip, ACompressedDocumentIsTheSameDocument) {
  const auto plain = read(datalink()).events.lines;
  const auto text = datalink();
  EXPECT_EQ(read(gzip(text)).events.lines, plain);
  EXPECT_EQ(read(gzip(text.substr(0, 500)) + gzip(text.substr(500)), 100).events.lines,
            plain);                                                          // two members
  EXPECT_EQ(read(gzip(text) + std::string(512, '\0')).events.lines, plain);  // padding
}

TEST(VotableGzip, DamageIsAnError) {
  auto damaged = gzip(as_binary());
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 0x55);
  EXPECT_EQ(read(damaged).error->code(), EBADMSG);
  const auto whole = gzip(as_binary());
  const auto cut = read(whole.substr(0, whole.size() - 4));  // only the check sum is missing
  ASSERT_TRUE(cut.error);
  EXPECT_THAT(cut.error->what(), HasSubstr("cut off"));
}

TEST(VotableSideFiles, RowsAreFetchedFromWhereTheStreamSays) {
  const std::string bytes = be(7) + be(8);
  for (const auto& [encoding, content] :
       std::vector<std::pair<std::string, std::string>>{{"", bytes},
                                                        {"none", bytes},
                                                        {"gzip", gzip(bytes)},
                                                        {"dynamic", bytes},
                                                        {"base64", base64(bytes)}}) {
    std::string asked;
    VotableReader::Options options;
    options.fetch_stream = [&asked, file = content](const std::string& href) -> Result<std::string> {
      asked = href;
      return file;
    };
    const auto reading =
        read(table("<FIELD name='a' datatype='int'/>",
                   "<BINARY><STREAM href='http://h/x?a=1&amp;b=2' encoding='" + encoding + "'/></BINARY>"),
             1000, options);
    EXPECT_EQ(asked, "http://h/x?a=1&b=2");
    EXPECT_THAT(row_lines(reading), ElementsAre("row 7", "row 8")) << encoding;
  }
}

TEST(VotableSideFiles, WithoutAFetcherTheReadingFails) {
  const auto text =
      table("<FIELD name='a' datatype='int'/>", "<BINARY><STREAM href='file:///etc/passwd'/></BINARY>");
  EXPECT_EQ(read(text).error->code(), ENOTSUP);
  VotableReader::Options options;
  options.fetch_stream = [](const std::string&) -> Result<std::string> { return Error(EACCES, "no"); };
  EXPECT_EQ(read(text, 1000, options).error->code(), EACCES);
}

// A FITS file with two tables; the second has the columns of the FIELDs below and two rows.
std::string fits_file() {
  int status = 0;
  fitsfile* file = nullptr;
  std::size_t size = 2880;
  void* memory = std::malloc(size);  // NOLINT: CFITSIO grows it by realloc
  fits_create_memfile(&file, &memory, &size, 2880, std::realloc, &status);
  std::array<char*, 9> names;
  std::array<char*, 9> forms;
  std::array<std::string, 9> name_texts = {"name", "n", "flag", "bits", "x", "y", "vec", "z", "b"};
  std::array<std::string, 9> form_texts = {"8A", "1J", "1L", "10X", "1E", "2D", "1PJ(3)", "1C", "1B"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    names.at(i) = name_texts.at(i).data();
    forms.at(i) = form_texts.at(i).data();
  }
  fits_create_tbl(file, BINARY_TBL, 1, 1, names.data(), forms.data(), nullptr, nullptr, &status);
  fits_create_tbl(file, BINARY_TBL, 2, 9, names.data(), forms.data(), nullptr, nullptr, &status);
  int tnull = -99;
  fits_write_key(file, TINT, "TNULL2", &tnull, nullptr, &status);
  fits_set_hdustruc(file, &status);
  std::array<std::string, 2> texts = {"NGC 253", "M31"};
  std::array<char*, 2> strings = {texts[0].data(), texts[1].data()};
  fits_write_col(file, TSTRING, 1, 1, 1, 2, strings.data(), &status);
  std::array<int, 2> integers = {15, -99};
  fits_write_col(file, TINT, 2, 1, 1, 2, integers.data(), &status);
  std::array<char, 2> flags = {1, 0};
  fits_write_col(file, TLOGICAL, 3, 1, 1, 1, flags.data(), &status);
  fits_write_col_null(file, 3, 2, 1, 1, &status);
  std::array<char, 10> bits = {1, 0, 1, 1, 0, 0, 0, 0, 0, 1};
  fits_write_col_bit(file, 4, 1, 1, 10, bits.data(), &status);
  std::array<float, 2> floats = {1.5F, -2.5F};
  fits_write_col(file, TFLOAT, 5, 1, 1, 1, floats.data(), &status);
  fits_write_col_null(file, 5, 2, 1, 1, &status);
  std::array<double, 4> doubles = {1, 2, 3, 4};
  fits_write_col(file, TDOUBLE, 6, 1, 1, 4, doubles.data(), &status);
  std::array<int, 3> vector = {7, 8, 9};
  fits_write_col(file, TINT, 7, 1, 1, 3, vector.data(), &status);
  fits_write_col(file, TCOMPLEX, 8, 1, 1, 1, floats.data(), &status);
  std::array<unsigned char, 2> bytes = {0, 255};
  fits_write_col(file, TBYTE, 9, 1, 1, 2, bytes.data(), &status);
  fits_close_file(file, &status);
  EXPECT_EQ(status, 0);
  std::string content(static_cast<const char*>(memory), size);
  std::free(memory);  // NOLINT
  return content;
}

constexpr const char* kFitsFields =
    "<FIELD name='name' datatype='char' arraysize='8'/><FIELD name='n' datatype='int'/><FIELD name='flag' "
    "datatype='boolean'/><FIELD name='bits' datatype='bit' arraysize='10'/><FIELD name='x' "
    "datatype='float'/><FIELD name='y' "
    "datatype='double' arraysize='2'/><FIELD name='vec' datatype='int' arraysize='*'/><FIELD name='z' "
    "datatype='floatComplex'/><FIELD name='b' datatype='unsignedByte'><VALUES null='255'/></FIELD>";

std::string fits_document(const std::string& bytes, const std::string& extnum) {
  auto data = stream("FITS", bytes);
  data.insert(5, " extnum='" + extnum + "'");
  return table(kFitsFields, data);
}

// A FITS file of a table with one row: an E, a D, a C and a 2E column of these numbers.
std::string fits_of_floats(const std::vector<float>& floats, const std::vector<double>& doubles) {
  int status = 0;
  fitsfile* file = nullptr;
  std::size_t size = 2880;
  void* memory = std::malloc(size);  // NOLINT: CFITSIO grows it by realloc
  fits_create_memfile(&file, &memory, &size, 2880, std::realloc, &status);
  std::array<char*, 2> names{const_cast<char*>("a"), const_cast<char*>("b")};  // NOLINT: CFITSIO's
  std::array<std::string, 2> wanted{std::to_string(floats.size()) + "E",
                                    std::to_string(doubles.size()) + "D"};
  std::array<char*, 2> forms{wanted[0].data(), wanted[1].data()};
  fits_create_tbl(file, BINARY_TBL, 1, 2, names.data(), forms.data(), nullptr, nullptr, &status);
  fits_write_col(file, TFLOAT, 1, 1, 1, static_cast<LONGLONG>(floats.size()),
                 const_cast<float*>(floats.data()),  // NOLINT
                 &status);
  fits_write_col(file, TDOUBLE, 2, 1, 1, static_cast<LONGLONG>(doubles.size()),
                 const_cast<double*>(doubles.data()), &status);  // NOLINT
  fits_close_file(file, &status);
  EXPECT_EQ(status, 0);
  std::string bytes(static_cast<const char*>(memory), size);
  std::free(memory);  // NOLINT
  return bytes;
}

TEST(VotableStreams, InlineFitsKeepsInfinitiesAndSubnormalNumbers) {
  const float float_infinity = std::numeric_limits<float>::infinity();
  const double infinity = std::numeric_limits<double>::infinity();
  const auto bytes = fits_of_floats({float_infinity, -float_infinity, 1e-44F, NAN, 1.5F},
                                    {infinity, -infinity, 5e-324, NAN, -0.0});
  const auto reading =
      read(table("<FIELD name='a' datatype='float' arraysize='5'/>"
                 "<FIELD name='b' datatype='double' arraysize='5'/>",
                 stream("FITS", bytes)));
  ASSERT_FALSE(reading.error) << reading.error->what();
  ASSERT_EQ(reading.events.rows.size(), 1U);
  const auto& floats = std::get<ValueArray>(reading.events.rows[0][0].is);
  const auto& doubles = std::get<ValueArray>(reading.events.rows[0][1].is);
  EXPECT_EQ(floats, (ValueArray{{float_infinity}, {-float_infinity}, {1e-44F}, {}, {1.5F}}));
  EXPECT_EQ(doubles, (ValueArray{{infinity}, {-infinity}, {5e-324}, {}, {-0.0}}));
}

TEST(VotableFits, AnInlineFitsTableGivesItsRows) {
  const auto reading = read(fits_document(fits_file(), "2"), 1000);
  ASSERT_FALSE(reading.error) << reading.error->what();
  EXPECT_THAT(row_lines(reading),
              ElementsAre("row \"NGC 253\"|15|true|[1,0,1,1,0,0,0,0,0,1]|1.5f|[1,2]|[7,8,9]|1.5f/-2.5f|0",
                          "row \"M31\"|~|~|[0,0,0,0,0,0,0,0,0,0]|~|[3,4]|~|0f/0f|~"));
}

TEST(VotableFits, WhatIsNotTheTableIsAnError) {
  EXPECT_EQ(read(fits_document(fits_file(), "1")).error->code(), EBADMSG);  // one column only
  EXPECT_EQ(read(fits_document(fits_file(), "7")).error->code(), EBADMSG);
  EXPECT_EQ(read(fits_document(fits_file(), "0")).error->code(), EBADMSG);  // the primary is no table
  EXPECT_EQ(read(fits_document("no FITS at all", "2")).error->code(), EBADMSG);
  EXPECT_EQ(read(fits_document(fits_file().substr(0, 4000), "2")).error->code(), EBADMSG);
}

}  // namespace
}  // namespace esofs::client::tests
