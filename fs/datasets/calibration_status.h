// status.txt of calibrations: one "key: value" a line, then a table of the files.
//
//   threads  pure function
#pragma once

#include <memory>
#include <string>

#include "cache/catalog.h"
#include "client/base/result.h"
#include "client/model/model.h"

namespace esofs::fs {

// Describes an answer, or the failure to get one.
std::string calibration_status(const client::Dataset& dataset, client::CalibrationMode mode,
                               const Result<std::shared_ptr<const cache::AssociationsRecord>>& answer);

}  // namespace esofs::fs
