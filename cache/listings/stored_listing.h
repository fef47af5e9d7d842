// StoredListing: a Listing whose rows are in a MetadataStore, on disk or, if the disk did not take them, in memory.
//
//   errors   ESTALE if another process has replaced the snapshot and begun to delete it; EIO for a damaged record
//   threads  thread-safe
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cache/listings/generations.h"
#include "cache/listings/listing.h"
#include "cache/store/metadata_store.h"
#include "cache/store/records.h"

namespace esofs::cache {

class StoredListing final : public Listing {
 public:
  using Shown = std::function<bool()>;  // as shown(); empty: always

  // keeping_failure: the errno with which the disk refused result_file(); 0: none, or not known.
  // store, generations: outlive it.
  StoredListing(MetadataStore& store, std::shared_ptr<Generations> generations, SnapshotRecord record,
                std::vector<client::Column> columns, Shown shown, int keeping_failure = 0);
  // Rows in memory, which go with the listing. There is no result file.
  StoredListing(std::shared_ptr<MetadataStore> store, SnapshotRecord record,
                std::vector<client::Column> columns, Shown shown, int keeping_failure);

  std::uint64_t rows() const override { return record_.rows; }
  std::uint64_t datasets() const override { return record_.datasets; }
  const std::vector<client::Column>& columns() const override { return columns_; }
  std::string id() const override;
  bool shown() const override { return !shown_ || shown_(); }
  Result<void> entries(std::uint64_t from, const std::function<bool(const Entry&)>& visit) const override;
  Result<std::optional<Entry>> find(std::string_view name) const override;
  Result<std::vector<std::uint64_t>> rows_after(std::string_view name, std::size_t most) const override;
  Result<std::optional<Entry>> find_id(const std::string& id) const override;
  Result<std::optional<Entry>> find_directory(const std::string& name) const override;
  Result<client::Row> row(std::uint64_t row) const override;
  std::optional<std::filesystem::path> result_file() const override;
  bool result_kept() const override { return generations_ && record_.result_bytes > 0; }

  const SnapshotRecord& record() const { return record_; }

 protected:
  int keeping_failure() const override { return keeping_failure_; }

 private:
  // ESTALE if rows read so far may be incomplete.
  Result<void> check_whole() const;
  Error damaged(std::uint64_t row) const;
  // The entry to which a key of kNames leads; nullopt if there is no such key.
  Result<std::optional<Entry>> entry_by(const std::string& key) const;

  std::shared_ptr<MetadataStore> memory_;     // null: on disk
  std::shared_ptr<Generations> generations_;  // null: in memory
  MetadataStore& store_;
  const SnapshotRecord record_;
  const std::vector<client::Column> columns_;
  const Shown shown_;
  const int keeping_failure_;
};

}  // namespace esofs::cache
