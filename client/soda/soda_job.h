// SodaJob: a cutout from an asynchronous SODA service: a job is made, run, waited for, and its result fetched.
//
//   errors   as Soda; ETIMEDOUT if the job has not ended by the deadline; EIO if it vanishes. The job is deleted at the
//            end, whatever came of it. What makes or starts a job is not sent again once it may have arrived
//   threads  one call, one thread; blocks
//   source   SODA 1.0 section 2, UWS 1.1 section 2.2
#pragma once

#include <chrono>
#include <string>

#include "client/base/lane.h"
#include "client/base/result.h"
#include "client/http/http.h"
#include "client/model/requests.h"
#include "client/services/fetch.h"
#include "client/services/job_service.h"

namespace esofs::client {

class SodaJob {
 public:
  using Deadline = std::chrono::steady_clock::time_point;
  SodaJob(HttpClient& http, Deadline deadline);

  // request.url: the list of jobs with the parameters as its query. options: of the request for the result.
  Result<FileHead> fetch(const FetchRequest& request, FetchSink& sink, Lane::Turn& turn,
                         const FetchOptions& options) const;

 private:
  void remove(const std::string& job_url) const;

  HttpClient& http_;
  const JobService jobs_;
  const Deadline deadline_;
};

}  // namespace esofs::client
