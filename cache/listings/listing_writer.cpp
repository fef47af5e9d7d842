#include "cache/listings/listing_writer.h"

#include <spdlog/spdlog.h>

#include <cerrno>
#include <utility>

#include "cache/listings/entry_name.h"
#include "cache/listings/listing_keys.h"
#include "cache/store/memory_store.h"
#include "client/base/safe_name.h"

namespace esofs::cache {
namespace {

// Shelf and key in one, for a map of what is pending.
std::string pending_key(Shelf shelf, std::string_view key) {
  std::string made(1, static_cast<char>(shelf));
  made += key;
  return made;
}

}  // namespace

ListingWriter::ListingWriter(client::Archive& archive, MetadataStore& store,
                             std::shared_ptr<Generations> generations, QueryKey query, Hooks hooks,
                             Limits limits)
    : archive_(archive),
      store_(store),
      generations_(std::move(generations)),
      query_(std::move(query)),
      hooks_(std::move(hooks)),
      limits_(limits) {}

ListingWriter::~ListingWriter() {
  if (writing_.begun()) (void)writing_.end();
  generations_->end(generation_);
}

void ListingWriter::begin() {
  if (std::exchange(begun_, true)) return;
  auto [generation, failure] = generations_->begin(query_, hooks_.now());
  generation_ = std::move(generation);
  if (!failure) {
    file_ = ResultFile(generations_->partial_path(generation_), generations_->result_path(generation_));
    return;
  }
  spdlog::warn("a listing is kept in memory only: {}", failure->what());
  memory_reason_ = failure->code();
  memory_ = std::make_shared<MemoryStore>(limits_.memory_bytes);
}

void ListingWriter::restart() {
  if (!begun_) return;
  if (writing_.begun()) (void)writing_.end();
  generations_->end(generation_);
  file_ = ResultFile();
  begun_ = false;
  generation_.clear();
  memory_.reset();
  flushed_ = false;
  columns_.clear();
  reader_ = nullptr;
  rows_ = 0;
  datasets_ = 0;
  filling_ = {};
  in_flight_ = {};
  hooks_.progress(0);
}

void ListingWriter::job_started(const std::string& job_url) { hooks_.job_started(job_url); }

Result<void> ListingWriter::bytes(std::span<const std::byte> piece) {
  begin();
  file_.write(piece);
  return {};
}

Result<void> ListingWriter::columns(const std::vector<client::Column>& columns) {
  begin();
  columns_ = columns;
  reader_ = archive_.dataset_reader(columns_);
  return {};
}

Result<void> ListingWriter::row(std::span<const client::Value> row) {
  begin();
  if (reader_) {
    if (auto dataset = reader_(row)) {
      if (auto added = add_entry(std::move(*dataset)); !added) return added.error();
    }
  }
  if (auto kept = put(Shelf::kRows, row_key(generation_, rows_), encode_row(row)); !kept) return kept.error();
  ++rows_;
  ++filling_.rows;
  if (filling_.rows < limits_.batch_rows && filling_.bytes < limits_.batch_bytes) return {};
  hooks_.progress(rows_);
  return flush();
}

Result<void> ListingWriter::add_entry(client::Dataset dataset) {
  auto name = unique_name(dataset);
  if (!name) return name.error();
  if (!*name) return {};
  const NumberRecord row{rows_};
  if (auto kept = put(Shelf::kNames, name_key(generation_, portable_name(**name)), encode(row)); !kept)
    return kept.error();
  if (auto noted = note_unusual(**name, dataset); !noted) return noted;
  ++datasets_;
  return put(Shelf::kEntries, row_key(generation_, rows_),
             encode(EntryRecord{std::move(**name), std::move(dataset)}));
}

// An entry whose name does not follow from its id by itself can be found by its id and by its directory's name, too.
Result<void> ListingWriter::note_unusual(const std::string& name, const client::Dataset& dataset) {
  if (name == entry_stem(dataset.id) + ".fits") return {};
  const std::string directory = directory_name(name, dataset.extension);
  for (const auto& key :
       {id_key(generation_, dataset.id), directory_key(generation_, portable_name(directory))}) {
    auto taken = number_at(key);
    if (!taken) return taken.error();
    if (*taken) continue;
    if (auto kept = put(Shelf::kNames, key, encode(NumberRecord{rows_})); !kept) return kept;
  }
  return {};
}

// The name of a dataset in its directory; nullopt if the listing has it already. Of several files under one id, those
// after the first go by their URLs.
Result<std::optional<std::string>> ListingWriter::unique_name(client::Dataset& dataset) {
  for (;;) {
    std::string name = entry_name(dataset);
    auto row = number_at(name_key(generation_, portable_name(name)));
    if (!row) return row.error();
    if (!*row) return std::optional<std::string>(std::move(name));
    auto same = entry_at(**row);
    if (!same) return same.error();
    if (!*same || (*same)->dataset.id != dataset.id) {
      row = number_at(id_key(generation_, dataset.id));
      if (!row) return row.error();
      if (!*row) break;
      same = entry_at(**row);
      if (!same) return same.error();
    }
    const bool other_file = *same && (*same)->dataset.access_url != dataset.access_url;
    if (!other_file || dataset.id == dataset.access_url) return std::optional<std::string>();
    dataset.id = dataset.access_url;
  }
  auto made = numbered(entry_name(dataset));
  if (!made) return made.error();
  return std::optional<std::string>(std::move(*made));
}

Result<std::optional<EntryRecord>> ListingWriter::entry_at(std::uint64_t row) {
  auto bytes = look(Shelf::kEntries, row_key(generation_, row));
  if (!bytes) return bytes.error();
  return *bytes ? decode<EntryRecord>(**bytes) : std::nullopt;
}

Result<std::string> ListingWriter::numbered(const std::string& name) {
  const std::string counter = counter_key(generation_, portable_name(name));
  auto next = number_at(counter);
  if (!next) return next.error();
  for (std::uint64_t number = next->value_or(2);; ++number) {
    std::string made = numbered_name(name, static_cast<unsigned>(number));
    auto taken = number_at(name_key(generation_, portable_name(made)));
    if (!taken) return taken.error();
    if (*taken) continue;
    if (auto kept = put(Shelf::kNames, counter, encode(NumberRecord{number + 1})); !kept) return kept.error();
    return made;
  }
}

Result<std::optional<std::uint64_t>> ListingWriter::number_at(const std::string& key) {
  auto bytes = look(Shelf::kNames, key);
  if (!bytes) return bytes.error();
  const auto record = *bytes ? decode<NumberRecord>(**bytes) : std::nullopt;
  return record ? std::optional<std::uint64_t>(record->number) : std::nullopt;
}

Result<std::optional<std::string>> ListingWriter::look(Shelf shelf, const std::string& key) {
  const std::string pending = pending_key(shelf, key);
  for (const Pending* where : {&filling_, &in_flight_}) {
    if (const auto* value = where->find(pending)) return std::optional<std::string>(*value);
  }
  if (memory_) return memory_->get(shelf, key);
  auto value = store_.get(shelf, key);
  if (value) return value;
  if (auto moved = go_on_in_memory(value.error()); !moved) return moved.error();
  return memory_->get(shelf, key);
}

Result<void> ListingWriter::put(Shelf shelf, std::string key, std::string value) {
  if (shelf != Shelf::kRows) filling_.last[pending_key(shelf, key)] = filling_.writes.size();
  filling_.bytes += key.size() + value.size();
  filling_.writes.push_back({shelf, std::move(key), std::move(value)});
  return {};
}

const std::string* ListingWriter::Pending::find(const std::string& key) const {
  const auto found = last.find(key);
  return found == last.end() ? nullptr : &writes[found->second].value;
}

// Hands what has come to the store, once it has taken what it was handed before.
Result<void> ListingWriter::flush() {
  if (auto settled = settle(); !settled) return settled;
  in_flight_ = std::exchange(filling_, {});
  if (in_flight_.writes.empty()) return {};
  if (!memory_) {
    flushed_ = true;
    writing_.begin([this] { return store_.put_all(in_flight_.writes); });
    return {};
  }
  auto written = memory_->put_all(in_flight_.writes);
  in_flight_ = {};
  return written;
}

// Waits for the batch that is being written. If the store did not take it, it goes to memory.
Result<void> ListingWriter::settle() {
  if (!writing_.begun()) return {};
  const auto written = writing_.end();
  if (!written) return go_on_in_memory(written.error());
  in_flight_ = {};
  return {};
}

Result<void> ListingWriter::go_on_in_memory(const Error& failure) {
  spdlog::warn("a listing is kept in memory only: {}", failure.what());
  if (writing_.begun()) (void)writing_.end();  // whatever came of it
  memory_reason_ = failure.code();
  memory_ = std::make_shared<MemoryStore>(limits_.memory_bytes);
  file_ = ResultFile();
  if (auto copied = copy_to_memory(); !copied) return copied;
  auto written = memory_->put_all(in_flight_.writes);
  in_flight_ = {};
  return written;
}

// What the store has taken already.
Result<void> ListingWriter::copy_to_memory() {
  if (!flushed_) return {};
  for (const Shelf shelf : {Shelf::kEntries, Shelf::kNames, Shelf::kRows}) {
    std::optional<Error> refused;
    auto scanned = store_.scan(shelf, generation_, [&](std::string_view key, std::string_view value) {
      if (key.substr(0, generation_.size()) != generation_) return false;
      auto put = memory_->put(shelf, key, value);
      if (!put) refused = put.error();
      return put.has_value();
    });
    if (!scanned) return scanned.error();
    if (refused) return *refused;
  }
  return {};
}

SnapshotRecord ListingWriter::snapshot(const client::QuerySummary& summary) {
  SnapshotRecord record;
  record.generation = generation_;
  record.rows = rows_;
  record.datasets = datasets_;
  record.names_datasets = static_cast<bool>(reader_);
  record.truncated = summary.truncated;
  record.fetched_at = hooks_.now();
  record.service = summary.service;
  record.service_url = summary.url;
  record.job_url = summary.job_url;
  return record;
}

Result<void> ListingWriter::commit_to_store(const SnapshotRecord& record, const AttemptRecord& attempt) {
  GenerationRecord generation;
  generation.query = query_.text();
  generation.state = GenerationRecord::State::kCommitted;
  generation.started_at = record.fetched_at;  // its age
  std::vector<MetadataStore::Record> writes;
  writes.push_back({Shelf::kListings, columns_key(generation_), encode(ColumnsRecord{columns_})});
  writes.push_back({Shelf::kListings, generation_key(generation_), encode(generation)});
  writes.push_back({Shelf::kListings, snapshot_key(query_.text()), encode(record)});
  writes.push_back({Shelf::kListings, attempt_key(query_.text()), encode(attempt)});
  return store_.put_all(writes);
}

Result<ListingWriter::Committed> ListingWriter::commit(const client::QuerySummary& summary,
                                                       const AttemptRecord& attempt) {
  begin();
  if (auto flushed = flush(); !flushed) return flushed.error();
  if (auto settled = settle(); !settled) return settled.error();
  SnapshotRecord record = snapshot(summary);
  if (!memory_) {
    record.result_bytes = file_.keep();
    auto listing = std::make_shared<StoredListing>(store_, generations_, record, columns_, hooks_.shown,
                                                   file_.failure());
    // Registered before it is committed, so that no sweep deletes it in between.
    const auto registered = generations_->register_listing(generation_, listing);
    auto committed = commit_to_store(record, attempt);
    if (registered && committed) {
      generations_->end(generation_);
      return Committed{std::move(listing), true};
    }
    if (auto moved = go_on_in_memory(committed ? Error(EIO, "its rows were deleted") : committed.error());
        !moved)
      return moved.error();
    record.result_bytes = 0;
  }
  return Committed{
      std::make_shared<StoredListing>(memory_, std::move(record), columns_, hooks_.shown, memory_reason_),
      false};
}

}  // namespace esofs::cache
