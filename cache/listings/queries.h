// Queries: the part of the Catalog that turns saved queries into listings.
//
// Jobs on the lane share it, so it lives until the last of them has ended.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "cache/answers/waiters.h"
#include "cache/listings/attempts.h"
#include "cache/listings/generations.h"
#include "cache/listings/listing.h"
#include "cache/listings/listing_writer.h"
#include "cache/listings/query_key.h"
#include "cache/listings/stored_listing.h"
#include "client/base/guarded.h"

namespace esofs::cache {

class Queries : public std::enable_shared_from_this<Queries> {
 public:
  struct Config {
    std::filesystem::path results_dir;    // result.vot files
    std::chrono::seconds failure_memory;  // this long a failed query is answered with its failure
    std::function<std::int64_t()> now;    // seconds since 1970; must be set
    std::size_t batch_rows = 4096;        // as in Catalog::Config
  };
  // archive, store and lane outlive the jobs.
  Queries(const Config& config, client::Archive& archive, MetadataStore& store, Lane& lane);

  Cancel listing(const QuerySpec& spec, Done<std::shared_ptr<const Listing>> done);
  Cancel listing_with_result(const QuerySpec& spec, Done<std::shared_ptr<const Listing>> done);
  std::shared_ptr<const Listing> known_listing(const QuerySpec& spec);
  QueryState state(const QuerySpec& spec);
  void refresh(const QuerySpec& spec);
  void forget(const QuerySpec& spec);
  std::vector<std::shared_ptr<const Listing>> known_listings(std::size_t most);

  // Deletes, in jobs, what no snapshot needs any more.
  void sweep_soon();

 private:
  using Answer = std::shared_ptr<const Listing>;
  struct Running {
    explicit Running(std::int64_t at) : started_at(at) {}
    const std::int64_t started_at;
    std::atomic<std::uint64_t> rows = 0;
    std::atomic<bool> refresh_again = false;  // a refresh was requested since it began
    Guarded<std::string> job_url;
  };

  Login login(const std::string& service) const;  // of queries to this service
  QueryKey key_of(const QuerySpec& spec) const;
  StoredListing::Shown visibility(const QueryKey& query) const;
  std::optional<SnapshotRecord> snapshot_record(const QueryKey& query);
  std::shared_ptr<const StoredListing> find_snapshot(const QueryKey& query);
  void remember_snapshot(const QueryKey& query, const Answer& snapshot);
  bool still_failed(const AttemptRecord& attempt) const;
  bool fresh(const StoredListing& snapshot, const AttemptRecord& attempt, const QuerySpec& spec) const;
  std::shared_ptr<Running> running_of(const QueryKey& query);

  Cancel join(const QueryKey& query, const QuerySpec& spec, Done<Answer> done);
  void submit(const QueryKey& query, const QuerySpec& spec, const Cause& cause);
  void run(const QueryKey& query, const QuerySpec& spec, Running& running, Lane::Turn& turn);
  Result<Answer> answer(const QueryKey& query, const QuerySpec& spec, Running& running, Lane::Turn& turn);
  Result<Answer> download(const QueryKey& query, const client::QueryRequest& request, Running& running,
                          Lane::Turn& turn);
  Result<Answer> commit(const QueryKey& query, ListingWriter& writer, const client::QuerySummary& summary,
                        Running& running);
  void note_failure(const QueryKey& query, const Error& error);
  void sweep(Lane::Turn& turn);

  const std::chrono::seconds failure_memory_;
  const std::function<std::int64_t()> now_;
  const std::size_t batch_rows_;
  client::Archive& archive_;
  MetadataStore& store_;
  Lane& lane_;
  std::shared_ptr<Generations> generations_;
  Attempts attempts_;
  Waiters<QueryKey, Answer> flights_;
  std::atomic<bool> sweeping_ = false;
  Guarded<std::unordered_map<QueryKey, std::shared_ptr<Running>>> running_;
  // Keeps their columns: to read these for each look would cost more than the look itself.
  Guarded<std::unordered_map<QueryKey, Answer>> recently_used_;
  // Snapshots that the store would not take.
  Guarded<std::unordered_map<QueryKey, std::shared_ptr<const StoredListing>>> unstored_;
};

}  // namespace esofs::cache
