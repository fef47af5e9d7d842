// Pace: measures how long requests for a file wait for their answer and how fast the bytes come, and derives how much to
// request ahead of a reader.
//
//   units    bytes, seconds
//   threads  not thread-safe
#pragma once

#include <cstdint>

namespace esofs::cache {

class Pace {
 public:
  // A request that was sent at `asked` (of a clock that only goes forward) and waited `wait` for its answer, whose `bytes` then
  // took `body`. Several may be under way at once. Small answers do not count.
  void answered(double asked, double wait, double body, std::uint64_t bytes);

  // The bytes to request at once so that waiting takes a twentieth of the time, within [least, most]. `least` until known.
  std::uint64_t window(std::uint64_t least, std::uint64_t most) const;

 private:
  // Recent averages: how long one request waited, the bytes of all together, and the time during which any of them ran. The rate
  // of a single answer would be wrong if it had arrived while this machine was busy.
  double wait_ = 0;
  double bytes_ = 0;
  double busy_ = 0;
  double busy_until_ = 0;
};

}  // namespace esofs::cache
