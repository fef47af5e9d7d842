// Angles as people type them into names, and as services want them.
//
//   shapes   a decimal number with an optional unit: "83.82", "-5.39deg", "30arcsec", "1.5arcmin", "20mas";
//            or sexagesimal: "05h35m17.3s", "-05d23m28s", "5h35.3m"; with colons: "05:35:17.3" (hours for a right
//            ascension, else degrees). Only the last part may have a fraction; minutes and seconds are below 60
//   units    degrees
//   errors   nullopt: not an angle, or outside the range that is named. No exponents, no blanks, nothing after it
//   threads  plain functions
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace esofs {

// Any angle, with its sign. With colons: degrees.
std::optional<double> parse_angle(std::string_view text);

// [0, 360): 360 is 0. With colons: hours.
std::optional<double> parse_right_ascension(std::string_view text);

// [-90, 90].
std::optional<double> parse_declination(std::string_view text);

// (0, 180]: of a circle. In degrees, arcminutes, arcseconds or milliarcseconds, not sexagesimal.
std::optional<double> parse_radius(std::string_view text);

// The shortest decimal number without an exponent that is read as `degrees` again: the one form of an angle in ADQL, in
// the parameters of a service, and in the key of a cache. REQUIRES: finite.
std::string angle_text(double degrees);

}  // namespace esofs
