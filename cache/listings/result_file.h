// ResultFile: an answer's bytes on their way to disk. They appear under their name when they are whole, or not at all.
//
//   errors   none: a full disk costs the file, not the listing (logged once)
//   threads  one at a time
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include "client/base/unique_fd.h"

namespace esofs::cache {

class ResultFile {
 public:
  ResultFile() = default;  // keeps nothing
  // Writes to `partial`, which keep() renames to `whole`.
  ResultFile(std::filesystem::path partial, std::filesystem::path whole);
  ResultFile(ResultFile&&) = default;
  ResultFile& operator=(ResultFile&& other) noexcept;
  ~ResultFile();  // without keep(): the bytes are gone

  void write(std::span<const std::byte> piece);
  // The size kept, 0 if it could not be.
  std::uint64_t keep();
  // The errno of the write that failed; 0: none has.
  int failure() const { return failure_; }

 private:
  void give_up(int code);
  void drop() noexcept;

  UniqueFd fd_;
  std::filesystem::path partial_;
  std::filesystem::path whole_;
  std::uint64_t size_ = 0;
  int failure_ = 0;
};

}  // namespace esofs::cache
