#include "client/tables/text_writer.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "client/tables/table_text.h"
#include "client/votable/value.h"

namespace esofs::client {
namespace {

// Names of columns; one without a name is called by its place.
std::vector<std::string> names_of(const std::vector<Column>& columns) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < columns.size(); ++i)
    names.push_back(!columns[i].name.empty() ? columns[i].name
                    : !columns[i].id.empty() ? columns[i].id
                                             : "col" + std::to_string(i + 1));
  return names;
}

// Lines of fields; what a field looks like is the format's.
class SeparatedWriter : public TableWriter {
 public:
  SeparatedWriter(ExportFile& file, char separator) : file_(file), separator_(separator) {}

  Result<void> columns(const std::vector<Column>& columns) override {
    names_ = names_of(columns);
    return {};
  }
  Result<void> begin() override {
    line_.clear();
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (i > 0) line_ += separator_;
      append_field(names_[i], line_);
    }
    line_ += '\n';
    return file_.append(line_);
  }
  Result<void> row(std::span<const Value> row) override {
    line_.clear();
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) line_ += separator_;
      field_.clear();
      append_cell_text(row[i], field_);
      append_field(field_, line_);
    }
    if (line_.empty()) line_ = only_field_empty();
    line_ += '\n';
    return file_.append(line_);
  }
  Result<void> finish() override { return {}; }

 protected:
  virtual void append_field(const std::string& field, std::string& line) const = 0;
  // The line of a table of one column whose cell is null, which readers must not take for a blank line.
  virtual std::string only_field_empty() const { return {}; }

 private:
  ExportFile& file_;
  const char separator_;
  std::vector<std::string> names_;
  std::string line_;
  std::string field_;
};

class CsvWriter : public SeparatedWriter {
 public:
  explicit CsvWriter(ExportFile& file) : SeparatedWriter(file, ',') {}

 protected:
  void append_field(const std::string& field, std::string& line) const override {
    const bool plain = field.find_first_of(",\"\r\n") == std::string::npos && !field.starts_with(' ') &&
                       !field.ends_with(' ');
    if (plain) {
      line += field;
      return;
    }
    line += '"';
    for (const char c : field) line.append(c == '"' ? 2 : 1, c);
    line += '"';
  }
  std::string only_field_empty() const override { return "\"\""; }
};

// Fields of TSV cannot hold tabs and line ends, nor say that they do: each becomes a blank.
class TsvWriter : public SeparatedWriter {
 public:
  explicit TsvWriter(ExportFile& file) : SeparatedWriter(file, '\t') {}

 protected:
  void append_field(const std::string& field, std::string& line) const override {
    for (const char c : field) line += c == '\t' || c == '\n' || c == '\r' ? ' ' : c;
  }
};

// Blank-separated words under one another, below a comment with the names of the columns. A word with blanks, or that would
// read as something else, is in double quotes with backslashes as in STILTS's "ascii", which knows no line ends in a word: they become blanks. Null is
// the word null.
class AlignedWriter : public TableWriter {
 public:
  explicit AlignedWriter(ExportFile& file) : file_(file) {}

  Result<void> columns(const std::vector<Column>& columns) override {
    for (const auto& name : names_of(columns)) {
      names_.emplace_back();
      append_word(name, names_.back());
      widths_.push_back(std::min(kMostPadded, characters(names_.back())));
    }
    for (const auto& column : columns) {
      const CellType type = cell_type(column);
      right_.push_back(!type.array && !type.text() && type.primitive != Primitive::kBoolean);
    }
    return {};
  }
  bool surveys() const override { return true; }
  void survey(std::span<const Value> row) override {
    for (std::size_t i = 0; i < row.size(); ++i) {
      make_word(row[i]);
      widths_[i] = std::max(widths_[i], std::min(kMostPadded, characters(word_)));
    }
  }
  Result<void> begin() override {
    line_ = "#";
    for (std::size_t i = 0; i < names_.size(); ++i) append_padded(i, names_[i]);
    return end_line();
  }
  Result<void> row(std::span<const Value> row) override {
    line_ = " ";
    for (std::size_t i = 0; i < row.size(); ++i) {
      make_word(row[i]);
      append_padded(i, word_);
    }
    return end_line();
  }
  Result<void> finish() override { return {}; }

 private:
  // Wider words push their line out of the columns: better than thousands of blanks in all other lines.
  static constexpr std::size_t kMostPadded = 120;

  static void append_word(const std::string& text, std::string& to) {
    const bool plain = !text.empty() && text != "null" && text[0] != '#' &&
                       text.find_first_of(" \t\r\n\"'\\") == std::string::npos;
    if (plain) {
      to += text;
      return;
    }
    to += '"';
    for (const char c : text) {
      if (c == '\n' || c == '\r' || c == '\t') {
        to += ' ';
        continue;
      }
      if (c == '"' || c == '\\') to += '\\';
      to += c;
    }
    to += '"';
  }
  void make_word(const Value& value) {
    word_.clear();
    cell_.clear();
    append_cell_text(value, cell_);
    if (cell_.empty())
      word_ = "null";
    else
      append_word(cell_, word_);
  }
  void append_padded(std::size_t column, const std::string& word) {
    const std::size_t width = characters(word);
    const std::size_t padding = width < widths_[column] ? widths_[column] - width : 0;
    line_ += ' ';
    if (right_[column]) line_.append(padding, ' ');
    line_ += word;
    if (!right_[column]) line_.append(padding, ' ');
  }
  Result<void> end_line() {
    while (line_.ends_with(' ')) line_.pop_back();
    line_ += '\n';
    return file_.append(line_);
  }

  ExportFile& file_;
  std::vector<std::string> names_;
  std::vector<std::size_t> widths_;
  std::vector<bool> right_;
  std::string line_;
  std::string cell_;
  std::string word_;
};

}  // namespace

std::unique_ptr<TableWriter> make_csv_writer(ExportFile& file) { return std::make_unique<CsvWriter>(file); }
std::unique_ptr<TableWriter> make_tsv_writer(ExportFile& file) { return std::make_unique<TsvWriter>(file); }
std::unique_ptr<TableWriter> make_text_writer(ExportFile& file) {
  return std::make_unique<AlignedWriter>(file);
}

}  // namespace esofs::client
