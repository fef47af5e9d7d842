#include "client/services/job_watch.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "client/http/retry.h"
#include "client/http/url.h"

namespace esofs::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kServerWaited{1000};  // an answer that took this long was held back
constexpr seconds kNew{60};                  // how long the machines of a service may differ about a job
constexpr double kWholePause = 1;

std::optional<JobWatch::Clock::time_point> made_at(JobWatch::Origin origin) {
  if (origin == JobWatch::Origin::kFound) return std::nullopt;
  return JobWatch::Clock::now();
}

}  // namespace

JobWatch::JobWatch(const JobService& jobs, std::string url, Origin origin, Pace pace, Lane::Turn& turn)
    : jobs_(jobs), url_(std::move(url)), pace_(pace), made_(made_at(origin)), turn_(turn) {}

template <class T>
Result<T> JobWatch::known(const std::function<Result<T>()>& ask) const {
  const auto& limits = jobs_.limits();
  for (int failures = 1;; ++failures) {
    auto answer = ask();
    const bool unknown = !answer && answer.error().code() == ENOENT;
    const bool is_new = made_ && Clock::now() - *made_ < kNew;
    if (!unknown || !is_new || failures >= limits.attempts) return answer;
    auto paused = turn_.pause(retry_pause(limits, failures, kWholePause, std::nullopt));
    if (!paused) return paused.error();
  }
}

Result<Job> JobWatch::read() const {
  return known<Job>([this] { return jobs_.read(url_, std::nullopt, turn_); });
}

Result<void> JobWatch::change(JobSetting setting, const std::string& value) const {
  return known<void>([&] { return jobs_.change(url_, setting, value, turn_); });
}

Result<Job> JobWatch::look(const Job& before, seconds wait) const {
  std::optional<JobService::Wait> held;
  if (before.waits_by_server() && wait.count() > 0) held = JobService::Wait{before.phase, wait};
  return known<Job>([&] { return jobs_.read(url_, held, turn_); });
}

Result<Job> JobWatch::wait_until_ended(std::optional<Clock::time_point> deadline,
                                       std::optional<Job> known) const {
  const auto left = [&deadline] {
    return deadline ? std::chrono::duration_cast<milliseconds>(*deadline - Clock::now())
                    : milliseconds::max();
  };
  auto rest = pace_.first_pause;
  auto job = known ? Result<Job>(*std::move(known)) : read();
  while (job && !job->ended()) {
    if (left() <= rest) return Error(ETIMEDOUT, "the job was not ready in time (" + shown_url(url_) + ")");
    const auto asked_at = Clock::now();
    auto next = look(*job, std::min(pace_.wait, std::chrono::duration_cast<seconds>(left())));
    if (!next) return next;
    const bool held = next->phase == "HELD" && job->phase != "HELD";
    job = std::move(next);
    if (job->ended()) break;
    if (held)  // the server has accepted the job and wants to be asked once more
      if (auto run_again = run(); !run_again) return run_again.error();
    if (Clock::now() - asked_at >= kServerWaited) continue;
    auto paused = turn_.pause(std::min(rest, std::max(left(), milliseconds(1))));
    if (!paused) return paused.error();
    rest = std::min(rest * 3 / 2 + milliseconds(1), pace_.longest_pause);
  }
  return job;
}

}  // namespace esofs::client
