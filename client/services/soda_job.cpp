#include "client/services/soda_job.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <stop_token>
#include <utility>

#include "client/http/url.h"
#include "client/services/job_service.h"
#include "client/services/service_error.h"
#include "client/services/soda.h"

namespace esofs::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kWait{30};  // for which the server holds its answer back while nothing changes
constexpr seconds kWaitMargin{30};
constexpr milliseconds kFirstPause{500};  // between two looks at a job whose server does not wait
constexpr milliseconds kLongestPause{10'000};
constexpr std::uint64_t kMostJobBytes = 1ULL << 20U;
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

Error failed(const Job& job, const std::string& job_url) {
  if (job.error_message.empty())
    return {EIO, "the job ended in phase " + job.phase + " without a message (" + shown_url(job_url) + ")"};
  HttpHead head;
  head.status = 400;
  head.url = job_url;
  head.headers["content-type"] = "text/plain";
  return soda_error(head, job.error_message);
}

// Where no pixel is inside, a job comes to a good end, and its result is a text (SODA 1.0 section 4).
Error result_error(const HttpHead& head, const std::string& text) {
  const Error error = soda_error(head, text);
  return head.status == 200 && error.code() == EIO ? Error(ENODATA, error.what()) : error;
}

}  // namespace

Result<FileHead> SodaJob::fetch(const FetchRequest& request, FetchSink& sink, Lane::Turn& turn,
                                const FetchOptions& options) const {
  auto made = create(request.url, turn);
  if (!made) return made.error();
  const std::string job_url = std::move(*made);
  const AtEnd removal([this, &job_url] { remove(job_url); });
  auto run = post(job_url + "/phase", form_encoded({{"PHASE", "RUN"}}), turn);
  if (!run) return run.error();
  auto job = wait(job_url, turn);
  if (!job) return job.error();
  if (job->phase != "COMPLETED") return failed(*job, job_url);
  const std::string href = job->fits_href();
  if (href.empty()) return Error(ENODATA, "the job has no result (" + shown_url(job_url) + ")");
  FetchRequest result = request;
  result.url = resolved_url(job_url, href);
  FetchOptions explained = options;
  explained.explain = result_error;
  return fetch_file(http_, result, sink, turn, explained);
}

Result<std::string> SodaJob::create(const std::string& url, Lane::Turn& turn) const {
  const auto query = url.find('?');
  const std::string list = url.substr(0, query);
  auto answer = post(list, query == std::string::npos ? "" : url.substr(query + 1), turn);
  if (!answer) return answer.error();
  return made_job(*answer, list);
}

Result<Job> SodaJob::wait(const std::string& job_url, Lane::Turn& turn) const {
  auto rest = kFirstPause;
  auto job = read(job_url, false, turn);
  while (job && !job->ended()) {
    if (steady_clock::now() + rest >= deadline_)
      return Error(ETIMEDOUT, "the cutout was not ready in time (" + shown_url(job_url) + ")");
    const auto asked = steady_clock::now();
    const bool waits = job->waits_by_server();
    const std::string before = job->phase;
    if (!waits) {
      if (auto paused = turn.pause(rest); !paused) return paused.error();
    }
    job = read(job_url, waits, turn);
    const bool at_once = steady_clock::now() - asked < kFirstPause;
    if (waits && job && job->phase == before && at_once) {
      if (auto paused = turn.pause(rest); !paused) return paused.error();
    }
    rest = std::min(rest * 2, kLongestPause);
  }
  return job;
}

Result<Job> SodaJob::read(const std::string& url, bool waits, Lane::Turn& turn) const {
  HttpRequest request;
  request.url = url;
  if (waits) {
    request.url = with_parameters(url, {{"WAIT", std::to_string(kWait.count())}});
    request.limits = http_.settings().limits;
    request.limits->first_byte = std::max<milliseconds>(request.limits->first_byte, kWait + kWaitMargin);
  }
  std::optional<Turn::Waiting> waiting;
  if (waits) waiting.emplace(turn);
  auto answer = http_.text(request, kMostJobBytes, turn);
  waiting.reset();
  if (!answer) return answer.error();
  if (answer->head.status >= 400) return Error(EIO, answer_error(answer->head, answer->body).what());
  auto job = parse_job(answer->body);
  if (!job) return Error(EIO, job.error().what()).at(shown_url(url));
  return job;
}

Result<HttpText> SodaJob::post(const std::string& url, const std::string& form, Lane::Turn& turn) const {
  HttpRequest request;
  request.method = "POST";
  request.url = url;
  request.body = form;
  request.content_type = "application/x-www-form-urlencoded";
  request.may_repeat = false;        // it would make another job, or start one twice
  request.follow_redirects = false;  // 303 leads back to the job
  auto answer = http_.text(request, kMostErrorBytes, turn);
  if (!answer) return answer.error();
  if (answer->head.status >= 400) return soda_error(answer->head, answer->body);
  return answer;
}

// A job that nobody waits for must not go on. Its own turn: the asker's may be stopped already.
void SodaJob::remove(const std::string& job_url) const {
  Lane::Turn turn{std::stop_token()};
  HttpRequest request;
  request.method = "DELETE";
  request.url = job_url;
  request.follow_redirects = false;
  request.limits = http_.settings().limits;
  request.limits->attempts = 1;
  request.limits->total = kRemoval;
  const auto removed = http_.text(request, kMostErrorBytes, turn);
  if (!removed) spdlog::debug("a cutout's job stays: {}", removed.error().what());
}

}  // namespace esofs::client
