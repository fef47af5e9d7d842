#include "client/services/tap.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "client/http/retry.h"
#include "client/http/url.h"
#include "client/services/adql.h"
#include "client/services/service_error.h"
#include "client/services/table_stream.h"

namespace esofs::client {

namespace {

constexpr const char* kForm = "application/x-www-form-urlencoded";
constexpr int kMostStarts = 3;  // of one answer that breaks off

std::uint64_t number_of(const std::string& text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

Result<std::vector<const TapService*>> Tap::services(const QueryRequest& request) const {
  // A job stays at the service that made it.
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
  auto& summary = task.summary;
  const bool all_asked_for = maxrec != 0 && summary.rows >= maxrec;
  if (!summary.truncated && !all_asked_for && !has_top(request.adql, summary.rows))
    summary.truncated = limits_.stopped(service.url, summary.rows, turn);
  return std::move(summary);
}

JobService::Fields Tap::form(const std::string& adql, std::uint64_t maxrec) {
  JobService::Fields fields{{"REQUEST", "doQuery"}, {"LANG", "ADQL"}};
  if (maxrec > 0) fields.emplace_back("MAXREC", std::to_string(maxrec));
  fields.emplace_back("QUERY", adql);
  return fields;
}

Result<std::string> Tap::create_job(const QueryRequest& request, Lane::Turn& turn) const {
  auto service =
      request.service.empty() ? service_of(profile_, request.adql) : service_named(profile_, request.service);
  if (!service) return service.error();
  const auto maxrec = request.maxrec != 0 ? request.maxrec : (*service)->maxrec;
  return jobs_.create((*service)->url + "/async", form(request.adql, std::min(maxrec, kMostMaxrec)), turn);
}

Result<void> Tap::sync(Task& task) const {
  HttpRequest request;
  request.method = "POST";
  request.url = task.service.url + "/sync";
  request.body = form_encoded(form(task.request.adql, one_more(task.maxrec)));
  request.content_type = kForm;
  request.rights = {Rights::Kind::kLoggedInFirst};
  HttpLimits limits = http_.settings().limits;
  limits.first_byte = std::max(limits.first_byte, times_.sync_first_byte);
  // A query that a front end gave up after minutes would only be given up again: one attempt, and more only if the
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
  if (auto paused = task.turn.pause(time); !paused) return paused.error();
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
  const auto origin = job ? JobWatch::Origin::kFound : JobWatch::Origin::kMadeNow;
  if (!job) {
    auto created =
        jobs_.create(task.service.url + "/async", form(task.request.adql, one_more(task.maxrec)), task.turn);
    if (!created) return created.error();
    url = std::move(*created);
    task.sink.job_started(url);
  }
  task.summary.job_url = url;
  const JobWatch watch(jobs_, url, origin, times_.jobs, task.turn);
  if (!job) {
    auto document = watch.read();
    if (!document) return document.error();
    job = std::move(*document);
  }
  if (job->phase == "PENDING" || job->phase == "HELD")
    if (auto started = start_job(watch, *job); !started) return started.error();
  auto ended = watch.wait_until_ended(std::nullopt, std::move(job));
  if (!ended) return ended.error();
  if (ended->phase != "COMPLETED") return failed_job(task, url, *ended);

  HttpRequest request;
  const auto href = ended->result_href();
  request.url = href.empty() ? url + "/results/result" : result_url(url, href);
  return stream(task, request);
}

Result<std::optional<Job>> Tap::earlier_job(Task& task, const std::string& url) const {
  auto job = jobs_.read(url, std::nullopt, task.turn);
  if (!job) {
    if (job.error().code() == ENOENT || job.error().code() == EBADMSG) return std::optional<Job>();
    return job.error();
  }
  const bool useful = !job->ended() || job->phase == "COMPLETED";
  const bool same_query = normalised_adql(job->parameters["query"]) == normalised_adql(task.request.adql);
  const bool same_limit = task.maxrec == 0 || number_of(job->parameters["maxrec"]) == one_more(task.maxrec);
  if (!useful || !same_query || !same_limit) return std::optional<Job>();
  return std::optional<Job>(std::move(*job));
}

Result<void> Tap::start_job(const JobWatch& watch, const Job& job) const {
  const auto duration = times_.job_duration.count();
  if (job.execution_duration > 0 && job.execution_duration < duration) {
    auto raised = watch.change(JobSetting::kExecutionDuration, std::to_string(duration));
    if (!raised) {
      if (raised.error().code() == EINTR) return raised.error();
      spdlog::debug("the job keeps its {} s: {}", job.execution_duration, raised.error().what());
    }
  }
  return watch.run();
}

Error Tap::failed_job(const Task& task, const std::string& url, const Job& job) const {
  const auto message = jobs_.failure(url, job, task.turn);
  // Not if the query itself is wrong.
  const bool aborted = job.phase == "ABORTED" || job.phase == "ARCHIVED";
  const bool out_of_time = aborted && job.execution_duration > 0 && job.ran >= job.execution_duration;
  if (message && !message->empty()) {
    auto said = query_error(0, *message, url);
    if (!aborted || said.code() != EINVAL) return said;
    return {out_of_time ? ETIMEDOUT : EIO, said.what()};
  }
  if (out_of_time)
    return {ETIMEDOUT, "the job was aborted after its " + std::to_string(job.execution_duration) + " s (" +
                           shown_url(url) + ")"};
  return {aborted ? EIO : EINVAL,
          "the job ended in phase " + job.phase + " without a message (" + shown_url(url) + ")"};
}

}  // namespace esofs::client
