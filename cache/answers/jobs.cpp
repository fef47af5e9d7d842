#include "cache/answers/jobs.h"

#include <spdlog/spdlog.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <exception>
#include <set>
#include <string_view>
#include <utility>

#include "cache/answers/transient_errors.h"
#include "client/base/clock.h"
#include "client/base/names_given.h"
#include "client/base/safe_name.h"
#include "client/http/http.h"
#include "client/http/url.h"

namespace esofs::cache {
namespace {

constexpr std::chrono::seconds kLookAgain{1};  // of one job
constexpr std::chrono::seconds kListAgain{5};  // of a service's list
constexpr std::chrono::seconds kGoneFor{10};   // a missing job is not requested again within this time
constexpr std::int64_t kTombstone =
    std::int64_t{200} * 86400;  // no service keeps a job longer (ESO: half a year)
constexpr std::size_t kMostSeen = 1000;

// The name of a job that has none of its own: the last part of its URL.
std::string id_in(const std::string& url) {
  const auto end = url.find_last_not_of('/');
  if (end == std::string::npos) return {};
  const auto slash = url.rfind('/', end);
  const auto id = url.substr(slash == std::string::npos ? 0 : slash + 1,
                             end - (slash == std::string::npos ? 0 : slash + 1) + 1);
  return client::plain_job_id(id) ? id : std::string();
}

// The extension of a file of this type; "" unknown.
std::string extension_of(const std::string& mime) {
  static const std::array<std::pair<std::string_view, std::string_view>, 8> known{
      {{"votable", ".vot"},
       {"csv", ".csv"},
       {"tab-separated", ".tsv"},
       {"fits", ".fits"},
       {"json", ".json"},
       {"text/plain", ".txt"},
       {"html", ".html"},
       {"xml", ".vot"}}};  // TAP services of old say text/xml of a VOTable
  for (const auto& [part, extension] : known) {
    if (mime.find(part) != std::string::npos) return std::string(extension);
  }
  return {};
}

Error login_changed() { return {EAGAIN, "the login changed meanwhile; look again"}; }

template <class T, class Work>
Result<T> guarded(Lane::Turn& turn, const Work& work) try {
  if (turn.stop().stop_requested()) return Error(EIO, "esofs is ending");
  return work();
} catch (const std::exception& bug) {  // the flight must land, or its askers hang
  return Error(EIO, bug.what());
}

}  // namespace

std::vector<JobFile> job_files(const JobInfo& info, const client::Job& job) {
  std::vector<client::JobResult> results = job.results;
  // Where TAP says that the result is, for a server that does not say it itself.
  if (results.empty() && job.phase == "COMPLETED")
    results.push_back({"result", info.url + "/results/result", "", {}});
  std::vector<JobFile> files;
  NamesGiven names;
  for (const auto& result : results) {
    client::Dataset dataset;
    dataset.access_url = client::resolved_url(info.url, result.href);
    if (!dataset.access_url.starts_with("http://") && !dataset.access_url.starts_with("https://")) continue;
    dataset.id = "job:" + client::name_of_url(info.url) + "#" + result.id;
    dataset.access = client::AccessKind::kFile;
    const bool tap_result = result.id == "result" && result.mime.empty();
    dataset.extension = tap_result ? ".vot" : extension_of(result.mime);
    dataset.estimate_bytes = result.size.value_or(0);
    dataset.mtime = dataset.modified = job.finished != 0 ? job.finished : job.created;
    std::string base = result.id.empty() ? "result" : portable_name(safe_name(result.id));
    if (!base.ends_with(dataset.extension)) base += dataset.extension;
    files.push_back({names.give(base), std::move(dataset)});
  }
  return files;
}

// --- what is remembered ---

std::string Jobs::place(const std::string& service, const std::string& what) const {
  return login(service).name + '\n' + what;
}

std::string Jobs::key(const std::string& service, const std::string& name) const {
  return key(login(service), service, name);
}

std::string Jobs::key(const Login& login, const std::string& service, const std::string& name) const {
  const std::string owner = owner_.empty() ? std::string() : "owner " + owner_ + '\n';
  return login.key_beginning(archive_.identity()) + '\n' + owner + service + '\n' + name;
}

JobInfo Jobs::info(const std::string& service, const std::string& name, const JobRecord& record) {
  return {service, name, record.url, record.own, false, record.created, record.duration, record.destruction};
}

std::optional<JobRecord> Jobs::record(const std::string& service, const std::string& name) {
  const std::string at = key(service, name);
  if (auto unstored = unstored_.lock(); unstored->contains(at)) return unstored->at(at);
  auto bytes = store_.get(Shelf::kJobs, at);
  if (!bytes || !*bytes) return std::nullopt;
  return decode<JobRecord>(**bytes);
}

std::map<std::string, JobRecord> Jobs::records(const std::string& service) {
  std::map<std::string, JobRecord> found;
  const std::string prefix = key(service, "");
  auto scanned = store_.scan(Shelf::kJobs, prefix, [&](std::string_view at, std::string_view value) {
    if (!at.starts_with(prefix)) return false;
    if (auto record = decode<JobRecord>(value))
      found.emplace(std::string(at.substr(prefix.size())), *std::move(record));
    return true;
  });
  if (!scanned) spdlog::warn("the jobs that were remembered cannot be read: {}", scanned.error().what());
  auto unstored = unstored_.lock();
  for (auto at = unstored->lower_bound(prefix); at != unstored->end() && at->first.starts_with(prefix);
       ++at) {
    const std::string name = at->first.substr(prefix.size());
    if (at->second) {
      found.insert_or_assign(name, *at->second);
    } else {
      found.erase(name);
    }
  }
  return found;
}

Result<void> Jobs::write(const std::string& key, const std::optional<JobRecord>& record) {
  return record ? store_.put(Shelf::kJobs, key, encode(*record)) : store_.erase(Shelf::kJobs, key);
}

void Jobs::remember(const std::string& key, std::optional<JobRecord> record) {
  const std::scoped_lock in_order(writing_);
  const auto written = write(key, record);
  if (!written) spdlog::warn("what is known of a job is kept in memory only: {}", written.error().what());
  auto unstored = unstored_.lock();
  if (written) {
    unstored->erase(key);
  } else {
    unstored->insert_or_assign(key, std::move(record));
  }
}

void Jobs::write_unstored() {
  const std::scoped_lock in_order(writing_);
  const auto unstored = *unstored_.lock();
  for (const auto& [key, record] : unstored) {
    if (!write(key, record)) return;
    unstored_.lock()->erase(key);
  }
}

void Jobs::keep(const JobInfo& job, const Login& login) {
  JobRecord record;
  record.url = job.url;
  record.own = job.own;
  record.created = job.created;
  record.duration = job.duration;
  record.destruction = job.destruction;
  remember(key(login, job.service, job.name), std::move(record));
}

Jobs::Listed Jobs::listed(const std::string& service) {
  const std::string at = place(service, service);
  auto memory = memory_.lock();
  const auto found = memory->listed.find(at);
  return found == memory->listed.end() ? Listed{} : found->second;
}

std::vector<JobInfo> Jobs::known(const std::string& service) {
  std::map<std::string, JobInfo> by_name;
  std::set<std::string> ids;  // a service may have several URLs for one job
  for (const auto& [name, record] : records(service)) {
    if (record.gone_at != 0 && now_() - record.gone_at > kTombstone) {
      remember(key(service, name), std::nullopt);
      continue;
    }
    ids.insert(id_in(record.url));
    if (record.gone_at == 0) by_name.emplace(name, info(service, name, record));
  }
  for (const auto& reference : listed(service).jobs) {
    const std::string url = archive_.job_url(service, reference.id);
    if (ids.contains(reference.id)) continue;
    by_name.try_emplace(
        reference.id,
        JobInfo{.service = service, .name = reference.id, .url = url, .created = reference.created});
  }
  std::vector<JobInfo> jobs;
  jobs.reserve(by_name.size());
  for (auto& [name, job] : by_name) jobs.push_back(std::move(job));
  return jobs;
}

std::optional<JobInfo> Jobs::find(const std::string& service, const std::string& name) {
  if (const auto kept = record(service, name)) {
    return kept->gone_at == 0 ? std::optional(info(service, name, *kept)) : std::nullopt;
  }
  if (!client::plain_job_id(name)) return std::nullopt;
  for (const auto& reference : listed(service).jobs) {
    if (reference.id == name) return by_id(service, name);
  }
  const auto job = by_id(service, name);  // an own job by its id
  return job && job->own ? job : std::nullopt;
}

std::optional<JobInfo> Jobs::by_url(const std::string& service, const std::string& url) {
  const std::string id = id_in(url);
  if (id.empty()) return std::nullopt;
  for (const auto& [name, record] : records(service)) {
    if (id_in(record.url) != id) continue;
    return record.gone_at == 0 ? std::optional(info(service, name, record)) : std::nullopt;
  }
  return JobInfo{.service = service, .name = id, .url = url};
}

std::optional<JobInfo> Jobs::of_query(const std::string& service, const std::string& url) {
  auto job = by_url(service, url);
  if (job && !job->own) job->of_query = true;
  return job;
}

std::optional<JobInfo> Jobs::by_id(const std::string& service, const std::string& id) {
  if (!client::plain_job_id(id)) return std::nullopt;
  const std::string url = archive_.job_url(service, id);
  auto job = url.empty() ? std::nullopt : by_url(service, url);
  // Any id may be the job of somebody else.
  return job && !owner_.empty() && !job->own ? std::nullopt : job;
}

Jobs::JobPtr Jobs::last_seen(const JobInfo& job) {
  const std::string at = place(job);
  auto memory = memory_.lock();
  const auto found = memory->seen.find(at);
  return found == memory->seen.end() ? nullptr : found->second.job;
}

void Jobs::set_draft(const JobInfo& job) { keep(job, login(job.service)); }

void Jobs::forget_draft(const std::string& service, const std::string& name) {
  remember(key(service, name), std::nullopt);
}

void Jobs::outdated(const JobInfo& job) {
  const std::string at = place(job);
  auto memory = memory_.lock();
  if (const auto found = memory->seen.find(at); found != memory->seen.end()) found->second.at = 0;
  for (auto& [service, listed] : memory->listed) listed.at = 0;
}

void Jobs::gone(const JobInfo& job, const Error& error) {
  {
    const std::string at = place(job);
    const std::string list = place(job.service, job.service);
    auto memory = memory_.lock();
    memory->seen[at] = Seen{nullptr, error, now_()};
    auto& listed = memory->listed[list].jobs;
    std::erase_if(listed,
                  [&](const client::JobReference& reference) { return reference.id == id_in(job.url); });
  }
  for (const auto& [name, record] : records(job.service)) {
    if (record.own && record.url == job.url) remember(key(job.service, name), std::nullopt);
  }
  if (job.of_query) {  // the query names it for as long as its listing lives
    JobRecord record;
    record.url = job.url;
    record.gone_at = now_();
    remember(key(job.service, job.name), std::move(record));
  }
}

// --- asking ---

Cancel Jobs::list(const std::string& service, Done<std::vector<JobInfo>> done) {
  if (!owner_.empty()) {  // the service's list has the jobs of all users of the mount
    done(known(service));
    return {};
  }
  const Listed last = listed(service);
  if (recent(last.at, now_(), kListAgain)) {
    auto jobs = known(service);
    if (jobs.empty() && last.error) {
      done(*last.error);
    } else {
      done(std::move(jobs));
    }
    return {};
  }
  const std::string flight = place(service, service);
  const Cause cause = done.cause();
  auto joined = lists_.join(flight, std::move(done));
  if (joined.first) {
    lane_.submit(
        [self = shared_from_this(), service, flight](Lane::Turn& turn) {
          self->lists_.land(
              flight, guarded<std::vector<JobInfo>>(turn, [&] { return self->ask_list(service, turn); }));
        },
        "jobs " + service, cause);
  }
  return joined.cancel;
}

Result<std::vector<JobInfo>> Jobs::ask_list(const std::string& service, Lane::Turn& turn) {
  const std::string at = place(service, service);
  auto jobs = archive_.jobs(service, turn);
  if (place(service, service) != at) return login_changed();
  const bool unreached = !jobs && transient(jobs.error().code());
  if (!jobs) spdlog::debug("no list of the jobs of {}: {}", service, jobs.error().what());
  {
    const auto time = now_();
    auto memory = memory_.lock();
    Listed& listed = memory->listed[at];
    listed.at = time;
    listed.error.reset();
    if (jobs) {
      listed.jobs = std::move(*jobs);
    } else if (unreached) {
      listed.error = jobs.error();
    } else {
      listed.jobs.clear();  // a service that shows no list
    }
  }
  auto all = known(service);
  if (unreached && all.empty()) return jobs.error();
  return all;
}

Cancel Jobs::look(const JobInfo& job, Done<JobPtr> done) {
  if (job.url.empty()) {
    done(Error(ENOENT, job.name + " has not been started: the service knows nothing of it"));
    return {};
  }
  const auto time = now_();
  const std::string flight = place(job);
  Seen seen;
  if (auto memory = memory_.lock(); memory->seen.contains(flight)) seen = memory->seen.at(flight);
  if (seen.job && recent(seen.at, time, kLookAgain)) {
    done(seen.job);
    return {};
  }
  if (seen.gone && recent(seen.at, time, kGoneFor)) {
    done(*seen.gone);
    return {};
  }
  const Cause cause = done.cause();
  auto joined = looks_.join(flight, std::move(done));
  if (joined.first) {
    lane_.submit(
        [self = shared_from_this(), job, flight](Lane::Turn& turn) {
          self->looks_.land(flight, guarded<JobPtr>(turn, [&] { return self->ask(job, turn); }));
        },
        "jobs " + job.service, cause);
  }
  return joined.cancel;
}

Result<Jobs::JobPtr> Jobs::ask(const JobInfo& job, Lane::Turn& turn) {
  write_unstored();
  const std::string at = place(job);
  auto found = archive_.job(job.url, turn);
  if (place(job) != at) return login_changed();
  if (!found) {
    if (found.error().code() == ENOENT) gone(job, found.error());
    return found.error();
  }
  auto seen = std::make_shared<const client::Job>(std::move(*found));
  const auto time = now_();
  auto memory = memory_.lock();
  if (memory->seen.size() >= kMostSeen) memory->seen.clear();
  memory->seen[at] = Seen{seen, {}, time};
  return JobPtr(std::move(seen));
}

// --- changing ---

Cancel Jobs::act(const std::string& work_key, std::function<Result<void>(Lane::Turn&)> work,
                 Done<void> done) {
  const Cause cause = done.cause();
  auto joined =
      acts_.join(work_key, AskedBy(done.cause(), [done = done.take()](const Result<Nothing>& result) {
                   done(result ? Result<void>() : Result<void>(result.error()));
                 }));
  if (joined.first) {
    lane_.submit(
        [self = shared_from_this(), work_key, work = std::move(work)](Lane::Turn& turn) {
          self->acts_.land(work_key, guarded<Nothing>(turn, [&]() -> Result<Nothing> {
                             auto worked = work(turn);
                             if (!worked) return worked.error();
                             return Nothing{};
                           }));
        },
        "jobs", cause);
  }
  return joined.cancel;
}

Cancel Jobs::run(const JobInfo& job, const std::string& adql, std::uint64_t maxrec, Done<void> done) {
  return act(
      "run " + key(job.service, job.name),
      [self = shared_from_this(), job, adql, maxrec](Lane::Turn& turn) {
        // It may have been made since it was looked up, here or by another mount.
        const auto kept = self->record(job.service, job.name);
        return self->make_and_run(kept ? info(job.service, job.name, *kept) : job, adql, maxrec, turn);
      },
      std::move(done));
}

Result<void> Jobs::make_and_run(JobInfo job, const std::string& adql, std::uint64_t maxrec,
                                Lane::Turn& turn) {
  if (job.url.empty()) {
    client::QueryRequest request;
    request.service = job.service;
    request.adql = adql;
    request.maxrec = maxrec;
    const Login maker = login(job.service);
    auto made = archive_.create_job(request, turn);
    if (!made) return made.error();
    job.url = std::move(*made);
    job.own = true;
    job.created = now_();
    keep(job, maker);
    // What the server does not grant shows in the job's files; it is no reason not to start.
    const auto wish = [&](client::JobSetting setting, const std::string& value) {
      if (auto granted = archive_.change_job(job.url, setting, value, turn); !granted)
        spdlog::warn("the job {} is started without what was wished: {}", job.name, granted.error().what());
    };
    if (job.duration >= 0) wish(client::JobSetting::kExecutionDuration, std::to_string(job.duration));
    if (!job.destruction.empty()) wish(client::JobSetting::kDestruction, job.destruction);
  }
  auto started = archive_.change_job(job.url, client::JobSetting::kPhase, "RUN", turn);
  outdated(job);
  if (!started && started.error().code() == ENOENT) gone(job, started.error());
  return started;
}

Cancel Jobs::abort(const JobInfo& job, Done<void> done) {
  return change(job, client::JobSetting::kPhase, "ABORT", std::move(done));
}

Cancel Jobs::change(const JobInfo& job, client::JobSetting setting, const std::string& value,
                    Done<void> done) {
  return act(
      "change " + std::to_string(static_cast<int>(setting)) + value + ' ' + place(job),
      [self = shared_from_this(), job, setting, value](Lane::Turn& turn) {
        auto changed = self->archive_.change_job(job.url, setting, value, turn);
        self->outdated(job);
        if (!changed && changed.error().code() == ENOENT) self->gone(job, changed.error());
        return changed;
      },
      std::move(done));
}

Cancel Jobs::remove(const JobInfo& job, Done<void> done) {
  return act(
      "remove " + place(job),
      [self = shared_from_this(), job](Lane::Turn& turn) -> Result<void> {
        auto deleted = self->archive_.delete_job(job.url, turn);
        if (!deleted) return deleted.error();
        self->gone(job, Error(ENOENT, "the job was deleted"));
        return {};
      },
      std::move(done));
}

Cancel Jobs::failure(const JobInfo& job, Done<std::string> done) {
  const std::string flight = place(job);
  const Cause cause = done.cause();
  auto joined = failures_.join(flight, std::move(done));
  if (joined.first) {
    lane_.submit(
        [self = shared_from_this(), job, flight](Lane::Turn& turn) {
          self->failures_.land(flight, guarded<std::string>(turn, [&]() -> Result<std::string> {
                                 auto seen = self->ask(job, turn);
                                 if (!seen) return seen.error();
                                 const std::string& phase = (*seen)->phase;
                                 if (phase != "ERROR" && phase != "ABORTED")
                                   return Error(ENODATA, "the job has not failed: it is " + phase);
                                 return self->archive_.job_failure(job.url, **seen, turn);
                               }));
        },
        "jobs " + job.service, cause);
  }
  return joined.cancel;
}

}  // namespace esofs::cache
