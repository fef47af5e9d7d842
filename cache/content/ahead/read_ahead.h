// ReadAhead: from the reads of one file, what will be read next. Several readers of a file are distinguished by their
// places; the kernel may send the reads of one reader in any order.
//
//   units    bytes
//   threads  not thread-safe
//   source   the kernel keeps only two READs of 128 KiB outstanding, so that the speed of a sequential
//            reader is made here; cache/READING.md
#pragma once

#include <cstdint>
#include <list>
#include <vector>

#include "cache/content/ahead/strides.h"
#include "client/model/model.h"

namespace esofs::cache {

class ReadAhead {
 public:
  // most_bytes: of the range asked for ahead of one reader; 0: never any.
  explicit ReadAhead(std::uint64_t most_bytes) : most_bytes_(most_bytes) {}

  std::uint64_t most_bytes() const noexcept { return most_bytes_; }
  void set_most_bytes(std::uint64_t bytes) noexcept { most_bytes_ = bytes; }

  // How far ahead of the reader that read last is asked at most, by now.
  std::uint64_t window() const noexcept;

  // Takes note of a read and returns the ranges that it makes worth asking for now. Of a reader that continues in sequence: one
  // that follows the one before and reaches as far ahead as it has read, up to most_bytes. One read is no sequence, and its
  // first 256 KiB bring no range: a header read, with what the kernel adds to it, moves nothing more. Of a reader that
  // jumps: the places where it will land (cache/content/ahead/strides.h).
  std::vector<client::ByteRange> read(std::uint64_t offset, std::uint64_t size, std::uint64_t file_size);

  // What was asked for ahead and has not come is stopped: nobody reads. A later read begins a new sequence.
  void closed();

 private:
  struct Reader {
    std::uint64_t begin;  // where its sequence began
    std::uint64_t end;    // the farthest byte read
    std::uint64_t asked;  // the end of what was asked for ahead
    unsigned steps;       // reads that went beyond those before
  };
  bool find_reader(std::uint64_t offset, std::uint64_t size);

  std::uint64_t most_bytes_;
  std::list<Reader> readers_;  // latest first
  Strides strides_;
};

}  // namespace esofs::cache
