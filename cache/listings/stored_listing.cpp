#include "cache/listings/stored_listing.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include "cache/listings/listing_keys.h"
#include "client/base/safe_name.h"

namespace esofs::cache {

StoredListing::StoredListing(MetadataStore& store, std::shared_ptr<Generations> generations,
                             SnapshotRecord record, std::vector<client::Column> columns, Shown shown,
                             int keeping_failure)
    : generations_(std::move(generations)),
      store_(store),
      record_(std::move(record)),
      columns_(std::move(columns)),
      shown_(std::move(shown)),
      keeping_failure_(keeping_failure) {}

StoredListing::StoredListing(std::shared_ptr<MetadataStore> store, SnapshotRecord record,
                             std::vector<client::Column> columns, Shown shown, int keeping_failure)
    : memory_(std::move(store)),
      store_(*memory_),
      record_(std::move(record)),
      columns_(std::move(columns)),
      shown_(std::move(shown)),
      keeping_failure_(keeping_failure) {}

std::string StoredListing::id() const { return generation_id(record_.generation); }

Result<void> StoredListing::check_whole() const {
  if (!generations_ || generations_->intact(record_.generation)) return {};
  return Error(ESTALE, "listing " + id() + " was replaced by another process");
}

Error StoredListing::damaged(std::uint64_t row) const {
  return {EIO, "row " + std::to_string(row) + " of listing " + id() + " is damaged"};
}

Result<void> StoredListing::entries(std::uint64_t from,
                                    const std::function<bool(const Entry&)>& visit) const {
  std::optional<Error> failure;
  bool stopped = false;
  auto scanned = store_.scan(
      Shelf::kEntries, row_key(record_.generation, from), [&](std::string_view key, std::string_view value) {
        const auto row = row_of(key, record_.generation);
        if (!row) return false;
        auto record = decode<EntryRecord>(value);
        if (!record) {
          failure = damaged(*row);
          return false;
        }
        stopped = !visit(Entry{*row, std::move(record->name), std::move(record->dataset)});
        return !stopped;
      });
  if (!scanned) return scanned.error();
  if (failure) return *failure;
  if (stopped) return {};
  return check_whole();
}

Result<std::optional<Listing::Entry>> StoredListing::entry_by(const std::string& key) const {
  auto number = store_.get(Shelf::kNames, key);
  if (!number) return number.error();
  if (!*number) {
    if (auto whole = check_whole(); !whole) return whole.error();
    return std::optional<Entry>();
  }
  const auto row = decode<NumberRecord>(**number);
  if (!row) return Error(EIO, "a name of listing " + id() + " is damaged");
  auto bytes = store_.get(Shelf::kEntries, row_key(record_.generation, row->number));
  if (!bytes) return bytes.error();
  if (!*bytes) {
    if (auto whole = check_whole(); !whole) return whole.error();
    return damaged(row->number);
  }
  auto record = decode<EntryRecord>(**bytes);
  if (!record) return damaged(row->number);
  return std::optional<Entry>(Entry{row->number, std::move(record->name), std::move(record->dataset)});
}

Result<std::vector<std::uint64_t>> StoredListing::rows_after(std::string_view name, std::size_t most) const {
  const std::string from = name_key(record_.generation, portable_name(name));
  const std::string names = name_key(record_.generation, "");
  std::vector<std::uint64_t> rows;
  auto scanned = store_.scan(Shelf::kNames, from, [&](std::string_view key, std::string_view value) {
    if (!key.starts_with(names) || rows.size() == most) return false;
    const auto row = key == from ? std::nullopt : decode<NumberRecord>(value);
    if (row) rows.push_back(row->number);
    return true;
  });
  if (!scanned) return scanned.error();
  return rows;
}

Result<std::optional<Listing::Entry>> StoredListing::find(std::string_view name) const {
  // Two names may have one portable form; only the one in use, or that form itself, is this entry.
  return only(entry_by(name_key(record_.generation, portable_name(name))),
              [&](const Entry& entry) { return entry.name == name || portable_name(name) == name; });
}

Result<std::optional<Listing::Entry>> StoredListing::find_id(const std::string& id) const {
  auto usual = Listing::find_id(id);
  return !usual || *usual ? usual : entry_by(id_key(record_.generation, id));
}

Result<std::optional<Listing::Entry>> StoredListing::find_directory(const std::string& name) const {
  auto usual = Listing::find_directory(name);
  if (!usual || *usual) return usual;
  return only(entry_by(directory_key(record_.generation, portable_name(name))),
              [&](const Entry& entry) { return in_directory(entry, name); });
}

Result<client::Row> StoredListing::row(std::uint64_t row) const {
  if (row >= record_.rows) return Error(ENOENT, "listing " + id() + " has no row " + std::to_string(row));
  auto bytes = store_.get(Shelf::kRows, row_key(record_.generation, row));
  if (!bytes) return bytes.error();
  if (!*bytes) {
    if (auto whole = check_whole(); !whole) return whole.error();
    return damaged(row);
  }
  auto found = decode<client::Row>(**bytes);
  if (!found) return damaged(row);
  return std::move(*found);
}

std::optional<std::filesystem::path> StoredListing::result_file() const {
  if (!generations_ || record_.result_bytes == 0) return std::nullopt;
  auto path = generations_->result_path(record_.generation);
  std::error_code failed;
  if (std::filesystem::file_size(path, failed) != record_.result_bytes || failed) return std::nullopt;
  return path;
}

}  // namespace esofs::cache
