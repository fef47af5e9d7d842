// Traffic: for which programs requests were made and what these have brought, and why requests were sent again.
//
//   shapes   a program is a name and a user. The kMostPrograms that bring most are told apart, the rest are one
//   units    bytes of bodies as they came, headers not included
//   threads  thread-safe
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/base/cause.h"
#include "client/base/guarded.h"

namespace esofs::client {

class Traffic {
 public:
  static constexpr std::size_t kMostPrograms = 128;
  // The names of what has no program's: requests of esofs itself, those of programs without a name, and of those that are many.
  static constexpr const char* kItself = "esofs";
  static constexpr const char* kUnknown = "unknown";
  static constexpr const char* kOthers = "others";

  struct Program {
    std::string name;
    std::uint64_t requests = 0;
    std::uint64_t bytes = 0;
  };

  // Counts a request, or the bytes of its answer.
  void asked(const Cause& cause) { add(cause, 1, 0); }
  void received(const Cause& cause, std::uint64_t bytes) { add(cause, 0, bytes); }
  // A request is sent again. reason: "HTTP 503", "the answer broke off" …: one of a few, in words for everybody.
  void sent_again(const std::string& reason) { ++(*retries_.lock())[reason]; }

  // By bytes, most first. user: only the programs of this user; nullopt: of all, one name once.
  std::vector<Program> programs(std::optional<uid_t> user, std::size_t most) const;
  std::map<std::string, std::uint64_t> retries() const { return *retries_.lock(); }

 private:
  using Who = std::pair<std::string, uid_t>;
  using Programs = std::map<Who, Program>;
  void add(const Cause& cause, std::uint64_t requests, std::uint64_t bytes);
  static void make_room(Programs& programs);

  mutable Guarded<Programs> programs_;
  mutable Guarded<std::map<std::string, std::uint64_t>> retries_;
};

}  // namespace esofs::client
