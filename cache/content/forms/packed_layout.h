// PackedLayout: where the HDUs of the plain form of a tile-compressed file lie, from the headers of the packed file alone.
//
//   shapes   headers are fed one after the other; each tells where the next one is
//   errors   those of read_packed_hdu(), after which it is of no more use; EOPNOTSUPP also if the HDUs do not end where the file
//            ends, or a single group of tiles is too large
//   threads  not thread-safe
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cache/content/forms/packed_hdu.h"
#include "cache/content/forms/plain_parts.h"
#include "client/base/result.h"

namespace esofs::cache {

class PackedLayout {
 public:
  // most_group: bytes of the largest group of tiles that may be decoded at once.
  PackedLayout(std::uint64_t packed_size, std::uint64_t most_group)
      : packed_size_(packed_size), most_group_(most_group) {}

  // Of the packed file, where the bytes that it needs next begin.
  std::uint64_t wants() const noexcept { return header_at_ + text_.size(); }
  // bytes: those from wants() on, as many as there are. Returns the HDUs whose place is known by that.
  Result<std::vector<PlainPart>> feed(std::span<const std::byte> bytes);
  bool complete() const noexcept { return complete_; }
  // Of the plain form, as far as its HDUs are known.
  std::uint64_t size() const noexcept { return plain_at_; }

 private:
  Result<void> header(std::uint64_t length, std::vector<PlainPart>& found);
  void add(const PlainPart& part, std::vector<PlainPart>& found);

  const std::uint64_t packed_size_;
  const std::uint64_t most_group_;
  int hdus_ = 0;
  std::uint64_t header_at_ = 0;
  std::string text_;               // bytes from there on
  std::string primary_;            // the header of a primary HDU without data
  std::optional<PlainPart> held_;  // that HDU, until the next one is known not to take its place
  std::uint64_t plain_at_ = 0;
  bool complete_ = false;
};

}  // namespace esofs::cache
