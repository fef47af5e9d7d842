#include "cache/content/forms/inflater.h"

#include <cerrno>
#include <string>
#include <utility>

namespace esofs::cache {
namespace {

constexpr int kGzipWindow = 15 + 16;  // zlib.h, inflateInit2: 16 asks for the gzip format

}  // namespace

Inflater::Inflater(Write write)
    : write_(std::move(write)), usable_(inflateInit2(&stream_, kGzipWindow) == Z_OK) {}

Inflater::~Inflater() {
  if (usable_) inflateEnd(&stream_);
}

Result<void> Inflater::feed(std::span<const std::byte> piece) {
  if (!usable_) return Error(ENOMEM, "no memory for zlib");
  if (piece.empty()) return {};
  // zlib does not write to its input.
  stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(piece.data()));
  stream_.avail_in = static_cast<uInt>(piece.size());
  do {
    if (ended_) {
      while (stream_.avail_in > 0 && *stream_.next_in == 0) ++stream_.next_in, --stream_.avail_in;
      if (stream_.avail_in == 0) return {};
      inflateReset(&stream_);
      made_in_member_ = 0;
    }
    stream_.next_out = reinterpret_cast<Bytef*>(out_.data());
    stream_.avail_out = static_cast<uInt>(out_.size());
    const int code = inflate(&stream_, Z_NO_FLUSH);
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
      return Error(EIO, std::string("unpacking: ") + (stream_.msg != nullptr ? stream_.msg : "not gzip"));
    const std::size_t made = out_.size() - stream_.avail_out;
    made_in_member_ += made;
    ended_ = code == Z_STREAM_END;
    if (ended_) {
      ++members_;
      made_in_member_ = 0;
    }
    if (auto written = write_(std::span(out_).first(made)); !written) return written;
  } while (stream_.avail_in > 0 || stream_.avail_out == 0);
  return {};
}

Result<void> Inflater::end() const {
  return ended_ ? Result<void>() : Error(EIO, "unpacking: the gzip file is cut off");
}

}  // namespace esofs::cache
