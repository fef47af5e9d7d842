#include "cache/content/plain/chunk_pieces.h"

#include <algorithm>
#include <cstring>

namespace esofs::cache {
namespace {

constexpr std::size_t kMostBegun = 16;

void add_run(std::vector<std::pair<std::size_t, std::size_t>>& runs, std::size_t begin, std::size_t end) {
  std::erase_if(runs, [&](const auto& run) {
    if (run.second < begin || run.first > end) return false;
    begin = std::min(begin, run.first);
    end = std::max(end, run.second);
    return true;
  });
  const auto after = std::find_if(runs.begin(), runs.end(), [&](const auto& run) { return run.first > end; });
  runs.insert(after, {begin, end});
}

}  // namespace

Chunk ChunkPieces::chunk(std::uint64_t index, std::uint64_t total) {
  if (index >= chunk_count(total)) return nullptr;
  if (auto here = parts_->here(key_, index, chunk_size(total, index))) return here;
  return kept_.get(index);
}

bool ChunkPieces::copy(std::uint64_t offset, std::span<std::byte> to) {
  auto state = state_.lock();
  const auto found = state->begun.find(offset / kChunkBytes);
  if (found == state->begun.end()) return false;
  const std::size_t begin = offset % kChunkBytes;
  const std::size_t end = begin + to.size();
  const auto& runs = found->second.runs;
  const auto holds = [&](const auto& run) { return run.first <= begin && end <= run.second; };
  if (std::none_of(runs.begin(), runs.end(), holds)) return false;
  std::memcpy(to.data(), found->second.bytes->data() + begin, to.size());
  return true;
}

// The chunk, if it is whole with this piece.
Chunk ChunkPieces::grown(std::uint64_t index, std::size_t size, std::size_t at,
                         std::span<const std::byte> piece) {
  if (piece.size() == size) return std::make_shared<Bytes>(piece.begin(), piece.end());
  auto state = state_.lock();
  Begun& begun = state->begun[index];
  if (!begun.bytes) begun.bytes = std::make_shared<Bytes>(size);
  std::memcpy(begun.bytes->data() + at, piece.data(), piece.size());
  add_run(begun.runs, at, at + piece.size());
  begun.used = ++state->puts;
  if (begun.runs.front() == std::pair<std::size_t, std::size_t>(0, size)) {
    Chunk whole = begun.bytes;
    state->begun.erase(index);
    return whole;
  }
  if (state->begun.size() > kMostBegun) {
    const auto oldest =
        std::min_element(state->begun.begin(), state->begun.end(),
                         [](const auto& a, const auto& b) { return a.second.used < b.second.used; });
    state->begun.erase(oldest);
  }
  return nullptr;
}

void ChunkPieces::keep(std::uint64_t index, const Chunk& chunk) {
  parts_->memory.put(key_, index, chunk);
  const bool here = parts_->segments.present(key_, index, 1).front();
  if (here || parts_->segments.put(key_, index, *chunk)) return;
  [[maybe_unused]] const auto kept = kept_.put(index, *chunk);
}

void ChunkPieces::put(std::uint64_t offset, std::span<const std::byte> piece, std::uint64_t total) {
  while (!piece.empty()) {
    const std::uint64_t index = offset / kChunkBytes;
    const std::size_t at = offset % kChunkBytes;
    const std::size_t size = chunk_size(total, index);
    const std::size_t count = std::min(piece.size(), size - at);
    if (const Chunk whole = grown(index, size, at, piece.first(count))) keep(index, whole);
    piece = piece.subspan(count);
    offset += count;
  }
}

void ChunkPieces::drop_begun() { state_.lock()->begun.clear(); }

}  // namespace esofs::cache
