// Jobs: the asynchronous jobs of the archive's services, as the tree shows them: own ones by the name that their maker gave
// them, others by the id that the service gave.
//
// An own job is remembered in the store, from the moment that the server has made it, until it is deleted or the server
// says that it is gone. What the store does not take is remembered until the unmount, and written once there is room. The
// state of a job always comes from the server, which is asked at most once a second.
//
//   shapes   a job is named by its service and its name in the tree. Everything known about jobs belongs to the
//            login at that time (Archive::query_identity): another login, or none, has other jobs
//   errors   those of client::Archive; ENOENT: the server has no such job any more, and then it is forgotten;
//            EAGAIN: the login has changed while the server was asked
//   threads  thread-safe. Functions that take a Done never wait for the network on the caller's thread
//            (client/base/ask.h). Changes of a job continue after the asker has left.
//   source   UWS 1.1
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "cache/answers/waiters.h"
#include "cache/store/metadata_store.h"
#include "cache/store/records.h"
#include "client/archive.h"
#include "client/base/ask.h"
#include "client/base/guarded.h"
#include "client/base/lane.h"
#include "client/base/login.h"

namespace esofs::cache {

// What is known of a job without asking.
struct JobInfo {
  std::string service = {};
  std::string name = {};     // in the tree: the own name, or the id
  std::string url = {};      // "": not made yet
  bool own = false;          // made here, under this name
  bool of_query = false;     // named by a saved query
  std::int64_t created = 0;  // seconds since 1970; 0: unknown
  // For an own job that is not made yet: the settings that it will get; -1 and "" for none.
  std::int64_t duration = -1;
  std::string destruction = {};
};

// A file that a job has made.
struct JobFile {
  std::string name;  // unique in its job, safe: "result.vot"
  client::Dataset dataset;
};

// The results of a job, in its order. Those whose URL is neither http nor https are left out.
std::vector<JobFile> job_files(const JobInfo& info, const client::Job& job);

class Jobs : public std::enable_shared_from_this<Jobs> {
 public:
  using JobPtr = std::shared_ptr<const client::Job>;
  using Now = std::function<std::int64_t()>;  // seconds since 1970

  // All that is passed by reference outlives the jobs on the lane.
  // owner: of one user of a shared mount, whose own jobs are the only ones; "": all jobs of the login.
  Jobs(client::Archive& archive, MetadataStore& store, Lane& lane, Now now, std::string owner = {})
      : archive_(archive), store_(store), lane_(lane), now_(std::move(now)), owner_(std::move(owner)) {}
  // The jobs of another owner.
  std::shared_ptr<Jobs> of_owner(const std::string& owner) const {
    return std::make_shared<Jobs>(archive_, store_, lane_, now_, owner);
  }

  std::vector<std::string> services() const { return archive_.job_services(); }

  // --- from memory and LMDB ---

  // The own jobs of a service, and those that its list has named lately.
  std::vector<JobInfo> known(const std::string& service);
  // By the own name or the id.
  std::optional<JobInfo> find(const std::string& service, const std::string& name);
  // The job that a saved query has started. nullopt: it is known to be gone.
  std::optional<JobInfo> of_query(const std::string& service, const std::string& url);
  // A job that may exist: look() finds out.
  std::optional<JobInfo> by_id(const std::string& service, const std::string& id);
  // What the server said last, however long ago; null.
  JobPtr last_seen(const JobInfo& job);

  // The settings that an own job will get when it is made. REQUIRES: job.url is "".
  void set_draft(const JobInfo& job);
  // Forgets an own job that the server does not know.
  void forget_draft(const std::string& service, const std::string& name);

  // --- by asking ---

  // Like known(), after a request for the service's own list. A service without a list is no error; one that cannot be
  // reached is, unless jobs are known.
  Cancel list(const std::string& service, Done<std::vector<JobInfo>> done);
  Cancel look(const JobInfo& job, Done<JobPtr> done);
  // Makes the job, unless it has been made, and starts it. adql and maxrec: of an own job.
  Cancel run(const JobInfo& job, const std::string& adql, std::uint64_t maxrec, Done<void> done);
  Cancel abort(const JobInfo& job, Done<void> done);
  // REQUIRES: job.url is not "".
  Cancel change(const JobInfo& job, client::JobSetting setting, const std::string& value, Done<void> done);
  Cancel remove(const JobInfo& job, Done<void> done);
  // Why it failed; ENODATA if it has not.
  Cancel failure(const JobInfo& job, Done<std::string> done);

 private:
  struct Nothing {};
  struct Seen {
    JobPtr job;
    std::optional<Error> gone;
    std::int64_t at = 0;
  };
  struct Listed {
    std::vector<client::JobReference> jobs;
    std::optional<Error> error;  // of the last look, if the service could not be reached
    std::int64_t at = 0;
  };
  struct Memory {
    std::unordered_map<std::string, Seen> seen;  // by place() of the URL
    std::map<std::string, Listed> listed;        // by place() of the service
  };

  Login login(const std::string& service) const { return {archive_.query_identity(service)}; }
  // The key of what is kept in memory or asked for under the present login.
  std::string place(const std::string& service, const std::string& what) const;
  std::string place(const JobInfo& job) const { return place(job.service, job.url); }
  std::string key(const std::string& service, const std::string& name) const;
  std::string key(const Login& login, const std::string& service, const std::string& name) const;
  std::optional<JobRecord> record(const std::string& service, const std::string& name);
  std::map<std::string, JobRecord> records(const std::string& service);
  void keep(const JobInfo& job, const Login& login);
  // nullopt: erases it.
  Result<void> write(const std::string& key, const std::optional<JobRecord>& record);
  // In the store, else in memory.
  void remember(const std::string& key, std::optional<JobRecord> record);
  void write_unstored();
  std::optional<JobInfo> by_url(const std::string& service, const std::string& url);
  static JobInfo info(const std::string& service, const std::string& name, const JobRecord& record);

  Listed listed(const std::string& service);
  Result<std::vector<JobInfo>> ask_list(const std::string& service, Lane::Turn& turn);
  Result<JobPtr> ask(const JobInfo& job, Lane::Turn& turn);
  Result<void> make_and_run(JobInfo job, const std::string& adql, std::uint64_t maxrec, Lane::Turn& turn);
  void outdated(const JobInfo& job);  // the next look asks
  void gone(const JobInfo& job, const Error& error);
  // Runs `work` on the lane; equal works at one time are one.
  Cancel act(const std::string& work_key, std::function<Result<void>(Lane::Turn&)> work, Done<void> done);

  client::Archive& archive_;
  MetadataStore& store_;
  Lane& lane_;
  const Now now_;
  const std::string owner_;
  Waiters<std::string, JobPtr> looks_;
  Waiters<std::string, Nothing> acts_;
  Waiters<std::string, std::vector<JobInfo>> lists_;
  Waiters<std::string, std::string> failures_;
  Guarded<Memory> memory_;
  // What the store would not take, by key; nullopt: what it would not erase.
  Guarded<std::map<std::string, std::optional<JobRecord>>> unstored_;
  std::mutex writing_;  // held while a record is written, so that an older one never follows a newer one
};

}  // namespace esofs::cache
