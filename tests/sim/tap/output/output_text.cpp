// The plain forms: CSV, TSV, JSON (as TAPLib's JSONFormat), HTML and a text table with ruled borders (as STIL's).

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/sim/tap/output/output.h"

namespace esofs::sim::tap {
namespace {

class SeparatedWriter : public TableWriter {
 public:
  explicit SeparatedWriter(char separator) : separator_(separator) {}

  void begin(const std::vector<Column>& columns, const std::string& /*query*/, std::string& out) override {
    columns_ = columns;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (i > 0) out += separator_;
      append_quoted(out, columns[i].name);
    }
    out += '\n';
  }

  void row(const Cursor& cursor, std::string& out) override {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) out += separator_;
      cell_.clear();
      append_cell(cell_, cursor.value(i), columns_[i]);
      append_quoted(out, cell_);
    }
    out += '\n';
  }

  void end(Ending /*ending*/, const std::string& /*message*/, std::string& /*out*/) override {}

 private:
  // CSV by RFC 4180; TSV has no quotes, so a tab or a line end within a cell becomes a blank.
  void append_quoted(std::string& out, const std::string& text) const {
    if (separator_ == '\t') {
      for (const char c : text) out += c == '\t' || c == '\n' || c == '\r' ? ' ' : c;
    } else if (text.find_first_of(",\"\n\r") == std::string::npos) {
      out += text;
    } else {
      out += '"';
      for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
      out += '"';
    }
  }

  char separator_;
  std::vector<Column> columns_;
  std::string cell_;
};

std::string json_text(std::string_view text) {
  return nlohmann::json(std::string(text)).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

class JsonWriter : public TableWriter {
 public:
  void begin(const std::vector<Column>& columns, const std::string& /*query*/, std::string& out) override {
    columns_ = columns;
    out += "{\n\"metadata\":\n\t[\n";
    for (std::size_t i = 0; i < columns.size(); ++i) {
      out += "\t\t{\"name\":" + json_text(columns[i].name);
      const std::string arraysize = columns[i].datatype == "char" ? "*" : "";
      append_member(out, "description", columns[i].description);
      append_member(out, "datatype", columns[i].datatype);
      append_member(out, "arraysize", arraysize);
      append_member(out, "xtype", columns[i].xtype);
      append_member(out, "unit", columns[i].unit);
      append_member(out, "ucd", columns[i].ucd);
      append_member(out, "utype", columns[i].utype);
      out += i + 1 < columns.size() ? "},\n" : "}\n";
    }
    out += "\t],\n\"data\":\n\t[";
  }

  void row(const Cursor& cursor, std::string& out) override {
    out += first_ ? "\n\t\t[" : ",\n\t\t[";
    first_ = false;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) out += ',';
      const Value value = cursor.value(i);
      if (value.type == PackedCell::Type::kText)
        out += json_text(value.text);
      else if (value.null() || !std::isfinite(value.number()))
        out += "null";
      else
        append_cell(out, value, columns_[i]);
    }
    out += ']';
  }

  void end(Ending /*ending*/, const std::string& /*message*/, std::string& out) override {
    out += "\n\t]\n}";
  }

 private:
  static void append_member(std::string& out, std::string_view name, const std::string& value) {
    if (!value.empty()) out += ",\"" + std::string(name) + "\":" + json_text(value);
  }

  std::vector<Column> columns_;
  bool first_ = true;
};

class HtmlWriter : public TableWriter {
 public:
  void begin(const std::vector<Column>& columns, const std::string& query, std::string& out) override {
    columns_ = columns;
    out += "<html>\n<head><title>TAP result</title></head>\n<body>\n<pre>" + xml_text(query) +
           "</pre>\n<table border=\"1\">\n<tr>";
    for (const auto& column : columns) out += "<th>" + xml_text(column.name) + "</th>";
    out += "</tr>\n";
  }
  void row(const Cursor& cursor, std::string& out) override {
    out += "<tr>";
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      std::string cell;
      append_cell(cell, cursor.value(i), columns_[i]);
      out += "<td>" + xml_text(cell) + "</td>";
    }
    out += "</tr>\n";
  }
  void end(Ending /*ending*/, const std::string& /*message*/, std::string& out) override {
    out += "</table>\n</body>\n</html>\n";
  }

 private:
  std::vector<Column> columns_;
};

class RuledWriter : public TableWriter {
 public:
  void begin(const std::vector<Column>& columns, const std::string& /*query*/,
             std::string& /*out*/) override {
    columns_ = columns;
    std::vector<std::string> names;
    for (const auto& column : columns) names.push_back(column.name);
    keep(std::move(names));
  }
  void row(const Cursor& cursor, std::string& /*out*/) override {
    std::vector<std::string> cells(columns_.size());
    for (std::size_t i = 0; i < cells.size(); ++i) append_cell(cells[i], cursor.value(i), columns_[i]);
    keep(std::move(cells));
  }
  void end(Ending /*ending*/, const std::string& /*message*/, std::string& out) override {
    std::string rule = "+";
    for (const std::size_t width : widths_) rule += std::string(width + 2, '-') + '+';
    out += rule + '\n';
    for (std::size_t line = 0; line < lines_.size(); ++line) {
      for (std::size_t i = 0; i < widths_.size(); ++i)
        out += "| " + lines_[line][i] + std::string(widths_[i] - lines_[line][i].size() + 1, ' ');
      out += "|\n";
      if (line == 0) out += rule + '\n';
    }
    out += rule + '\n';
  }

 private:
  void keep(std::vector<std::string> cells) {
    widths_.resize(cells.size());
    for (std::size_t i = 0; i < cells.size(); ++i) widths_[i] = std::max(widths_[i], cells[i].size());
    lines_.push_back(std::move(cells));
  }

  std::vector<Column> columns_;
  std::vector<std::size_t> widths_;
  std::vector<std::vector<std::string>> lines_;
};

}  // namespace

std::unique_ptr<TableWriter> make_csv_writer() { return std::make_unique<SeparatedWriter>(','); }
std::unique_ptr<TableWriter> make_tsv_writer() { return std::make_unique<SeparatedWriter>('\t'); }
std::unique_ptr<TableWriter> make_json_writer() { return std::make_unique<JsonWriter>(); }
std::unique_ptr<TableWriter> make_html_writer() { return std::make_unique<HtmlWriter>(); }
std::unique_ptr<TableWriter> make_text_writer() { return std::make_unique<RuledWriter>(); }

}  // namespace esofs::sim::tap
