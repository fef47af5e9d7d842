#include "tests/sim/tap/jobs.h"

#include <algorithm>
#include <array>
#include <random>

#include "tests/sim/knobs/access.h"
#include "tests/sim/tap/job_documents.h"
#include "tests/sim/tap/replies.h"
#include "tests/sim/tap/schema/schema.h"

namespace esofs::sim::tap {
namespace {

using namespace std::chrono_literals;
using Phase = Job::Phase;

// As at ESO: a job runs one minute by default and at most an hour, and is kept a day and at most half a year.
constexpr auto kMostExecution = 3600s;
constexpr auto kKept = 24h;
constexpr auto kMostKept = 183 * 24h;
constexpr auto kLongestWait = 60s;  // of WAIT: a server may answer sooner than asked

bool active(Phase phase) {
  return phase == Phase::kPending || phase == Phase::kQueued || phase == Phase::kExecuting;
}

std::string new_id() {
  thread_local std::mt19937_64 engine{std::random_device{}()};
  const std::uint64_t a = (engine() & ~0xF000ULL) | 0x4000ULL;  // version 4
  const std::uint64_t b = (engine() & ~(3ULL << 62U)) | 2ULL << 62U;
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%08x-%04x-%04x-%04x-%012llx", static_cast<unsigned>(a >> 32U),
                static_cast<unsigned>(a >> 16U & 0xFFFFU), static_cast<unsigned>(a & 0xFFFFU),
                static_cast<unsigned>(b >> 48U), static_cast<unsigned long long>(b & 0xFFFFFFFFFFFFULL));
  return text.data();
}

std::optional<long> whole_number(const std::string& text) {
  char* end = nullptr;
  const long number = std::strtol(text.c_str(), &end, 10);
  if (text.empty() || *end != '\0') return std::nullopt;
  return number;
}

std::string no_transition(const Job& job, std::string_view to) {
  return "Incorrect phase transition! => the job " + job.id + " is in the phase " + phase_name(job.phase) +
         ". It can not go to " + std::string(to) + ".";
}

std::string no_change(const Job& job, std::string_view parameter) {
  return "Impossible to change the parameter \"" + std::string(parameter) + "\" of the job " + job.id +
         " (phase: " + phase_name(job.phase) + ")!";
}

}  // namespace

void JobList::stop() {
  const Lock lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
}

JobList::~JobList() {
  stop();
  std::map<std::string, JobPtr> jobs;
  {
    const Lock lock(mutex_);
    jobs = jobs_;
  }
  for (auto& [id, job] : jobs) job->thread.request_stop();
  for (auto& [id, job] : jobs)
    if (job->thread.joinable()) job->thread.join();
}

void JobList::set_delay(std::chrono::milliseconds delay) {
  const Lock lock(mutex_);
  delay_ = delay;
  changed_.notify_all();
}

Answer JobList::handle(const std::string& path, const httplib::Request& request) {
  remove_expired();
  const std::string caller = request.get_header_value(kCallerHeader);
  if (path.empty() || path == "/") {
    return request.method == "POST" ? create(request) : list(Parameters(request), caller);
  }
  const auto slash = path.find('/', 1);
  const std::string id = path.substr(1, slash == std::string::npos ? slash : slash - 1);
  std::string child = slash == std::string::npos ? "" : path.substr(slash + 1);
  if (child.ends_with('/')) child.pop_back();
  const JobPtr job = find(id);
  if (!job) {
    return reply_error(404,
                       "Incorrect job ID! The job \"" + id + "\" does not exist in the jobs list \"async\".");
  }
  if (!job->owner.empty() && job->owner != caller)
    return reply_error(403, "The job \"" + id + "\" is not yours!");
  if (request.method == "POST") return job_post(job, child, request);
  if (request.method != "DELETE") return job_get(job, child, Parameters(request));
  if (!child.empty()) return reply_error(403, "Only a job can be deleted!");
  remove(job);
  return reply_see_other(request, url_);
}

JobList::JobPtr JobList::find(const std::string& id) {
  const Lock lock(mutex_);
  const auto found = jobs_.find(id);
  return found == jobs_.end() ? nullptr : found->second;
}

Answer JobList::create(const httplib::Request& request) {
  const Parameters given(request);
  auto job = std::make_shared<Job>();
  job->id = new_id();
  job->owner = request.get_header_value(kCallerHeader);
  job->created = std::chrono::system_clock::now();
  job->destruction = job->created + kKept;
  {
    const Lock lock(mutex_);
    int status = 400;
    const std::string wrong = change(job, given, status);
    if (!wrong.empty()) return reply_error(status, wrong);
    jobs_.emplace(job->id, job);
  }
  return reply_see_other(request, url_ + "/" + job->id);
}

