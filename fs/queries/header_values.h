// The values of keywords in headers as fs/datasets/header_text.h gives them.
//
//   shapes   a keyword as dfits and fitsort name it: "OBJECT", "ESO DET DIT", "ESO.DET.DIT", "HIERARCH ESO DET DIT",
//            "DET.DIT"; of one that is given twice the first counts, as in CFITSIO and astropy
//   threads  plain functions
//   source   FITS standard 4.0 sections 4.1, 4.2 and 4.2.1.2 (CONTINUE); ESO's HIERARCH convention
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "client/base/result.h"

namespace esofs::fs {

struct HeaderValue {
  enum class Kind : std::uint8_t { kMissing, kInteger, kReal, kLogical, kText };
  Kind kind = Kind::kMissing;
  std::string text;  // a number as it is written; T or F; a text without quotes and trailing blanks
  friend bool operator==(const HeaderValue&, const HeaderValue&) = default;
};

// "OBJECT", "ESO DET DIT": the one form of a keyword; EINVAL if it cannot be one. Blanks are part of a keyword only behind ESO
// or HIERARCH, dots anywhere.
Result<std::string> header_keyword(std::string_view text);

// The values of `keywords` in each HDU. keywords: of header_keyword(). text: of header_text().
std::vector<std::vector<HeaderValue>> header_values(std::string_view text,
                                                    const std::vector<std::string>& keywords);

// The keywords that have a value in any HDU, each once. text: of header_text().
std::set<std::string> keywords_with_values(std::string_view text);

}  // namespace esofs::fs
