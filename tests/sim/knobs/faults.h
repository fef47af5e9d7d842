// FaultBook: the faults that are set, and their effect on one request.
//
//   threads  thread-safe
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tests/sim/archive_sim.h"
#include "tests/sim/http/http_server.h"

namespace esofs::sim {

// All faults of one request together: the sum of the delays, the tightest limits, the first failure.
struct Effect {
  Delivery delivery;
  std::optional<int> fail_status;
  std::optional<int> retry_after;
  std::string error_text;
  std::string content_type;
  bool ignore_range = false;
  bool wrong_content_range = false;
  bool no_length = false;
  bool login_page = false;
  bool changed_content = false;
  bool etag = true;
  bool head_refused = false;
  std::string redirect;
};

class FaultBook {
 public:
  void set(const Fault& fault);
  void clear();
  // Subtracts one from `times` and `fail_next` of every fault that matches the request.
  Effect take(const std::string& target, const std::string& path);

 private:
  std::mutex mutex_;
  std::vector<Fault> faults_;  // guarded by mutex_
};

// Faults from JSON: one object, or an array of them; times in milliseconds. On an error: a message that names the field.
std::variant<std::vector<Fault>, std::string> parse_faults(const std::string& json);

}  // namespace esofs::sim
