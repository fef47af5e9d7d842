// How files of an extension begin, to notice that a text came in place of a picture or a package.
//
//   shapes   extensions in lower case, with their dots: ".png", ".tar.gz"
//   threads  pure functions
//   source   RFC 2083, RFC 8118, RFC 1952, POSIX.1-2017 (ustar), VOTable 1.5
#pragma once

#include <cstddef>
#include <string_view>

namespace esofs::client {

// Most bytes that begins_like() looks at; 0: files of this extension may begin in any way.
std::size_t magic_size(std::string_view extension);

// True if `bytes`, the first ones of a file, may begin a file of this extension. REQUIRES: magic_size(extension) > 0.
bool begins_like(std::string_view extension, std::string_view bytes);

}  // namespace esofs::client
