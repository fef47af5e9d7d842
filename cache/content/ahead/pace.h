// Pace: how long the archive lets a request for a file wait and how fast its answers come, and from that how much is worth
// asking for ahead of a reader.
//
//   units    bytes, seconds
//   threads  not thread-safe
#pragma once

#include <cstdint>

namespace esofs::cache {

class Pace {
 public:
  // A request that was sent at `asked` (of a clock that only goes forward) and waited `wait` for its answer, whose `bytes` then
  // took `body`. Several may be under way at once. Small answers tell nothing.
  void answered(double asked, double wait, double body, std::uint64_t bytes);

  // As much as keeps the waits to a twentieth of the time, within [least, most]. `least` until something is known.
  std::uint64_t window(std::uint64_t least, std::uint64_t most) const;

 private:
  // Of late: how long one request waited, what all together have brought, and how long any of them was under way. Not the rate of
  // one answer: of one that has come already while this machine was busy it says nothing.
  double wait_ = 0;
  double bytes_ = 0;
  double busy_ = 0;
  double busy_until_ = 0;
};

}  // namespace esofs::cache
