// What is wrong with a name that is no cutout (client/model/cutout_spec.h), in words for the user who typed it.
//
//   shapes   a sentence with the part that is wrong and the right form; "" if parse_cutout_spec() takes the name
//   threads  plain functions
#pragma once

#include <string>
#include <string_view>

namespace esofs::client {

std::string cutout_fault(std::string_view name);

}  // namespace esofs::client
