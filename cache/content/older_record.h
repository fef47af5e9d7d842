// Records of whole files that a program before this one has kept: their answers may have ended too early without any sign, if
// nobody had announced their lengths. Such a file is compared once with its own FITS headers.
//
//   source   cache/READING.md, "WholeFile"
#pragma once

#include "cache/content/content.h"
#include "cache/content/file_record.h"

namespace esofs::cache {

// False: the file is shorter than its headers say. Reads its headers from the cache; what is not there, or is no plain FITS, is
// not judged. REQUIRES: record.whole.
bool agrees_with_headers(ContentParts& parts, const FileRecord& record);

}  // namespace esofs::cache
