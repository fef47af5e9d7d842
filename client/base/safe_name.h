// File names made from what a server says. Nothing in a name can leave its directory or upset a terminal.
//
//   shapes   a name is 1 to 255 bytes of UTF-8 without '/', NUL, control characters, and is neither "." nor ".."
#pragma once

#include <string>
#include <string_view>

namespace esofs {

// `text` itself if it is a safe name, else the nearest one: bad characters become '_', a name that is too long is cut
// and keeps its extension and a hash of the whole.
std::string safe_name(std::string_view text);

// The form of a safe name that Windows, SMB, shells, IRAF and MIDAS take too: letters, digits, '.', '_', '-', '+', '~';
// everything else becomes '_'. A name and its portable form are the same file, so names are compared in this form.
std::string portable_name(std::string_view name);

// `name` with `-<number>` before its extension: the second file of one name is X-2.fits. A compressed extension counts as
// part of the extension (X-2.fits.fz).
std::string numbered_name(std::string_view name, unsigned number);

}  // namespace esofs
