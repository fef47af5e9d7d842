// JobWatch: follows one job from its start to its end: how often it is read, and what differs between servers.
//
//   shapes   a server of UWS 1.1 holds its answer back while the phase stays the same; an older one is polled
//   errors   as JobService; ETIMEDOUT if the job has not ended by the deadline; EINTR. A service of several machines may
//            not know a job that it has just made: ENOENT is an error only after HttpLimits::attempts looks
//   threads  one job, one thread; blocks
//   source   UWS 1.1 sections 2.1 and 2.2
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "client/base/lane.h"
#include "client/services/job_service.h"
#include "client/services/uws.h"

namespace esofs::client {

class JobWatch {
 public:
  using Clock = std::chrono::steady_clock;
  struct Pace {
    std::chrono::seconds wait{60};               // WAIT of one request
    std::chrono::milliseconds first_pause{500};  // between two looks at a job whose server does not wait
    std::chrono::milliseconds longest_pause{15'000};
  };
  enum class Origin { kMadeNow, kFound };

  // jobs, turn: outlive it. url: of the job.
  JobWatch(const JobService& jobs, std::string url, Origin origin, Pace pace, Lane::Turn& turn);

  const std::string& url() const noexcept { return url_; }

  Result<Job> read() const;
  Result<void> change(JobSetting setting, const std::string& value) const;
  Result<void> run() const { return change(JobSetting::kPhase, "RUN"); }
  // Sends RUN again if the server holds the job. known: the job as it was last read.
  Result<Job> wait_until_ended(std::optional<Clock::time_point> deadline,
                               std::optional<Job> known = std::nullopt) const;

 private:
  template <class T>
  Result<T> known(const std::function<Result<T>()>& ask) const;
  Result<Job> look(const Job& before, std::chrono::seconds wait) const;

  const JobService& jobs_;
  const std::string url_;
  const Pace pace_;
  const std::optional<Clock::time_point> made_;  // nullopt: it is an older one
  Lane::Turn& turn_;
};

}  // namespace esofs::client
