// LzwDecoder: the LZW of compress(1), files named .Z, with and without block mode. Decodes as the bytes come.
//
//   errors   EIO: an impossible code. The form has no end mark: a file that is cut off decodes to less
//   threads  not thread-safe
//   source   compress(1) and gzip's unlzw.c describe the form: 0x1f 0x9d, a byte of flags, codes of 9 to 16 bits, lowest bit
//            first, in groups of eight codes of one width
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "client/base/result.h"

namespace esofs::cache {

class LzwDecoder {
 public:
  using Write = std::function<Result<void>(std::span<const std::byte>)>;

  // write: takes what is decoded; its error ends the decoding.
  explicit LzwDecoder(Write write);

  // Writes all that the bytes so far stand for.
  Result<void> feed(std::span<const std::byte> piece);
  // After the last byte.
  Result<void> end() const;

 private:
  Result<void> header(std::byte byte);
  Result<void> code(std::uint32_t code);
  void set_width(unsigned width);
  Result<void> flush();

  const Write write_;
  unsigned header_bytes_ = 0;
  bool block_mode_ = false;
  unsigned most_width_ = 0;
  unsigned width_ = 9;
  unsigned in_group_ = 0;        // codes of this width so far, modulo eight
  std::uint64_t skip_bits_ = 0;  // the rest of a group that was left
  std::uint64_t bits_ = 0;       // not decoded yet, the next one lowest
  unsigned bit_count_ = 0;
  std::uint32_t next_ = 0;    // the entry to be made
  std::int64_t before_ = -1;  // the code before; -1: none
  std::byte first_{};         // the first byte of what it stands for
  std::vector<std::uint16_t> prefix_;
  std::vector<std::byte> suffix_;
  std::vector<std::byte> reversed_;  // what a code stands for, the last byte first
  std::vector<std::byte> out_;
};

}  // namespace esofs::cache
