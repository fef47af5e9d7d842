#include "fs/jobs/job_files.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>

#include "client/base/iso_time.h"
#include "fs/datasets/dataset_file.h"
#include "fs/tree/asked_text.h"
#include "fs/tree/error_log.h"
#include "fs/tree/plain_nodes.h"

namespace esofs::fs {
namespace {

using cache::JobInfo;
using JobPtr = cache::Jobs::JobPtr;
using Setting = client::JobSetting;

// UWS 1.1: the phase of a job that nothing is known of.
constexpr const char* kForgotten = "UNKNOWN\n";
constexpr std::int64_t kMostSeconds = 100LL * 366 * 86400;

// --- what the files say ---

std::string text_of(Setting setting, const client::Job& job) {
  switch (setting) {
    case Setting::kPhase:
      return job.phase + "\n";
    case Setting::kExecutionDuration:
      return job.execution_duration < 0 ? "" : std::to_string(job.execution_duration) + "\n";
    case Setting::kDestruction:
      return job.destruction.empty() ? "" : job.destruction + "\n";
  }
  return {};
}

// Of a job that the service does not know yet.
std::string text_of(Setting setting, const JobInfo& draft) {
  switch (setting) {
    case Setting::kPhase:
      return "PENDING\n";
    case Setting::kExecutionDuration:
      return draft.duration < 0 ? "" : std::to_string(draft.duration) + "\n";
    case Setting::kDestruction:
      return draft.destruction.empty() ? "" : draft.destruction + "\n";
  }
  return {};
}

Cancel say(const JobPlacePtr& place, Setting setting, Done<std::string> done) {
  const JobInfo job = place->now();
  const bool phase = setting == Setting::kPhase;
  if (job.url.empty()) {
    done(phase && place->directories.is_forgotten(job) ? kForgotten : text_of(setting, job));
    return {};
  }
  return place->look(
      AskedBy(done.cause(), [place, job, phase, setting, done = done.take()](Result<JobPtr> seen) {
        if (!seen && phase && place->directories.is_forgotten(job)) return done(std::string(kForgotten));
        if (!seen) return done(seen.error());
        done(text_of(setting, **seen));
      }));
}

// --- what can be written ---

// The value to send for what was typed.
Result<std::string> value_of(Setting setting, std::string line) {
  if (setting == Setting::kPhase) {
    for (auto& c : line) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (line == "RUN" || line == "ABORT") return line;
    return Error(EINVAL, "'" + line + "' cannot be written to phase: RUN and ABORT can");
  }
  if (setting == Setting::kExecutionDuration) {
    std::int64_t seconds = -1;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), seconds);
    const bool whole = error == std::errc() && end == line.data() + line.size();
    if (whole && seconds >= 0 && seconds <= kMostSeconds) return line;
    return Error(EINVAL, "'" + line + "' is no number of seconds");
  }
  const auto time = client::parse_iso_time(line);
  if (!time || *time <= 0)
    return Error(EINVAL, "'" + line + "' is no time such as 2026-12-31 or 2026-12-31T12:00:00Z");
  return iso_time(*time);
}

// The query of an own job that is about to be made.
Result<cache::QuerySpec> query_of(const JobPlace& place) {
  if (!place.text) return Error(EINVAL, "the job has no query");
  auto spec = place.text->spec();
  if (!spec) return spec.error();
  if (spec->adql.empty()) return Error(EINVAL, "query.adql is empty: write the query first");
  if (!spec->service.empty() && spec->service != place.job.service)
    return Error(EINVAL, "query.adql says -- service: " + spec->service + ", but this is a job of " +
                             place.job.service);
  return spec;
}

Cancel run(const JobPlacePtr& place, const JobInfo& job, Done<void> done) {
  std::string adql;
  std::uint64_t maxrec = 0;
  if (job.url.empty()) {
    auto spec = query_of(*place);
    if (!spec) {
      done(spec.error());
      return {};
    }
    adql = spec->adql;
    maxrec = spec->maxrec;
  }
  return place->jobs().run(
      job, adql, maxrec,
      noticing<void>(place, job, AskedBy(done.cause(), [place, done = done.take()](auto ran) {
                       if (place->text && !place->now().url.empty()) place->text->freeze();
                       done(std::move(ran));
                     })));
}

Cancel act(const JobPlacePtr& place, Setting setting, const std::string& line, Done<void> done) {
  auto value = value_of(setting, line);
  if (!value) {
    done(value.error());
    return {};
  }
  JobInfo job = place->now();
  if (*value == "RUN") return run(place, job, std::move(done));
  cache::Jobs& jobs = place->jobs();
  if (!job.url.empty()) return jobs.change(job, setting, *value, noticing<void>(place, job, std::move(done)));
  if (setting == Setting::kPhase) {
    done(Error(EINVAL, "the job has not been started: there is nothing to abort"));
    return {};
  }
  if (setting == Setting::kExecutionDuration) job.duration = std::stoll(*value);
  if (setting == Setting::kDestruction) job.destruction = *value;
  jobs.set_draft(job);
  done({});
  return {};
}

NodePtr make_setting(const JobPlacePtr& place, Setting setting, const std::string& name) {
  return std::make_shared<AskedText>(
      name + ":" + place->identity, place->path + "/" + name, place->mtime(),
      [place, setting](Done<std::string> done) { return say(place, setting, std::move(done)); },
      [place, setting](const std::string& line, Done<void> done) {
        return act(place, setting, line, std::move(done));
      });
}

NodePtr make_document(const JobPlacePtr& place) {
  return std::make_shared<AskedText>(
      "job.xml:" + place->identity, place->path + "/job.xml", place->mtime(),
      [place](Done<std::string> done) {
        return place->look(AskedBy(done.cause(), [done = done.take()](Result<JobPtr> seen) {
          if (!seen) return done(seen.error());
          done((*seen)->document);
        }));
      });
}

