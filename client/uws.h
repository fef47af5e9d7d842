// A UWS job document, read: the state of an asynchronous query.
//
//   shapes   element names are taken without their namespace prefix: servers use "uws:", none, and others
//   units    execution_duration in seconds
//   errors   EBADMSG: not a job document
//   threads  plain data
//   source   UWS 1.1 section 2.1, UWS 1.0 (no version attribute); ESO: eso_services.md 1.6
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "client/base/result.h"

namespace esofs::client {

struct Job {
  std::string id;
  std::string version = "1.0";
  std::string phase;                              // upper case; "" where the document gives none
  std::int64_t execution_duration = -1;           // 0: unlimited; -1: not given
  std::int64_t ran = -1;                          // seconds from startTime to endTime; -1: not given
  std::map<std::string, std::string> parameters;  // names in lower case
  std::vector<std::pair<std::string, std::string>> results;  // id, href as given
  std::string error_message;                                 // of errorSummary; ""

  bool waits_by_server() const noexcept { return version != "1.0"; }  // WAIT is understood since 1.1
  bool ended() const noexcept {
    return phase == "COMPLETED" || phase == "ERROR" || phase == "ABORTED" || phase == "ARCHIVED";
  }
  // The href of the result named "result", else of the first one; "" where there is none.
  std::string result_href() const;
};

Result<Job> parse_job(const std::string& document);

}  // namespace esofs::client
