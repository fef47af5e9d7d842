// Chunk: the unit in which content is verified, kept and handed around. 64 KiB: what a FITS header costs, and half of
// the kernel's usual READ.
//
//   shapes   chunk i of a content holds bytes [i * kChunkBytes, (i + 1) * kChunkBytes); the last one is shorter
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace esofs::cache {

using Bytes = std::vector<std::byte>;
using Chunk = std::shared_ptr<const Bytes>;
using ChunkBytes = std::span<const std::byte>;

constexpr std::uint64_t kChunkBytes = 64ULL << 10U;

// Number of chunks of a content of `size` bytes.
constexpr std::uint64_t chunk_count(std::uint64_t size) { return (size + kChunkBytes - 1) / kChunkBytes; }

// Size of chunk `index` of a content of `size` bytes. REQUIRES: index < chunk_count(size).
constexpr std::size_t chunk_size(std::uint64_t size, std::uint64_t index) {
  return static_cast<std::size_t>(std::min(kChunkBytes, size - index * kChunkBytes));
}

// Names one immutable content: which file of which archive, and which version of it. The text is compared wherever
// a content is read from disk; the hash only finds it.
class ContentKey {
 public:
  ContentKey() : ContentKey(std::string()) {}
  // identity: of Archive::user(), where its rights were needed; it is part of `text` already.
  explicit ContentKey(std::string text, std::string identity = {});

  const std::string& text() const noexcept { return text_; }
  const std::array<std::uint64_t, 2>& hash() const noexcept { return hash_; }
  // Who may see the content: "": everybody.
  const std::string& identity() const noexcept { return identity_; }
  std::string hex() const;  // the hash as 32 hexadecimal digits

  friend bool operator==(const ContentKey& a, const ContentKey& b) { return a.text_ == b.text_; }

 private:
  std::string text_;
  std::string identity_;
  std::array<std::uint64_t, 2> hash_;
};

}  // namespace esofs::cache
