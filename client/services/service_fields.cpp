#include "client/services/service_fields.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "client/base/text.h"
#include "client/http/http.h"
#include "client/http/url.h"
#include "client/services/datalink.h"
#include "client/votable/votable.h"

namespace esofs::client {
namespace {

// Finds the cell, or the PARAM, that a parameter refers to.
class Reference : public VotableEvents {
 public:
  // row: of the table that has the column.
  Reference(std::string id, std::size_t row) : id_(std::move(id)), row_(row) {}

  Result<void> table(const VotableTable& table) override {
    column_.reset();
    seen_ = 0;
    for (const auto& [column, text] : table.params) {
      if (column.id == id_ && !value) value = text;
    }
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      if (table.columns[i].id == id_ || (table.columns[i].id.empty() && table.columns[i].name == id_))
        column_ = i;
    }
    return {};
  }
  Result<void> row(std::span<const Value> row) override {
    if (!column_ || seen_++ != row_ || *column_ >= row.size()) return {};
    if (const auto* text = std::get_if<std::string>(&row[*column_].is)) value = std::string(trimmed(*text));
    if (const auto* number = std::get_if<std::int64_t>(&row[*column_].is)) value = std::to_string(*number);
    return {};
  }

  std::optional<std::string> value;

 private:
  const std::string id_;
  const std::size_t row_;
  std::optional<std::size_t> column_;
  std::size_t seen_ = 0;
};

Result<std::string> referred(const std::string& id, const Link* link, const Links& links) {
  const auto row = link == nullptr ? 0 : link - links.rows.data();
  Reference reference(id, static_cast<std::size_t>(row));
  VotableReader reader(reference);
  if (reader.push(std::as_bytes(std::span(links.document)))) static_cast<void>(reader.finish());
  if (reference.value && !reference.value->empty()) return *reference.value;
  return Error(EIO, "the description of a service refers to '" + id + "', which its table does not have");
}

bool is_links_service(const ServiceDescriptor& service) {
  return lower(param(service, "standardID")).starts_with("ivo://ivoa.net/std/datalink#links");
}

// The request to a service of DataLink answers for the row that names it; "" if the descriptor cannot be used.
std::string request_of(const ServiceDescriptor& service, const Link& link, const Links& links) {
  const std::string url = param(service, "accessURL");
  Fields fields;
  for (const auto& p : service.inputs) {
    auto value = fixed_value(p, &link, links);
    if (!value) return "";
    if (!value->empty()) fields.emplace_back(p.column.name, *std::move(value));
  }
  return url.empty() ? url : with_parameters(url, fields);
}

}  // namespace

std::string param(const ServiceDescriptor& service, const std::string& name) {
  const auto found = service.params.find(name);
  return found == service.params.end() ? std::string() : found->second;
}

bool is_filter(const ServiceParam& p) {
  constexpr std::array<std::string_view, 4> kOurs{"CIRCLE", "POLYGON", "POS", "BAND"};
  constexpr std::array<std::string_view, 2> kOthers{"TIME", "POL"};
  const auto named = [&p](std::string_view name) { return same_word(p.column.name, name); };
  if (std::any_of(kOurs.begin(), kOurs.end(), named)) return true;
  const bool domain = !p.min.empty() || !p.max.empty() || !p.options.empty();
  return domain && std::any_of(kOthers.begin(), kOthers.end(), named);
}

Result<std::string> fixed_value(const ServiceParam& p, const Link* link, const Links& links) {
  if (p.column.ref.empty()) return p.value;
  return referred(p.column.ref, link, links);
}

std::string further_links(const Links& links, const Link& link) {
  if (!link.error_message.empty()) return "";
  if (!link.access_url.empty()) return is_datalink_type(link.content_type) ? link.access_url : "";
  if (link.service_def.empty()) return "";
  const auto service = std::find_if(
      links.services.begin(), links.services.end(),
      [&link](const ServiceDescriptor& s) { return s.id == link.service_def && is_links_service(s); });
  return service == links.services.end() ? "" : request_of(*service, link, links);
}

}  // namespace esofs::client
