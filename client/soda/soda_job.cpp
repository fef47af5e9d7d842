#include "client/soda/soda_job.h"

#include <spdlog/spdlog.h>

#include <cerrno>
#include <chrono>
#include <stop_token>
#include <utility>

#include "client/http/url.h"
#include "client/services/job_watch.h"
#include "client/services/service_error.h"
#include "client/services/uws.h"
#include "client/soda/soda.h"

namespace esofs::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr JobWatch::Pace kPace{seconds(30), milliseconds(500), milliseconds(10'000)};
constexpr seconds kRemoval{5};

// Deletes the job when the scope ends.
template <class Remove>
class AtEnd {
 public:
  explicit AtEnd(Remove remove) : remove_(std::move(remove)) {}
  ~AtEnd() { remove_(); }
  AtEnd(const AtEnd&) = delete;
  AtEnd& operator=(const AtEnd&) = delete;

 private:
  Remove remove_;
};

Error failed(const Job& job, const std::string& message, const std::string& job_url) {
  if (message.empty())
    return {EIO, "the job ended in phase " + job.phase + " without a message (" + shown_url(job_url) + ")"};
  HttpHead head;
  head.status = 400;
  head.url = job_url;
  head.headers["content-type"] = "text/plain";
  return soda_error(head, message);
}

// If no pixel is inside, the job is COMPLETED and its result is a text (SODA 1.0 section 4).
Error result_error(const HttpHead& head, const std::string& text) {
  const Error error = soda_error(head, text);
  return head.status == 200 && error.code() == EIO ? Error(ENODATA, error.what()) : error;
}

}  // namespace

SodaJob::SodaJob(HttpClient& http, Deadline deadline)
    : http_(http), jobs_(http, soda_error), deadline_(deadline) {}

Result<FileHead> SodaJob::fetch(const FetchRequest& request, FetchSink& sink, Lane::Turn& turn,
                                const FetchOptions& options) const {
  const auto query = request.url.find('?');
  const std::string form = query == std::string::npos ? "" : request.url.substr(query + 1);
  const auto made = jobs_.create(request.url.substr(0, query), form, turn);
  if (!made) return made.error();
  const AtEnd removal([this, &made] { remove(*made); });
  const JobWatch watch(jobs_, *made, JobWatch::Origin::kMadeNow, kPace, turn);
  if (auto run = watch.run(); !run) return not_missing(run.error());
  const auto job = watch.wait_until_ended(deadline_);
  if (!job) return not_missing(job.error());
  if (job->phase != "COMPLETED") {
    const auto message = jobs_.failure(*made, *job, turn);
    return failed(*job, message ? *message : "", *made);
  }
  const std::string href = job->fits_href();
  if (href.empty()) return Error(ENODATA, "the job has no result (" + shown_url(*made) + ")");
  FetchRequest result = request;
  result.url = result_url(*made, href);
  FetchOptions explained = options;
  explained.explain = result_error;
  return fetch_file(http_, result, sink, turn, explained);
}

// A job that nobody waits for must not continue. It has its own turn, because that of the caller may be stopped already.
void SodaJob::remove(const std::string& job_url) const {
  Lane::Turn turn{std::stop_token()};
  HttpLimits limits = http_.settings().limits;
  limits.attempts = 1;
  limits.total = kRemoval;
  const auto removed = jobs_.remove(job_url, turn, limits);
  if (!removed) spdlog::debug("a cutout's job stays: {}", removed.error().what());
}

}  // namespace esofs::client
