// What is wrong with a text that is no angle, coordinate or night, in words for the user who typed it.
//
//   shapes   "'30as' is no radius: it is a number of degrees, or has deg, arcmin, arcsec or mas behind it; did you mean
//            30arcsec?"; "" if nothing is wrong
//   threads  plain functions
#pragma once

#include <string>
#include <string_view>

namespace esofs {

std::string right_ascension_fault(std::string_view text);
std::string declination_fault(std::string_view text);
std::string radius_fault(std::string_view text);
// Of YYYY-MM-DD.
std::string night_fault(std::string_view text);

}  // namespace esofs
