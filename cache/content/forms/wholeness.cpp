#include "cache/content/forms/wholeness.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>
#include <type_traits>

#include "cache/content/forms/fits_structure.h"
#include "cache/content/forms/inflater.h"
#include "cache/content/forms/lzw.h"
#include "cache/content/forms/tar_structure.h"

namespace esofs::cache {
namespace {

constexpr std::size_t kBegin = 512;  // bytes that tell the form of a file
constexpr std::size_t kUstarAt = 257;

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// A form whose headers tell where it ends.
template <class Structure>
class StructuredForm : public Wholeness::Form {
 public:
  void feed(std::span<const std::byte> piece) override { structure_.feed(piece); }
  Result<void> end() override { return structure_.end(); }
  bool plain_fits() const override { return std::is_same_v<Structure, FitsStructure>; }

 private:
  Structure structure_;
};

// gzip itself ignores what follows a member that has ended.
bool has_ended(const Inflater& inflater) { return inflater.member_ended(); }
bool has_ended(const LzwDecoder&) { return false; }

// A packed form: it is whole if what is inside is.
template <class Decoder>
class PackedForm : public Wholeness::Form {
 public:
  void feed(std::span<const std::byte> piece) override {
    if (failed_ || trailing_) return;
    const auto fed = decoder_.feed(piece);
    if (fed) return;
    trailing_ = has_ended(decoder_);
    if (!trailing_) failed_ = fed.error();
  }
  Result<void> end() override {
    if (failed_) return *failed_;
    if (auto ended = trailing_ ? Result<void>() : decoder_.end(); !ended) return ended;
    return inside_.end();
  }

 private:
  Wholeness inside_;
  Decoder decoder_{[this](std::span<const std::byte> made) -> Result<void> {
    inside_.feed(made);
    return {};
  }};
  std::optional<Error> failed_;
  bool trailing_ = false;
};

// A form whose last bytes decide.
class TailForm : public Wholeness::Form {
 public:
  explicit TailForm(std::size_t most) : most_(most) {}
  void feed(std::span<const std::byte> piece) override {
    if (piece.size() > most_) piece = piece.last(most_);
    tail_.append(text_of(piece));
    if (tail_.size() > 2 * most_) tail_.erase(0, tail_.size() - most_);
  }

 protected:
  std::string_view tail() const {
    return std::string_view(tail_).substr(tail_.size() - std::min(tail_.size(), most_));
  }

 private:
  const std::size_t most_;
  std::string tail_;
};

// The directory at the end of a zip file: its last record, and a comment of at most 65535 bytes.
class ZipForm : public TailForm {
 public:
  ZipForm() : TailForm(kRecord + 65'535) {}
  Result<void> end() override {
    const std::string_view last = tail();
    for (auto at = last.rfind(kMagic); at != std::string_view::npos; at = last.rfind(kMagic, at - 1)) {
      if (last.size() - at >= kRecord) {
        const auto low = static_cast<unsigned char>(last[at + 20]);
        const auto high = static_cast<unsigned char>(last[at + 21]);
        if (last.size() - at == kRecord + low + (std::size_t{high} << 8U)) return {};
      }
      if (at == 0) break;
    }
    return Error(EIO, "the zip file is cut off: its directory is missing");
  }

 private:
  static constexpr std::size_t kRecord = 22;
  static constexpr std::string_view kMagic{"PK\x05\x06", 4};
};

// The end mark of a stream of bzip2 (48 bits), a check sum (32 bits), and fill to a whole byte. Zeros may follow.
class Bzip2Form : public TailForm {
 public:
  Bzip2Form() : TailForm(4096) {}
  Result<void> end() override {
    std::string_view last = tail();
    const auto used = last.find_last_not_of('\0');
    // The check sum itself may end with zeros.
    const std::size_t most = used == std::string_view::npos ? 0 : std::min(last.size(), used + 1 + kSum);
    for (std::size_t size = used == std::string_view::npos ? 0 : used + 1; size <= most; ++size) {
      for (unsigned shift = 0; size >= kMark + kSum + 1 && shift < 8; ++shift) {
        if (marked(last.substr(0, size), shift)) return {};
      }
    }
    return Error(EIO, "the bzip2 file is cut off: its end mark is missing");
  }

 private:
  static constexpr std::size_t kMark = 6;
  static constexpr std::size_t kSum = 4;
  static constexpr std::uint64_t kEndMark = 0x177245385090ULL;

  // Whether the mark ends `shift` bits of fill and a check sum before the end.
  static bool marked(std::string_view bytes, unsigned shift) {
    const auto last = bytes.substr(bytes.size() - (kMark + kSum + 1));
    std::uint64_t high = 0;  // the first seven bytes: the mark begins within the first one
    for (std::size_t i = 0; i < kMark + 1; ++i) high = high << 8U | static_cast<unsigned char>(last[i]);
    return (high >> shift & 0xffffffffffffULL) == kEndMark;
  }
};

}  // namespace

Wholeness::Wholeness() = default;
Wholeness::~Wholeness() = default;

void Wholeness::feed(std::span<const std::byte> piece) {
  if (!decided_) {
    const std::size_t taken = std::min(piece.size(), kBegin - begin_.size());
    begin_.insert(begin_.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(taken));
    piece = piece.subspan(taken);
    if (begin_.size() < kBegin) return;
    decide();
  }
  if (form_) form_->feed(piece);
}

void Wholeness::decide() {
  decided_ = true;
  const std::string_view begin = text_of(begin_);
  using namespace std::string_view_literals;
  if (begin.starts_with("SIMPLE  =")) {
    form_ = std::make_unique<StructuredForm<FitsStructure>>();
  } else if (begin.starts_with("\x1f\x8b")) {
    form_ = std::make_unique<PackedForm<Inflater>>();
  } else if (begin.starts_with("\x1f\x9d")) {
    form_ = std::make_unique<PackedForm<LzwDecoder>>();
  } else if (begin.starts_with("BZh")) {
    form_ = std::make_unique<Bzip2Form>();
  } else if (begin.starts_with("PK\x03\x04") || begin.starts_with("PK\x05\x06")) {
    form_ = std::make_unique<ZipForm>();
  } else if (begin.size() > kUstarAt && begin.substr(kUstarAt).starts_with("ustar")) {
    form_ = std::make_unique<StructuredForm<TarStructure>>();
  }
  if (form_) form_->feed(begin_);
  begin_.clear();
}

Result<void> Wholeness::end() {
  if (!decided_) decide();
  return form_ ? form_->end() : Result<void>();
}

}  // namespace esofs::cache
