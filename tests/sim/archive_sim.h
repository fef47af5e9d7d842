// ArchiveSim: an archive in one process on 127.0.0.1, with a knob for every fault that an archive or a network can have.
//
//   /tap_obs /tap_cat (tap/tap_service.h) · /datalink/links · /dataPortal/file/<id>
//   /dataPortal/soda/sync (soda/soda_service.h)
//   /profile.json (for `esofs mount`)
//   /_sim/… (the knobs, counters and request log over HTTP; tests/sim/README.md)
//
//   threads  thread-safe; requests are served by threads of its own
//   source   client/ESO.md; shares no code with client/, so that a misreading of a standard in one shows
//            against the other
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/holdings/holdings.h"

namespace esofs::sim {

// What goes wrong, for the requests whose path (with query string) contains `path`; "" means every request.
// Faults add up in the order in which they were set; fail_next counts down.
struct Fault {
  std::string path;
  std::chrono::milliseconds delay{0};  // before the status line
  std::uint64_t rate = 0;              // bytes a second for each stream; 0: no limit
  int fail_next = 0;                   // number of requests answered with `status`; -1: all
  int status = 503;
  std::optional<int> retry_after;            // seconds, on failed answers
  std::string error_text;                    // body of failed answers, as text/plain; "": a page of HTML
  std::string content_type;                  // of every answer; "": the right one
  std::optional<std::uint64_t> cut_after;    // body bytes after which the connection is closed
  std::optional<std::uint64_t> stall_after;  // the body stops there until release() or the client leaves
  bool ignore_range = false;                 // 200 and the whole body
  bool wrong_content_range = false;          // 206 with an offset that was not asked for
  bool no_length = false;                    // chunked, no Content-Length
  bool login_page = false;                   // 200, text/html
  bool changed_content = false;              // other bytes, another ETag and Last-Modified
  bool etag = true;                          // send ETag and Last-Modified at all
  bool head_refused = false;                 // 405 for HEAD
  std::string redirect;                      // 302 to this site; "other": to the listener of other_url()
  int times = -1;                            // number of requests after which the fault ends; -1: never
};

struct LoggedRequest {
  std::string method;
  std::string target;         // path and query
  std::string range;          // the header, ""
  std::string authorization;  // the header, ""
  std::string body;           // of a POST, first 64 KiB
  int status = 0;
  std::uint64_t body_bytes = 0;  // of the answer, as sent so far
};

struct Counters {
  std::uint64_t requests = 0;     // except those for /_sim/
  std::uint64_t body_bytes = 0;   // of their answers
  std::uint64_t connections = 0;  // accepted
  std::uint64_t open = 0;         // connections open now
  std::uint64_t stalled = 0;      // answers that wait for release() now
};

class ArchiveSim {
 public:
  struct Config {
    std::string fits_folder;
    bool large_raws = false;
    std::uint64_t extra_rows = 0;
    int port = 0;       // 0: any free one
    int threads = 256;  // a hint: a connection has a thread of its own
  };
  // Throws std::system_error if the port is not free.
  static std::unique_ptr<ArchiveSim> start(const Config& config);
  virtual ~ArchiveSim() = default;  // ends every stalled answer and stops the server

  virtual std::string base_url() const = 0;  // "http://127.0.0.1:PORT"
  virtual const Holdings& holdings() const = 0;

  virtual void set(const Fault& fault) = 0;
  virtual void clear_faults() = 0;  // also releases stalled answers
  virtual void release() = 0;       // stalled answers continue

  virtual std::vector<LoggedRequest> requests() const = 0;  // since start or reset_log()
  virtual Counters counters() const = 0;  // of requests and bytes: since start or reset_log()
  virtual void reset_log() = 0;

  // Sets users, rights, tokens and their clock: Access::set(). Returns "" or what is wrong with it.
  virtual std::string set_access(const std::string& json) = 0;
  // Another host ("localhost", another port), which serves every file to everybody, and the requests to it.
  virtual std::string other_url() const = 0;
  virtual std::vector<LoggedRequest> other_requests() const = 0;
};

}  // namespace esofs::sim
