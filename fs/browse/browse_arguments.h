// The arguments of browse/: what a placeholder's type accepts, and what stands for it in a query.
//
//   types     ra dec deg    angles in degrees, with a unit or sexagesimal (client/base/angle.h)
//             radius        of a circle; .diameter is twice that
//             text          a text; .prefix and .contains are patterns for LIKE
//             programme     a programme or run: 195.B-0283(A), also written 195.B-0283.A; members as of text
//             object        the name of an object; '_' is a blank. .ra and .dec: where the name resolver says it is
//             date          YYYY-MM-DD, or with a time YYYY-MM-DDThh:mm:ss; .mjd
//             night         YYYY-MM-DD: from 12:00 UT to 12:00 UT of the next day; .begin .end .begin_mjd .end_mjd
//             number integer
//   errors    nullopt: not an argument of that type. Strict and anchored, from memory: tools probe for many names
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

// What stands in the query for a placeholder, or for one of its members.
struct ArgumentValue {
  enum class Kind : std::uint8_t { kNumber, kText };
  Kind kind = Kind::kNumber;
  std::string text;  // of a number: its ADQL; of a text: unquoted
};

struct Argument {
  std::string shown;  // in lists of visited names; "" where no name of ours can spell it
  std::map<std::string, ArgumentValue> values;  // by member; "": the placeholder without one
  std::string object;                           // to be resolved before .ra and .dec are known; "" none
};

const std::vector<std::pair<std::string, ArgumentType>>& argument_types();  // by their words
std::optional<ArgumentType> argument_type(std::string_view word);
// The members that a type has; "" among them where the placeholder may stand alone.
std::vector<std::string> argument_members(ArgumentType type);

// with_unit: an angle must say its unit, which tells an optional radius from the end of a name ("NGC_253").
std::optional<Argument> parse_argument(ArgumentType type, const std::string& text, bool with_unit = false);

// A text that the archive has listed, whatever characters are in it.
Argument listed_argument(const std::string& value);

// .ra and .dec of a resolved object. REQUIRES: argument.object is not empty.
void set_position(Argument& argument, double ra_deg, double dec_deg);

}  // namespace esofs::fs
