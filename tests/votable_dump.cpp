// votable_dump FILE: what VotableReader reads from a VOTable, as JSON on stdout, for comparison with other readers.
//
// Top level: file, votable_version, namespace, query_status, service_descriptors, unparsable, tables; a cell is null, a
// number, "Infinity" or "-Infinity", a string, [re, im] or a list of these; NaN is null. Side files (STREAM/@href) are
// looked for beside FILE. Exit status 1: the file cannot be read; `error` says why, and what was read before it is there.

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "client/votable/votable.h"

namespace {

using esofs::Error;
using esofs::Result;
using Json = nlohmann::ordered_json;
namespace client = esofs::client;

Json text(const std::string& value) { return value.empty() ? Json(nullptr) : Json(value); }

template <class Number>
Json number(Number value) {
  if (std::isnan(value)) return nullptr;
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return static_cast<double>(value);
}

template <class Number>
Json number(const std::complex<Number>& value) {
  if (std::isnan(value.real()) || std::isnan(value.imag())) return nullptr;
  return Json::array({number(value.real()), number(value.imag())});
}

struct JsonOf {
  Json operator()(std::monostate) const { return nullptr; }
  Json operator()(bool value) const { return value; }
  Json operator()(std::int64_t value) const { return value; }
  Json operator()(const std::string& value) const { return value; }
  Json operator()(const client::ValueArray& values) const {
    Json list = Json::array();
    for (const auto& value : values) list.push_back(std::visit(*this, value.is));
    return list;
  }
  template <class Number>
  Json operator()(const Number& value) const {
    return number(value);
  }
};

Json json_of(const client::Column& column) {
  return {{"name", text(column.name)},
          {"ID", text(column.id)},
          {"datatype", column.datatype},
          {"arraysize", text(column.arraysize)},
          {"unit", text(column.unit)},
          {"ucd", text(column.ucd)},
          {"utype", text(column.utype)},
          {"xtype", text(column.xtype)},
          {"ref", text(column.ref)},
          {"width", text(column.width)},
          {"precision", text(column.precision)},
          {"null", text(column.null_value)}};
}

const char* name_of(client::Serialization serialization) {
  switch (serialization) {
    case client::Serialization::kTableData:
      return "TABLEDATA";
    case client::Serialization::kBinary:
      return "BINARY";
    case client::Serialization::kBinary2:
      return "BINARY2";
    case client::Serialization::kFits:
      return "FITS";
    case client::Serialization::kNone:
      break;
  }
  return "none";
}

class Dump : public client::VotableEvents {
 public:
  Dump() {
    json_["query_status"] = Json::array();
    json_["service_descriptors"] = Json::array();
    json_["tables"] = Json::array();
  }

  Result<void> document(const client::VotableInfo& info) override {
    json_["votable_version"] = info.version ? Json(*info.version) : Json(nullptr);
    json_["namespace"] = info.xml_namespace ? Json(*info.xml_namespace) : Json(nullptr);
    return {};
  }

  Result<void> table(const client::VotableTable& table) override {
    Json columns = Json::array();
    for (const auto& column : table.columns) columns.push_back(json_of(column));
    Json params = Json::array();
    for (const auto& [column, value] : table.params) {
      params.push_back(json_of(column));
      params.back()["value"] = value;
    }
    const auto& resource = table.resource;
    json_["tables"].push_back({{"index", table.index},
                               {"resource_path", resource.path},
                               {"resource",
                                {{"type", text(resource.type)},
                                 {"utype", text(resource.utype)},
                                 {"name", text(resource.name)},
                                 {"ID", text(resource.id)}}},
                               {"name", text(table.name)},
                               {"ID", text(table.id)},
                               {"columns", columns},
                               {"params", params},
                               {"rows", Json::array()}});
    return {};
  }

  Result<void> row(std::span<const client::Value> row) override {
    Json cells = Json::array();
    for (const auto& value : row) cells.push_back(std::visit(JsonOf{}, value.is));
    json_["tables"].back()["rows"].push_back(std::move(cells));
    return {};
  }

  Result<void> table_end(client::Serialization serialization, std::uint64_t rows) override {
    json_["tables"].back()["serialization"] = name_of(serialization);
    json_["tables"].back()["nrows"] = rows;
    return {};
  }

  Result<void> status(const client::QueryStatus& status) override {
    json_["query_status"].push_back({{"parent", status.parent},
                                     {"position", status.after_table ? "after" : "before"},
                                     {"value", status.value},
                                     {"text", text(status.text)}});
    return {};
  }

  Result<void> service(const client::ServiceDescriptor& service) override {
    Json params = Json::array();
    for (const auto& [name, value] : service.params) params.push_back({{"name", name}, {"value", value}});
    Json inputs = Json::array();
    for (const auto& input : service.inputs) {
      Json json = json_of(input.column);
      json["value"] = input.has_value ? Json(input.value) : Json(nullptr);
      json["min"] = text(input.min);
      json["max"] = text(input.max);
      json["options"] = Json::array();
      for (const auto& [name, value] : input.options)
        json["options"].push_back({{"name", text(name)}, {"value", value}});
      inputs.push_back(std::move(json));
    }
    json_["service_descriptors"].push_back({{"ID", text(service.id)},
                                            {"name", text(service.name)},
                                            {"utype", text(service.utype)},
                                            {"params", params},
                                            {"inputParams", inputs}});
    return {};
  }

  Json& json() { return json_; }

 private:
  Json json_;
};

Result<std::string> read_beside(const std::filesystem::path& document, const std::string& href) {
  std::ifstream file(document.parent_path() / std::filesystem::path(href).filename(), std::ios::binary);
  if (!file) return Error(ENOENT, "no file " + href);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

Result<void> read(client::VotableReader& reader, std::istream& file) {
  std::vector<char> buffer(64U << 10U);
  while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || file.gcount() > 0) {
    const std::span piece(buffer.data(), static_cast<std::size_t>(file.gcount()));
    if (auto pushed = reader.push(std::as_bytes(piece)); !pushed) return pushed;
  }
  return reader.finish();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: votable_dump FILE\n";
    return 2;
  }
  const std::filesystem::path path = argv[1];
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    std::cerr << path.string() << ": cannot be opened\n";
    return 2;
  }
  Dump dump;
  client::VotableReader::Options options;
  options.fetch_stream = [&path](const std::string& href) { return read_beside(path, href); };
  client::VotableReader reader(dump, options);
  const auto done = read(reader, file);
  dump.json()["file"] = path.filename().string();
  dump.json()["unparsable"] = reader.unparsable();
  if (!done) {
    dump.json()["error"] = done.error().what();
    std::cerr << path.string() << ": " << done.error().what() << '\n';
  }
  std::cout << dump.json().dump(1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  return done ? 0 : 1;
}
