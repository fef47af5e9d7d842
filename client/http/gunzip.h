// Gunzip: a stream that may be gzip-compressed, made plain.
//
//   shapes   pieces in, pieces out; several gzip members in a row are one stream
//   errors   EBADMSG: damaged or cut off
//   threads  one stream, one thread
//   source   RFC 1952
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>

#include "client/base/result.h"

namespace esofs::client {

class Gunzip {
 public:
  using Sink = std::function<Result<void>(std::span<const std::byte>)>;

  // The first two bytes tell whether the stream is compressed; one that is not passes unchanged.
  explicit Gunzip(Sink sink);
  ~Gunzip();
  Gunzip(const Gunzip&) = delete;
  Gunzip& operator=(const Gunzip&) = delete;

  Result<void> push(std::span<const std::byte> piece);
  Result<void> finish();

 private:
  class Inflater;
  enum class Kind { kUnknown, kPlain, kGzip };

  const Sink sink_;
  Kind kind_ = Kind::kUnknown;
  bool held_ = false;  // the first byte of the magic number has come, nothing else
  std::unique_ptr<Inflater> inflater_;
};

}  // namespace esofs::client
