#include "fs/datasets/links_json.h"

#include <nlohmann/json.hpp>

namespace esofs::fs {
namespace {

using Json = nlohmann::ordered_json;

void add(Json& object, const char* key, const std::string& text) {
  if (!text.empty()) object[key] = text;
}

Json row(const client::Link& link) {
  Json object = Json::object();
  add(object, "ID", link.id);
  add(object, "semantics", link.semantics);
  add(object, "access_url", link.access_url);
  add(object, "service_def", link.service_def);
  add(object, "error_message", link.error_message);
  add(object, "description", link.description);
  add(object, "content_type", link.content_type);
  if (link.content_length) object["content_length"] = *link.content_length;
  add(object, "eso_origfile", link.eso_origfile);
  add(object, "eso_category", link.eso_category);
  add(object, "eso_datalink", link.eso_datalink);
  return object;
}

Json input(const client::ServiceParam& param) {
  Json object = Json::object();
  const auto& column = param.column;
  add(object, "name", column.name);
  add(object, "datatype", column.datatype);
  add(object, "arraysize", column.arraysize);
  add(object, "unit", column.unit);
  add(object, "ucd", column.ucd);
  add(object, "xtype", column.xtype);
  add(object, "ref", column.ref);
  add(object, "description", column.description);
  add(object, "value", param.value);
  add(object, "min", param.min);
  add(object, "max", param.max);
  for (const auto& [name, value] : param.options) {
    Json option = Json::object();
    add(option, "name", name);
    option["value"] = value;
    object["options"].push_back(std::move(option));
  }
  return object;
}

Json service(const client::ServiceDescriptor& descriptor) {
  Json object = Json::object();
  add(object, "id", descriptor.id);
  add(object, "name", descriptor.name);
  add(object, "utype", descriptor.utype);
  for (const auto& [name, value] : descriptor.params) object["params"][name] = value;
  object["inputs"] = Json::array();
  for (const auto& param : descriptor.inputs) object["inputs"].push_back(input(param));
  return object;
}

}  // namespace

std::string links_json(const client::Links& links) {
  Json document;
  document["links"] = Json::array();
  for (const auto& link : links.rows) document["links"].push_back(row(link));
  document["services"] = Json::array();
  for (const auto& descriptor : links.services) document["services"].push_back(service(descriptor));
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace esofs::fs
