#include "tests/sim/knobs/control.h"

#include <nlohmann/json.hpp>

#include "tests/sim/knobs/faults.h"

namespace esofs::sim {
namespace {

using Json = nlohmann::json;

Answer json_answer(int status, const Json& document) {
  return text_answer(status, "application/json",
                     document.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
}

Answer done() { return json_answer(200, {{"ok", true}}); }

Answer set_faults(const std::string& body, ArchiveSim& sim) {
  const auto parsed = parse_faults(body);
  if (const auto* wrong = std::get_if<std::string>(&parsed)) return json_answer(400, {{"error", *wrong}});
  for (const Fault& fault : std::get<std::vector<Fault>>(parsed)) sim.set(fault);
  return done();
}

Json log_of(const std::vector<LoggedRequest>& requests) {
  Json list = Json::array();
  for (const LoggedRequest& request : requests) {
    list.push_back({{"method", request.method},
                    {"target", request.target},
                    {"range", request.range},
                    {"authorization", request.authorization},
                    {"body", request.body},
                    {"status", request.status},
                    {"body_bytes", request.body_bytes}});
  }
  return list;
}

}  // namespace

Answer control(const std::string& verb, const httplib::Request& request, ArchiveSim& sim) {
  const bool post = request.method == "POST";
  if (verb == "requests" && !post) return json_answer(200, log_of(sim.requests()));
  if (verb == "other" && !post)
    return json_answer(200, {{"url", sim.other_url()}, {"requests", log_of(sim.other_requests())}});
  if (verb == "access" && post) {
    const std::string wrong = sim.set_access(request.body);
    return wrong.empty() ? done() : json_answer(400, {{"error", wrong}});
  }
  if (verb == "counters" && !post) {
    const Counters counters = sim.counters();
    return json_answer(200, {{"requests", counters.requests},
                             {"body_bytes", counters.body_bytes},
                             {"connections", counters.connections},
                             {"open", counters.open},
                             {"stalled", counters.stalled}});
  }
  if (verb == "fault" && post) return set_faults(request.body, sim);
  if (verb == "clear" && post) return sim.clear_faults(), done();
  if (verb == "release" && post) return sim.release(), done();
  if (verb == "reset" && post) return sim.reset_log(), done();
  return json_answer(
      404, {{"error",
             "The knobs are POST fault, clear, release, reset, access and GET requests, other, counters, "
             "not " +
                 request.method + " " + verb + "."}});
}

}  // namespace esofs::sim
