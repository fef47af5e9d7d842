// FakeJobs: a FakeArchive whose service "obs" has asynchronous jobs, in memory. It fails and keeps a log.
//
//   shapes   the jobs that it makes are called "1", "2" …; RUN makes them EXECUTING until set_phase()
//   threads  thread-safe
#pragma once

#include <cerrno>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/fake_archive.h"

namespace esofs::tests {

class FakeJobs : public FakeArchive {
 public:
  // Adds a job that somebody else has made.
  void add(const std::string& id) {
    const std::scoped_lock lock(jobs_mutex_);
    jobs_[id] = made(id, "SELECT other");
  }
  void forget(const std::string& id) {
    const std::scoped_lock lock(jobs_mutex_);
    jobs_.erase(id);
  }
  void set_phase(const std::string& id, const std::string& phase) {
    const std::scoped_lock lock(jobs_mutex_);
    jobs_.at(id).phase = phase;
  }
  void add_result(const std::string& id, client::JobResult result) {
    const std::scoped_lock lock(jobs_mutex_);
    jobs_.at(id).results.push_back(std::move(result));
  }
  // Failures of the next change of `setting`, of the next deletion or list, and of every look at a job.
  void fail_change(const std::string& setting, Error error) {
    const std::scoped_lock lock(jobs_mutex_);
    change_failures_[setting] = std::move(error);
  }
  void fail_delete(Error error) { set(delete_failure_, std::move(error)); }
  void fail_list(Error error) { set(list_failure_, std::move(error)); }
  void fail_looks(Error error) { set(look_failure_, std::move(error)); }

  // Sets the URL of the list in the answer to a creation.
  void make_at(const std::string& list) {
    const std::scoped_lock lock(jobs_mutex_);
    at_ = list;
  }

  // "create ADQL MAXREC", "ID SETTING VALUE", "delete ID", in order.
  std::vector<std::string> log() const {
    const std::scoped_lock lock(jobs_mutex_);
    return log_;
  }
  int looks() const {
    const std::scoped_lock lock(jobs_mutex_);
    return looks_;
  }

  std::vector<std::string> job_services() const override { return {"obs"}; }
  std::string job_url(const std::string& service, const std::string& id) const override {
    return "http://fake/" + service + "/async/" + id;
  }
  Result<std::string> create_job(const client::QueryRequest& request, Lane::Turn&) override {
    const std::scoped_lock lock(jobs_mutex_);
    log_.push_back("create " + request.adql + " " + std::to_string(request.maxrec));
    const std::string id = std::to_string(++last_);
    jobs_[id] = made(id, request.adql);
    return at_.empty() ? job_url(request.service, id) : at_ + id;
  }
  Result<std::vector<client::JobReference>> jobs(const std::string&, Lane::Turn&) override {
    const std::scoped_lock lock(jobs_mutex_);
    if (auto failure = std::exchange(list_failure_, {})) return *failure;
    std::vector<client::JobReference> listed;
    for (const auto& [id, job] : jobs_) listed.push_back({id, job.phase, job.created});
    return listed;
  }
  Result<client::Job> job(const std::string& url, Lane::Turn&) override {
    const std::scoped_lock lock(jobs_mutex_);
    ++looks_;
    if (look_failure_) return *look_failure_;
    const auto found = jobs_.find(id_of(url));
    if (found == jobs_.end()) return gone();
    return found->second;
  }
  Result<void> change_job(const std::string& url, client::JobSetting setting, const std::string& value,
                          Lane::Turn&) override {
    const std::scoped_lock lock(jobs_mutex_);
    const char* const name = setting == client::JobSetting::kPhase               ? "phase"
                             : setting == client::JobSetting::kExecutionDuration ? "executionduration"
                                                                                 : "destruction";
    log_.push_back(id_of(url) + " " + name + " " + value);
    if (auto failure = std::exchange(change_failures_[name], {})) return *failure;
    const auto found = jobs_.find(id_of(url));
    if (found == jobs_.end()) return gone();
    client::Job& job = found->second;
    if (setting == client::JobSetting::kExecutionDuration) job.execution_duration = std::stoll(value);
    if (setting == client::JobSetting::kDestruction) job.destruction = value;
    if (setting != client::JobSetting::kPhase) return {};
    if (value == "RUN" && job.phase != "PENDING") return Error(EINVAL, "Incorrect phase transition!");
    job.phase = value == "RUN" ? "EXECUTING" : "ABORTED";
    return {};
  }
  Result<void> delete_job(const std::string& url, Lane::Turn&) override {
    const std::scoped_lock lock(jobs_mutex_);
    log_.push_back("delete " + id_of(url));
    if (auto failure = std::exchange(delete_failure_, {})) return *failure;
    jobs_.erase(id_of(url));
    return {};
  }
  Result<std::string> job_failure(const std::string&, const client::Job&, Lane::Turn&) override {
    return std::string("because");
  }

 private:
  static client::Job made(const std::string& id, const std::string& adql) {
    client::Job job;
    job.id = id;
    job.phase = "PENDING";
    job.execution_duration = 60;
    job.destruction = "2026-06-09T15:33:23Z";
    job.parameters["query"] = adql;
    job.document = "<job/>";
    return job;
  }
  static std::string id_of(const std::string& url) { return url.substr(url.rfind('/') + 1); }
  static Error gone() { return {ENOENT, "the job is gone"}; }
  void set(std::optional<Error>& failure, Error error) {
    const std::scoped_lock lock(jobs_mutex_);
    failure = std::move(error);
  }

  mutable std::mutex jobs_mutex_;
  std::map<std::string, client::Job> jobs_;  // this and what follows: guarded by jobs_mutex_
  std::vector<std::string> log_;
  std::string at_;
  int last_ = 0;
  int looks_ = 0;
  std::map<std::string, std::optional<Error>> change_failures_;
  std::optional<Error> delete_failure_;
  std::optional<Error> list_failure_;
  std::optional<Error> look_failure_;
};

}  // namespace esofs::tests