// Applies the parameters of a POST. REQUIRES: mutex_ held.
std::string JobList::change(const JobPtr& job, const Parameters& parameters, int& status) {
  const bool pending = job->phase == Phase::kPending;
  for (const auto& [name, value] : parameters.list()) {
    if (name == "PHASE" || name == "ACTION" || name == "REQUEST") continue;
    if (name == "DESTRUCTION") {
      const auto time = parse_time(value);
      if (!time) return "Wrong date format for the parameter \"destruction\": \"" + value + "\"!";
      job->destruction = std::min(*time, job->created + Time::duration(kMostKept));
      continue;
    }
    status = 403;
    if (!pending) return no_change(*job, lower(name));
    status = 400;
    if (name != "EXECUTIONDURATION") {
      job->parameters.set(name == "FORMAT" ? "RESPONSEFORMAT" : name, value);
      continue;
    }
    const auto seconds = whole_number(value);
    if (!seconds) return "Wrong format for the parameter \"executionduration\": \"" + value + "\"!";
    job->execution_duration =
        *seconds <= 0 ? kMostExecution : std::min(std::chrono::seconds(*seconds), kMostExecution);
  }
  const auto phase = parameters.get("PHASE");
  status = 400;
  return phase ? change_phase(job, upper(*phase)) : std::string();
}

std::string JobList::change_phase(const JobPtr& job, const std::string& phase) {
  if (phase == "RUN") {
    if (job->phase != Phase::kPending) return no_transition(*job, "EXECUTING");
    start(job);
    return {};
  }
  if (phase != "ABORT") return "Unknown phase: \"" + phase + "\"!";
  if (!active(job->phase)) return no_transition(*job, "ABORTED");
  job->phase = Phase::kAborted;
  job->ended = std::chrono::system_clock::now();
  job->thread.request_stop();
  changed_.notify_all();
  return {};
}

void JobList::start(const JobPtr& job) {
  job->phase = Phase::kExecuting;
  job->started = std::chrono::system_clock::now();
  job->thread = std::jthread([this, raw = job.get()](const std::stop_token& stop) { execute(*raw, stop); });
  changed_.notify_all();
}

void JobList::execute(Job& job, const std::stop_token& stop) {
  const auto begin = Job::Clock::now();
  Parameters parameters;
  Job::Clock::time_point deadline;
  {
    Lock lock(mutex_);
    parameters = job.parameters;
    deadline = begin + job.execution_duration;
    // The delay may change meanwhile, so it is read again after every change.
    while (!stop.stop_requested() && Job::Clock::now() < std::min(begin + delay_, deadline)) {
      const auto until = std::min(begin + delay_, deadline);
      const auto seen = delay_;
      changed_.wait_until(lock, stop, until, [&] { return delay_ != seen; });
    }
  }
  Job::Outcome outcome{"The job was aborted", true, nullptr};
  FileHandle out(std::tmpfile(), CloseFile());
  if (!out)
    outcome = {"The result could not be written", false, nullptr};
  else if (!stop.stop_requested() && Job::Clock::now() < deadline)
    outcome = run_(parameters, stop, deadline, out.get());
  finish(job, outcome, std::move(out));
}

void JobList::finish(Job& job, const Job::Outcome& outcome, FileHandle out) {
  const Lock lock(mutex_);
  if (job.phase != Phase::kExecuting) return;  // aborted meanwhile
  job.ended = std::chrono::system_clock::now();
  if (outcome.format != nullptr) {
    std::fflush(out.get());
    job.result_bytes = static_cast<std::size_t>(std::ftell(out.get()));
    job.result = std::move(out);
    job.mime = outcome.format->mime;
    job.content_type = outcome.format->content_type;
    job.phase = Phase::kCompleted;
  } else {
    job.error = outcome.message;
    job.phase = outcome.stopped ? Phase::kAborted : Phase::kError;
  }
  changed_.notify_all();
}

void JobList::remove(const JobPtr& job) {
  {
    const Lock lock(mutex_);
    if (jobs_.erase(job->id) == 0) return;
    if (active(job->phase)) job->phase = Phase::kAborted;
    changed_.notify_all();
  }
  job->thread.request_stop();
  if (job->thread.joinable()) job->thread.join();
}

void JobList::remove_expired() {
  std::vector<JobPtr> expired;
  {
    const Lock lock(mutex_);
    const Time now = std::chrono::system_clock::now();
    for (const auto& [id, job] : jobs_)
      if (job->destruction <= now) expired.push_back(job);
  }
  for (const auto& job : expired) remove(job);
}

