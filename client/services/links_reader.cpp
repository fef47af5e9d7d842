#include "client/services/links_reader.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "client/base/text.h"
#include "client/http/url.h"
#include "client/services/dataset_reader.h"
#include "client/services/service_error.h"
#include "client/votable/votable.h"

namespace esofs::client {

namespace {

// Writers that indent put blanks and line ends around what a cell holds.
std::string text_of(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value.is)) return std::string(cell_text(*text));
  if (const auto* number = std::get_if<std::int64_t>(&value.is)) return std::to_string(*number);
  return "";
}

std::optional<std::uint64_t> length_of(const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value.is))
    return *number > 0 ? std::optional<std::uint64_t>(*number) : std::nullopt;
  if (const auto* number = std::get_if<double>(&value.is))
    return *number >= 1 && *number < 1e18 ? std::optional<std::uint64_t>(*number) : std::nullopt;
  const auto text = text_of(value);
  std::uint64_t length = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), length);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return length > 0 ? std::optional(length) : std::nullopt;
}

// Makes Link rows of a table's rows, VOTable's or JSON's alike.
class LinkRows {
 public:
  LinkRows(const std::string& base_url, const std::vector<std::uint64_t>& placeholders, Links& links)
      : base_url_(base_url), placeholders_(placeholders), links_(links) {}

  // False if the columns are not DataLink's.
  bool columns(const std::vector<Column>& columns) {
    id_ = find(columns, "id");
    access_url_ = find(columns, "access_url");
    service_def_ = find(columns, "service_def");
    error_message_ = find(columns, "error_message");
    semantics_ = find(columns, "semantics");
    description_ = find(columns, "description");
    content_type_ = find(columns, "content_type");
    content_length_ = find(columns, "content_length");
    eso_origfile_ = find(columns, "eso_origfile");
    eso_category_ = find(columns, "eso_category");
    eso_datalink_ = find(columns, "eso_datalink");
    return access_url_ && semantics_;
  }

  // EFBIG if there are too many.
  Result<void> row(std::span<const Value> row) {
    if (links_.rows.size() >= kMostLinkRows)
      return Error(EFBIG, "the DataLink answer has more than " + std::to_string(kMostLinkRows) + " rows");
    Link link;
    link.id = cell(row, id_);
    link.access_url = url(cell(row, access_url_));
    link.service_def = cell(row, service_def_);
    link.error_message = cell(row, error_message_);
    link.semantics = cell(row, semantics_);
    link.description = cell(row, description_);
    link.content_type = cell(row, content_type_);
    if (content_length_ && *content_length_ < row.size())
      link.content_length = length_of(row[*content_length_]);
    const bool placeholder = link.content_length && std::find(placeholders_.begin(), placeholders_.end(),
                                                              *link.content_length) != placeholders_.end();
    if (placeholder) link.content_length.reset();
    link.eso_origfile = cell(row, eso_origfile_);
    link.eso_category = cell(row, eso_category_);
    link.eso_datalink = url(cell(row, eso_datalink_));
    links_.rows.push_back(std::move(link));
    return {};
  }

 private:
  using Place = std::optional<std::size_t>;

  static Place find(const std::vector<Column>& columns, const std::string& name) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (lower(columns[i].name) == name) return i;
    }
    return std::nullopt;
  }
  static std::string cell(std::span<const Value> row, Place place) {
    return place && *place < row.size() ? text_of(row[*place]) : "";
  }
  // An absolute URL stays byte for byte what the server wrote: ESO's hold a second '?'.
  std::string url(const std::string& text) const {
    const bool absolute = text.empty() || text.find("://") != std::string::npos;
    return absolute ? text : resolved_url(base_url_, text);
  }

  const std::string& base_url_;
  const std::vector<std::uint64_t>& placeholders_;
  Links& links_;
  Place id_, access_url_, service_def_, error_message_, semantics_, description_, content_type_,
      content_length_, eso_origfile_, eso_category_, eso_datalink_;
};

class LinksEvents : public VotableEvents {
 public:
  LinksEvents(LinkRows& rows, Links& links) : rows_(rows), links_(links) {}

  Result<void> table(const VotableTable& table) override {
    taking_ = !found && table.resource.type != "meta" && rows_.columns(table.columns);
    found = found || taking_;
    return {};
  }
  Result<void> row(std::span<const Value> row) override { return taking_ ? rows_.row(row) : Result<void>(); }
  Result<void> status(const QueryStatus& status) override {
    if (status.value == "ERROR" && !error) error = status.text;
    return {};
  }
  Result<void> service(const ServiceDescriptor& service) override {
    links_.services.push_back(service);
    return {};
  }

  bool found = false;
  std::optional<std::string> error;

 private:
  LinkRows& rows_;
  Links& links_;
  bool taking_ = false;
};

Value value_of(const nlohmann::json& cell) {
  if (cell.is_string()) return {cell.get<std::string>()};
  if (cell.is_number_integer()) return {cell.get<std::int64_t>()};
  if (cell.is_number_float()) return {cell.get<double>()};
  return {};
}

// {"metadata":[{"name":…},…],"data":[[…],…]}, as ESO's server (TAPLib) writes tables.
Result<void> parse_json(const std::string& document, LinkRows& rows) {
  const auto json = nlohmann::json::parse(document, nullptr, false);
  if (!json.is_object()) return Error(EBADMSG, "not a DataLink answer: broken JSON");
  const auto metadata = json.find("metadata");
  const auto data = json.find("data");
  if (metadata == json.end() || data == json.end() || !metadata->is_array() || !data->is_array())
    return Error(EBADMSG, "not a DataLink answer: JSON without metadata and data");
  std::vector<Column> columns;
  for (const auto& entry : *metadata) {
    Column column;
    if (entry.is_object() && entry.contains("name") && entry["name"].is_string()) column.name = entry["name"];
    columns.push_back(std::move(column));
  }
  if (!rows.columns(columns)) return Error(EBADMSG, "not a DataLink answer: its columns are others");
  for (const auto& entry : *data) {
    if (!entry.is_array()) return Error(EBADMSG, "not a DataLink answer: a row is no list");
    Row row;
    for (const auto& cell : entry) row.push_back(value_of(cell));
    if (auto taken = rows.row(row); !taken) return taken;
  }
  return {};
}

Result<void> parse_votable(const std::string& document, const std::string& base_url, LinkRows& rows,
                           Links& links) {
  LinksEvents events(rows, links);
  VotableReader reader(events);
  auto read = reader.push(std::as_bytes(std::span(document)));
  if (read) read = reader.finish();
  if (events.error) return link_error(*events.error, base_url);
  if (!read && read.error().code() == EFBIG) return read.error();
  if (!read) return Error(EBADMSG, "not a DataLink answer: " + read.error().what());
  if (!events.found) return Error(EBADMSG, "not a DataLink answer: no table with access_url and semantics");
  return {};
}

}  // namespace

Result<Links> parse_links(std::string document, const std::string& base_url,
                          const std::vector<std::uint64_t>& placeholder_lengths) {
  Links links;
  LinkRows rows(base_url, placeholder_lengths, links);
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  const bool marked = document.rfind(byte_order_mark, 0) == 0;
  const auto first = document.find_first_not_of(" \t\r\n", marked ? byte_order_mark.size() : 0);
  if (first == std::string::npos) return Error(EBADMSG, "not a DataLink answer: empty");
  auto parsed = document[first] == '{' ? parse_json(document.substr(first), rows)
                                       : parse_votable(document, base_url, rows, links);
  if (!parsed) return parsed.error();
  links.document = std::move(document);
  return links;
}

}  // namespace esofs::client
