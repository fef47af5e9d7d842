// The name resolver of CDS, with a few dozen objects: those of the holdings and some that everybody knows.
//
//   shapes   GET /cgi-bin/nph-sesame/-ox/SNV?<name>; names are compared without regard to case and blanks
//   threads  plain function
//   source   CDS, "Sesame name resolver" and sesame_4x.xsd; positions: SIMBAD, rounded
#pragma once

#include <string>

#include "tests/sim/http/http_server.h"

namespace esofs::sim {

// query: what follows the '?', percent-encoded.
Answer sesame_answer(const std::string& query);

}  // namespace esofs::sim
