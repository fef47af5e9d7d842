#include "cache/content/forms/tiling.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "cache/content/forms/fits_memory.h"

namespace esofs::cache {
namespace {

// Pixels of a group: what a usual READ of the kernel asks for. Single tiles may have more.
constexpr std::uint64_t kGroupBytes = 128ULL << 10U;
// Heap bytes that are read although they belong to no tile of a group, so that a group is one run.
constexpr std::uint64_t kHeapGap = 4ULL << 10U;
constexpr std::size_t kHeaderBlock = 2880;
constexpr std::size_t kCardBytes = 80;

std::uint64_t pieces(std::uint64_t whole, std::uint64_t piece) { return (whole + piece - 1) / piece; }

std::string padded_card(std::string card) {
  card.resize(kCardBytes, ' ');
  return card;
}

std::string number_card(const std::string& keyword, std::uint64_t value) {
  std::array<char, kCardBytes + 1> card{};
  std::snprintf(card.data(), card.size(), "%-8s= %20llu", keyword.c_str(),
                static_cast<unsigned long long>(value));
  return padded_card(card.data());
}

void end_header(std::string& header) {
  header += padded_card("END");
  header.resize(pieces(header.size(), kHeaderBlock) * kHeaderBlock, ' ');
}

std::uint64_t big_endian(const std::byte* at, std::size_t bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) value = value << 8U | std::to_integer<std::uint64_t>(at[i]);
  return value;
}

void put_big_endian(std::byte* at, std::size_t bytes, std::uint64_t value) {
  for (std::size_t i = bytes; i-- > 0; value >>= 8U) at[i] = static_cast<std::byte>(value & 0xFFU);
}

Error bad_table() {
  return {EIO, "the table of a tile-compressed image refers to bytes that it does not have"};
}

}  // namespace

Tiling::Tiling(Table table, std::uint64_t pixel_bytes, std::vector<std::uint64_t> axes,
               std::vector<std::uint64_t> tile)
    : table_(std::move(table)), pixel_bytes_(pixel_bytes), axes_(std::move(axes)), tile_(std::move(tile)) {
  for (std::size_t i = 0; i < tile_.size(); ++i) {
    if (tile_[i] > 1) axis_ = i;
  }
  line_bytes_ = pixel_bytes_;
  for (std::size_t i = 0; i < axis_; ++i) {
    line_bytes_ *= axes_[i];
    slab_rows_ *= pieces(axes_[i], tile_[i]);
  }
  plane_bytes_ = line_bytes_ * axes_[axis_];
  for (std::size_t i = axis_ + 1; i < axes_.size(); ++i) planes_ *= axes_[i];
  slabs_ = pieces(axes_[axis_], tile_[axis_]);
  if (plane_bytes_ < kGroupBytes) {
    planes_together_ = std::min(planes_, kGroupBytes / plane_bytes_);
    slabs_together_ = slabs_;
  } else {
    slabs_together_ = std::clamp<std::uint64_t>(kGroupBytes / (line_bytes_ * tile_[axis_]), 1, slabs_);
  }
}

std::uint64_t Tiling::groups() const noexcept {
  return pieces(planes_, planes_together_) * pieces(slabs_, slabs_together_);
}

std::uint64_t Tiling::largest_group() const noexcept {
  const std::uint64_t along = std::min(axes_[axis_], slabs_together_ * tile_[axis_]);
  return line_bytes_ * along * planes_together_;
}

std::uint64_t Tiling::group_at(std::uint64_t offset) const noexcept {
  const std::uint64_t plane = offset / plane_bytes_;
  const std::uint64_t along = offset % plane_bytes_ / (line_bytes_ * tile_[axis_] * slabs_together_);
  return plane / planes_together_ * pieces(slabs_, slabs_together_) + along;
}

TileGroup Tiling::group(std::uint64_t index) const {
  const std::uint64_t of_plane = pieces(slabs_, slabs_together_);
  const std::uint64_t plane = index / of_plane * planes_together_;
  const std::uint64_t slab = index % of_plane * slabs_together_;
  const std::uint64_t planes = std::min(planes_together_, planes_ - plane);
  const std::uint64_t slabs = std::min(slabs_together_, slabs_ - slab);
  const std::uint64_t from = slab * tile_[axis_];
  const std::uint64_t along = std::min(slabs * tile_[axis_], axes_[axis_] - from);
  TileGroup group;
  group.first_row = (plane * slabs_ + slab) * slab_rows_;
  group.rows = planes * slabs * slab_rows_;
  group.image = {plane * plane_bytes_ + from * line_bytes_, planes * along * line_bytes_};
  group.axes.assign(axes_.begin(), axes_.begin() + static_cast<std::ptrdiff_t>(axis_));
  group.axes.push_back(along);
  if (planes > 1) group.axes.push_back(planes);
  return group;
}

