// SizeAhead: which sizes to ask for beside the one that a program waits for. Whoever lists a directory and then looks at the
// sizes of its files, one after another, wants the next ones too.
//
//   shapes   a directory is found by the number of its handle; kMostDirectories that were listed last are remembered. The first
//            file that is looked at asks for no other, the second for the next two, the third for the next four …
//   threads  thread-safe
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "client/base/guarded.h"

namespace esofs::fs {

class SizeAhead {
 public:
  static constexpr std::size_t kMostDirectories = 4;

  // most: how far it goes ahead.
  explicit SizeAhead(std::size_t most) : most_(most) {}

  // The directory is read from its beginning.
  void begin(std::uint64_t directory);
  // Its next file whose size is not known.
  void listed(std::uint64_t directory, std::uint64_t ino);
  // The size of `ino` is looked at. Returns the files to ask for now, in their order.
  std::vector<std::uint64_t> looked_at(std::uint64_t ino);
  // Up to `most` files of the listing that `ino` is in, itself first, then those behind it, then those before it.
  std::vector<std::uint64_t> neighbours(std::uint64_t ino, std::size_t most) const;

 private:
  struct Listing {
    std::uint64_t directory = 0;
    std::vector<std::uint64_t> files;
    std::size_t expected = 0;  // place of the file that is looked at next if they are taken in their order
    std::size_t looks = 0;
    std::size_t asked = 0;  // all before this place were asked for, or were looked at
  };
  struct Place {
    std::size_t listing;
    std::size_t file;
  };
  using Listings = std::deque<Listing>;  // the latest first

  static bool find(const Listings& listings, std::uint64_t ino, Place& place);

  const std::size_t most_;
  mutable Guarded<Listings> listings_;
};

}  // namespace esofs::fs
