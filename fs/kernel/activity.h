// Activity: which programs wait for a file or a directory at this moment, or have just read of one; for .esofs/status.json.
//
//   units    seconds since 1970, bytes
//   threads  thread-safe. A Use may outlive its Activity
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "client/base/cause.h"
#include "client/base/guarded.h"
#include "fs/kernel/inode_table.h"

namespace esofs::fs {

class Activity {
 public:
  using Clock = std::chrono::steady_clock;

  // What one process does with one inode.
  struct Doing {
    std::uint64_t ino = 0;
    Cause cause;               // of the latest request
    std::int64_t since = 0;    // it began, after a pause perhaps
    std::uint64_t served = 0;  // bytes that were given to it since then
    int waiting = 0;           // requests that are not answered yet
    Clock::time_point last{};
  };

  using Key = std::pair<std::uint64_t, pid_t>;
  struct State {
    Guarded<std::map<Key, Doing>> doing;
    std::atomic<std::uint64_t> served = 0;
  };

  // From a request of a program to its answer.
  class Use {
   public:
    Use(std::shared_ptr<State> state, const Key& key) : state_(std::move(state)), key_(key) {}
    ~Use();
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    // Bytes of the answer.
    void served(std::uint64_t bytes);

   private:
    const std::shared_ptr<State> state_;
    const Key key_;
  };
  using UsePtr = std::shared_ptr<Use>;

  // now: since 1970. moment: the same, for pauses.
  UsePtr begin(std::uint64_t ino, const Cause& cause, std::int64_t now,
               Clock::time_point moment = Clock::now());

  // Bytes of all answers so far.
  std::uint64_t served() const { return state_->served; }
  // Those that wait, and those that have had an answer within the last seconds; the latest first.
  std::vector<Doing> now(Clock::time_point moment = Clock::now()) const;

 private:
  const std::shared_ptr<State> state_ = std::make_shared<State>();
};

// The same with paths and the names of programs, and of files of the archive how much of them is in the cache. At most 20.
nlohmann::ordered_json activity_json(const Activity& activity, const InodeTable& inodes);

}  // namespace esofs::fs