Result<std::vector<ByteRun>> Tiling::heap_runs(std::span<const std::byte> rows) const {
  std::vector<ByteRun> all;
  for (std::size_t row = 0; row + table_.row_bytes <= rows.size(); row += table_.row_bytes) {
    for (const TileColumn& column : table_.columns) {
      const std::size_t width = column.wide ? 8 : 4;
      const std::byte* at = rows.data() + row + column.at;
      const std::uint64_t count = big_endian(at, width);
      const std::uint64_t from = big_endian(at + width, width);
      if (count == 0) continue;
      if (count > table_.heap_bytes / column.bytes || from > table_.heap_bytes - count * column.bytes)
        return bad_table();
      all.push_back({from, count * column.bytes});
    }
  }
  std::sort(all.begin(), all.end(), [](const ByteRun& a, const ByteRun& b) { return a.at < b.at; });
  std::vector<ByteRun> runs;
  for (const ByteRun& run : all) {
    if (!runs.empty() && run.at <= runs.back().at + runs.back().size + kHeapGap) {
      runs.back().size = std::max(runs.back().size, run.at + run.size - runs.back().at);
    } else {
      runs.push_back(run);
    }
  }
  return runs;
}

// The descriptors refer to the runs put one after the other from now on.
Result<void> Tiling::point_into(std::vector<std::byte>& rows, const std::vector<ByteRun>& runs) const {
  std::vector<std::uint64_t> places;
  std::uint64_t place = 0;
  for (const ByteRun& run : runs) {
    places.push_back(place);
    place += run.size;
  }
  for (std::size_t row = 0; row + table_.row_bytes <= rows.size(); row += table_.row_bytes) {
    for (const TileColumn& column : table_.columns) {
      const std::size_t width = column.wide ? 8 : 4;
      std::byte* at = rows.data() + row + column.at;
      const std::uint64_t from = big_endian(at + width, width);
      if (big_endian(at, width) == 0) {
        put_big_endian(at + width, width, 0);
        continue;
      }
      const auto after =
          std::upper_bound(runs.begin(), runs.end(), from,
                           [](std::uint64_t wanted, const ByteRun& run) { return wanted < run.at; });
      if (after == runs.begin()) return bad_table();
      const auto index = static_cast<std::size_t>(after - runs.begin() - 1);
      put_big_endian(at + width, width, places[index] + from - runs[index].at);
    }
  }
  return {};
}

std::string Tiling::header_of(const TileGroup& group, std::uint64_t heap_bytes) const {
  std::string header = padded_card("SIMPLE  =                    T");
  header +=
      number_card("BITPIX", 8) + number_card("NAXIS", 0) + padded_card("EXTEND  =                    T");
  end_header(header);
  std::string table =
      padded_card("XTENSION= 'BINTABLE'") + number_card("BITPIX", 8) + number_card("NAXIS", 2);
  table += number_card("NAXIS1", table_.row_bytes) + number_card("NAXIS2", group.rows);
  table += number_card("PCOUNT", heap_bytes) + number_card("GCOUNT", 1);
  table += number_card("TFIELDS", static_cast<std::uint64_t>(table_.fields)) + table_.cards;
  table += number_card("ZNAXIS", group.axes.size());
  for (std::size_t i = 0; i < group.axes.size(); ++i) {
    table += number_card("ZNAXIS" + std::to_string(i + 1), group.axes[i]);
    table += number_card("ZTILE" + std::to_string(i + 1), i <= axis_ ? tile_[i] : 1);
  }
  const auto dither = static_cast<std::uint64_t>(table_.dither) + group.first_row;
  table += number_card("ZDITHER0", (dither - 1) % 10000 + 1);
  end_header(table);
  return header + table;
}

Result<std::vector<std::byte>> Tiling::decoded(const TileGroup& group, std::vector<std::byte> rows,
                                               const std::vector<ByteRun>& runs,
                                               std::span<const std::byte> heap) const {
  if (rows.size() != group.rows * table_.row_bytes) return bad_table();
  if (auto pointed = point_into(rows, runs); !pointed) return pointed.error();
  std::string file = header_of(group, heap.size());
  file.reserve(file.size() + rows.size() + heap.size() + kHeaderBlock);
  file.append(reinterpret_cast<const char*>(rows.data()), rows.size());
  file.append(reinterpret_cast<const char*>(heap.data()), heap.size());
  file.resize(pieces(file.size(), kHeaderBlock) * kHeaderBlock, '\0');
  const auto lock = cfitsio_lock();
  int status = 0;
  const FitsMemory packed(std::move(file), &status);
  FitsMemory image(group.image.size + 8 * kHeaderBlock, &status);
  fits_movabs_hdu(packed.get(), 2, nullptr, &status);
  fits_img_decompress(packed.get(), image.get(), &status);
  const std::string_view made = image.data(group.image.size, &status);
  if (status != 0) return fits_error(status).at("decoding tiles");
  const auto bytes = std::as_bytes(std::span(made));
  return std::vector<std::byte>(bytes.begin(), bytes.end());
}

}  // namespace esofs::cache
