// README.txt of cutout/: what can be cut out of a dataset, with an example.
//
//   threads  pure function
#pragma once

#include <string>

#include "client/model/cutout_spec.h"

namespace esofs::fs {

std::string cutout_readme(const std::string& id, const client::CutoutOffer& offer);

}  // namespace esofs::fs
