#include "fs/datasets/header_text.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <optional>
#include <utility>

#include "cache/content/disk/chunk.h"
#include "client/base/cancel_slot.h"
#include "client/base/guarded.h"
#include "client/base/text.h"

namespace esofs::fs {
namespace {

constexpr std::string_view kBlank = " ";
constexpr std::string_view kBlankOrNull(" \0", 2);  // what programs leave behind END
constexpr std::uint64_t kBlock = 2880;
constexpr std::size_t kCard = 80;
constexpr std::int64_t kMostAxes = 999;

// Whole blocks up to the end of the cache's chunk, so that a short header costs one chunk. If only the first of them are at hand,
// only these: in a packed file the data behind a header costs more than the header.
std::size_t read_size(cache::OpenFile& file, std::uint64_t offset) {
  const std::uint64_t left = cache::kChunkBytes - offset % cache::kChunkBytes;
  std::size_t blocks = static_cast<std::size_t>(std::max(left / kBlock, std::uint64_t{1}));
  while (blocks > 1 && !file.at_hand(offset, blocks * kBlock) && file.at_hand(offset, kBlock)) blocks /= 2;
  return blocks * kBlock;
}

// The value of a card without its comment; "" if the card has no value indicator.
std::string_view value_of(std::string_view card) {
  if (card.substr(8, 2) != "= ") return "";
  return trimmed(card.substr(10, card.find('/', 10) - 10), kBlank);
}

std::optional<std::int64_t> integer_of(std::string_view card) {
  auto text = value_of(card);
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  std::int64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

bool multiply(std::uint64_t& product, std::int64_t factor) {
  return factor >= 0 && !__builtin_mul_overflow(product, static_cast<std::uint64_t>(factor), &product);
}

}  // namespace

// --- HeaderCards ---

HeaderCards::Step HeaderCards::take(std::string_view block) {
  if (ended_) hdu_ = {};
  ended_ = false;
  if (!hdu_.begun && !block.starts_with("SIMPLE  =") && !block.starts_with("XTENSION"))
    return Step::kNotAHeader;
  hdu_.begun = true;
  for (std::size_t at = 0; at + kCard <= block.size(); at += kCard) {
    const auto text = block.substr(at, kCard);
    card(text);
    if (text.starts_with("END") && trimmed(text.substr(3), kBlankOrNull).empty()) {
      ended_ = true;
      return Step::kHduEnds;
    }
  }
  return Step::kMore;
}

void HeaderCards::card(std::string_view card) {
  const std::size_t from = text_.size();
  text_ += card;
  while (text_.size() > from && kBlankOrNull.find(text_.back()) != std::string_view::npos) text_.pop_back();
  // A header is ASCII; other bytes would upset a terminal.
  std::replace_if(
      text_.begin() + static_cast<std::ptrdiff_t>(from), text_.end(),
      [](char c) { return c < ' ' || c > '~'; }, '?');
  text_ += '\n';

  const auto keyword = trimmed(card.substr(0, 8), kBlank);
  const auto number = integer_of(card);
  if (keyword == "GROUPS") hdu_.groups = value_of(card) == "T";
  if (!number) return;
  // If a keyword is given twice, the first counts, as in CFITSIO and astropy.
  const auto first = [&number](std::optional<std::int64_t>& value) {
    if (!value) value = *number;
  };
  if (keyword == "BITPIX") first(hdu_.bitpix);
  if (keyword == "PCOUNT") first(hdu_.pcount);
  if (keyword == "GCOUNT") first(hdu_.gcount);
  if (keyword == "NAXIS" && !hdu_.axes && *number >= 0 && *number <= kMostAxes)
    hdu_.axes.emplace(static_cast<std::size_t>(*number));
  if (hdu_.axes && keyword.size() > 5 && keyword.starts_with("NAXIS")) {
    std::size_t axis = 0;
    const auto read = std::from_chars(keyword.data() + 5, keyword.data() + keyword.size(), axis);
    if (read.ptr == keyword.data() + keyword.size() && axis >= 1 && axis <= hdu_.axes->size())
      first((*hdu_.axes)[axis - 1]);
  }
}

std::optional<std::uint64_t> HeaderCards::data_bytes() const {
  if (!hdu_.axes || hdu_.axes->empty()) return 0;
  const auto& axes = *hdu_.axes;
  const bool groups = hdu_.groups && axes.front() == 0;
  std::uint64_t elements = groups && axes.size() == 1 ? 0 : 1;
  for (std::size_t i = groups ? 1 : 0; i < axes.size(); ++i) {
    if (!axes[i] || !multiply(elements, *axes[i])) return std::nullopt;
  }
  const std::int64_t pcount = hdu_.pcount.value_or(0);
  if (pcount < 0 || __builtin_add_overflow(elements, static_cast<std::uint64_t>(pcount), &elements))
    return std::nullopt;
  std::uint64_t bytes = elements;
  const std::int64_t bits = std::abs(hdu_.bitpix.value_or(8));
  if (!multiply(bytes, hdu_.gcount.value_or(1)) || !multiply(bytes, bits / 8)) return std::nullopt;
  if (bytes > std::numeric_limits<std::uint64_t>::max() - kBlock) return std::nullopt;
  return (bytes + kBlock - 1) / kBlock * kBlock;
}

// --- the walk over a file ---

namespace {

// The read under way keeps it alive. There is one read at a time, so only the Cancel needs a lock.
class HeaderWalk : public std::enable_shared_from_this<HeaderWalk> {
 public:
  HeaderWalk(std::shared_ptr<cache::OpenFile> file, Done<std::string> done, std::uint64_t most_units)
      : file_(std::move(file)), done_(std::move(done)), most_units_(most_units) {}

