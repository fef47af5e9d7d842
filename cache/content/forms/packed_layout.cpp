#include "cache/content/forms/packed_layout.h"

#include <cerrno>
#include <string_view>
#include <utility>

namespace esofs::cache {
namespace {

constexpr std::size_t kMostHeader = 16U << 20U;

}  // namespace

Result<std::vector<PlainPart>> PackedLayout::feed(std::span<const std::byte> bytes) {
  text_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::vector<PlainPart> found;
  while (!complete_) {
    const auto length = header_length(text_);
    if (!length || *length > text_.size()) break;
    if (auto done = header(*length, found); !done) return done.error();
  }
  if (!complete_ && (text_.size() > kMostHeader || wants() >= packed_size_))
    return Error(EOPNOTSUPP, "the file ends in a header");
  return found;
}

void PackedLayout::add(const PlainPart& part, std::vector<PlainPart>& found) {
  found.push_back(part);
  found.back().at = plain_at_;
  plain_at_ = found.back().end();
}

Result<void> PackedLayout::header(std::uint64_t length, std::vector<PlainPart>& found) {
  const std::string_view whole = std::string_view(text_).substr(0, length);
  if (!whole.starts_with(hdus_ == 0 ? "SIMPLE  =" : "XTENSION"))
    return Error(EOPNOTSUPP, "what follows HDU " + std::to_string(hdus_) + " is no HDU");
  ++hdus_;
  auto read = read_packed_hdu(whole, hdus_, primary_);
  if (!read) return read.error();
  PlainPart part;
  part.packed_data = header_at_ + length;
  part.hdu = std::make_shared<const PackedHdu>(std::move(*read));
  if (part.hdu->tiling && part.hdu->tiling->largest_group() > most_group_)
    return Error(EOPNOTSUPP, "tiles that are too large to be decoded one by one");
  if (part.hdu->packed_data > packed_size_ || part.packed_data > packed_size_ - part.hdu->packed_data)
    return Error(EOPNOTSUPP, "the file is cut off");
  if (hdus_ == 1 && part.hdu->packed_data == 0) {
    primary_ = whole;
    held_ = part;
  } else {
    if (held_ && !part.hdu->was_primary) add(*held_, found);
    held_.reset();
    add(part, found);
  }
  const std::uint64_t next = length + part.hdu->packed_data;
  header_at_ += next;
  text_.erase(0, next);
  complete_ = header_at_ == packed_size_;
  if (complete_ && held_) add(*held_, found);
  return {};
}

}  // namespace esofs::cache