NodePtr make_error(const JobPlacePtr& place) {
  return std::make_shared<AskedText>(
      "error.txt:" + place->identity, place->path + "/error.txt", place->mtime(),
      [place](Done<std::string> done) {
        const JobInfo job = place->now();
        if (job.url.empty()) {
          done(Error(ENODATA, "the job has not been started"));
          return Cancel();
        }
        return place->jobs().failure(
            job, noticing<std::string>(
                     place, job, AskedBy(done.cause(), [done = done.take()](Result<std::string> sentence) {
                       if (!sentence) return done(sentence.error());
                       done(sentence->empty() ? "the service does not say why\n" : *sentence + "\n");
                     })));
      });
}

// --- results/ ---

FixedDirectory::Entries result_entries(const JobPlacePtr& place, const client::Job* seen) {
  FixedDirectory::Entries entries;
  if (seen == nullptr) return entries;
  for (auto& file : cache::job_files(place->now(), *seen)) {
    if (place->hidden("results/" + file.name)) continue;
    auto node =
        std::make_shared<DatasetFile>(place->context, std::move(file.dataset), cache::Form::kDelivered,
                                      place->path + "/results/" + file.name, RowReference{});
    entries.emplace_back(file.name, std::move(node));
  }
  return entries;
}

Found find_result(const JobPlacePtr& place, const client::Job* seen, const std::string& name) {
  for (auto& [file, node] : result_entries(place, seen)) {
    if (file == name) return Found{std::move(node)};
  }
  return Found{nullptr, kAbsentInListing};
}

class ResultsNode : public Node {
 public:
  explicit ResultsNode(JobPlacePtr place) : place_(std::move(place)) {}
  std::string identity() const override { return "results:" + place_->identity; }
  std::string path() const override { return place_->path + "/results"; }
  NodeType type() const override { return NodeType::kDirectory; }
  Attributes attributes() override {
    // Only their disappearance is possible, so that `rm -r` of the job goes through.
    return {NodeType::kDirectory, 0555, 0, true, place_->mtime(), kShortTimeout, kShortTimeout};
  }

  Cancel lookup(const std::string& name, Done<Found> done) override {
    const JobInfo job = place_->now();
    const auto seen = place_->jobs().last_seen(job);
    if (job.url.empty() || (seen && seen->ended())) {
      done(find_result(place_, seen.get(), name));
      return {};
    }
    return with_deadline<JobPtr>(
        place_->context.timer(), place_->context.config().lookup_wait,
        Error(EAGAIN, path() + ": the service has not answered yet"),
        [this](Done<JobPtr> answered) { return place_->look(std::move(answered)); },
        AskedBy(done.cause(), [place = place_, name, done = done.take()](Result<JobPtr> answer) {
          if (!answer) return done(answer.error());
          done(find_result(place, answer->get(), name));
        }));
  }
  Cancel open_directory(Done<std::shared_ptr<DirectoryHandle>> done) override {
    return with_deadline<JobPtr>(
        place_->context.timer(), place_->context.config().query_wait,
        Error(EAGAIN, path() + ": the service has not answered yet"),
        [this](Done<JobPtr> answered) { return place_->look(std::move(answered)); },
        AskedBy(done.cause(), [place = place_, done = done.take()](Result<JobPtr> answer) {
          if (!answer) return done(answer.error());
          done(std::shared_ptr<DirectoryHandle>(
              std::make_shared<EntriesHandle>(result_entries(place, answer->get()))));
        }));
  }
  Result<void> remove(const std::string& name) override {
    place_->hide("results/" + name);
    return {};
  }

 private:
  const JobPlacePtr place_;
};

}  // namespace

JobInfo JobPlace::now() const {
  auto kept = jobs().find(job.service, job.name);
  if (kept) return *std::move(kept);
  if (!text) return job;
  JobInfo draft;
  draft.service = job.service;
  draft.name = job.name;
  draft.own = true;
  return draft;
}

Cancel JobPlace::look(Done<JobPtr> done) const {
  const JobInfo asked = now();
  auto self = std::make_shared<const JobPlace>(*this);
  return jobs().look(asked, noticing<JobPtr>(self, asked, std::move(done)));
}

std::int64_t JobPlace::mtime() const {
  if (job.created != 0) return job.created;
  return text ? std::max(text->mtime(), context.mounted_at()) : context.mounted_at();
}

std::string JobPlace::hidden_name(const std::string& file) const {
  return job.service + "/" + job.name + "/" + file;
}

NodePtr make_job_file(const JobPlacePtr& place, const std::string& name) {
  if (name == "phase") return make_setting(place, Setting::kPhase, name);
  if (name == "executionduration") return make_setting(place, Setting::kExecutionDuration, name);
  if (name == "destruction") return make_setting(place, Setting::kDestruction, name);
  if (name == "job.xml") return make_document(place);
  if (name == "error.txt") return make_error(place);
  if (name == "results") return std::make_shared<ResultsNode>(place);
  return nullptr;
}

NodePtr make_job_query(const JobPlacePtr& place) {
  return std::make_shared<AskedText>(
      "query.adql:" + place->identity, place->path + "/query.adql", place->mtime(),
      [place](Done<std::string> done) {
        return place->look(AskedBy(done.cause(), [done = done.take()](Result<JobPtr> seen) {
          if (!seen) return done(seen.error());
          const auto query = (*seen)->parameters.find("query");
          if (query == (*seen)->parameters.end())
            return done(Error(ENODATA, "the service does not say what the job asks"));
          done(query->second + "\n");
        }));
      });
}

}  // namespace esofs::fs
