#include "cache/content/forms/fits_structure.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace esofs::cache {
namespace {

constexpr std::uint64_t kBlock = 2880;
constexpr std::size_t kCard = 80;
constexpr double kMostBytes = 1e18;  // more is a damaged header
constexpr std::string_view kExtension = "XTENSION";

std::uint64_t padded(std::uint64_t size) { return (size + kBlock - 1) / kBlock * kBlock; }

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

bool gives_size(std::string_view keyword) {
  return keyword == "BITPIX" || keyword == "PCOUNT" || keyword == "GCOUNT" || keyword == "GROUPS" ||
         keyword == "EXTEND" || keyword.starts_with("NAXIS");
}

bool only_fill(std::span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(),
                     [](std::byte b) { return b == std::byte{0} || b == std::byte{' '}; });
}

using Values = std::map<std::string, std::string, std::less<>>;

std::optional<std::int64_t> integer(const Values& values, const std::string& keyword) {
  const auto at = values.find(keyword);
  if (at == values.end()) return std::nullopt;
  std::int64_t number = 0;
  const char* end = at->second.data() + at->second.size();
  const auto [rest, error] = std::from_chars(at->second.data(), end, number);
  return error == std::errc() && rest == end ? std::optional(number) : std::nullopt;
}

// Bytes of the data of an HDU with these keywords; nullopt: they do not say.
std::optional<double> data_bytes(const Values& values, bool primary) {
  const auto bits = integer(values, "BITPIX");
  const auto axes = integer(values, "NAXIS");
  if (!bits || !axes || *axes < 0 || *axes > 999 || *bits % 8 != 0 || *bits == 0) return std::nullopt;
  if (*axes == 0) return 0;
  const auto groups_at = values.find("GROUPS");
  const auto first = integer(values, "NAXIS1");
  const bool groups = primary && groups_at != values.end() && groups_at->second == "T" && first == 0;
  double elements = 1;
  for (std::int64_t axis = groups ? 2 : 1; axis <= *axes; ++axis) {
    const auto length = integer(values, "NAXIS" + std::to_string(axis));
    if (!length || *length < 0) return std::nullopt;
    elements *= static_cast<double>(*length);
  }
  const bool counted = groups || !primary;
  const auto parameters = counted ? integer(values, "PCOUNT").value_or(0) : 0;
  const auto count = counted ? integer(values, "GCOUNT").value_or(1) : 1;
  if (parameters < 0 || count < 0) return std::nullopt;
  return std::abs(static_cast<double>(*bits)) / 8 * static_cast<double>(count) *
         (static_cast<double>(parameters) + elements);
}

}  // namespace

void FitsStructure::feed(std::span<const std::byte> piece) {
  while (!piece.empty()) {
    std::size_t taken = piece.size();
    switch (part_) {
      case Part::kHeader:
        taken = take_card(piece);
        break;
      case Part::kData:
        taken = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), hdu_end_ - at_));
        break;
      case Part::kAfter:
        take_after(piece);
        break;
      case Part::kUnknown:
        break;
    }
    at_ += taken;
    piece = piece.subspan(taken);
    if (part_ == Part::kData) {
      skip(0);
    } else if (part_ == Part::kHeader && card_.size() == kCard) {
      card();
      card_.clear();
    }
  }
}

void FitsStructure::skip(std::uint64_t bytes) {
  at_ += bytes;
  if (part_ != Part::kData || at_ != hdu_end_) return;
  part_ = Part::kHeader;
  empty_ = true;
  values_.clear();
}

std::size_t FitsStructure::take_card(std::span<const std::byte> piece) {
  const std::size_t taken = std::min(kCard - card_.size(), piece.size());
  card_.append(reinterpret_cast<const char*>(piece.data()), taken);
  return taken;
}

void FitsStructure::take_after(std::span<const std::byte> piece) {
  trailing_ = trailing_ || !only_fill(piece);
}

// Whether the first card of what follows an HDU is of another one.
bool FitsStructure::begins_hdu() const { return hdus_ == 0 || card_.starts_with(kExtension); }

void FitsStructure::card() {
  if (empty_ && !begins_hdu()) {
    part_ = Part::kAfter;
    return take_after(std::as_bytes(std::span(card_)));
  }
  empty_ = false;
  const std::string_view whole = card_;
  const std::string_view keyword = trimmed(whole.substr(0, 8));
  if (keyword == "END" && trimmed(whole).size() == 3) return begin_data();
  if (whole.substr(8, 2) != "= " || !gives_size(keyword)) return;
  const std::string_view value = whole.substr(10);
  values_.try_emplace(std::string(keyword), trimmed(value.substr(0, value.find('/'))));
}

// The header has ended with the card before at_.
void FitsStructure::begin_data() {
  const auto bytes = data_bytes(values_, hdus_ == 0);
  if (!bytes || *bytes > kMostBytes) {
    part_ = Part::kUnknown;
    return;
  }
  if (hdus_++ == 0) {
    const auto extend = values_.find("EXTEND");
    alone_ = *bytes > 0 && (extend == values_.end() || extend->second != "T");
  }
  const std::uint64_t data = padded(at_);
  needed_ = *bytes > 0 ? data + static_cast<std::uint64_t>(*bytes) : at_;
  hdu_end_ = padded(needed_);
  part_ = Part::kData;
  skip(0);
}

bool FitsStructure::trailing() const {
  const bool begun = part_ == Part::kHeader && hdus_ > 0 && empty_;
  return trailing_ || (begun && !only_fill(std::as_bytes(std::span(card_))));
}

Result<void> FitsStructure::end() const {
  const std::string got = std::to_string(at_) + " bytes came";
  if (part_ == Part::kData && at_ < needed_)
    return Error(EIO,
                 "the FITS file is cut off: " + got + ", its headers announce " + std::to_string(needed_));
  if (part_ != Part::kHeader) return {};
  const std::string_view begun = std::string_view(card_).substr(0, kExtension.size());
  const bool another = !card_.empty() && (hdus_ == 0 || kExtension.starts_with(begun));
  if (empty_ && !another && hdus_ > 0) return {};
  return Error(EIO,
               "the FITS file is cut off in the header of HDU " + std::to_string(hdus_ + 1) + ": " + got);
}

}  // namespace esofs::cache
