// Cells as text, for the formats that are text.
//
//   shapes   numbers are the shortest decimals that read back as the same value; a float has a point or an exponent, so that
//            a reader that guesses types sees a float; NaN, Infinity, -Infinity
//   threads  plain functions
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "client/model/model.h"

namespace esofs::client {

// Appends a cell. Null, and an array of nothing but nulls, is nothing. Elements of an array are separated by blanks, as in TABLEDATA, a null element is "null";
// a complex number is two words; an array of strings is a JSON array.
void append_cell_text(const Value& value, std::string& to);

// Appends a cell as JSON. Null, NaN and infinities are null; complex numbers are [re, im].
void append_cell_json(const Value& value, std::string& to);

// Appends a JSON string with its quotes.
void append_json_string(std::string_view text, std::string& to);

// Characters of a UTF-8 text.
std::size_t characters(std::string_view utf8);

}  // namespace esofs::client
