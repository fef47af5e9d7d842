// Finds out whether a package of files came in place of a FITS file: a tar, zip or tar.gz that a listing calls FITS.
//
//   threads  package_at() blocks; runs on the transfers lane
//   source   POSIX pax, "ustar Interchange Format"; PKWARE APPNOTE 4.3.7
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "client/archive.h"
#include "client/base/lane.h"
#include "client/base/result.h"
#include "client/model/model.h"

namespace esofs::cache {

// The source of the package, if an answer with this head and these first bytes is one; else nullopt. asked: the requested
// source; the result has the type and the name of the package.
std::optional<client::FileSource> package_of_answer(const client::FileSource& asked,
                                                    const client::FileHead& head,
                                                    std::span<const std::byte> begin);

// Requests the first bytes of `source`. nullopt: it is not a package, or the request failed.
std::optional<client::FileSource> package_at(client::Archive& archive, const client::FileSource& source,
                                             bool restricted, Lane::Turn& turn);

// ".tar", ".tar.gz", ".tgz" or ".zip"; "": the source is no package.
std::string package_extension(const client::FileSource& source);

// EIO: the FITS file of a dataset is a package with this extension.
Error package_error(const std::string& extension);

}  // namespace esofs::cache
