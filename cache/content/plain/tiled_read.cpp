#include "cache/content/plain/tiled_read.h"

namespace esofs::cache {

void TiledFlight::begin_again() {
  rows_.reset();
  runs_.clear();
  runs_here_ = 0;
  heap_.clear();
  if (part.hdu->tiling) group_ = part.hdu->tiling->group(id.second);
}

std::optional<ByteRun> TiledFlight::next() const {
  const Tiling* tiling = part.hdu->tiling.get();
  if (tiling == nullptr)
    return heap_.empty() ? std::optional(ByteRun{part.packed_data + run.at, run.size}) : std::nullopt;
  const std::uint64_t row = tiling->table().row_bytes;
  if (!rows_) return ByteRun{part.packed_data + group_.first_row * row, group_.rows * row};
  if (runs_here_ == runs_.size()) return std::nullopt;
  return ByteRun{part.packed_data + tiling->table().heap + runs_[runs_here_].at, runs_[runs_here_].size};
}

Result<void> TiledFlight::take(Bytes bytes) {
  if (!part.hdu->tiling || rows_) {
    ++runs_here_;
    heap_.insert(heap_.end(), bytes.begin(), bytes.end());
    return {};
  }
  auto runs = part.hdu->tiling->heap_runs(bytes);
  if (!runs) return runs.error();
  rows_ = std::move(bytes);
  runs_ = std::move(*runs);
  return {};
}

Result<Bytes> TiledFlight::made() {
  if (!part.hdu->tiling) return std::move(heap_);
  auto made = part.hdu->tiling->decoded(group_, std::move(*rows_), runs_, heap_);
  heap_ = {};
  return made;
}

}  // namespace esofs::cache
