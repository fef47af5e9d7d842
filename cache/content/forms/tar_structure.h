// TarStructure: checks that a tar file is complete: its members follow each other, and a block of zeros ends it. Reads the file
// once, from front to back.
//
//   shapes   feed() takes pieces of any size; memory is one block (512 bytes) and one pax header of at most 1 MiB
//   errors   EIO with a sentence, from end(). A file whose headers are of no known form is not judged
//   threads  not thread-safe
//   source   POSIX pax, "ustar Interchange Format" and "pax Interchange Format"; GNU tar manual, "Basic Tar Format"
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "client/base/result.h"

namespace esofs::cache {

class TarStructure {
 public:
  void feed(std::span<const std::byte> piece);
  // After the last byte.
  Result<void> end() const;

 private:
  void header();

  std::uint64_t at_ = 0;
  std::uint64_t member_end_ = 0;  // of the member under way, with its fill
  std::string block_;             // the header that comes in
  bool in_pax_ = false;           // the member under way is a pax header for the next one
  std::string pax_;
  std::optional<std::uint64_t> size_;  // of the next member, as a pax header says
  bool ended_ = false;                 // a block of zeros has come
  bool unknown_ = false;
};

}  // namespace esofs::cache
