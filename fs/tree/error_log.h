// ErrorLog: the last failures that callers of the mounted tree have seen, for .esofs/errors.
//
//   shapes   a line each: time, path, errno's name, sentence, and in parentheses which program saw it, as "(read by cp[77])".
//            Changes in one directory that are refused to one user for one reason within some seconds are one line with the
//            first path, as "(unlink by rm[78], 16 times)"
//   kept     the last lines of each user, so that one user's failures do not push out another's, for the users who failed last
//   threads  thread-safe
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "client/base/cause.h"
#include "client/base/guarded.h"
#include "client/base/result.h"

namespace esofs::fs {

// "EACCES"; "errno 999" if the name is not known.
std::string errno_name(int code);

// Seconds since 1970 as "2026-03-01T12:00:00Z"; "never" for 0.
std::string iso_time(std::int64_t seconds);

class ErrorLog {
 public:
  static constexpr std::size_t kMostUsers = 64;

  // most: lines of one user.
  explicit ErrorLog(std::size_t most = 200) : most_(most) {}

  // False for what is no failure but an answer: ENOENT, ENODATA, EINTR, EROFS … are not worth a line.
  static bool worth_a_line(int code);

  // path: of the file in the mounted tree. time: seconds since 1970.
  // cause: of the operation that failed; of nobody if no program saw it. False: it is no line of its own.
  bool add(std::int64_t time, const std::string& path, const Error& error, const Cause& cause = {});
  // Oldest first. reader: sees the failures of his own programs, and those that no program saw; nullopt sees all.
  std::string text(std::optional<uid_t> reader = std::nullopt) const;
  // The lines that text() has for this reader.
  std::size_t size(std::optional<uid_t> reader = std::nullopt) const;

 private:
  struct Line {
    std::string text;
    std::string cause;     // "": no program
    std::uint64_t number;  // of all lines, in their order
    std::int64_t time;
    std::string told;  // where and what: equal for repetitions
    int times = 1;
  };
  struct Lines {
    std::map<uid_t, std::deque<Line>> by_user;  // none of them is empty; Cause::kNoUser: what no program saw
    std::uint64_t added = 0;
  };
  static void forget_a_user(Lines& lines);
  // Calls `use` for the lines of each user whose failures the reader sees.
  template <class Use>
  static void of_reader(const Lines& lines, std::optional<uid_t> reader, const Use& use);

  const std::size_t most_;
  mutable Guarded<Lines> lines_;
};

}  // namespace esofs::fs
