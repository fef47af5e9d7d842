// The word of a list that a mistyped one was probably meant to be, for error messages.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace esofs {

// The candidate of the fewest mistakes in `word`, case ignored: a letter that is wrong, missing, too much, or in the place
// of its neighbour. "" if none is near enough to be worth naming (more than half of its letters differ).
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace esofs
