#include "cache/content/plain/scratch_chunks.h"

#include <unistd.h>

#include <cerrno>
#include <utility>

#include "cache/content/forms/unpack.h"

namespace esofs::cache {

ScratchChunks::ScratchChunks(const std::filesystem::path& directory) {
  state_.lock()->places = scratch_places(directory);
}

Result<void> ScratchChunks::put_in_first(State& state, std::uint64_t index, const Bytes& bytes) {
  if (!state.file) {
    auto file = scratch_file(state.places.front());
    if (!file) return file.error();
    state.file = std::make_shared<UniqueFd>(std::move(*file));
  }
  if (auto written = write_scratch(state.file->get(), bytes, index * kChunkBytes); !written) return written;
  state.chunks[index] = {state.file, bytes.size()};
  return {};
}

Result<void> ScratchChunks::put(std::uint64_t index, const Bytes& bytes) {
  auto state = state_.lock();
  for (;;) {
    auto done = put_in_first(*state, index, bytes);
    if (done || !no_room(done.error()) || state->places.size() == 1) return done;
    state->places.erase(state->places.begin());
    state->file.reset();
  }
}

Chunk ScratchChunks::get(std::uint64_t index) {
  Place place;
  {
    auto state = state_.lock();
    const auto found = state->chunks.find(index);
    if (found == state->chunks.end()) return nullptr;
    place = found->second;
  }
  auto bytes = std::make_shared<Bytes>(place.size);
  for (std::size_t got = 0; got < bytes->size();) {
    const ssize_t n = ::pread(place.file->get(), bytes->data() + got, bytes->size() - got,
                              static_cast<off_t>(index * kChunkBytes + got));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return nullptr;
    got += static_cast<std::size_t>(n);
  }
  return bytes;
}

}  // namespace esofs::cache
