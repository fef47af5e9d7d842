#include "cache/content/disk/segment_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <vector>

#include "cache/content/disk/crc32c.h"

namespace esofs::cache {
namespace {

constexpr std::array<char, 8> kMagic = {'E', 'S', 'O', 'F', 'S', 'S', 'E', 'G'};
constexpr std::uint32_t kFormat = 1;

Error disk_error(const std::string& doing) {
  const int code = errno;
  return {code, doing + ": " + std::system_category().message(code)};
}

template <class T>
std::span<const std::byte> bytes_of(const T& plain) {
  return std::as_bytes(std::span(&plain, 1));
}

// Reads up to into.size() bytes; fewer at the end of the file.
Result<std::size_t> read_at(int fd, std::span<std::byte> into, std::uint64_t offset) {
  std::size_t got = 0;
  while (got < into.size()) {
    const ssize_t n = ::pread(fd, into.data() + got, into.size() - got, static_cast<off_t>(offset + got));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return disk_error("reading a cache segment");
    if (n == 0) break;
    got += static_cast<std::size_t>(n);
  }
  return got;
}

Result<void> write_at(int fd, std::span<const std::byte> bytes, std::uint64_t offset) {
  std::size_t put = 0;
  while (put < bytes.size()) {
    const ssize_t n = ::pwrite(fd, bytes.data() + put, bytes.size() - put, static_cast<off_t>(offset + put));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return disk_error("writing a cache segment");
    put += static_cast<std::size_t>(n);
  }
  return {};
}

// Pieces that follow one another in the file, by as few calls as it takes.
Result<void> write_all_at(int fd, std::span<const ChunkBytes> pieces, std::uint64_t offset) {
  std::vector<iovec> left;
  left.reserve(pieces.size());
  for (const auto& piece : pieces) left.push_back({const_cast<std::byte*>(piece.data()), piece.size()});
  for (std::size_t at = 0; at < left.size();) {
    const ssize_t n =
        ::pwritev(fd, &left[at], static_cast<int>(left.size() - at), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return disk_error("writing a cache segment");
    offset += static_cast<std::uint64_t>(n);
    auto put = static_cast<std::size_t>(n);
    for (; at < left.size() && put >= left[at].iov_len; ++at) put -= left[at].iov_len;
    if (put == 0) continue;
    left[at].iov_base = static_cast<std::byte*>(left[at].iov_base) + put;
    left[at].iov_len -= put;
  }
  return {};
}

std::uint32_t seed_of(const ContentKey& key, std::uint64_t index) {
  return crc32c(bytes_of(index), crc32c(std::as_bytes(std::span(key.text()))));
}

SegmentHead head_of(const ContentKey& key, std::uint64_t index) {
  SegmentHead head{kMagic,
                   kFormat,
                   0,
                   index,
                   static_cast<std::uint32_t>(kChunkBytes),
                   static_cast<std::uint32_t>(key.text().size())};
  head.crc = crc32c(std::as_bytes(std::span(key.text())), crc32c(bytes_of(head)));
  return head;
}

// True if the file begins exactly as a segment of this content does.
Result<bool> is_segment(int fd, const ContentKey& key, std::uint64_t index) {
  const SegmentHead head = head_of(key, index);
  std::vector<std::byte> found(sizeof head + key.text().size());
  auto got = read_at(fd, found, 0);
  if (!got) return got.error();
  return *got == found.size() && std::memcmp(found.data(), &head, sizeof head) == 0 &&
         std::memcmp(found.data() + sizeof head, key.text().data(), key.text().size()) == 0;
}

std::filesystem::path temporary_name(const std::filesystem::path& path) {
  static std::atomic<unsigned> count{0};
  return path.string() + "." + std::to_string(::getpid()) + "-" + std::to_string(count++) + ".tmp";
}

// Writes an empty segment beside `path`, under a name of its own.
Result<UniqueFd> write_empty(const std::filesystem::path& name, const ContentKey& key, std::uint64_t index) {
  UniqueFd fd(::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) return disk_error("making a cache segment");
  const SegmentHead head = head_of(key, index);
  std::vector<std::byte> begin(kChunksOffset);
  std::memcpy(begin.data(), &head, sizeof head);
  std::memcpy(begin.data() + sizeof head, key.text().data(), key.text().size());
  auto written = write_at(fd.get(), begin, 0);
  if (!written) return written.error();
  return fd;
}

}  // namespace

Result<std::optional<SegmentFile>> SegmentFile::open(const std::filesystem::path& path, const ContentKey& key,
                                                     std::uint64_t index) {
  if (key.text().size() > kMostKeyBytes) return std::optional<SegmentFile>();
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd && errno == ENOENT) return std::optional<SegmentFile>();
  if (!fd) return disk_error("opening a cache segment");
  auto right = is_segment(fd.get(), key, index);
  if (!right) return right.error();
  if (!*right) return std::optional<SegmentFile>();
  return std::optional<SegmentFile>(SegmentFile(std::move(fd), seed_of(key, index)));
}

Result<SegmentFile> SegmentFile::create(const std::filesystem::path& path, const ContentKey& key,
                                        std::uint64_t index) {
  std::error_code failed;
  std::filesystem::create_directories(path.parent_path(), failed);
  if (failed) return Error(failed.value(), "making the folder of a cache segment: " + failed.message());
  // A segment appears by link(2), whole: anyone who finds the name finds a segment. Two tries are enough unless somebody
  // keeps putting other things there.
  for (int attempt = 0; attempt < 3; ++attempt) {
    auto existing = open(path, key, index);
    if (!existing) return existing.error();
    if (*existing) return std::move(**existing);
    ::unlink(path.c_str());  // something else, or nothing
    const auto name = temporary_name(path);
    auto made = write_empty(name, key, index);
    const bool linked = made && ::link(name.c_str(), path.c_str()) == 0;
    const int why = errno;
    ::unlink(name.c_str());
    if (!made) return made.error();
    if (linked) return SegmentFile(std::move(*made), seed_of(key, index));
    if (why != EEXIST) return Error(why, "making a cache segment: " + std::system_category().message(why));
  }
  return Error(EIO, "a cache segment could not be put in its place");
}

std::uint32_t SegmentFile::check_sum(std::uint64_t chunk, std::span<const std::byte> bytes) const {
  return crc32c(bytes, crc32c(bytes_of(chunk), seed_));
}

Result<Chunk> SegmentFile::read(std::uint64_t chunk) const {
  ChunkEntry entry{};
  const std::uint64_t entry_at = kEntriesOffset + chunk * sizeof entry;
  auto got = read_at(fd_.get(), std::as_writable_bytes(std::span(&entry, 1)), entry_at);
  if (!got) return got.error();
  if (*got != sizeof entry || entry.size == 0) return Chunk();
  if (entry.size <= kChunkBytes) {
    auto bytes = std::make_shared<Bytes>(entry.size);
    got = read_at(fd_.get(), *bytes, kChunksOffset + chunk * kChunkBytes);
    if (!got) return got.error();
    if (*got == bytes->size() && check_sum(chunk, *bytes) == entry.crc) return Chunk(std::move(bytes));
  }
  const ChunkEntry missing{};
  auto dropped = write_at(fd_.get(), bytes_of(missing), entry_at);
  if (!dropped) return dropped.error();
  return Chunk();
}

Result<std::uint64_t> SegmentFile::write(std::uint64_t first, std::span<const ChunkBytes> chunks) {
  std::array<ChunkEntry, kChunksPerSegment> of_all{};
  const std::span entries(of_all.data(), chunks.size());
  const std::uint64_t entries_at = kEntriesOffset + first * sizeof(ChunkEntry);
  auto got = read_at(fd_.get(), std::as_writable_bytes(entries), entries_at);
  if (!got) return got.error();
  auto written = write_all_at(fd_.get(), chunks, kChunksOffset + first * kChunkBytes);
  if (!written) return written.error();
  std::uint64_t added = 0;
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    if (entries[i].size == 0) added += chunks[i].size();
    entries[i] = {check_sum(first + i, chunks[i]), static_cast<std::uint32_t>(chunks[i].size())};
  }
  written = write_at(fd_.get(), std::as_bytes(entries), entries_at);
  if (!written) return written.error();
  return added;
}

Result<SegmentFile::Present> SegmentFile::present() const {
  std::array<ChunkEntry, kChunksPerSegment> entries{};
  auto got = read_at(fd_.get(), std::as_writable_bytes(std::span(entries)), kEntriesOffset);
  if (!got) return got.error();
  Present present;
  for (std::size_t i = 0; i < entries.size(); ++i) present[i] = entries[i].size != 0;
  return present;
}

bool SegmentFile::removed() const {
  struct stat state {};
  return ::fstat(fd_.get(), &state) != 0 || state.st_nlink == 0;
}

void SegmentFile::mark_used() const { ::futimens(fd_.get(), nullptr); }

}  // namespace esofs::cache
