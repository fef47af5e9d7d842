#include "client/services/job_service.h"

#include <algorithm>
#include <cerrno>

#include "client/http/url.h"
#include "client/services/service_error.h"

namespace esofs::client {

namespace {

constexpr std::uint64_t kMostJobBytes = 16ULL << 20U;  // a job document echoes the query
constexpr std::size_t kMostListed = 1000;
constexpr std::chrono::seconds kWaitMargin{30};  // of a server that waits as long as it was asked to

bool active(const std::string& phase) {
  return phase == "PENDING" || phase == "QUEUED" || phase == "EXECUTING";
}

bool gone(int status) { return status == 404 || status == 410; }

}  // namespace

Result<std::string> made_job(const HttpText& answer, const std::string& list) {
  const auto location = answer.head.header("location");
  if (!location.empty()) return resolved_url(answer.head.url.empty() ? list : answer.head.url, location);
  // A server that answers with the job itself, instead of with its URL.
  auto job = parse_job(answer.body);
  if (job && !job->id.empty()) return list + "/" + job->id;
  return Error(EIO, "no job was made: HTTP " + std::to_string(answer.head.status) +
                        " without a Location from " + shown_url(list));
}

Result<std::string> JobService::create(const std::string& list, const Fields& fields,
                                       Lane::Turn& turn) const {
  return create(list, form_encoded(fields), turn);
}

Result<std::string> JobService::create(const std::string& list, const std::string& form,
                                       Lane::Turn& turn) const {
  auto answer = post(list, {form, false}, turn);
  if (!answer) return answer.error();
  return made_job(*answer, list);
}

Result<Job> JobService::read(const std::string& url, const std::optional<Wait>& wait,
                             Lane::Turn& turn) const {
  HttpRequest request;
  request.url = url;
  if (wait) {
    Fields fields{{"WAIT", std::to_string(wait->time.count())}};
    if (active(wait->phase)) fields.emplace_back("PHASE", wait->phase);
    request.url = with_parameters(url, fields);
    request.limits = http_.settings().limits;
    request.limits->first_byte =
        std::max<std::chrono::milliseconds>(request.limits->first_byte, wait->time + kWaitMargin);
  }
  std::optional<Turn::Waiting> waiting;
  if (wait) waiting.emplace(turn);
  auto answer = http_.text(request, kMostJobBytes, turn);
  waiting.reset();
  if (!answer) return answer.error();
  if (gone(answer->head.status))
    return Error(ENOENT, "the job is gone: " + answer_error(answer->head, answer->body).what());
  if (answer->head.status >= 400) return answer_error(answer->head, answer->body);
  auto job = parse_job(answer->body);
  if (!job) return Error(EIO, job.error().what()).at(shown_url(url));
  return job;
}

Result<std::vector<JobReference>> JobService::list(const std::string& list, Lane::Turn& turn) const {
  HttpRequest request;
  request.url = with_parameters(list, {{"LAST", std::to_string(kMostListed)}});
  auto answer = http_.text(request, kMostJobBytes, turn);
  if (answer && answer->head.status == 400) {  // a server of UWS 1.0 that refuses what it does not know
    request.url = list;
    answer = http_.text(request, kMostJobBytes, turn);
  }
  if (!answer) return answer.error();
  if (answer->head.status >= 400) return answer_error(answer->head, answer->body);
  auto jobs = parse_job_list(answer->body, kMostListed);
  if (!jobs) return jobs.error().at(shown_url(list));
  return jobs;
}

Result<void> JobService::change(const std::string& job, JobSetting setting, const std::string& value,
                                Lane::Turn& turn) const {
  // The second RUN would be refused, though the first was taken.
  const bool may_repeat = setting != JobSetting::kPhase;
  const char* name = setting == JobSetting::kPhase               ? "phase"
                     : setting == JobSetting::kExecutionDuration ? "executionduration"
                                                                 : "destruction";
  const char* field = setting == JobSetting::kPhase               ? "PHASE"
                      : setting == JobSetting::kExecutionDuration ? "EXECUTIONDURATION"
                                                                  : "DESTRUCTION";
  auto answer = post(job + "/" + name, {form_encoded({{field, value}}), may_repeat}, turn);
  if (!answer) return answer.error();
  return {};
}

Result<void> JobService::remove(const std::string& job, Lane::Turn& turn,
                                const std::optional<HttpLimits>& limits) const {
  HttpRequest request;
  request.method = "DELETE";
  request.url = job;
  request.limits = limits;
  request.follow_redirects = false;
  auto answer = http_.text(request, kMostErrorBytes, turn);
  if (!answer) return answer.error();
  const int status = answer->head.status;
  if (status < 400 || gone(status)) return {};
  if (status != 405 && status != 501) return explain_(answer->head, answer->body);
  auto posted = post(job, {form_encoded({{"ACTION", "DELETE"}}), true, limits}, turn);
  if (!posted && posted.error().code() != ENOENT) return posted.error();
  return {};
}

Result<std::string> JobService::failure(const std::string& url, const Job& job, Lane::Turn& turn) const {
  if (!job.error_message.empty()) return job.error_message;
  HttpRequest request;
  request.url = url + "/error";
  auto answer = http_.text(request, kMostErrorBytes, turn);
  if (!answer) return answer.error();
  if (answer->head.status >= 400) return std::string();
  if (auto sentence = votable_error(answer->body)) return *std::move(sentence);
  return answer->body.find('<') == std::string::npos ? one_line(answer->body) : std::string();
}

Result<HttpText> JobService::post(const std::string& url, const Post& what, Lane::Turn& turn) const {
  HttpRequest request;
  request.method = "POST";
  request.url = url;
  request.body = what.form;
  request.content_type = "application/x-www-form-urlencoded";
  request.may_repeat = what.may_repeat;
  request.limits = what.limits;
  request.follow_redirects = false;  // 303 leads back to the job, which is read when needed
  auto answer = http_.text(request, kMostErrorBytes, turn);
  if (!answer) return answer.error();
  if (gone(answer->head.status))  // its sentence alone would be EINVAL
    return Error(ENOENT, explain_(answer->head, answer->body).what());
  if (answer->head.status >= 400) return explain_(answer->head, answer->body);
  return answer;
}

}  // namespace esofs::client
