// Output formats: writers of the answer to a query, row by row, for each format of the archive.
//
//   shapes   begin(), row() for each row, end(); each appends to `out`. FITS and text keep all rows until end(),
//            because their heads depend on the rows; the others keep none
//   source   STIL 4 for VOTable, numbers and FITS; TAPLib for JSON; client/ESO.md, "TAP answers and errors"
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/tap/sqlite/database.h"

namespace esofs::sim::tap {

enum class Ending { kComplete, kOverflow, kFailed };

class TableWriter {
 public:
  virtual ~TableWriter() = default;
  // query: repeated in formats that have a place for it.
  virtual void begin(const std::vector<Column>& columns, const std::string& query, std::string& out) = 0;
  virtual void row(const Cursor& cursor, std::string& out) = 0;
  // message: of kFailed. Formats without a place for a status just end.
  virtual void end(Ending ending, const std::string& message, std::string& out) = 0;
};

struct Format {
  std::vector<std::string> names;  // of FORMAT, lower case; the first is the usual one
  std::string mime;                // as in job documents
  std::string content_type;        // of the response
  std::string standard_id;         // of TAPRegExt; "": none
  std::unique_ptr<TableWriter> (*make)();
};

const std::vector<Format>& formats();
const Format* find_format(std::string_view name);  // in any case, with or without blanks; nullptr if unknown

// The bytes of an unsigned integer, the most significant first.
template <class Unsigned>
void append_big_endian(std::string& out, Unsigned value) {
  for (std::size_t i = sizeof value; i-- > 0;) out += static_cast<char>(value >> (8 * i) & 0xFFU);
}

// As Double.toString and Float.toString of Java: "7.7655E-7", "60647.24137805", "NaN".
void append_double(std::string& out, double value);
void append_float(std::string& out, double value);
// A cell as text, by the column's datatype; null is "".
void append_cell(std::string& out, const Value& value, const Column& column);
bool is_whole(const Column& column);  // short, int, long

void append_xml_text(std::string& out, std::string_view text);
std::string xml_text(std::string_view text);       // & < >
std::string xml_attribute(std::string_view text);  // also quotes and line ends

std::unique_ptr<TableWriter> make_votable_writer();
std::unique_ptr<TableWriter> make_binary_writer();
std::unique_ptr<TableWriter> make_binary2_writer();
std::unique_ptr<TableWriter> make_fits_writer();
std::unique_ptr<TableWriter> make_json_writer();
std::unique_ptr<TableWriter> make_csv_writer();
std::unique_ptr<TableWriter> make_tsv_writer();
std::unique_ptr<TableWriter> make_text_writer();
std::unique_ptr<TableWriter> make_html_writer();

}  // namespace esofs::sim::tap
