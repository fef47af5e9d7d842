// How many transfers a host allows at once, learnt from its refusals.
//
// Some servers answer 429 or 503 to a client with more than a few connections. If a request is refused while other transfers
// from the same host run, their number is the limit: no more run at once from then on, and the refused request waits for its
// turn, which does not count as a failed attempt. After each minute without a refusal the limit rises by one.
//
// Others answer 403. That is a refusal of the file as well, so it counts as a limit only of what the host has given before to
// the same login, or if this host is known to say so.
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
#include <unordered_set>

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
  // The same of 403. granted: the host has given what was asked for before. tries: how often this request was refused so
  // before; a real refusal must come to its end.
  bool forbidden(bool granted, int tries, Time sent, Time now);
  // nullopt: no limit is known.
  std::optional<int> limit() const { return limit_; }
  int running() const { return running_; }

 private:
  int running_ = 0;
  int flowing_ = 0;
  std::optional<Time> flowed_;  // when the last transfer with an answer ended
  std::optional<int> limit_;
  Time changed_{};        // of limit_
  bool forbids_ = false;  // it says 403 if there are too many
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
    // what: the URL and whose login was sent.
    void flows(const std::string& what);
    // The answer is 429 or 503. True: the request is to be sent again later, as if it had not been sent.
    bool refused();
    // The same of 403. tries: as of HostLimit.
    bool forbidden(const std::string& what, int tries);

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
  std::map<std::string, HostLimit> hosts_;   // this and what follows: guarded by mutex_
  std::unordered_set<std::size_t> granted_;  // hashes of what was given lately
};

}  // namespace esofs::client
