// ErrorLog: the last failures that callers of the mounted tree have seen, for .esofs/errors.
//
//   shapes   a line each: time, path, errno's name, sentence
//   threads  thread-safe
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

#include "client/base/guarded.h"
#include "client/base/result.h"

namespace esofs::fs {

// "EACCES"; "errno 999" if the name is not known.
std::string errno_name(int code);

// Seconds since 1970 as "2026-03-01T12:00:00Z"; "never" for 0.
std::string iso_time(std::int64_t seconds);

class ErrorLog {
 public:
  explicit ErrorLog(std::size_t most = 200) : most_(most) {}

  // False for what is no failure but an answer: ENOENT, ENODATA, EINTR, EROFS … are not worth a line.
  static bool worth_a_line(int code);

  // path: of the file in the mounted tree. time: seconds since 1970.
  void add(std::int64_t time, const std::string& path, const Error& error);
  std::string text() const;  // oldest first
  std::size_t size() const { return lines_.lock()->size(); }

 private:
  const std::size_t most_;
  mutable Guarded<std::deque<std::string>> lines_;
};

}  // namespace esofs::fs
