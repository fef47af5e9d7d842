// TapService: TAP 1.1 with ADQL on SQLite: sync, async (UWS 1.1), VOSI, TAP_SCHEMA, every output format of ESO's server.
//
//   shapes   one service per base path ("/tap_obs", "/tap_cat")
//   threads  handle() and set() are called by any number of threads; async jobs run on threads of the service and end
//            with it. Answers stream from the service: it must outlive them
//   source   TAP 1.1, UWS 1.1, DALI 1.1, VOSI 1.1; ESO's recorded forms: client/ESO.md
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/holdings/holdings.h"
#include "tests/sim/http/http_server.h"

namespace esofs::sim {

// Settings that a test can change at any time, also for running jobs.
struct TapKnobs {
  std::chrono::milliseconds job_delay{0};               // a job is EXECUTING at least this long
  std::chrono::milliseconds sync_delay{0};              // before a synchronous query is parsed
  std::optional<std::chrono::milliseconds> sync_limit;  // then "The request timed out"; includes sync_delay
  bool sync_timeout_as_502 = false;                     // … or the front end's HTML page with 502
  int error_status = 400;                               // of ADQL and parameter errors; some servers say 200
  bool overflow = true;                                 // report it if MAXREC cut the answer
  bool bare_names = false;  // tap_cat: TAP_SCHEMA without "safcat.", as under TAP 1.0
};

class TapService {
 public:
  enum class Kind { kObs, kCat };
  // public_url: "http://127.0.0.1:PORT/tap_obs", for Location headers and job documents.
  static std::unique_ptr<TapService> make(Kind kind, std::string public_url,
                                          std::shared_ptr<const Holdings> holdings);
  virtual ~TapService() = default;

  // Answers a request whose path below the base is `path` ("/sync", "/async/<id>/phase", "/capabilities", …).
  // sees_all: the caller may see the rows that hide() names.
  virtual Answer handle(const std::string& path, const httplib::Request& request, bool sees_all = true) = 0;

  // Hides rows whose dp_id begins with one of these from callers that may not see them.
  virtual void hide(const std::vector<std::string>& prefixes) = 0;

  // Ends all waits (WAIT, delays) and allows no more of them. Call it before the server's threads are joined.
  virtual void stop() = 0;

  virtual void set(const TapKnobs& knobs) = 0;
  virtual TapKnobs knobs() const = 0;
  // For POST /_sim/tap: a JSON object of knobs, times as job_delay_ms, sync_delay_ms and sync_limit_ms (null: none);
  // absent knobs stay as they are. Returns "" or what is wrong with it; then nothing has changed.
  virtual std::string handle_knobs(const std::string& json) = 0;
};

}  // namespace esofs::sim
