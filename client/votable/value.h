// Cells of a VOTable: what a FIELD says about its cells, and cells as text (TABLEDATA, PARAM/@value).
//
//   shapes   a scalar, a string, a flat array (first dimension fastest) or an array of strings
//   errors   a text that is not legal for the type gives null and `false`
//   threads  plain functions
//   source   VOTable 1.5 sections 2.1, 2.2, 5.1 and 6
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "client/model/model.h"

namespace esofs::client {

enum class Primitive {
  kBoolean,
  kBit,
  kUnsignedByte,
  kShort,
  kInt,
  kLong,
  kChar,
  kUnicodeChar,
  kFloat,
  kDouble,
  kFloatComplex,
  kDoubleComplex
};

// datatype and arraysize, understood. An unknown datatype is text; an arraysize that no grammar accepts is "*".
struct CellType {
  Primitive primitive = Primitive::kChar;
  bool array = false;               // more than one element: a string for characters, a list for the rest
  bool variable = false;            // the last dimension ends in '*'
  std::uint64_t count = 1;          // elements of a cell that is not variable; 0 is possible
  std::uint64_t string_length = 0;  // of a string if there are several in a cell, else 0
  bool utf8 = false;                // VOTable 1.6: char is UTF-8, and lengths count its bytes
  std::optional<std::int64_t> null_integer;
  std::optional<double> null_number;  // of a float or double
  std::string null_text;              // VALUES/@null verbatim, "" none

  bool text() const noexcept { return primitive == Primitive::kChar || primitive == Primitive::kUnicodeChar; }
  bool integer() const noexcept {
    return primitive >= Primitive::kUnsignedByte && primitive <= Primitive::kLong;
  }
  // VALUES/@null is for integers; servers give it to floating-point columns too, and mean it.
  bool is_null(float number) const noexcept {
    return null_number && number == static_cast<float>(*null_number);
  }
  bool is_null(double number) const noexcept { return number == null_number; }
  // Trailing blanks of a fixed-length string are padding.
  bool padded() const noexcept { return array && !variable; }
};

// char_is_utf8: of a document of version 1.6 or later.
CellType cell_type(const Column& column, bool char_is_utf8 = false);

// Reads a cell's text into `value`, whose storage is reused. An empty text is null for every type. Returns false where
// the text is not legal for the type; the value is null then.
bool read_cell_text(const CellType& type, std::string_view text, Value& value);

// Stores a string, or null if it is empty or the type's null. Cuts it at the first NUL and takes away padding.
// `text` is UTF-8.
void set_string(const CellType& type, std::string_view text, Value& value);

inline void set_null(Value& value) { value.is = std::monostate{}; }

// The value's string or array storage, whatever it held before; contents unspecified.
std::string& string_of(Value& value);
ValueArray& array_of(Value& value);

}  // namespace esofs::client
