// What commands print on standard output for programs.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace esofs::mountopts {

// One document of --json. Bytes of names that are not UTF-8 become U+FFFD.
void print_document(const nlohmann::ordered_json& document);

// At the end of a program: `code`, or 1 with a sentence on standard error if not all that was printed could be written. A reader that
// has closed its pipe has what it wanted.
int code_after_printing(int code);

}  // namespace esofs::mountopts
