// The name and the extension of the file that a DataLink row leads to.
//
//   threads  pure functions
#pragma once

#include <string>
#include <string_view>

#include "client/model/model.h"

namespace esofs::fs {

// By the content type, else the original name, else the URL: ".fits", ".png"; "" unknown.
std::string link_extension(const client::Link& link);

// The last part of a URL's path, decoded, if it is a file name with an extension; else "" (…/preview?format=…).
std::string name_in_url(std::string_view url);

// The last part of a URL's path, decoded, if it identifies the file: it has a digit, and no query follows; else "".
std::string id_in_url(std::string_view url);

}  // namespace esofs::fs
