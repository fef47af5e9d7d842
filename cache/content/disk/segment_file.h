// SegmentFile: 16 MiB of one content in one sparse file, each of its 256 chunks either right or missing.
//
//   shapes   on disk (format 1, little-endian): SegmentHead, key, padding to 4096; 256 ChunkEntry to 8192 with padding;
//            then the chunks at their places. The check sum of a chunk covers its bytes, the content key and its place, so
//            that no chunk can be mistaken for another
//   errors   EIO, ENOSPC, … of the disk. A file that is absent, damaged or of another content is no error: it is missing
//   threads  one object may be used by several threads, and one file by several processes, without locks: bytes are
//            written before their entries, so whatever two writers or a power loss leave behind either verifies and is
//            right, or counts as missing
//   source   ours; cache/README.md
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "cache/content/disk/chunk.h"
#include "cache/content/disk/content_key.h"
#include "client/base/result.h"
#include "client/base/unique_fd.h"

namespace esofs::cache {

constexpr std::uint64_t kSegmentBytes = 16ULL << 20U;
constexpr std::uint64_t kChunksPerSegment = kSegmentBytes / kChunkBytes;

struct SegmentHead {
  std::array<char, 8> magic;
  std::uint32_t format;
  std::uint32_t crc;  // of the head with crc = 0, then of the key
  std::uint64_t index;
  std::uint32_t chunk_bytes;
  std::uint32_t key_bytes;
};
static_assert(sizeof(SegmentHead) == 32 && std::is_trivially_copyable_v<SegmentHead>);

struct ChunkEntry {
  std::uint32_t crc;
  std::uint32_t size;  // 0: missing
};
static_assert(sizeof(ChunkEntry) == 8 && std::is_trivially_copyable_v<ChunkEntry>);

constexpr std::uint64_t kEntriesOffset = 4096;
constexpr std::uint64_t kChunksOffset = 8192;
constexpr std::size_t kMostKeyBytes = kEntriesOffset - sizeof(SegmentHead);
static_assert(kEntriesOffset + kChunksPerSegment * sizeof(ChunkEntry) <= kChunksOffset);

class SegmentFile {
 public:
  using Present = std::bitset<kChunksPerSegment>;

  // nullopt: there is none, or what is there is not segment `index` of `key`.
  static Result<std::optional<SegmentFile>> open(const std::filesystem::path& path, const ContentKey& key,
                                                 std::uint64_t index);
  // Makes an empty segment, or opens the one that another process has just made. Makes its folder if needed. Any other file
  // in its place is replaced. REQUIRES: key.text().size() <= kMostKeyBytes.
  static Result<SegmentFile> create(const std::filesystem::path& path, const ContentKey& key,
                                    std::uint64_t index);

  // The chunk, verified; null if it is missing. A chunk that does not verify is dropped. REQUIRES (as for write):
  // chunk < kChunksPerSegment.
  Result<Chunk> read(std::uint64_t chunk) const;
  // Chunks [first, first + chunks.size()). Returns the bytes of those that were missing before. REQUIRES: all but the last
  // are of kChunkBytes, none is empty.
  Result<std::uint64_t> write(std::uint64_t first, std::span<const ChunkBytes> chunks);
  // Which chunks have an entry; they are not verified.
  Result<Present> present() const;

  // True if the file was removed after it was opened: anything written to it is lost.
  bool removed() const;
  // Sets the time of last use that survives a restart.
  void mark_used() const;

 private:
  SegmentFile(UniqueFd fd, std::uint32_t seed) : fd_(std::move(fd)), seed_(seed) {}
  std::uint32_t check_sum(std::uint64_t chunk, std::span<const std::byte> bytes) const;

  UniqueFd fd_;
  std::uint32_t seed_;  // check sum of key and index
};

}  // namespace esofs::cache