Answer JobList::list(const Parameters& filters, const std::string& caller) {
  std::vector<JobPtr> shown;
  const Lock lock(mutex_);
  const auto phases = filters.all("PHASE");
  const auto after = parse_time(filters.get("AFTER").value_or(""));
  for (const auto& [id, job] : jobs_) {
    if (!job->owner.empty() && job->owner != caller) continue;
    const bool asked =
        phases.empty() || std::any_of(phases.begin(), phases.end(), [&](const std::string& phase) {
          return same_word(phase, phase_name(job->phase));
        });
    if (asked && (!after || job->created > *after)) shown.push_back(job);
  }
  std::sort(shown.begin(), shown.end(),
            [](const JobPtr& a, const JobPtr& b) { return a->created > b->created; });
  const auto last = whole_number(filters.get("LAST").value_or(""));
  if (last && *last >= 0 && static_cast<std::size_t>(*last) < shown.size())
    shown.resize(static_cast<std::size_t>(*last));
  std::string body = list_head();
  for (const auto& job : shown) body += list_entry(*job, url_);
  return reply_text("text/xml;charset=UTF-8", body + list_tail());
}

// WAIT holds the answer while the job is active and in the phase named (else in the one found).
void JobList::wait(Lock& lock, const Job& job, const Parameters& parameters) {
  const auto seconds = whole_number(parameters.get("WAIT").value_or(""));
  const Phase found = job.phase;
  const auto named = parameters.get("PHASE");
  if (!seconds || *seconds == 0 || !active(found) || (named && !same_word(*named, phase_name(found)))) return;
  const auto time = *seconds < 0 ? kLongestWait : std::min(std::chrono::seconds(*seconds), kLongestWait);
  changed_.wait_for(lock, time, [&] { return stopping_ || job.phase != found; });
}

Answer JobList::job_get(const JobPtr& job, const std::string& child, const Parameters& parameters) {
  const std::string result_prefix = "results/";
  if (child.starts_with(result_prefix)) return give_result(job, child.substr(result_prefix.size()));
  Lock lock(mutex_);
  if (child.empty()) {
    wait(lock, *job, parameters);
    return reply_text("text/xml;charset=UTF-8", job_document(*job, url_));
  }
  if (child == "parameters") return reply_text("text/xml;charset=UTF-8", parameters_document(*job));
  if (child == "results") return reply_text("text/xml;charset=UTF-8", results_document(*job, url_));
  if (child == "error" || child == "error/details") {
    if (job->phase != Phase::kError) return reply_error(404, "No error for the job \"" + job->id + "\"!");
    return reply_text("application/xml;charset=UTF-8", error_document(job->error));
  }
  const auto attribute = attribute_text(*job, child);
  if (attribute) return reply_text("text/plain;charset=UTF-8", *attribute);
  return reply_error(404, "Incorrect job attribute! The attribute \"" + child + "\" does not exist.");
}

Answer JobList::give_result(const JobPtr& job, const std::string& name) {
  const Lock lock(mutex_);
  if (name != "result" || !job->result)
    return reply_error(404, "No result identified with \"" + name + "\" in the job \"" + job->id + "\"!");
  Answer answer = reply_stored(job->content_type, job->result_bytes);
  answer.stream = [file = job->result](const Answer::Write& write) {
    std::array<char, 65536> piece{};
    off_t offset = 0;
    for (ssize_t got = 1; got > 0; offset += got) {
      got = pread(fileno(file.get()), piece.data(), piece.size(), offset);
      if (got > 0 && !write({piece.data(), static_cast<std::size_t>(got)})) return;
    }
  };
  return answer;
}

Answer JobList::job_post(const JobPtr& job, const std::string& child, const httplib::Request& request) {
  const Parameters given(request);
  if (child.empty() && same_word(given.get("ACTION").value_or(""), "DELETE")) {
    remove(job);
    return reply_see_other(request, url_);
  }
  static const std::array<std::string_view, 5> places = {"", "phase", "executionduration", "destruction",
                                                         "parameters"};
  if (std::find(places.begin(), places.end(), child) == places.end())
    return reply_error(403, "The attribute \"" + child + "\" can not be changed!");
  int status = 400;
  std::string wrong;
  {
    const Lock lock(mutex_);
    wrong = change(job, given, status);
  }
  if (!wrong.empty()) return reply_error(status, wrong);
  return reply_see_other(request, url_ + "/" + job->id);
}

}  // namespace esofs::sim::tap
