// `esofs why PATH…`: why a path of a mount cannot be read, and what to do about it.
//
//   errors   ENXIO: a path is on no mount of esofs; the others are explained all the same. EIO: at least one path cannot be read,
//            which has been said
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/base/result.h"

namespace esofs::mountopts {

struct WhyCommand {
  std::vector<std::string> paths;
  bool as_json = false;
};

// Prints what it finds of each path: the errno, the sentence of the mount, and what to do. With as_json an array that has an
// element for each path, in their order, whose "asked" is the path as given.
Result<void> run_why(const WhyCommand& command);

// Why the last attempt to make `path` ("/queries/a", from the mount point) was refused, if that was within ten minutes before
// `now`: errno and sentence. errors: the text of .esofs/errors.
std::optional<std::pair<int, std::string>> refused_making(const std::string& errors, const std::string& path,
                                                          std::int64_t now);

// What a mount says of the first part of `path` that is not there; "": it is there, on no mount, or the mount does not say.
std::string sentence_of_absence(const std::string& path);

// An extended attribute of the path itself, of at most 64 KiB; "" if it has none.
std::string attribute_of(const std::string& path, const std::string& name);

// What the mount says of a failure of this errno at a path; "" if nothing.
std::string sentence_of(const std::string& path, int code);
// "EACCES"; "errno 999" if the name is not known.
std::string errno_label(int code);

// What a user can do about an errno of a path; "" if nothing is known. archive: as it was given to `esofs mount`.
std::string advice_for(int code, const std::string& archive);

}  // namespace esofs::mountopts
