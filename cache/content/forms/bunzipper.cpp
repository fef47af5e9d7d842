#include "cache/content/forms/bunzipper.h"

#include <cerrno>
#include <string>
#include <utility>

namespace esofs::cache {

Bunzipper::Bunzipper(Write write) : write_(std::move(write)) {}

Bunzipper::~Bunzipper() { end_stream(); }

Result<void> Bunzipper::begin_stream() {
  if (BZ2_bzDecompressInit(&stream_, 0, 0) != BZ_OK) return Error(ENOMEM, "no memory for bzip2");
  open_ = true;
  part_ = Part::kInside;
  return {};
}

void Bunzipper::end_stream() {
  if (std::exchange(open_, false)) BZ2_bzDecompressEnd(&stream_);
  stream_ = {};
}

Result<void> Bunzipper::feed(std::span<const std::byte> piece) {
  // bzip2 does not write to its input.
  char* next = reinterpret_cast<char*>(const_cast<std::byte*>(piece.data()));
  auto left = static_cast<unsigned>(piece.size());
  bool more = false;  // output of this stream may be left
  while ((left > 0 || more) && part_ != Part::kBehind) {
    if (part_ == Part::kBefore) {
      if (auto begun = begin_stream(); !begun) return begun;
    }
    stream_.next_in = next;
    stream_.avail_in = left;
    stream_.next_out = reinterpret_cast<char*>(out_.data());
    stream_.avail_out = static_cast<unsigned>(out_.size());
    const int code = BZ2_bzDecompress(&stream_);
    if (code == BZ_DATA_ERROR_MAGIC && streams_ > 0) {
      part_ = Part::kBehind;
      return {};
    }
    if (code != BZ_OK && code != BZ_STREAM_END)
      return Error(EIO, "unpacking: the bzip2 data is damaged (" + std::to_string(code) + ")");
    next = stream_.next_in;
    left = stream_.avail_in;
    const std::size_t made = out_.size() - stream_.avail_out;
    more = code == BZ_OK && stream_.avail_out == 0;
    if (code == BZ_STREAM_END) {
      ++streams_;
      end_stream();
      part_ = Part::kBefore;
    }
    if (auto written = write_(std::span(out_).first(made)); !written) return written;
  }
  return {};
}

Result<void> Bunzipper::end() const {
  const bool whole = streams_ > 0 && part_ != Part::kInside;
  return whole ? Result<void>() : Error(EIO, "unpacking: the bzip2 file is cut off");
}

}  // namespace esofs::cache
