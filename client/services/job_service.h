// JobService: the asynchronous jobs of a service by UWS: create, list, read, change, delete.
//
//   shapes   a list is the URL of a job list (".../async"), a job the URL of one job below it
//   errors   EINVAL with the server's sentence for what it refuses, EACCES, ENOENT: the job is gone; else as HttpClient.
//            A request that must not come twice is not repeated once it may have arrived.
//   threads  thread-safe: holds no state of its own
//   source   UWS 1.1 section 2, UWS 1.0; client/ESO.md, "TAP jobs"
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/http/http.h"
#include "client/services/service_error.h"
#include "client/services/uws.h"

namespace esofs::client {

// The URL of the job that a POST to `list` made, from its answer.
Result<std::string> made_job(const HttpText& answer, const std::string& list);

class JobService {
 public:
  using Fields = std::vector<std::pair<std::string, std::string>>;

  // The error of an answer of status >= 400 with this body.
  using Explain = std::function<Error(const HttpHead& head, const std::string& body)>;

  // http outlives it.
  explicit JobService(HttpClient& http) : JobService(http, answer_error) {}
  JobService(HttpClient& http, Explain explain) : http_(http), explain_(std::move(explain)) {}

  const HttpLimits& limits() const { return http_.settings().limits; }

  // The URL of the new job. form: fields, encoded.
  Result<std::string> create(const std::string& list, const Fields& fields, Lane::Turn& turn) const;
  Result<std::string> create(const std::string& list, const std::string& form, Lane::Turn& turn) const;

  // Asks the server to hold its answer back.
  struct Wait {
    std::string phase;  // until the job leaves it
    std::chrono::seconds time;
  };
  Result<Job> read(const std::string& job, const std::optional<Wait>& wait, Lane::Turn& turn) const;

  // The jobs that the server lists; the newest ones, if it understands LAST.
  Result<std::vector<JobReference>> list(const std::string& list, Lane::Turn& turn) const;

  Result<void> change(const std::string& job, JobSetting setting, const std::string& value,
                      Lane::Turn& turn) const;
  // By DELETE, or by ACTION=DELETE for old servers. Success if the job was already gone. limits: instead of the client's.
  Result<void> remove(const std::string& job, Lane::Turn& turn,
                      const std::optional<HttpLimits>& limits = std::nullopt) const;

  // Why the job failed, in the server's words; "" if it does not say.
  Result<std::string> failure(const std::string& url, const Job& job, Lane::Turn& turn) const;

 private:
  struct Post {
    std::string form;
    bool may_repeat;
    std::optional<HttpLimits> limits = std::nullopt;
  };
  Result<HttpText> post(const std::string& url, const Post& what, Lane::Turn& turn) const;

  HttpClient& http_;
  const Explain explain_;
};

}  // namespace esofs::client
