#include "cache/content/file_record.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "client/archive.h"
#include "client/http/url.h"

namespace esofs::cache {
namespace {

constexpr char kFormat = 1;
constexpr std::int64_t kClocksApart = 86'400;  // seconds: ours and the archive's, at most

constexpr auto kLastPacking = static_cast<std::uint64_t>(Packing::kBzip2);

using Json = nlohmann::json;

template <class T>
T value_or(const Json& object, const char* name, T otherwise) {
  const auto at = object.find(name);
  if (at == object.end()) return otherwise;
  const auto* value = at->template get_ptr<const T*>();
  return value == nullptr ? otherwise : *value;
}

std::uint64_t number(const Json& object, const char* name) {
  const auto at = object.find(name);
  return at != object.end() && at->is_number_integer() ? at->get<std::uint64_t>() : 0;
}

}  // namespace

FileId file_id(const client::Archive& archive, const std::string& archive_id,
               const client::Dataset& dataset) {
  // A cutout is of the dataset, whatever URL led to it.
  if (dataset.is_cutout() && !dataset.id.empty())
    return {archive_id, dataset.id + "\ncutout " + dataset.cutout};
  // Secrets of a URL change from answer to answer. But if we do not know the archive's ids, it may name several files by one
  // id, and what looks like a secret may be what tells them apart.
  const std::string given = archive.canonical_url(dataset);
  std::string url = client::shown_url(given);
  if (url != given && !archive.valid_id(dataset.id)) url = client::name_of_url(given);
  std::string file = dataset.id + "\n" + url;
  if (dataset.is_cutout()) file += "\ncutout " + dataset.cutout;
  return {archive_id, std::move(file)};
}

bool same_version(const FileRecord& record, const client::Dataset& dataset) {
  if (dataset.modified == 0 || dataset.modified == record.modified) return true;
  return record.modified == 0 && dataset.modified + kClocksApart <= record.since;
}

void continue_record(FileRecord& record, const FileRecord& before, const client::Dataset& dataset) {
  if (!same_version(before, dataset)) return;
  if (before.mtime != 0) record.mtime = before.mtime;
  if (record.modified == 0) record.modified = before.modified;
}

std::string encoded(const FileRecord& record) {
  Json object{{"key", record.key.text()},
              {"url", record.url},
              {"name", record.name},
              {"validator", record.validator},
              {"size", record.size},
              {"whole", record.whole},
              {"packing", static_cast<int>(record.packing)},
              {"mtime", record.mtime},
              {"modified", record.modified},
              {"since", record.since},
              {"checked_at", record.checked_at}};
  if (record.checked) object["checked"] = true;
  if (!record.parent.empty()) object["parent"] = record.parent;
  if (!record.tag.empty()) object["tag"] = record.tag;
  if (!record.date.empty()) object["date"] = record.date;
  if (!record.login().nobody()) object["identity"] = record.login().name;
  if (record.plain_odd) object["plain_odd"] = true;
  if (record.plain_size) object["plain_size"] = *record.plain_size;
  return kFormat + object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<FileRecord> decoded_file_record(std::string_view value, const FileId& id) {
  if (value.empty() || value.front() != kFormat) return std::nullopt;
  const Json object = Json::parse(value.substr(1), nullptr, false);
  if (!object.is_object() || !object.contains("size") || number(object, "packing") > kLastPacking)
    return std::nullopt;
  FileRecord record;
  record.key = ContentKey::decoded(value_or<std::string>(object, "key", ""), id,
                                   Login{value_or<std::string>(object, "identity", "")});
  record.url = value_or<std::string>(object, "url", "");
  record.name = value_or<std::string>(object, "name", "");
  record.validator = value_or<std::string>(object, "validator", "");
  record.tag = value_or<std::string>(object, "tag", "");
  record.date = value_or<std::string>(object, "date", "");
  record.size = number(object, "size");
  record.parent = value_or<std::string>(object, "parent", "");
  record.whole = value_or<bool>(object, "whole", false);
  record.checked = value_or<bool>(object, "checked", false);
  record.packing = static_cast<Packing>(number(object, "packing"));
  record.plain_odd = value_or<bool>(object, "plain_odd", false);
  if (object.contains("plain_size")) record.plain_size = number(object, "plain_size");
  record.mtime = static_cast<std::int64_t>(number(object, "mtime"));
  record.modified = static_cast<std::int64_t>(number(object, "modified"));
  record.since = static_cast<std::int64_t>(number(object, "since"));
  record.checked_at = static_cast<std::int64_t>(number(object, "checked_at"));
  if (record.key.empty()) return std::nullopt;
  return record;
}

}  // namespace esofs::cache
