#include "cache/content/forms/plain_parts.h"

#include <algorithm>

namespace esofs::cache {
namespace {

constexpr std::uint64_t kFitsUnit = 2880;
constexpr std::uint64_t kCopiedGroup = 128ULL << 10U;

}  // namespace

std::uint64_t PlainPart::end() const {
  return at + (hdu->header.size() + hdu->data + kFitsUnit - 1) / kFitsUnit * kFitsUnit;
}

std::uint64_t PlainPart::groups() const {
  return hdu->tiling ? hdu->tiling->groups() : (hdu->data + kCopiedGroup - 1) / kCopiedGroup;
}

std::uint64_t PlainPart::group_at(std::uint64_t offset) const {
  return hdu->tiling ? hdu->tiling->group_at(offset) : offset / kCopiedGroup;
}

ByteRun PlainPart::group_run(std::uint64_t group) const {
  if (hdu->tiling) return hdu->tiling->group(group).image;
  return {group * kCopiedGroup, std::min(kCopiedGroup, hdu->data - group * kCopiedGroup)};
}

bool reaches(const std::vector<PlainPart>& parts, std::uint64_t end) {
  return !parts.empty() && parts.back().end() >= end;
}

std::size_t part_at(const std::vector<PlainPart>& parts, std::uint64_t offset) {
  const auto after =
      std::upper_bound(parts.begin(), parts.end(), offset,
                       [](std::uint64_t wanted, const PlainPart& part) { return wanted < part.at; });
  return static_cast<std::size_t>(after - parts.begin() - 1);
}

void each_known(const std::vector<PlainPart>& parts, std::uint64_t from, std::uint64_t to,
                const std::function<void(std::uint64_t, std::span<const std::byte>)>& known) {
  for (std::size_t i = part_at(parts, from); i < parts.size() && parts[i].at < to; ++i) {
    const PlainPart& part = parts[i];
    const std::uint64_t begin = std::max(from, part.at);
    const std::uint64_t end = std::min(to, part.data_at());
    if (begin < end)
      known(begin, std::as_bytes(std::span(part.hdu->header)).subspan(begin - part.at, end - begin));
    const std::uint64_t fill = std::max(from, part.data_end());
    const std::uint64_t fill_end = std::min(to, part.end());
    if (fill < fill_end) {
      const std::vector<std::byte> bytes(fill_end - fill, static_cast<std::byte>(part.hdu->fill));
      known(fill, bytes);
    }
  }
}

}  // namespace esofs::cache
