#include "tests/unit/client/votable/support.h"

#include <zlib.h>

#include <bit>
#include <cerrno>
#include <sstream>
#include <utility>

namespace esofs::client::tests {
namespace {

struct Shown {
  std::string operator()(std::monostate) const { return "~"; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(const std::string& value) const { return '"' + value + '"'; }
  std::string operator()(const ValueArray& values) const {
    std::string text = "[";
    for (const auto& value : values) text += (text.size() > 1 ? "," : "") + std::visit(*this, value.is);
    return text + "]";
  }
  template <class Number>
  std::string operator()(const std::complex<Number>& value) const {
    return (*this)(value.real()) + "/" + (*this)(value.imag());
  }
  template <class Number>
  std::string operator()(const Number& value) const {
    std::ostringstream text;
    text.precision(17);
    text << value << (sizeof(value) == 4 ? "f" : "");
    return text.str();
  }
};

}  // namespace

std::string shown(const Value& value) { return std::visit(Shown{}, value.is); }

std::string shown(std::span<const Value> row) {
  std::string text;
  for (const auto& value : row) text += (text.empty() ? "" : "|") + shown(value);
  return text;
}

Result<void> Recorder::document(const VotableInfo& what) {
  info = what;
  lines.push_back("document " + what.version.value_or("-") + " " + what.xml_namespace.value_or("-"));
  return {};
}

Result<void> Recorder::table(const VotableTable& what) {
  std::string line = "table " + std::to_string(what.index) + " " + what.name;
  for (const auto& column : what.columns)
    line += " " + column.name + ":" + column.datatype + column.arraysize;
  for (const auto& [column, value] : what.params) line += " " + column.name + "=" + value;
  lines.push_back(line);
  tables.push_back(what);
  return {};
}

Result<void> Recorder::row(std::span<const Value> row) {
  lines.push_back("row " + shown(row));
  rows.emplace_back(row.begin(), row.end());
  if (rows.size() == refuse_row) return Error(ECANCELED, "enough");
  return {};
}

Result<void> Recorder::table_end(Serialization serialization, std::uint64_t row_count) {
  lines.push_back("end " + std::to_string(static_cast<int>(serialization)) + " " + std::to_string(row_count));
  return {};
}

Result<void> Recorder::status(const QueryStatus& what) {
  lines.push_back("status " + what.parent + (what.after_table ? " after " : " before ") + what.value + " " +
                  what.text);
  statuses.push_back(what);
  return {};
}

Result<void> Recorder::service(const ServiceDescriptor& what) {
  std::string line = "service " + what.id;
  for (const auto& [name, value] : what.params) line += " " + name + "=" + value;
  for (const auto& input : what.inputs) line += " ?" + input.column.name + "=" + input.value;
  lines.push_back(line);
  services.push_back(what);
  return {};
}

Reading read(std::string_view document, std::size_t piece, VotableReader::Options options,
             std::uint64_t refuse_row) {
  Reading reading;
  reading.events.refuse_row = refuse_row;
  VotableReader reader(reading.events, std::move(options));
  for (std::string_view rest = document; !rest.empty() && !reading.error;) {
    const auto part = rest.substr(0, piece);
    rest.remove_prefix(part.size());
    if (auto pushed = reader.push(std::as_bytes(std::span(part))); !pushed) reading.error = pushed.error();
  }
  if (!reading.error)
    if (auto finished = reader.finish(); !finished) reading.error = finished.error();
  reading.unparsable = reader.unparsable();
  return reading;
}

std::string votable(const std::string& body) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
         "<VOTABLE version=\"1.4\" xmlns=\"http://www.ivoa.net/xml/VOTable/v1.3\">\n<RESOURCE "
         "type=\"results\">\n" +
         body + "\n</RESOURCE>\n</VOTABLE>\n";
}

std::string table(const std::string& fields, const std::string& data) {
  return votable("<TABLE name=\"t\">" + fields + "<DATA>" + data + "</DATA></TABLE>");
}

std::string tabledata(const std::vector<std::vector<std::string>>& rows) {
  std::string text = "<TABLEDATA>\n";
  for (const auto& row : rows) {
    text += "<TR>";
    for (const auto& cell : row) text += cell.empty() ? "<TD/>" : "<TD>" + cell + "</TD>";
    text += "</TR>\n";
  }
  return text + "</TABLEDATA>";
}

std::string stream(const std::string& serialization, std::string_view bytes, std::size_t line_length) {
  return "<" + serialization + "><STREAM encoding=\"base64\">\n" + base64(bytes, line_length) +
         "\n</STREAM></" + serialization + ">";
}

std::string base64(std::string_view bytes, std::size_t line_length) {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned group = 0;
    for (std::size_t j = 0; j < 3; ++j)
      group = group << 8U | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    for (std::size_t j = 0; j < 4; ++j)
      text += i + j > bytes.size() ? '=' : kAlphabet[group >> (18 - 6 * j) & 63U];
    if (text.size() % (line_length + 1) >= line_length - 3) text += '\n';
  }
  return text;
}

std::string gzip(std::string_view bytes) {
  z_stream z{};
  deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&z, bytes.size()) + 64, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  z.avail_in = static_cast<uInt>(bytes.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  deflate(&z, Z_FINISH);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

std::string be(float number) { return be(std::bit_cast<std::uint32_t>(number)); }
std::string be(double number) { return be(std::bit_cast<std::uint64_t>(number)); }

}  // namespace esofs::client::tests
