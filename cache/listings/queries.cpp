#include "cache/listings/queries.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <utility>

#include "cache/answers/transient_errors.h"
#include "cache/listings/listing_keys.h"
#include "client/base/clock.h"
#include "client/base/descriptors.h"

namespace esofs::cache {
namespace {

constexpr std::size_t kSweepRecords = 20'000;  // deleted in one job: some tenths of a second
constexpr std::size_t kMostRecent = 1000;      // snapshots; some 15 KB each

}  // namespace

Queries::Queries(const Config& config, client::Archive& archive, MetadataStore& store, Lane& lane)
    : failure_memory_(config.failure_memory),
      now_(config.now),
      batch_rows_(config.batch_rows),
      archive_(archive),
      store_(store),
      lane_(lane),
      generations_(std::make_shared<Generations>(store, config.results_dir)),
      attempts_(store) {}

Login Queries::login(const std::string& service) const { return {archive_.query_identity(service)}; }

QueryKey Queries::key_of(const QuerySpec& spec) const {
  return {archive_.identity(), login(spec.service), spec.service, spec.maxrec, spec.adql};
}

// Whether the answer of this query may be shown at the moment: while its login is that of the mount.
StoredListing::Shown Queries::visibility(const QueryKey& query) const {
  if (query.login.nobody()) return {};
  return [weak = weak_from_this(), login = query.login, service = query.service] {
    const auto self = weak.lock();
    return self && self->login(service) == login;
  };
}

std::optional<SnapshotRecord> Queries::snapshot_record(const QueryKey& query) {
  auto bytes = store_.get(Shelf::kListings, snapshot_key(query.text()));
  if (!bytes || !*bytes) return std::nullopt;
  auto found = decode<SnapshotRecord>(**bytes);
  if (found && found->generation.size() != kGenerationBytes) found.reset();
  return found;
}

std::shared_ptr<const StoredListing> Queries::find_snapshot(const QueryKey& query) {
  std::shared_ptr<const StoredListing> memory;
  if (auto kept = unstored_.lock(); true) {
    if (const auto found = kept->find(query); found != kept->end()) memory = found->second;
  }
  // Again if a newer snapshot came in between.
  for (int attempt = 0; attempt < 3; ++attempt) {
    auto found = snapshot_record(query);
    if (!found || (memory && memory->record().fetched_at >= found->fetched_at)) return memory;
    const Generation generation = found->generation;
    if (auto live = generations_->live_listing(generation))
      return std::static_pointer_cast<const StoredListing>(live);
    auto bytes = store_.get(Shelf::kListings, columns_key(generation));
    auto columns = bytes && *bytes ? decode<ColumnsRecord>(**bytes) : std::nullopt;
    if (!columns) continue;
    auto live = generations_->register_listing(
        generation, std::make_shared<StoredListing>(store_, generations_, std::move(*found),
                                                    std::move(columns->columns), visibility(query)));
    found = snapshot_record(query);
    if (!live || !found || found->generation != generation) continue;
    remember_snapshot(query, live);
    return std::static_pointer_cast<const StoredListing>(live);
  }
  return memory;
}

void Queries::remember_snapshot(const QueryKey& query, const Answer& snapshot) {
  std::unordered_map<QueryKey, Answer> old;  // dies without the lock
  auto recent_ones = recently_used_.lock();
  if (recent_ones->size() >= kMostRecent) recent_ones->swap(old);
  recent_ones->insert_or_assign(query, snapshot);
}

bool Queries::still_failed(const AttemptRecord& attempt) const {
  if (!attempt.error || out_of_descriptors(attempt.error->code())) return false;
  // What is wrong with the text stays wrong until the text changes, and then it is another query.
  return attempt.error->code() == EINVAL || recent(attempt.error_at, now_(), failure_memory_);
}

// Not if the answer was kept in a file that is gone: then table/ would stay empty until the ttl has passed.
bool Queries::fresh(const StoredListing& snapshot, const AttemptRecord& attempt,
                    const QuerySpec& spec) const {
  const SnapshotRecord& record = snapshot.record();
  return recent(record.fetched_at, now_(), spec.ttl) && !attempt.refresh_requested &&
         (record.result_bytes == 0 || snapshot.result_file());
}

std::shared_ptr<Queries::Running> Queries::running_of(const QueryKey& query) {
  auto all = running_.lock();
  const auto found = all->find(query);
  return found == all->end() ? nullptr : found->second;
}

Cancel Queries::listing(const QuerySpec& spec, Done<Answer> done) {
  if (spec.adql.empty()) {
    done(Error(EINVAL, "the query is empty"));
    return {};
  }
  if (generations_->freed()) sweep_soon();
  const QueryKey query = key_of(spec);
  const AttemptRecord attempt = attempts_.get(query);
  const bool refused = still_failed(attempt);
  if (auto snapshot = find_snapshot(query)) {
    if (!refused && !fresh(*snapshot, attempt, spec) && flights_.begin(query))
      submit(query, spec, done.cause());
    done(Answer(std::move(snapshot)));
    return {};
  }
  if (refused) {
    done(*attempt.error);
    return {};
  }
  return join(query, spec, std::move(done));
}

// Waits for the answer that is under way, or asks the archive.
Cancel Queries::join(const QueryKey& query, const QuerySpec& spec, Done<Answer> done) {
  const Cause cause = done.cause();
  auto joined = flights_.join(query, std::move(done));
  if (joined.first) submit(query, spec, cause);
  return joined.cancel;
}

Cancel Queries::listing_with_result(const QuerySpec& spec, Done<Answer> done) {
  const QueryKey query = key_of(spec);
  const auto snapshot = spec.adql.empty() ? nullptr : find_snapshot(query);
  if (!snapshot || !snapshot->result_kept() || snapshot->result_file()) return listing(spec, std::move(done));
  const AttemptRecord attempt = attempts_.get(query);
  if (still_failed(attempt)) {
    done(*attempt.error);
    return {};
  }
  return join(query, spec, std::move(done));
}

std::shared_ptr<const Listing> Queries::known_listing(const QuerySpec& spec) {
  return find_snapshot(key_of(spec));
}

std::vector<std::shared_ptr<const Listing>> Queries::known_listings(std::size_t most) {
  struct Found {
    std::int64_t fetched_at;
    QueryKey query;
  };
  std::vector<Found> found;
  const std::string archive = archive_.identity();
  const Login present = login("");
  const std::string prefix = snapshot_key(QueryKey::beginning(archive, present));
  const auto scanned =
      store_.scan(Shelf::kListings, prefix, [&](std::string_view at, std::string_view value) {
        if (!at.starts_with(prefix)) return false;
        const auto record = decode<SnapshotRecord>(value);
        auto query = QueryKey::of_text(archive, present, at.substr(snapshot_key("").size()));
        if (record && record->datasets > 0 && query) found.push_back({record->fetched_at, *std::move(query)});
        return true;
      });
  if (!scanned) spdlog::warn("the listings that are kept cannot be looked at: {}", scanned.error().what());
  const auto unstored = *unstored_.lock();
  for (const auto& [query, listing] : unstored)
    if (query.login == present) found.push_back({listing->record().fetched_at, query});
  std::sort(found.begin(), found.end(),
            [](const Found& a, const Found& b) { return a.fetched_at > b.fetched_at; });
  std::vector<std::shared_ptr<const Listing>> listings;
  for (const auto& each : found) {
    if (listings.size() == most) break;
    if (auto listing = find_snapshot(each.query)) listings.push_back(std::move(listing));
  }
  return listings;
}

QueryState Queries::state(const QuerySpec& spec) {
  const QueryKey query = key_of(spec);
  QueryState state;
  if (const auto snapshot = find_snapshot(query)) {
    const SnapshotRecord& record = snapshot->record();
    state.known = true;
    state.service = record.service;
    state.service_url = record.service_url;
    state.job_url = record.job_url;
    state.rows = record.rows;
    state.datasets = record.datasets;
    state.names_datasets = record.names_datasets;
    state.truncated = record.truncated;
    state.fetched_at = record.fetched_at;
    state.result_bytes = snapshot->result_file() ? record.result_bytes : 0;
  }
  AttemptRecord attempt = attempts_.get(query);
  if (!attempt.job_url.empty()) state.job_url = std::move(attempt.job_url);
  state.error = std::move(attempt.error);
  state.error_at = attempt.error_at;
  if (const auto now_running = running_of(query)) {
    state.running = true;
    state.started_at = now_running->started_at;
    state.rows_so_far = now_running->rows;
    if (const std::string url = *now_running->job_url.lock(); !url.empty()) state.job_url = url;
  }
  return state;
}

void Queries::refresh(const QuerySpec& spec) {
  const QueryKey query = key_of(spec);
  const auto now_running = running_of(query);
  if (now_running) now_running->refresh_again = true;
  attempts_.update(query, [&now_running](AttemptRecord& attempt) {
    attempt.refresh_requested = true;
    attempt.error.reset();
    attempt.error_at = 0;
    if (!now_running) attempt.job_url.clear();  // what an older job found is not new
  });
}

void Queries::forget(const QuerySpec& spec) {
  const QueryKey query = key_of(spec);
  unstored_.lock()->erase(query);
  recently_used_.lock()->erase(query);
  attempts_.erase(query);
  if (auto erased = store_.erase(Shelf::kListings, snapshot_key(query.text())); !erased)
    spdlog::warn("a listing that nobody needs stays: {}", erased.error().what());
  sweep_soon();
}

void Queries::submit(const QueryKey& query, const QuerySpec& spec, const Cause& cause) {
  auto begun = std::make_shared<Running>(now_());
  (*running_.lock())[query] = begun;
  lane_.submit([self = shared_from_this(), query, spec,
                begun](Lane::Turn& turn) { self->run(query, spec, *begun, turn); },
               "query " + archive_.query_service(spec.service, spec.adql), cause);
}

void Queries::run(const QueryKey& query, const QuerySpec& spec, Running& running, Lane::Turn& turn) {
  auto result = answer(query, spec, running, turn);
  running_.lock()->erase(query);
  flights_.land(query, result);
  if (!turn.stop().stop_requested()) sweep_soon();
}

Result<Queries::Answer> Queries::answer(const QueryKey& query, const QuerySpec& spec, Running& running,
                                        Lane::Turn& turn) try {
  if (turn.stop().stop_requested()) return Error(EIO, "esofs is ending");
  if (key_of(spec) != query) return Error(EAGAIN, "the login changed meanwhile; look again");
  const AttemptRecord attempt = attempts_.get(query);
  // It may have come between the question and this job, or from another mount.
  if (auto snapshot = find_snapshot(query); snapshot && fresh(*snapshot, attempt, spec))
    return Answer(std::move(snapshot));
  client::QueryRequest request;
  request.service = spec.service;
  request.adql = spec.adql;
  request.maxrec = spec.maxrec;
  request.mode = spec.mode;
  request.job_url = attempt.job_url;
  *running.job_url.lock() = attempt.job_url;
  auto asked = download(query, request, running, turn);
  if (!asked && !turn.stop().stop_requested()) note_failure(query, asked.error());
  return asked;
} catch (const std::exception& bug) {  // the flight must land, or its askers hang
  return Error(EIO, bug.what());
}

Result<Queries::Answer> Queries::download(const QueryKey& query, const client::QueryRequest& request,
                                          Running& running, Lane::Turn& turn) {
  ListingWriter::Hooks hooks;
  hooks.now = now_;
  hooks.progress = [&running](std::uint64_t rows) { running.rows = rows; };
  hooks.job_started = [&](const std::string& job_url) {
    *running.job_url.lock() = job_url;
    attempts_.update(query, [&job_url](AttemptRecord& attempt) { attempt.job_url = job_url; });
  };
  hooks.shown = visibility(query);
  ListingWriter::Limits limits;
  limits.batch_rows = batch_rows_;
  ListingWriter writer(archive_, store_, generations_, query, std::move(hooks), limits);
  const Login before = login(request.service);
  auto summary = archive_.query(request, writer, turn);
  if (!summary) return summary.error();
  if (login(request.service) != before) return Error(EAGAIN, "the login changed meanwhile; look again");
  return commit(query, writer, *summary, running);
}

Result<Queries::Answer> Queries::commit(const QueryKey& query, ListingWriter& writer,
                                        const client::QuerySummary& summary, Running& running) {
  AttemptRecord attempt;
  attempt.refresh_requested = running.refresh_again;
  auto committed = writer.commit(summary, attempt);
  if (!committed) return committed.error();
  if (committed->in_store) {
    attempts_.written(query);
    unstored_.lock()->erase(query);
    recently_used_.lock()->erase(query);
  } else {
    (*unstored_.lock())[query] = committed->listing;
    attempts_.update(query, [&attempt](AttemptRecord& kept) { kept = attempt; });
  }
  // Asked for while the snapshot was being committed.
  if (running.refresh_again && !attempt.refresh_requested)
    attempts_.update(query, [](AttemptRecord& kept) { kept.refresh_requested = true; });
  return Answer(std::move(committed->listing));
}

void Queries::note_failure(const QueryKey& query, const Error& error) {
  attempts_.update(query, [&](AttemptRecord& attempt) {
    attempt.error = error;
    attempt.error_at = now_();
    if (!transient(error.code())) attempt.job_url.clear();
  });
}

void Queries::sweep_soon() {
  if (sweeping_.exchange(true)) return;
  lane_.submit([self = shared_from_this()](Lane::Turn& turn) { self->sweep(turn); });
}

void Queries::sweep(Lane::Turn& turn) {
  sweeping_ = false;
  if (turn.stop().stop_requested()) return;
  auto swept = generations_->sweep(kSweepRecords, now_());
  if (!swept) {
    spdlog::warn("old listings are not deleted: {}", swept.error().what());
  } else if (*swept) {
    sweep_soon();
  }
}

}  // namespace esofs::cache
