// Wholeness: checks by the form of a file that all its bytes are here. For answers without an announced length, which may end
// too early without any sign in HTTP.
//
//   shapes   plain FITS (also tile-compressed): its headers; .gz: members that end, with their check sums; .Z: its content;
//            .bz2: its end mark; tar: its members and the zero block at its end; zip: its directory. The content of .gz and .Z
//            is checked too. Other forms are not judged
//   errors   EIO with a sentence, from end()
//   threads  not thread-safe; memory stays below 1 MiB, however large the file is
//   source   FITS standard 4.0; RFC 1952; POSIX pax, "ustar Interchange Format"; PKWARE APPNOTE 4.3.16; bzip2's format
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "client/base/result.h"

namespace esofs::cache {

class Wholeness {
 public:
  // One form of files.
  class Form {
   public:
    virtual ~Form() = default;
    virtual void feed(std::span<const std::byte> piece) = 0;
    // After the last byte.
    virtual Result<void> end() = 0;
    virtual bool plain_fits() const { return false; }
  };

  Wholeness();
  ~Wholeness();
  Wholeness(const Wholeness&) = delete;
  Wholeness& operator=(const Wholeness&) = delete;

  void feed(std::span<const std::byte> piece);
  // After the last byte.
  Result<void> end();
  // True if it is FITS and not packed. After end().
  bool plain_fits() const { return form_ && form_->plain_fits(); }

 private:
  void decide();

  std::vector<std::byte> begin_;  // until the form is known
  bool decided_ = false;
  std::unique_ptr<Form> form_;  // null: not judged
};

}  // namespace esofs::cache
