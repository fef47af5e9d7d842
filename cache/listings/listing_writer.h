// ListingWriter: makes a snapshot of a query's answer while it arrives.
//
// Rows go to the store in batches under a generation of their own; commit() makes the query's SnapshotRecord point to it,
// in one transaction with the rest. Until then it is invisible, and a writer that is dropped or dies leaves only
// garbage that Generations knows. If the store fails, the rows are kept in memory, up to a bound.
//
//   shapes   at most two batches of rows are in memory, one that fills while the other is written, besides what the
//            fallback holds
//   errors   ENOSPC if neither disk nor memory takes the rows
//   threads  one at a time; the thread `listing` writes a batch while the next rows come
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "cache/listings/batch_thread.h"
#include "cache/listings/generations.h"
#include "cache/listings/query_key.h"
#include "cache/listings/result_file.h"
#include "cache/listings/stored_listing.h"
#include "cache/store/metadata_store.h"
#include "cache/store/records.h"
#include "client/archive.h"

namespace esofs::cache {

class ListingWriter final : public client::TableSink {
 public:
  struct Limits {
    std::size_t batch_rows = 4096;  // some ten milliseconds of writing
    std::size_t batch_bytes = 8U << 20U;
    std::uint64_t memory_bytes = 1ULL << 30U;  // of the fallback
  };
  struct Hooks {
    std::function<void(const std::string& job_url)> job_started;
    std::function<void(std::uint64_t rows)> progress;  // rows so far; after each batch
    std::function<std::int64_t()> now;
    StoredListing::Shown shown = {};  // of the listing
  };

  // archive, store: outlive it.
  ListingWriter(client::Archive& archive, MetadataStore& store, std::shared_ptr<Generations> generations,
                QueryKey query, Hooks hooks, Limits limits);
  ~ListingWriter() override;
  ListingWriter(const ListingWriter&) = delete;
  ListingWriter& operator=(const ListingWriter&) = delete;

  Result<void> bytes(std::span<const std::byte> piece) override;
  Result<void> columns(const std::vector<client::Column>& columns) override;
  Result<void> row(std::span<const client::Value> row) override;
  void job_started(const std::string& job_url) override;
  void restart() override;

  // The snapshot. In the store, and then `attempt` takes the place of the query's AttemptRecord; else in memory only.
  struct Committed {
    std::shared_ptr<const StoredListing> listing;
    bool in_store;
  };
  Result<Committed> commit(const client::QuerySummary& summary, const AttemptRecord& attempt);

 private:
  // Rows that are not in the store yet.
  struct Pending {
    std::vector<MetadataStore::Record> writes;
    std::unordered_map<std::string, std::size_t> last;  // of kNames and kEntries: the last write of a key
    std::size_t bytes = 0;
    std::size_t rows = 0;

    const std::string* find(const std::string& key) const;
  };

  void begin();
  Result<void> put(Shelf shelf, std::string key, std::string value);
  Result<void> flush();
  Result<void> settle();
  Result<void> go_on_in_memory(const Error& failure);
  Result<void> copy_to_memory();
  Result<void> add_entry(client::Dataset dataset);
  // The name for a dataset; nullopt: it is an entry already.
  Result<void> note_unusual(const std::string& name, const client::Dataset& dataset);
  Result<std::optional<std::string>> unique_name(client::Dataset& dataset);
  Result<std::optional<EntryRecord>> entry_at(std::uint64_t row);
  Result<std::string> numbered(const std::string& name);
  Result<std::optional<std::uint64_t>> number_at(const std::string& key);
  Result<std::optional<std::string>> look(Shelf shelf, const std::string& key);
  SnapshotRecord snapshot(const client::QuerySummary& summary);
  Result<void> commit_to_store(const SnapshotRecord& record, const AttemptRecord& attempt);

  client::Archive& archive_;
  MetadataStore& store_;
  std::shared_ptr<Generations> generations_;
  const QueryKey query_;
  const Hooks hooks_;
  const Limits limits_;

  bool begun_ = false;  // what follows belongs to the answer under way
  Generation generation_;
  std::shared_ptr<MetadataStore> memory_;  // set: the store has failed
  bool flushed_ = false;                   // rows may have been written to the store
  int memory_reason_ = 0;                  // the errno of that failure
  ResultFile file_;
  std::vector<client::Column> columns_;
  std::function<std::optional<client::Dataset>(std::span<const client::Value>)> reader_;
  std::uint64_t rows_ = 0;
  std::uint64_t datasets_ = 0;
  Pending filling_;
  Pending in_flight_;    // being written; not changed meanwhile
  BatchThread writing_;  // last, so that it ends before what it uses
};

}  // namespace esofs::cache
