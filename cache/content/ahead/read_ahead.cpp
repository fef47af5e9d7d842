#include "cache/content/ahead/read_ahead.h"

#include <algorithm>

namespace esofs::cache {
namespace {

constexpr std::size_t kMostReaders = 16;
constexpr std::uint64_t kQuiet = 256ULL << 10U;  // of a sequence, before anything is requested ahead
constexpr std::uint64_t kDisorder = 2ULL
                                    << 20U;  // reads of one sequence arrive at most so far from their place
constexpr std::uint64_t kLeastStep = 128ULL << 10U;  // requested at once, at the beginning
constexpr std::uint64_t kLaterStep = 4ULL << 20U;    // and later: enough for several requests to share

}  // namespace

// Puts the reader to the front whose sequence [offset, offset + size) belongs to, else a new one: false.
bool ReadAhead::find_reader(std::uint64_t offset, std::uint64_t size) {
  for (auto at = readers_.begin(); at != readers_.end(); ++at) {
    const std::uint64_t read = at->end - at->begin;
    const std::uint64_t gap =
        std::min(kDisorder, std::max(read, size));  // a young sequence has little disorder
    const bool behind = offset < at->end && offset + gap + size >= at->end && offset + gap >= at->begin;
    const bool before = offset >= at->end && offset - at->end <= gap;
    if (!behind && !before) continue;
    readers_.splice(readers_.begin(), readers_, at);
    return true;
  }
  readers_.push_front({offset, offset, offset, 0});
  if (readers_.size() > kMostReaders) readers_.pop_back();
  return false;
}

void ReadAhead::closed() {
  for (Reader& reader : readers_) reader.begin = reader.asked = reader.end;
}

std::uint64_t ReadAhead::window() const noexcept {
  return readers_.empty() ? 0 : std::min(readers_.front().end - readers_.front().begin, most_bytes_);
}

std::vector<client::ByteRange> ReadAhead::read(std::uint64_t offset, std::uint64_t size,
                                               std::uint64_t file_size) {
  std::vector<client::ByteRange> landings;
  if (!find_reader(offset, size) && most_bytes_ > 0) landings = strides_.jumped(offset, size, file_size);
  Reader& reader = readers_.front();
  reader.begin = std::min(reader.begin, offset);
  if (offset + size > reader.end) ++reader.steps;
  reader.end = std::max(reader.end, offset + size);
  reader.asked = std::max(reader.asked, reader.end);
  const std::uint64_t read = reader.end - reader.begin;
  if (read <= kQuiet || reader.steps < 2) return landings;
  const std::uint64_t window = std::min(read, most_bytes_);
  const std::uint64_t target = std::min(file_size, reader.end + window);
  if (target <= reader.asked) return {};
  const std::uint64_t step = std::clamp(window / 4, kLeastStep, std::max(kLaterStep, window / 8));
  if (target - reader.asked < step && target < file_size) return {};
  const client::ByteRange range{reader.asked, target - reader.asked};
  reader.asked = target;
  return {range};
}

}  // namespace esofs::cache
