// positions.csv: the positions for which a query is asked.
//
//   shapes   CSV with a header, fields separated by commas (else semicolons or tabs); a column for the right ascension (ra,
//            RA, _RAJ2000, RAJ2000, ra_deg, ra(deg), s_ra …), one for the declination, and perhaps one for names (name, id,
//            target, object, source …). Others are not looked at; empty lines and lines that begin with # are skipped
//   units    degrees, or sexagesimal with h and d, colons or blanks, where a right ascension is in hours
//   errors   EINVAL with the number of the line
//   threads  plain functions
//   source   RFC 4180; client/base/angle.h
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "client/base/result.h"

namespace esofs::fs {

inline constexpr std::string_view kPositionsFile = "positions.csv";
inline constexpr std::size_t kMostPositions = 500;  // one query holds a condition for each

struct Position {
  std::string name;   // as it is written; the number of the position if there is no column for names
  std::string label;  // of names of files: portable, unique without regard to case
  double ra_deg = 0;
  double dec_deg = 0;
};

// A text without any line has no positions.
Result<std::vector<Position>> parse_positions(std::string_view text);

}  // namespace esofs::fs
