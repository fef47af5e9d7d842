// ReadAhead: predicts from the reads of one file what will be read next. Several readers of a file are distinguished by their
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
  // most_bytes: of the range requested ahead of one reader; 0: none.
  explicit ReadAhead(std::uint64_t most_bytes) : most_bytes_(most_bytes) {}

  std::uint64_t most_bytes() const noexcept { return most_bytes_; }
  void set_most_bytes(std::uint64_t bytes) noexcept { most_bytes_ = bytes; }

  // The present limit of the range ahead of the reader that read last.
  std::uint64_t window() const noexcept;

  // Notes a read and returns the ranges to request now. For a reader in sequence: one range, behind the last one, that reaches
  // as far ahead as the reader has read, up to most_bytes. A single read is no sequence, and the first 256 KiB of one cause
  // no range, so that a header costs only the header and the kernel's own read-ahead. For a reader that jumps: the places
  // where it will land (cache/content/ahead/strides.h).
  std::vector<client::ByteRange> read(std::uint64_t offset, std::uint64_t size, std::uint64_t file_size);

  // Nobody reads: ranges that have not come are stopped. A later read begins a new sequence.
  void closed();

 private:
  struct Reader {
    std::uint64_t begin;  // where its sequence began
    std::uint64_t end;    // the farthest byte read
    std::uint64_t asked;  // the end of the ranges requested so far
    unsigned steps;       // reads that went beyond those before
  };
  bool find_reader(std::uint64_t offset, std::uint64_t size);

  std::uint64_t most_bytes_;
  std::list<Reader> readers_;  // latest first
  Strides strides_;
};

}  // namespace esofs::cache
