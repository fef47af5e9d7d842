// Visited: the directories that were looked at lately, by kind. Kept in memory, and written to the store now and then.
//
//   shapes   at most kMostVisits names of a kind; the oldest go
//   threads  thread-safe; add() never waits for the disk, but for the first look at a kind
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "cache/store/metadata_store.h"
#include "client/base/guarded.h"

namespace esofs::cache {

inline constexpr std::size_t kMostVisits = 10'000;

class Visited {
 public:
  // store: outlives it. archive: its identity, so that archives do not share names.
  Visited(MetadataStore& store, std::string archive) : store_(store), archive_(std::move(archive)) {}

  // True: flush() should be called soon; false: it has been asked for already.
  [[nodiscard]] bool add(const std::string& kind, const std::string& name);
  void forget(const std::string& kind, const std::string& name);
  // Newest last.
  std::vector<std::string> latest(const std::string& kind, std::size_t most);
  // Writes what add() has left to write.
  void flush();

 private:
  struct Kind {
    std::map<std::uint64_t, std::string> names;  // by when, in microseconds, made unique
    std::unordered_map<std::string, std::uint64_t> when;
  };
  struct State {
    std::map<std::string, Kind> kinds;               // those looked at so far
    std::map<std::string, std::uint64_t> unwritten;  // store key → when; 0: to be erased
    bool flush_asked = false;
  };

  std::string prefix(const std::string& kind) const;
  void load(const std::string& kind);  // unless it has been
  static void note(Kind& kind, const std::string& name, std::uint64_t when);

  MetadataStore& store_;
  const std::string archive_;
  Guarded<State> state_;
};

}  // namespace esofs::cache
