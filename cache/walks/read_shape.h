// ReadShape: which parts of a file a program has read, and what two files of a walk let expect of the next one.
//
//   units    bytes; chunks of 64 KiB
//   threads  not thread-safe
//   source   cache/WALKS.md
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "client/model/model.h"

namespace esofs::cache {

class ReadShape {
 public:
  // A read of a file of `file_size` bytes.
  void read(std::uint64_t offset, std::uint64_t size, std::uint64_t file_size);

  bool whole() const noexcept { return whole_; }
  // True if no more was read than an open brings: the first chunk, and the last of a file of this size.
  bool head_and_tail(std::uint64_t file_size) const;
  // What was read, in order, of a file of `file_size` bytes.
  std::vector<client::ByteRange> ranges(std::uint64_t file_size) const;

  // What was read of both.
  ReadShape common(const ReadShape& other) const;

 private:
  static constexpr std::size_t kMostApart = 64;

  bool whole_ = false;
  std::uint64_t from_start_ = 0;   // so many chunks without a gap
  std::set<std::uint64_t> apart_;  // chunks behind them, at most kMostApart
};

}  // namespace esofs::cache
