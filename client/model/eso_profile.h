// The built-in profile as a text, client/model/eso.json, which is put into the program when it is built.
#pragma once

#include <string_view>

namespace esofs::client {

std::string_view eso_profile_text();

}  // namespace esofs::client
