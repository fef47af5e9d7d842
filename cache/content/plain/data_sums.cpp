#include "cache/content/plain/data_sums.h"

#include <cerrno>
#include <string>

#include "cache/content/forms/fits_sum.h"

namespace esofs::cache {
namespace {

// 0 is written in two ways.
bool same_sum(std::uint32_t one, std::uint32_t other) {
  constexpr std::uint32_t kOnes = 0xFFFFFFFFU;
  return one % kOnes == other % kOnes;
}

}  // namespace

Result<void> DataSums::add(const PlainPart& part, std::size_t index, std::uint64_t group,
                           std::span<const std::byte> bytes) {
  const PackedHdu& hdu = *part.hdu;
  if (!hdu.data_sum) return {};
  const std::uint32_t added = fits_sum(bytes, part.group_run(group).at);
  std::uint32_t all = 0;
  {
    auto sums = sums_.lock();
    Sum& sum = (*sums)[index];
    if (sum.added.empty()) sum.added.resize(part.groups());
    if (sum.added[group]) return {};
    sum.added[group] = true;
    sum.sum = add_sums(sum.sum, added);
    if (++sum.count < sum.added.size()) return {};
    all = sum.sum;
  }
  const std::vector<std::byte> fill(part.end() - part.data_end(), static_cast<std::byte>(hdu.fill));
  if (same_sum(add_sums(all, fits_sum(fill, hdu.data)), *hdu.data_sum)) return {};
  if (hdu.tiling) return Error(ESTALE, "the unpacked pixels have another DATASUM than their header says");
  return Error(EIO, "the data of HDU " + std::to_string(index + 1) + " does not have its DATASUM");
}

}  // namespace esofs::cache
