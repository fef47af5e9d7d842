// JobList: the asynchronous jobs of one service, by UWS 1.1, with the documents and sentences of uwsLib 4.4.
//
//   shapes   documents exactly as recorded; times in whole seconds; results in unnamed temporary files
//   threads  thread-safe. Every job runs on a thread of its own, which ends with the job, or with the list
//   source   UWS 1.1; client/ESO.md, "TAP jobs"
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/sim/http/http_server.h"
#include "tests/sim/tap/output/output.h"
#include "tests/sim/tap/parameters.h"
#include "tests/sim/tap/times.h"

namespace esofs::sim::tap {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using FileHandle = std::shared_ptr<std::FILE>;

struct Job {
  using Clock = std::chrono::steady_clock;

  enum class Phase { kPending, kQueued, kExecuting, kCompleted, kError, kAborted };
  // How a run ended. message: "" for success, else what went wrong. stopped: a stop was requested.
  struct Outcome {
    std::string message;
    bool stopped = false;
    const Format* format = nullptr;
  };

  std::string id;
  std::string owner;  // "": made without a login, and open to everybody
  Phase phase = Phase::kPending;
  Time created;
  std::optional<Time> started;
  std::optional<Time> ended;
  std::chrono::seconds execution_duration{60};
  Time destruction;
  Parameters parameters;
  std::string error;
  std::string mime;
  std::string content_type;
  FileHandle result;
  std::size_t result_bytes = 0;
  std::jthread thread;
};

class JobList {
 public:
  using Run = std::function<Job::Outcome(const Parameters&, const std::stop_token&,
                                         Job::Clock::time_point deadline, std::FILE* out)>;

  // url: of the list, "http://…/tap_obs/async". run: makes the result of a job; called on its thread.
  JobList(std::string url, Run run) : url_(std::move(url)), run_(std::move(run)) {}
  ~JobList();

  // path: below the list: "", "/<id>", "/<id>/phase", "/<id>/results/result" … A job with an owner
  // (kCallerHeader) is listed for its owner only, and 403 for others (UWS 1.1 section 5).
  Answer handle(const std::string& path, const httplib::Request& request);
  void stop();  // ends every WAIT and allows no more of them
  // A job executes at least this long; also applies to running jobs.
  void set_delay(std::chrono::milliseconds delay);

 private:
  using JobPtr = std::shared_ptr<Job>;
  using Lock = std::unique_lock<std::mutex>;

  Answer create(const httplib::Request& request);
  Answer list(const Parameters& filters, const std::string& caller);
  Answer job_get(const JobPtr& job, const std::string& child, const Parameters& parameters);
  Answer job_post(const JobPtr& job, const std::string& child, const httplib::Request& request);
  Answer give_result(const JobPtr& job, const std::string& name);
  // Returns "" or the sentence that refuses the change. REQUIRES: mutex_ held.
  std::string change(const JobPtr& job, const Parameters& parameters, int& status);
  std::string change_phase(const JobPtr& job, const std::string& phase);

  void wait(Lock& lock, const Job& job, const Parameters& parameters);
  void start(const JobPtr& job);
  void execute(Job& job, const std::stop_token& stop);
  void finish(Job& job, const Job::Outcome& outcome, FileHandle out);
  void remove(const JobPtr& job);
  void remove_expired();
  JobPtr find(const std::string& id);

  const std::string url_;
  const Run run_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::string, JobPtr> jobs_;  // guarded by mutex_, like every Job except its thread
  std::chrono::milliseconds delay_{0};  // guarded by mutex_
  bool stopping_ = false;               // guarded by mutex_
};

}  // namespace esofs::sim::tap
