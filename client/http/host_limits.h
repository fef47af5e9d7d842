// How many transfers a host allows at once, learnt from its refusals.
//
// Some servers answer 429 or 503 to a client with more than a few connections. If a request is refused while other transfers
// from the same host run, their number is the limit: no more run at once from then on, and the refused request waits for its
// turn, which does not count as a failed attempt. After each minute without a refusal the limit rises by one.
//
//   shapes   a host is "name:port"
//   threads  HostLimit: one thread at a time. HostLimits: thread-safe
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "client/base/turn.h"

namespace esofs::client {

// The policy for one host, without waiting; `now` never goes back.
class HostLimit {
 public:
  using Time = std::chrono::steady_clock::time_point;

  static constexpr std::chrono::seconds kRise{60};  // without a refusal, until one more transfer is allowed
  // A server may take a moment to notice that a transfer has ended.
  static constexpr std::chrono::seconds kSlack{1};

  // True if one more transfer may begin.
  bool free(Time now);
  // A transfer begins; it counts until ended().
  void begun() { ++running_; }
  // Bytes of an answer have come.
  void flows() { ++flowing_; }
  void ended(bool flowed, Time now);
  // A request that was sent at `sent` is answered 429 or 503. True: because other transfers ran meanwhile.
  bool refused(Time sent, Time now);
  // nullopt: no limit is known.
  std::optional<int> limit() const { return limit_; }
  int running() const { return running_; }

 private:
  int running_ = 0;
  int flowing_ = 0;
  std::optional<Time> flowed_;  // when the last transfer with an answer ended
  std::optional<int> limit_;
  Time changed_{};  // of limit_
};

// All hosts.
class HostLimits {
 public:
  using Clock = std::function<HostLimit::Time()>;
  explicit HostLimits(Clock clock = std::chrono::steady_clock::now) : clock_(std::move(clock)) {}

  // One request to one host, from before it is sent until its answer has ended.
  class Place {
   public:
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    // The answer is the wanted one, and its body follows.
    void flows();
    // The answer is 429 or 503. True: the request is to be sent again later, as if it had not been sent.
    bool refused();

   private:
    friend class HostLimits;
    Place(HostLimits& limits, std::string host, bool counts);
    HostLimits& limits_;
    const std::string host_;
    const bool counts_;
    HostLimit::Time sent_;
    bool flowed_ = false;
  };

  // Waits until the host allows one more, at most for `patience`, after which the request is sent anyway. Returns early if a stop
  // is requested. counts: false for a request that may be answered late (a query), which neither waits nor makes others wait.
  Place enter(const std::string& host, bool counts, std::chrono::milliseconds patience, Turn& turn);

  std::optional<int> limit(const std::string& host) const;

 private:
  bool begin(const std::string& host);  // false: there is no place

  const Clock clock_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::string, HostLimit> hosts_;  // guarded by mutex_
};

}  // namespace esofs::client
