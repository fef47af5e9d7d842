#include "cache/content/forms/lzw.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace esofs::cache {
namespace {

constexpr unsigned kLeastWidth = 9;
constexpr unsigned kMostWidth = 16;
constexpr std::uint32_t kBytes = 256;  // codes below stand for one byte each
constexpr std::uint32_t kClear = 256;  // in block mode: the table is emptied
constexpr std::size_t kOut = 256U << 10U;

Error damaged() { return {EIO, "unpacking: the LZW data is damaged"}; }

}  // namespace

LzwDecoder::LzwDecoder(Write write)
    : write_(std::move(write)), prefix_(1U << kMostWidth), suffix_(1U << kMostWidth) {
  for (std::uint32_t i = 0; i < kBytes; ++i) suffix_[i] = static_cast<std::byte>(i);
  out_.reserve(kOut + (1U << kMostWidth));
}

Result<void> LzwDecoder::header(std::byte byte) {
  const auto value = std::to_integer<unsigned>(byte);
  switch (header_bytes_++) {
    case 0:
      return value == 0x1f ? Result<void>() : damaged();
    case 1:
      return value == 0x9d ? Result<void>() : damaged();
    default:
      block_mode_ = (value & 0x80U) != 0;
      most_width_ = value & 0x1fU;
      next_ = block_mode_ ? kClear + 1 : kBytes;
      return most_width_ >= kLeastWidth && most_width_ <= kMostWidth ? Result<void>() : damaged();
  }
}

Result<void> LzwDecoder::feed(std::span<const std::byte> piece) {
  for (const std::byte byte : piece) {
    if (header_bytes_ < 3) {
      if (auto right = header(byte); !right) return right;
      continue;
    }
    bits_ |= std::to_integer<std::uint64_t>(byte) << bit_count_;
    bit_count_ += 8;
    if (skip_bits_ > 0) {
      const auto skipped = static_cast<unsigned>(std::min<std::uint64_t>(skip_bits_, bit_count_));
      bits_ >>= skipped;
      bit_count_ -= skipped;
      skip_bits_ -= skipped;
    }
    if (skip_bits_ > 0 || bit_count_ < width_) continue;
    const auto next = static_cast<std::uint32_t>(bits_ & ((1ULL << width_) - 1));
    bits_ >>= width_;
    bit_count_ -= width_;
    in_group_ = (in_group_ + 1) % 8;
    if (auto done = code(next); !done) return done;
  }
  return flush();
}

// The rest of the group is left.
void LzwDecoder::set_width(unsigned width) {
  skip_bits_ = in_group_ == 0 ? 0 : std::uint64_t{8 - in_group_} * width_;
  in_group_ = 0;
  width_ = width;
}

Result<void> LzwDecoder::code(std::uint32_t code) {
  if (before_ < 0) {
    if (code >= kBytes) return damaged();
    first_ = static_cast<std::byte>(code);
    before_ = code;
    out_.push_back(first_);
    return {};
  }
  if (code == kClear && block_mode_) {
    next_ = kClear;  // the entry that the next code makes is never used
    set_width(kLeastWidth);
    return {};
  }
  reversed_.clear();
  std::uint32_t at = code;
  if (at >= next_) {
    if (at > next_) return damaged();
    reversed_.push_back(first_);  // the entry that is made now: the one before, and its first byte again
    at = static_cast<std::uint32_t>(before_);
  }
  for (; at >= kBytes; at = prefix_[at]) reversed_.push_back(suffix_[at]);
  first_ = suffix_[at];
  reversed_.push_back(first_);
  out_.insert(out_.end(), reversed_.rbegin(), reversed_.rend());
  if (next_ < (1U << most_width_)) {
    prefix_[next_] = static_cast<std::uint16_t>(before_);
    suffix_[next_] = first_;
    ++next_;
  }
  before_ = code;
  if (next_ > (1U << width_) - 1 && width_ < most_width_) set_width(width_ + 1);
  return out_.size() >= kOut ? flush() : Result<void>();
}

Result<void> LzwDecoder::flush() {
  auto written = out_.empty() ? Result<void>() : write_(out_);
  out_.clear();
  return written;
}

Result<void> LzwDecoder::end() const { return header_bytes_ < 3 ? Result<void>(damaged()) : Result<void>(); }

}  // namespace esofs::cache
