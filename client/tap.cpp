#include "client/tap.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "client/adql.h"
#include "client/base/pause.h"
#include "client/retry.h"
#include "client/service_error.h"
#include "client/table_stream.h"

namespace esofs::client {

namespace {

using std::chrono::steady_clock;

constexpr const char* kForm = "application/x-www-form-urlencoded";
constexpr int kMostStarts = 3;                         // of one answer that breaks off
constexpr std::uint64_t kMostJobBytes = 16ULL << 20U;  // a job document echoes the query
constexpr std::chrono::seconds kWaitMargin{30};        // of a server that waits as long as it was asked to
constexpr std::chrono::milliseconds kServerWaited{
    1000};  // an answer that took so long was held back by the server

// For a query, ENOENT would say that the directory is not there: a service that is missing is a failure.
Error not_missing(const Error& error) { return error.code() == ENOENT ? Error(EIO, error.what()) : error; }

std::uint64_t number_of(const std::string& text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

bool pause_turn(std::chrono::milliseconds time, Lane::Turn& turn) {
  turn.waiting();
  const bool passed = pause(time, turn.stop());
  turn.moving();
  return passed;
}

}  // namespace

Result<std::vector<const TapService*>> Tap::services(const QueryRequest& request) const {
  // A job is where it was made.
  for (const auto& service : profile_.tap) {
    if (request.job_url.starts_with(service.url + '/')) return std::vector{&service};
  }
  if (request.service.empty()) return services_of(profile_, request.adql);
  auto service = service_named(profile_, request.service);
  if (!service) return service.error();
  return std::vector{*service};
}

Result<QuerySummary> Tap::query(const QueryRequest& request, TableSink& sink, Lane::Turn& turn) const {
  auto asked = services(request);
  if (!asked) return asked.error();
  std::optional<Error> refused;
  for (const TapService* service : *asked) {
    if (refused) sink.restart();
    auto answer = query_at(*service, request, sink, turn);
    if (answer || answer.error().code() != EINVAL) return answer;
    if (!refused) refused = answer.error();
  }
  return *refused;
}

Result<QuerySummary> Tap::query_at(const TapService& service, const QueryRequest& request, TableSink& sink,
                                   Lane::Turn& turn) const {
  const auto maxrec = request.maxrec != 0 ? request.maxrec : service.maxrec;
  Task task{request, service, sink, turn, maxrec, {}, {}, false};
  task.summary.service = service.name;
  task.summary.url = service.url;

  const bool job =
      request.mode == QueryMode::kAsync || (request.mode == QueryMode::kAuto && !request.job_url.empty());
  auto done = job ? async(task) : sync(task);
  if (!done && !job && request.mode == QueryMode::kAuto) {
    const bool too_slow =
        done.error().code() == ETIMEDOUT || task.answer.status == 502 || task.answer.status == 504;
    if (too_slow && !turn.stop().stop_requested()) {
      spdlog::info("{}; starting a job instead", done.error().what());
      if (task.reached_sink) sink.restart();
      done = async(task);
    }
  }
  if (!done) return not_missing(done.error());
  return task.summary;
}

std::string Tap::form(const Task& task) const {
  std::vector<std::pair<std::string, std::string>> fields{{"REQUEST", "doQuery"}, {"LANG", "ADQL"}};
  if (task.maxrec > 0) fields.emplace_back("MAXREC", std::to_string(task.maxrec + 1));
  fields.emplace_back("QUERY", task.request.adql);
  return form_encoded(fields);
}

Result<void> Tap::sync(Task& task) const {
  HttpRequest request;
  request.method = "POST";
  request.url = task.service.url + "/sync";
  request.body = form(task);
  request.content_type = kForm;
  HttpLimits limits = http_.settings().limits;
  limits.first_byte = std::max(limits.first_byte, times_.sync_first_byte);
  // A query that a front end gave up after minutes would only be given up again: one attempt, and more only where the
  // service could not be reached or asked to come back.
  const int attempts = std::exchange(limits.attempts, 1);
  request.limits = limits;
  auto done = stream(task, request);
  if (done || attempts == 1) return done;
  const int status = task.answer.status;
  const bool unreached =
      status == 0 && (done.error().code() == EHOSTUNREACH || done.error().code() == ENETUNREACH);
  if (status != 429 && status != 503 && !unreached) return done;
  const auto time = retry_pause(limits, 1, 0.5, retry_after(task.answer));
  if (!pause_turn(time, task.turn)) return Error(EINTR, "stopped");
  request.limits->attempts = attempts - 1;
  return stream(task, request);
}

Result<void> Tap::stream(Task& task, const HttpRequest& request) const {
  for (int start = 1;; ++start) {
    TableStream table(task.sink, task.maxrec);
    auto done = table.finish(http_.send(request, table, task.turn));
    task.answer = table.answer();
    task.reached_sink = task.reached_sink || table.reached_sink();
    if (done) {
      task.summary.rows = table.rows();
      task.summary.truncated = table.truncated();
      return {};
    }
    if (!table.broke_off() || start == kMostStarts || task.turn.stop().stop_requested()) return done;
    spdlog::info("{}; asking again", done.error().what());
    task.sink.restart();
  }
}

Result<void> Tap::async(Task& task) const {
  std::string url = task.request.job_url;
  std::optional<Job> job;
  if (!url.empty()) {
    auto earlier = earlier_job(task, url);
    if (!earlier) return earlier.error();
    job = std::move(*earlier);
  }
  if (!job) {
    auto created = create_job(task);
    if (!created) return created.error();
    url = std::move(*created);
    task.sink.job_started(url);
    auto document = read_job(url, std::nullopt, task.turn);
    if (!document) return document.error();
    job = std::move(*document);
  }
  task.summary.job_url = url;
  if (job->phase == "PENDING" || job->phase == "HELD") {
    auto started = start_job(task, url, *job);
    if (!started) return started.error();
  }
  auto ended = wait_for_job(task, url, std::move(*job));
  if (!ended) return ended.error();
  if (ended->phase != "COMPLETED") return failed_job(task, url, *ended);

  HttpRequest request;
  const auto href = ended->result_href();
  request.url = href.empty() ? url + "/results/result" : resolved_url(url, href);
  return stream(task, request);
}

Result<std::string> Tap::create_job(Task& task) const {
  const auto list = task.service.url + "/async";
  auto answer = post(list, form(task), task.turn);
  if (!answer) return answer.error();
  const auto location = answer->head.header("location");
  if (!location.empty()) return resolved_url(answer->head.url.empty() ? list : answer->head.url, location);
  // A server that answers with the job itself, instead of with the way to it.
  auto job = parse_job(answer->body);
  if (job && !job->id.empty()) return list + "/" + job->id;
  return Error(EIO, "no job was made: HTTP " + std::to_string(answer->head.status) +
                        " without a Location from " + shown_url(list));
}

Result<std::optional<Job>> Tap::earlier_job(Task& task, const std::string& url) const {
  auto job = read_job(url, std::nullopt, task.turn);
  if (!job) {
    if (job.error().code() == ENOENT || job.error().code() == EBADMSG) return std::optional<Job>();
    return job.error();
  }
  const bool useful = !job->ended() || job->phase == "COMPLETED";
  const bool same_query = normalised_adql(job->parameters["query"]) == normalised_adql(task.request.adql);
  const bool same_limit = task.maxrec == 0 || number_of(job->parameters["maxrec"]) == task.maxrec + 1;
  if (!useful || !same_query || !same_limit) return std::optional<Job>();
  return std::optional<Job>(std::move(*job));
}

Result<Job> Tap::read_job(const std::string& url, const std::optional<std::string>& known_phase,
                          Lane::Turn& turn) const {
  HttpRequest request;
  request.url = url;
  if (known_phase) {
    std::vector<std::pair<std::string, std::string>> fields{{"WAIT", std::to_string(times_.wait.count())}};
    const bool active = *known_phase == "PENDING" || *known_phase == "QUEUED" || *known_phase == "EXECUTING";
    if (active) fields.emplace_back("PHASE", *known_phase);
    request.url = with_parameters(url, fields);
    request.limits = http_.settings().limits;
    request.limits->first_byte =
        std::max<std::chrono::milliseconds>(request.limits->first_byte, times_.wait + kWaitMargin);
    turn.waiting();
  }
  auto answer = http_.text(request, kMostJobBytes, turn);
  turn.moving();
  if (!answer) return answer.error();
  if (answer->head.status == 404 || answer->head.status == 410)
    return Error(ENOENT, "the job is gone: " + answer_error(answer->head, answer->body).what());
  if (answer->head.status >= 400) return answer_error(answer->head, answer->body);
  auto job = parse_job(answer->body);
  if (!job) return job.error().at(shown_url(url));
  return job;
}

Result<void> Tap::start_job(const Task& task, const std::string& url, const Job& job) const {
  const auto duration = times_.job_duration.count();
  if (job.execution_duration > 0 && job.execution_duration < duration) {
    auto raised = post(url + "/executionduration",
                       form_encoded({{"EXECUTIONDURATION", std::to_string(duration)}}), task.turn);
    if (!raised) {
      if (raised.error().code() == EINTR) return raised.error();
      spdlog::debug("the job keeps its {} s: {}", job.execution_duration, raised.error().what());
    }
  }
  auto run = post(url + "/phase", form_encoded({{"PHASE", "RUN"}}), task.turn);
  if (!run) return run.error();
  return {};
}

Result<Job> Tap::wait_for_job(Task& task, const std::string& url, Job job) const {
  auto rest = times_.first_pause;
  while (!job.ended()) {
    const auto asked_at = steady_clock::now();
    const auto phase = job.waits_by_server() ? std::optional<std::string>(job.phase) : std::nullopt;
    auto next = read_job(url, phase, task.turn);
    if (!next) return next.error();
    const bool held = next->phase == "HELD" && job.phase != "HELD";
    job = std::move(*next);
    if (job.ended()) break;
    if (held) {  // the server accepted the job and wants to be asked once more
      auto run = post(url + "/phase", form_encoded({{"PHASE", "RUN"}}), task.turn);
      if (!run) return run.error();
    }
    if (steady_clock::now() - asked_at >= kServerWaited) continue;
    if (!pause_turn(rest, task.turn)) return Error(EINTR, "stopped");
    rest = std::min(rest * 3 / 2 + std::chrono::milliseconds(1), times_.longest_pause);
  }
  return job;
}

Error Tap::failed_job(const Task& task, const std::string& url, const Job& job) const {
  auto message = job.error_message;
  if (message.empty()) {
    HttpRequest request;
    request.url = url + "/error";
    auto answer = http_.text(request, kMostErrorBytes, task.turn);
    if (answer && answer->head.status < 400) {
      const auto sentence = votable_error(answer->body);
      if (sentence)
        message = *sentence;
      else if (answer->body.find('<') == std::string::npos)
        message = one_line(answer->body);
    }
  }
  if (!message.empty()) return query_error(0, message, url);
  if (job.phase == "ABORTED" && job.execution_duration > 0 && job.ran >= job.execution_duration)
    return {ETIMEDOUT, "the job was aborted after its " + std::to_string(job.execution_duration) + " s (" +
                           shown_url(url) + ")"};
  return {EINVAL, "the job ended in phase " + job.phase + " without a message (" + shown_url(url) + ")"};
}

Result<HttpText> Tap::post(const std::string& url, const std::string& form, Lane::Turn& turn) const {
  HttpRequest request;
  request.method = "POST";
  request.url = url;
  request.body = form;
  request.content_type = kForm;
  request.follow_redirects = false;  // 303 leads back to the job, which is read when needed
  auto answer = http_.text(request, kMostErrorBytes, turn);
  if (!answer) return answer.error();
  if (answer->head.status >= 400) return answer_error(answer->head, answer->body);
  return answer;
}

}  // namespace esofs::client
