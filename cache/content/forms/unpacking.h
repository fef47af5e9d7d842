// Unpacking: a FITS file that is packed as a stream (.Z, .gz, .bz2), decoded from its front as the bytes come.
//
//   shapes   gives the file that was packed, byte for byte; it is whole only after end() has succeeded
//   errors   EIO with a sentence: it cannot be decoded, is cut off, has a wrong check sum, is no FITS file, or (.Z, which has neither
//            a check sum nor an end mark) not every byte belongs to an HDU
//   threads  not thread-safe
//   source   cache/READING.md; RFC 1952 section 2.3.1 (ISIZE)
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "cache/content/forms/fits_structure.h"
#include "cache/content/forms/unpack.h"
#include "client/base/result.h"

namespace esofs::cache {

class Unpacking {
 public:
  using Write = std::function<Result<void>(std::span<const std::byte>)>;

  // packing: one of a stream. write: takes what is decoded; its error ends the decoding and is returned.
  Unpacking(Packing packing, Write write);

  // Gives write() all that the bytes so far stand for.
  Result<void> feed(std::span<const std::byte> piece);
  // After the last byte: whether it is whole.
  Result<void> end();

  // How many bytes the whole will have, as far as that can be known before the end. A single HDU that announces no extensions
  // tells it. Of gzip, the headers so far tell it if they agree with `length`, the last four bytes of the file.
  std::optional<std::uint64_t> expected_size(std::optional<std::uint32_t> length) const;

  // A decoder of one of the forms.
  class Decoder {
   public:
    virtual ~Decoder() = default;
    virtual Result<void> feed(std::span<const std::byte> piece) = 0;
    virtual Result<void> end() = 0;
  };

 private:
  Result<void> take(std::span<const std::byte> made);

  const Packing packing_;
  const Write write_;
  std::string begin_;  // the first bytes
  FitsStructure structure_;
  std::unique_ptr<Decoder> decoder_;
};

}  // namespace esofs::cache
