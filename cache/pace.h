// Pace: how long the archive lets a request for a file wait and how fast it then sends, and from that how much is worth
// asking for ahead of a reader.
//
//   units    bytes, seconds
//   threads  not thread-safe
#pragma once

#include <cstdint>

namespace esofs::cache {

class Pace {
 public:
  // A request that waited `wait` for its answer, whose `bytes` then took `body`. Small answers tell nothing.
  void answered(double wait, std::uint64_t bytes, double body);

  // For `streams` requests at once: as much as keeps the waits to a twentieth of the time, within [least, most]. `least` until
  // something is known.
  std::uint64_t window(std::uint64_t streams, std::uint64_t least, std::uint64_t most) const;

 private:
  double worth_ = 0;  // bytes that a stream sends while twenty requests wait, of late
};

}  // namespace esofs::cache
