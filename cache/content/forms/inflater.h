// Inflater: gzip, decoded as the bytes come. Members may follow each other, and zeros the last one. The check sum and the
// length at the end of each member are verified, which libarchive does not do.
//
//   errors   EIO: not gzip, damaged, cut off
//   threads  not thread-safe
//   source   RFC 1952; zlib.h
#pragma once

#include <zlib.h>

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "client/base/result.h"

namespace esofs::cache {

class Inflater {
 public:
  using Write = std::function<Result<void>(std::span<const std::byte>)>;

  // write: takes what is decoded; its error ends the decoding.
  explicit Inflater(Write write);
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  Result<void> feed(std::span<const std::byte> piece);
  // After the last byte.
  Result<void> end() const;
  // A member has ended and no other one has given bytes since.
  bool member_ended() const noexcept { return members_ > 0 && made_in_member_ == 0; }

 private:
  const Write write_;
  z_stream stream_{};
  bool usable_;
  bool ended_ = false;  // after a member
  int members_ = 0;     // that have ended
  std::size_t made_in_member_ = 0;
  std::vector<std::byte> out_ = std::vector<std::byte>(256U << 10U);
};

}  // namespace esofs::cache
