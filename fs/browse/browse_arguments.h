// The arguments of browse/: what the type of a placeholder accepts, and what replaces it in a query.
//
//   types     ra dec deg    angles in degrees, with a unit or sexagesimal (client/base/angle.h)
//             radius        of a circle; .diameter is twice that
//             text          a text; .prefix and .contains are patterns for LIKE
//             programme     a programme or run: 195.B-0283(A), also written 195.B-0283.A; members as of text;
//                           .period is a pattern for the programmes of its period
//             object        the name of an object; '_' is a blank. .ra and .dec: by the name resolver
//             date          YYYY-MM-DD, or with a time YYYY-MM-DDThh:mm:ss; .mjd
//             night         YYYY-MM-DD: from 12:00 UT to 12:00 UT of the next day; .begin .end .begin_mjd .end_mjd
//             number integer
//   errors    nullopt: not an argument of that type. Strict and anchored, because tools probe for many names
//   threads   plain functions
//   source    fs/SEMANTICS.md, "Templates"; programmes: client/ESO.md, "Identifiers"
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace esofs::fs {

enum class ArgumentType : std::uint8_t {
  kRa,
  kDec,
  kDeg,
  kRadius,
  kText,
  kProgramme,
  kObject,
  kDate,
  kNight,
  kNumber,
  kInteger
};

// What replaces a placeholder, or one of its members, in the query.
struct ArgumentValue {
  enum class Kind : std::uint8_t { kNumber, kText };
  Kind kind = Kind::kNumber;
  std::string text;  // a number as ADQL; a text without quotes
};

struct Argument {
  std::string shown;  // in lists of visited names; "": no portable name can spell it
  std::map<std::string, ArgumentValue> values;  // by member; "": the placeholder without one
  std::string object;                           // its position gives .ra and .dec; "" none
};

const std::vector<std::pair<std::string, ArgumentType>>& argument_types();  // by their words
std::optional<ArgumentType> argument_type(std::string_view word);
// The members of a type; "" among them if the placeholder may stand alone.
std::vector<std::string> argument_members(ArgumentType type);

// with_unit: an angle must have its unit, which tells an optional radius from the end of a name ("NGC_253").
std::optional<Argument> parse_argument(ArgumentType type, const std::string& text, bool with_unit = false);

// Why parse_argument() does not take the text, in words for the user who typed it; "" if it does.
std::string argument_fault(ArgumentType type, const std::string& text, bool with_unit = false);
// A text that parse_argument() takes, for messages.
std::string argument_example(ArgumentType type);

// A text that the archive has listed; any characters are allowed.
Argument listed_argument(const std::string& value);

// .ra and .dec of a resolved object. REQUIRES: argument.object is not empty.
void set_position(Argument& argument, double ra_deg, double dec_deg);

}  // namespace esofs::fs
