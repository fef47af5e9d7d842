// The nodes of datasets/<dp_id>/calibrations/: the calibrations of a raw observation, by the archive's calibration service.
//
//   calibrations/raw/, calibrations/master/   the files as plain FITS; the same files, inodes and cache as below datasets/
//   …/status.txt                              what was asked and answered: mode, complete, certified, messages, categories
//   …/associations.xml                        the association tree as the server sent it
//
// A listing is one request, kept for its ttl; a tree is asked for when it is opened. A file type without calibrations has a
// directory with status.txt only, which says so.
//
//   errors   of opendir: those of the request; status.txt can be read all the same, and describes the failure
//   threads  thread-safe
#pragma once

#include <memory>
#include <string>

#include "client/model/model.h"
#include "fs/tree/context.h"
#include "fs/tree/node.h"

namespace esofs::fs {

inline constexpr const char* kCalibrationsName = "calibrations";

// Whether datasets/<dp_id>/ has calibrations/; by known answers and the profile, without a request.
bool has_calibrations(Context& context, const client::Dataset& dataset);

// path: of calibrations/ itself.
NodePtr make_calibrations(Context& context, const client::Dataset& dataset, const std::string& path);

}  // namespace esofs::fs
