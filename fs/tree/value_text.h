// The values of a row as text: for extended attributes, and as JSON for metadata.json.
//
//   threads  pure functions
#pragma once

#include <string>

#include "cache/catalog.h"
#include "client/model/model.h"

namespace esofs::fs {

// "" for null; numbers in their shortest exact form; arrays with a space between.
std::string value_text(const client::Value& value);

// One object, a member for each column in order; numbers as numbers, null as null, two spaces of indent, a newline at its
// end. NaN and infinities, which JSON has not, are null; complex numbers are [re, im].
std::string row_json(const cache::NamedRow& row);

}  // namespace esofs::fs
