// Bunzipper: bzip2, decoded as the bytes come. Streams may follow each other; other bytes behind the last one are ignored, as
// bunzip2 does. The check sums of the blocks and of each stream are verified.
//
//   errors   EIO: not bzip2, damaged, cut off
//   threads  not thread-safe
//   source   bzlib.h of bzip2 1.0.8
#pragma once

#include <bzlib.h>

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "client/base/result.h"

namespace esofs::cache {

class Bunzipper {
 public:
  using Write = std::function<Result<void>(std::span<const std::byte>)>;

  // write: takes what is decoded; its error ends the decoding.
  explicit Bunzipper(Write write);
  ~Bunzipper();
  Bunzipper(const Bunzipper&) = delete;
  Bunzipper& operator=(const Bunzipper&) = delete;

  Result<void> feed(std::span<const std::byte> piece);
  // After the last byte.
  Result<void> end() const;

 private:
  enum class Part { kBefore, kInside, kBehind };  // of a stream; behind the last one

  Result<void> begin_stream();
  void end_stream();

  const Write write_;
  bz_stream stream_{};
  bool open_ = false;  // stream_ is to be ended
  Part part_ = Part::kBefore;
  int streams_ = 0;  // that have ended
  std::vector<std::byte> out_ = std::vector<std::byte>(256U << 10U);
};

}  // namespace esofs::cache
