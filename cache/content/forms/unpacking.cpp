#include "cache/content/forms/unpacking.h"

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "cache/content/forms/bunzipper.h"
#include "cache/content/forms/inflater.h"
#include "cache/content/forms/lzw.h"

namespace esofs::cache {
namespace {

constexpr std::string_view kFitsBegin = "SIMPLE  =";
constexpr std::uint64_t kFitsBlock = 2880;

template <class Form>
class DecoderOf : public Unpacking::Decoder {
 public:
  explicit DecoderOf(Unpacking::Write write) : form_(std::move(write)) {}
  Result<void> feed(std::span<const std::byte> piece) override { return form_.feed(piece); }
  Result<void> end() override { return form_.end(); }

 private:
  Form form_;
};

std::unique_ptr<Unpacking::Decoder> decoder_of(Packing packing, Unpacking::Write write) {
  if (packing == Packing::kGzip) return std::make_unique<DecoderOf<Inflater>>(std::move(write));
  if (packing == Packing::kBzip2) return std::make_unique<DecoderOf<Bunzipper>>(std::move(write));
  return std::make_unique<DecoderOf<LzwDecoder>>(std::move(write));
}

// LZW has neither an end mark nor a check sum: only the FITS structure shows that the file is complete.
Result<void> check_structure(const FitsStructure& structure) {
  if (auto whole = structure.end(); !whole) return whole.error().at("what was unpacked");
  const std::uint64_t size = structure.size();
  if (size > structure.padded_size() && size % kFitsBlock != 0)
    return Error(EIO, "what was unpacked has " + std::to_string(size) + " bytes, not whole FITS blocks");
  if (structure.trailing())
    return Error(EIO, "what was unpacked is damaged: its HDUs do not end where it ends");
  return {};
}

Error no_fits() { return {EIO, "what was unpacked is not FITS"}; }

}  // namespace

Unpacking::Unpacking(Packing packing, Write write)
    : packing_(packing),
      write_(std::move(write)),
      decoder_(decoder_of(packing, [this](std::span<const std::byte> made) { return take(made); })) {}

Result<void> Unpacking::take(std::span<const std::byte> made) {
  const std::size_t missing = std::min(kFitsBegin.size() - begin_.size(), made.size());
  begin_.append(reinterpret_cast<const char*>(made.data()), missing);
  if (!kFitsBegin.starts_with(begin_)) return no_fits();
  structure_.feed(made);
  return write_(made);
}

Result<void> Unpacking::feed(std::span<const std::byte> piece) { return decoder_->feed(piece); }

Result<void> Unpacking::end() {
  if (auto ended = decoder_->end(); !ended) return ended;
  if (begin_ != kFitsBegin) return no_fits();
  return packing_ == Packing::kCompress ? check_structure(structure_) : Result<void>();
}

std::optional<std::uint64_t> Unpacking::expected_size(std::optional<std::uint32_t> length) const {
  if (!structure_.follows_headers()) return std::nullopt;
  const std::uint64_t size = structure_.padded_size();
  const bool told =
      packing_ == Packing::kGzip ? length && *length == static_cast<std::uint32_t>(size) : structure_.alone();
  return told ? std::optional(size) : std::nullopt;
}

}  // namespace esofs::cache
