// Reads UWS documents: a job, which is the state of an asynchronous query, and a list of jobs.
//
//   shapes   element names are taken without their namespace prefix: servers use "uws:", none, and others
//   units    execution_duration in seconds
//   errors   EBADMSG: not a job document, not a list of jobs
//   threads  plain data
//   source   UWS 1.1 section 2.1, UWS 1.0 (no version attribute); client/ESO.md, "TAP jobs"
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/base/result.h"

namespace esofs::client {

struct JobResult {
  std::string id;
  std::string href;                   // as given
  std::string mime;                   // "" if not given
  std::optional<std::uint64_t> size;  // since UWS 1.1; announced
};

struct Job {
  std::string id;
  std::string version = "1.0";
  std::string phase;                     // upper case; "" if the document gives none
  std::int64_t execution_duration = -1;  // 0: unlimited; -1: not given
  std::int64_t ran = -1;                 // seconds from startTime to endTime; -1: not given
  std::string destruction;               // when the server deletes the job, as given; ""
  std::int64_t created = 0;              // seconds since 1970; 0: not given, so is finished
  std::int64_t finished = 0;
  std::map<std::string, std::string> parameters;  // names in lower case
  std::vector<JobResult> results;                 // those with an href
  std::string error_message;                      // of errorSummary; ""
  std::string document;                           // what was read

  bool waits_by_server() const noexcept { return version != "1.0"; }  // WAIT is understood since 1.1
  bool ended() const noexcept {
    return phase == "COMPLETED" || phase == "ERROR" || phase == "ABORTED" || phase == "ARCHIVED";
  }
  // The href of the table: the result named "result", unless its type is another and a result is a VOTable; else the VOTable,
  // else the first file; "" if there is none. Servers list figures ("uws:executing:2"), logs and check sums beside it.
  std::string result_href() const;
  // The href of the FITS file that a cutout service has made, else as result_href().
  std::string fits_href() const;
};

Result<Job> parse_job(const std::string& document);

// A result's href as a URL. Relative ones are below the job, whether or not they repeat its id.
std::string result_url(const std::string& job_url, const std::string& href);

// What can be changed in a job.
enum class JobSetting : std::uint8_t {
  kPhase,              // "RUN", "ABORT"
  kExecutionDuration,  // seconds
  kDestruction         // an ISO 8601 time
};

// An entry of a job list.
struct JobReference {
  std::string id;
  std::string phase;         // upper case; "" if not given
  std::int64_t created = 0;  // seconds since 1970; 0: not given
};

// At most `most` entries; those whose id cannot be part of a URL's path as it is are left out.
Result<std::vector<JobReference>> parse_job_list(const std::string& document, std::size_t most);

// True if `id` can be part of a path as it is: letters, digits and . _ - ~, not only dots, at most 115 bytes.
bool plain_job_id(std::string_view id);

}  // namespace esofs::client
