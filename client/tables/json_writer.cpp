#include "client/tables/json_writer.h"

#include <utility>

#include "client/tables/table_text.h"

namespace esofs::client {
namespace {

class JsonWriter : public TableWriter {
 public:
  explicit JsonWriter(ExportFile& file) : file_(file) {}

  Result<void> columns(const std::vector<Column>& columns) override {
    columns_ = columns;
    return {};
  }
  Result<void> begin() override {
    text_ = "{\n\"metadata\":\n\t[";
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const Column& column = columns_[i];
      text_ += i > 0 ? ",\n\t\t{\"name\":" : "\n\t\t{\"name\":";
      append_json_string(column.name, text_);
      append_member("description", column.description);
      append_member("datatype", column.datatype);
      append_member("arraysize", column.arraysize);
      append_member("xtype", column.xtype);
      append_member("unit", column.unit);
      append_member("ucd", column.ucd);
      append_member("utype", column.utype);
      text_ += '}';
    }
    text_ += "\n\t],\n\"data\":\n\t[";
    return file_.append(text_);
  }
  Result<void> row(std::span<const Value> row) override {
    text_ = std::exchange(any_, true) ? ",\n\t\t[" : "\n\t\t[";
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) text_ += ',';
      append_cell_json(row[i], text_);
    }
    text_ += ']';
    return file_.append(text_);
  }
  Result<void> finish() override { return file_.append("\n\t]\n}\n"); }

 private:
  void append_member(const char* name, const std::string& value) {
    if (value.empty()) return;
    text_ += ",\"";
    text_ += name;
    text_ += "\":";
    append_json_string(value, text_);
  }

  ExportFile& file_;
  std::vector<Column> columns_;
  std::string text_;
  bool any_ = false;
};

}  // namespace

std::unique_ptr<TableWriter> make_json_writer(ExportFile& file) { return std::make_unique<JsonWriter>(file); }

}  // namespace esofs::client
