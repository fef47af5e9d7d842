// Base64 as VOTable streams have it: cut anywhere, broken by white space anywhere.
//
//   errors   EBADMSG: a character that is not of base64, an end inside a byte
//   threads  one decoder, one thread
//   source   RFC 4648; VOTable 1.5 section 5.4 (STREAM/@encoding)
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "client/base/result.h"

namespace esofs::client {

class Base64Decoder {
 public:
  // Appends what `text` decodes to. Padding may be followed by more text (several encoded pieces in a row).
  Result<void> decode(std::string_view text, std::vector<std::byte>& bytes);
  Result<void> finish(std::vector<std::byte>& bytes);

 private:
  bool end_group(std::vector<std::byte>& bytes);
  // Returns how much of the text it took. REQUIRES: sextets_ == 0.
  static std::size_t decode_groups(std::string_view text, std::vector<std::byte>& bytes);

  unsigned group_ = 0;  // the sextets so far, last in the low bits
  int sextets_ = 0;     // 0 to 3
};

}  // namespace esofs::client
