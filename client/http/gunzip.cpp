#include "client/http/gunzip.h"

#include <zlib.h>

#include <array>
#include <cerrno>
#include <string>
#include <utility>
#include <vector>

namespace esofs::client {
namespace {

constexpr std::byte kMagic0{0x1F};
constexpr std::byte kMagic1{0x8B};
constexpr std::array<std::byte, 1> kHeld{kMagic0};

constexpr std::size_t kBufferBytes = 128U << 10U;  // a few hundred rows: large enough that calls do not count
constexpr int kGzipWindow = 15 + 16;               // zlib.h, inflateInit2: 16 asks for the gzip format

}  // namespace

class Gunzip::Inflater {
 public:
  Inflater() : buffer_(kBufferBytes), usable_(inflateInit2(&stream_, kGzipWindow) == Z_OK) {}
  ~Inflater() {
    if (usable_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  Result<void> push(std::span<const std::byte> piece, const Sink& sink) {
    if (!usable_) return Error(ENOMEM, "no memory for zlib");
    constexpr std::size_t kMostAtOnce = 1U << 30U;  // avail_in is 32 bits
    while (!piece.empty()) {
      const auto part = piece.first(std::min(piece.size(), kMostAtOnce));
      if (auto done = inflate_part(part, sink); !done) return done;
      piece = piece.subspan(part.size());
    }
    return {};
  }

  bool at_end() const { return ended_; }

 private:
  Result<void> inflate_part(std::span<const std::byte> part, const Sink& sink) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(part.data()));
    stream_.avail_in = static_cast<uInt>(part.size());
    while (true) {
      if (ended_) {  // another member may follow
        if (stream_.avail_in == 0) return {};
        if (*stream_.next_in != std::to_integer<Bytef>(kMagic0)) return {};  // padding after the last member
        inflateReset(&stream_);
        ended_ = false;
      }
      stream_.next_out = reinterpret_cast<Bytef*>(buffer_.data());
      stream_.avail_out = static_cast<uInt>(buffer_.size());
      const int code = inflate(&stream_, Z_NO_FLUSH);
      if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
        return Error(EBADMSG,
                     std::string("damaged gzip data: ") + (stream_.msg != nullptr ? stream_.msg : "?"));
      const std::size_t made = buffer_.size() - stream_.avail_out;
      if (made > 0)
        if (auto taken = sink(std::span(buffer_).first(made)); !taken) return taken;
      if (code == Z_STREAM_END)
        ended_ = true;
      else if (stream_.avail_out != 0)
        return {};
    }
  }

  z_stream stream_{};
  std::vector<std::byte> buffer_;
  bool usable_;
  bool ended_ = false;
};

Gunzip::Gunzip(Sink sink) : sink_(std::move(sink)) {}
Gunzip::~Gunzip() = default;

Result<void> Gunzip::push(std::span<const std::byte> piece) {
  if (piece.empty()) return {};
  if (kind_ == Kind::kUnknown) {
    const std::size_t second = held_ ? 0 : 1;
    if (!held_ && piece[0] == kMagic0 && piece.size() == 1) {
      held_ = true;
      return {};
    }
    const bool gzip = (held_ || piece[0] == kMagic0) && piece[second] == kMagic1;
    kind_ = gzip ? Kind::kGzip : Kind::kPlain;
    if (gzip) inflater_ = std::make_unique<Inflater>();
    if (std::exchange(held_, false))
      if (auto done = push(kHeld); !done) return done;
  }
  return kind_ == Kind::kPlain ? sink_(piece) : inflater_->push(piece, sink_);
}

Result<void> Gunzip::finish() {
  if (std::exchange(held_, false)) return sink_(kHeld);
  if (inflater_ && !inflater_->at_end()) return Error(EBADMSG, "gzip data that is cut off");
  return {};
}

}  // namespace esofs::client
