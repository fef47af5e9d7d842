// The knobs over HTTP: /_sim/fault, /_sim/clear, /_sim/release, /_sim/requests, /_sim/counters, /_sim/reset.
#pragma once

#include <httplib.h>

#include "tests/sim/archive_sim.h"
#include "tests/sim/http/http_server.h"

namespace esofs::sim {

// `verb` is what follows "/_sim/".
Answer control(const std::string& verb, const httplib::Request& request, ArchiveSim& sim);

}  // namespace esofs::sim