  Cancel begin() {
    run();
    return [self = shared_from_this()] { self->slot_.cancel(); };
  }

 private:
  // Reads that are answered at once are handled in this loop and not by recursion: a file may have ten thousand HDUs.
  void run() {
    while (!ended_) {
      enum class At { kAsking, kAnswered, kWaiting };
      struct Handover {
        At at = At::kAsking;
        std::optional<Result<cache::Bytes>> bytes;
      };
      if (offset_ >= file_->size()) return end();
      auto handover = std::make_shared<Guarded<Handover>>();
      const auto question = slot_.begin();
      Cancel cancel = file_->read(
          offset_, read_size(*file_, offset_),
          AskedBy(done_.cause(), [self = shared_from_this(), handover](Result<cache::Bytes> bytes) {
            {
              auto locked = handover->lock();
              if (locked->at == At::kAsking) {
                locked->at = At::kAnswered;
                locked->bytes = std::move(bytes);
                return;
              }
            }
            const Cancel ended = self->slot_.end();
            self->take(std::move(bytes));
            self->run();
          }));
      slot_.hold(question, std::move(cancel));
      std::optional<Result<cache::Bytes>> bytes;
      {
        auto locked = handover->lock();
        if (locked->at == At::kAsking) locked->at = At::kWaiting;
        bytes = std::move(locked->bytes);
      }
      if (!bytes) return;  // the answer continues from here
      const Cancel ended = slot_.end();
      take(*std::move(bytes));
    }
  }

  void take(Result<cache::Bytes> bytes) {
    if (!bytes) return fail(bytes.error());
    const std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
    for (std::size_t at = 0; at + kBlock <= text.size(); at += kBlock) {
      const auto step = cards_.take(text.substr(at, kBlock));
      // Other bytes may follow the last HDU (FITS standard section 3.5); they are ignored.
      if (step == HeaderCards::Step::kNotAHeader)
        return headers_ > 0 ? end() : fail(Error(EIO, "the file does not begin like FITS"));
      header_bytes_ += kBlock;
      offset_ += kBlock;
      if (offset_ - begin_ > kMostHeaderOfOne || header_bytes_ > kMostHeaderBytes)
        return fail(Error(EFBIG, "the headers of the file are too long"));
      if (step == HeaderCards::Step::kMore) continue;
      const auto data = cards_.data_bytes();
      if (!data)
        return fail(
            Error(EIO, "a header does not tell the size of its data unit, or tells an impossible one"));
      if (headers_++ > 0) text_ += '\n';
      text_ += cards_.take_text();
      begin_ = offset_;
      if (headers_ >= most_units_) return end();
      if (*data > file_->size() - std::min(offset_, file_->size())) return end();  // the file is cut short
      offset_ += *data;
      begin_ = offset_;
      if (*data > 0) return;  // the next header is elsewhere
    }
    if (text.size() < kBlock) return end();
  }

  void end() {
    if (begin_ != offset_ || headers_ == 0) return fail(Error(EIO, "the file ends inside a header"));
    finish(std::move(text_));
  }
  void fail(const Error& error) { finish(error); }
  void finish(Result<std::string> text) {
    ended_ = true;
    if (auto done = std::exchange(done_, nullptr)) done(std::move(text));
  }

  const std::shared_ptr<cache::OpenFile> file_;
  Done<std::string> done_;
  const std::uint64_t most_units_;
  CancelSlot slot_;  // of the read under way
  HeaderCards cards_;
  std::string text_;
  std::uint64_t offset_ = 0;
  std::uint64_t begin_ = 0;  // of the header being read
  std::uint64_t header_bytes_ = 0;
  std::uint64_t headers_ = 0;
  bool ended_ = false;
};

}  // namespace

Cancel header_text(std::shared_ptr<cache::OpenFile> file, Done<std::string> done, std::uint64_t most_units) {
  return std::make_shared<HeaderWalk>(std::move(file), std::move(done), most_units)->begin();
}

}  // namespace esofs::fs
