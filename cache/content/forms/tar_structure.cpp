#include "cache/content/forms/tar_structure.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <string_view>

namespace esofs::cache {
namespace {

constexpr std::uint64_t kTarBlock = 512;
constexpr std::size_t kSizeAt = 124;
constexpr std::size_t kSizeBytes = 12;
constexpr std::size_t kSumAt = 148;
constexpr std::size_t kTypeAt = 156;
constexpr std::size_t kMostPax = 1U << 20U;

// Octal digits, or, with the highest bit set, a binary number (GNU).
std::optional<std::uint64_t> number(std::string_view field) {
  std::uint64_t value = 0;
  if ((static_cast<unsigned char>(field.front()) & 0x80U) != 0) {
    for (const char byte : field.substr(field.size() - 8))
      value = value << 8U | static_cast<unsigned char>(byte);
    return value;
  }
  const auto first = field.find_first_not_of(' ');
  if (first == std::string_view::npos) return 0;
  field = field.substr(first);
  const auto [rest, error] = std::from_chars(field.data(), field.data() + field.size(), value, 8);
  if (error != std::errc()) return field.front() == '\0' ? std::optional<std::uint64_t>(0) : std::nullopt;
  return value;
}

bool right_sum(std::string_view block) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < block.size(); ++i)
    sum += i >= kSumAt && i < kSumAt + 8 ? ' ' : static_cast<unsigned char>(block[i]);
  return number(block.substr(kSumAt, 8)) == sum;
}

// The size that a pax header gives the next member: records "LENGTH KEY=VALUE\n".
std::optional<std::uint64_t> pax_size(std::string_view records) {
  std::optional<std::uint64_t> size;
  while (!records.empty()) {
    std::size_t length = 0;
    const auto [rest, error] = std::from_chars(records.data(), records.data() + records.size(), length);
    if (error != std::errc() || length == 0 || length > records.size()) break;
    std::string_view record = records.substr(static_cast<std::size_t>(rest - records.data()));
    record = record.substr(0, length - static_cast<std::size_t>(rest - records.data()));
    if (record.starts_with(" size=")) {
      std::uint64_t value = 0;
      record.remove_prefix(6);
      if (std::from_chars(record.data(), record.data() + record.size(), value).ec == std::errc())
        size = value;
    }
    records.remove_prefix(length);
  }
  return size;
}

// Links, devices and directories have no data, whatever their size says.
bool has_data(char type) { return type < '1' || type > '6'; }

}  // namespace

void TarStructure::feed(std::span<const std::byte> piece) {
  while (!piece.empty() && !unknown_ && !ended_) {
    std::size_t taken = 0;
    if (at_ < member_end_) {
      taken = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), member_end_ - at_));
      if (in_pax_ && pax_.size() < kMostPax)
        pax_.append(reinterpret_cast<const char*>(piece.data()), std::min(taken, kMostPax - pax_.size()));
    } else {
      taken = std::min(piece.size(), static_cast<std::size_t>(kTarBlock) - block_.size());
      block_.append(reinterpret_cast<const char*>(piece.data()), taken);
    }
    at_ += taken;
    piece = piece.subspan(taken);
    if (block_.size() == kTarBlock) {
      header();
      block_.clear();
    }
  }
  at_ += piece.size();
}

void TarStructure::header() {
  if (std::all_of(block_.begin(), block_.end(), [](char c) { return c == '\0'; })) {
    ended_ = true;
    return;
  }
  if (in_pax_) size_ = pax_size(pax_);
  const std::string_view block = block_;
  const auto size = number(block.substr(kSizeAt, kSizeBytes));
  if (!right_sum(block) || !size) {
    unknown_ = true;
    return;
  }
  const char type = block[kTypeAt];
  in_pax_ = type == 'x';
  pax_.clear();
  const bool data = has_data(type) || type == 'x';
  const std::uint64_t bytes = in_pax_ || !size_ ? *size : *size_;
  if (!in_pax_ && type != 'L' && type != 'K') size_.reset();
  member_end_ = at_ + (data ? (bytes + kTarBlock - 1) / kTarBlock * kTarBlock : 0);
}

Result<void> TarStructure::end() const {
  if (unknown_ || ended_) return {};
  return Error(
      EIO, "the tar file is cut off after " + std::to_string(at_) + " bytes: the mark at its end is missing");
}

}  // namespace esofs::cache
