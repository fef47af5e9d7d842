// Tap: one query on a TAP service, synchronously or by a job, its answer streamed to a TableSink.
//
//   shapes   one row more than wanted is requested and not passed on, so that every way in which servers cut an answer is
//            noticed; the raw bytes that the sink receives hold that row
//   errors   EINVAL: the server refused the query; ETIMEDOUT: it took longer than the server allows; EIO: the answer is not a
//            table or breaks off; else as HttpClient
//   threads  thread-safe; remembers the limits of services
//   source   TAP 1.1, DALI 1.1 section 4.4, UWS 1.1; client/ESO.md, "TAP limits" and "TAP jobs"
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/http/http.h"
#include "client/model/profile.h"
#include "client/model/requests.h"
#include "client/services/job_service.h"
#include "client/services/job_watch.h"
#include "client/services/tap_limits.h"
#include "client/services/uws.h"

namespace esofs::client {

class Tap {
 public:
  struct Times {
    // ESO ends a sync query after 120 s by itself; a client that waits less would miss its sentence.
    std::chrono::milliseconds sync_first_byte{130'000};
    std::chrono::seconds job_duration{
        3600};  // requested for every job; ESO's default is 60 s, its most 3600 s
    JobWatch::Pace jobs = {};
  };

  // http and profile outlive it.
  Tap(HttpClient& http, const Profile& profile, Times times)
      : http_(http), profile_(profile), times_(times), jobs_(http), limits_(http) {}

  Result<QuerySummary> query(const QueryRequest& request, TableSink& sink, Lane::Turn& turn) const;

  // Makes a job of the query and leaves it PENDING; its URL. Its rows are limited to maxrec, without one more.
  Result<std::string> create_job(const QueryRequest& request, Lane::Turn& turn) const;

 private:
  // One query on its way.
  struct Task {
    const QueryRequest& request;
    const TapService& service;
    TableSink& sink;
    Lane::Turn& turn;
    std::uint64_t maxrec;  // 0: the server's default
    QuerySummary summary;
    HttpHead answer;  // of the last table asked for; status 0: none came
    bool reached_sink = false;
  };

  // Those to be asked in turn, until one does not refuse the query.
  Result<std::vector<const TapService*>> services(const QueryRequest& request) const;
  Result<QuerySummary> query_at(const TapService& service, const QueryRequest& request, TableSink& sink,
                                Lane::Turn& turn) const;
  static JobService::Fields form(const std::string& adql, std::uint64_t maxrec);
  Result<void> sync(Task& task) const;
  Result<void> async(Task& task) const;
  // Sends `request` and streams the table of its answer; a transfer that breaks off begins again.
  Result<void> stream(Task& task, const HttpRequest& request) const;

  // The job of an earlier run of the same query; nullopt if it is gone or belongs to another query.
  Result<std::optional<Job>> earlier_job(Task& task, const std::string& url) const;
  Result<void> start_job(const JobWatch& watch, const Job& job) const;
  Error failed_job(const Task& task, const std::string& url, const Job& job) const;

  HttpClient& http_;
  const Profile& profile_;
  const Times times_;
  const JobService jobs_;
  const TapLimits limits_;
};

}  // namespace esofs::client
