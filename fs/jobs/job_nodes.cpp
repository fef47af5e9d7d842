#include "fs/jobs/job_nodes.h"

#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <map>

#include "client/base/safe_name.h"
#include "client/http/http.h"
#include "client/http/url.h"
#include "fs/jobs/job_files.h"
#include "fs/queries/query_files.h"
#include "fs/queries/scratch_names.h"
#include "fs/tree/names.h"
#include "fs/tree/plain_nodes.h"

namespace esofs::fs {
namespace {

using cache::JobInfo;
using JobPtr = cache::Jobs::JobPtr;

constexpr std::size_t kLeastIdLetters = 8;

bool digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

// The form of ids that services give by themselves: numbers, and those of RFC 4122.
bool service_form(const std::string& name) {
  if (std::all_of(name.begin(), name.end(), digit)) return true;
  constexpr std::string_view shape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  return name.size() == shape.size() &&
         std::equal(name.begin(), name.end(), shape.begin(),
                    [](unsigned char c, char s) { return s == '-' ? c == '-' : std::isxdigit(c) != 0; });
}

// A name that is unknown here but that a service may know, so that it is worth a request. Names that tools try are not.
bool may_be_an_id(const std::string& name) {
  if (!client::plain_job_id(name) || name.find_first_of(".~") != std::string::npos) return false;
  if (service_form(name)) return true;
  return name.size() >= kLeastIdLetters && std::count_if(name.begin(), name.end(), digit) >= 2;
}

// jobs/
class JobServices : public FixedDirectory {
 public:
  JobServices(std::int64_t mtime, Entries services, std::string first)
      : FixedDirectory("/jobs", mtime, std::move(services)), first_(std::move(first)) {}
  Result<NodePtr> make_directory(const std::string& name) override {
    return Error(EROFS, "a job belongs to a service: write mkdir jobs/" + first_ + "/" + safe_name(name));
  }

 private:
  const std::string first_;  // service
};

JobPlacePtr place_of(const JobsPlace& jobs, const JobInfo& job, std::string path, std::string identity,
                     QueryDirectoryPtr text) {
  return std::make_shared<const JobPlace>(
      JobPlace{jobs, job, std::move(path), std::move(identity), std::move(text)});
}

}  // namespace

NodePtr make_jobs_node(const JobsPlace& jobs) {
  FixedDirectory::Entries services;
  for (const auto& service : jobs.jobs().services())
    services.emplace_back(safe_name(service), std::make_shared<JobListNode>(jobs, service));
  const std::string first = services.empty() ? "SERVICE" : services.front().first;
  return std::make_shared<JobServices>(jobs.context.mounted_at(), std::move(services), first);
}

// --- JobListNode ---

NodePtr JobListNode::for_user(uid_t user) {
  UserJobs* users = jobs_.users;
  if (users == nullptr || user == jobs_.context.config().uid) return nullptr;
  return std::make_shared<JobListNode>(JobsPlace{jobs_.context, users->of(user), users->queries_of(user)},
                                       service_);
}

Attributes JobListNode::attributes() {
  const mode_t permissions = varies() ? S_ISVTX | 0777 : 0755;
  return {NodeType::kDirectory, permissions,  0, true, jobs_.context.mounted_at(),
          kLongTimeout,         kShortTimeout};
}

// The jobs that saved queries have started.
std::vector<JobInfo> JobListNode::of_queries(bool look) const {
  std::vector<JobInfo> jobs;
  auto listed = look ? jobs_.queries.list() : Result<std::vector<QueryDirectoryPtr>>(jobs_.queries.known());
  if (!listed) return jobs;
  for (const auto& query : *listed) {
    const auto spec = query->spec();
    if (!spec || spec->adql.empty()) continue;
    const auto state = jobs_.context.catalog().state(*spec);
    // Of a job that runs, only its URL says which service has it.
    if (state.job_url.empty() || (!state.service.empty() && state.service != service_)) continue;
    if (auto job = jobs_.jobs().of_query(service_, state.job_url)) jobs.push_back(*std::move(job));
  }
  return jobs;
}

Result<std::vector<JobInfo>> JobListNode::with_drafts(std::vector<JobInfo> jobs, bool look) const {
  std::map<std::string, JobInfo> by_name;
  for (auto& job : jobs) by_name.insert_or_assign(job.name, std::move(job));
  SavedQueries& kept = jobs_.directories.texts(service_);
  auto texts = look ? kept.list() : Result<std::vector<QueryDirectoryPtr>>(kept.known());
  if (!texts) return texts.error();
  for (const auto& text : *texts) {
    by_name.try_emplace(text->name(), draft(text->name()));
  }
  for (auto& job : of_queries(look)) by_name.try_emplace(job.name, std::move(job));
  std::vector<JobInfo> all;
  all.reserve(by_name.size());
  for (auto& [name, job] : by_name) all.push_back(std::move(job));
  return all;
}

Result<std::optional<JobInfo>> JobListNode::find(const std::string& name) const {
  cache::Jobs& jobs = jobs_.jobs();
  if (auto known = jobs.find(service_, name)) return known;
  auto text = jobs_.directories.texts(service_).find(name);
  if (!text) return text.error();
  if (*text) return std::optional(draft(name));
  for (auto& job : of_queries(true)) {
    if (job.name == name) return std::optional(std::move(job));
  }
  return std::optional<JobInfo>();
}

// A job that a listing has shown; nullptr: it has gone since.
NodePtr JobListNode::as_it_is(const std::string& name, const NodePtr& shown) const {
  auto text = jobs_.directories.texts(service_).peek(name);
  if (const auto known = jobs_.jobs().find(service_, name)) return node(*known, name, std::move(text));
  if (text) return node(draft(name), name, std::move(text));
  const auto job = std::dynamic_pointer_cast<JobNode>(shown);
  const bool started_by_query = job && !job->own() && jobs_.jobs().of_query(service_, job->url());
  return started_by_query ? shown : nullptr;
}

JobInfo JobListNode::draft(const std::string& name) const {
  JobInfo draft;
  draft.service = service_;
  draft.name = name;
  draft.own = true;
  return draft;
}

NodePtr JobListNode::node(const JobInfo& job, const std::string& name) const {
  auto text = jobs_.directories.texts(service_).find(name);
  return node(job, name, text ? *text : nullptr);
}

NodePtr JobListNode::node(const JobInfo& job, const std::string& name, QueryDirectoryPtr text) const {
  // An own job that is looked up by its id is shown as any other.
  if (!job.own || job.name != name) text = nullptr;
  if (text && !job.url.empty()) text->freeze();
  return std::make_shared<JobNode>(jobs_, job, name, std::move(text));
}

Cancel JobListNode::lookup(const std::string& name, Done<Found> done) {
  if (never_a_name(name)) {
    done(Found{nullptr, kAbsentByGrammar});
    return {};
  }
  auto known = find(name);
  if (!known) {
    done(known.error().at(path() + "/" + name));
    return {};
  }
  if (*known) {
    done(Found{node(**known, name)});
    return {};
  }
  const auto job =
      jobs_.users == nullptr && may_be_an_id(name) ? jobs_.jobs().by_id(service_, name) : std::nullopt;
  if (!job) {
    done(Found{nullptr, kShortTimeout});
    return {};
  }
  return with_deadline<JobPtr>(
      jobs_.context.timer(), jobs_.context.config().lookup_wait,
      Error(EAGAIN, path() + "/" + name + ": the service has not said yet whether it has this job"),
      [&](Done<JobPtr> answered) { return jobs_.jobs().look(*job, std::move(answered)); },
      AskedBy(done.cause(), [jobs = jobs_, job = *job, name, done = done.take()](Result<JobPtr> answer) {
        if (answer) return done(Found{std::make_shared<JobNode>(jobs, job, name, nullptr)});
        if (answer.error().code() == ENOENT) return done(Found{nullptr, kAbsentInListing});
        done(answer.error());
      }));
}

Cancel JobListNode::list(Done<std::vector<JobInfo>> done) const {
  if (jobs_.users == nullptr) return jobs_.jobs().list(service_, std::move(done));
  done(jobs_.jobs().known(service_));  // the service's list does not say which user made a job
  return {};
}

Cancel JobListNode::open_directory(Done<std::shared_ptr<DirectoryHandle>> done) {
  using Infos = std::vector<JobInfo>;
  return with_deadline<Infos>(
      jobs_.context.timer(), jobs_.context.config().query_wait,
      Error(EAGAIN, path() + ": the service has not answered yet"),
      [this](Done<Infos> answered) { return list(std::move(answered)); },
      AskedBy(done.cause(), [jobs = jobs_, service = service_, done = done.take()](Result<Infos> listed) {
        const auto self = std::make_shared<const JobListNode>(jobs, service);
        auto all = self->with_drafts(listed ? *listed : Infos(), true);
        if (all && all->empty() && !listed) return done(listed.error());
        if (!all) return done(all.error());
        const auto nodes = [self](const Infos& infos) {
          FixedDirectory::Entries entries;
          for (const auto& job : infos) entries.emplace_back(job.name, self->node(job, job.name));
          return entries;
        };
        auto again = [self, nodes] {
          const auto known =
              self->with_drafts(self->jobs_.jobs().known(self->service_), self->home(false) == nullptr);
          return nodes(known ? *known : Infos());
        };
        auto now = [self](const std::string& name, const NodePtr& shown) {
          return self->as_it_is(name, shown);
        };
        done(std::shared_ptr<DirectoryHandle>(
            std::make_shared<ChangingHandle>(nodes(*all), std::move(again), std::move(now))));
      }));
}

Absence JobListNode::absence(const std::string& name) {
  return {"there is no job '" + safe_name(name) + "' here; to make one, " + how_to_make(name), false};
}

std::string JobListNode::how_to_make(const std::string& name) const {
  const std::string meant = query_meant(name);
  const std::string job = path().substr(1) + "/" + (meant.empty() || service_form(meant) ? "NAME" : meant);
  return "mkdir " + job + ", write its query.adql, then RUN to its phase";
}

Result<NodePtr> JobListNode::create(const std::string& name) {
  return Error(EROFS, path() + " holds jobs only: " + how_to_make(name));
}

Result<NodePtr> JobListNode::make_directory(const std::string& name) {
  if (service_form(name))
    return Error(EINVAL, "'" + name + "' is no name for a job: services number theirs so");
  if (const auto good = check_query_name(name); !good && good.error().code() == EINVAL)
    return Error(EINVAL, "'" + safe_name(name) +
                             "' is no name for a job: letters, digits and . _ - + ~ : are, and it must not "
                             "begin with '.' or '-'");
  auto known = find(name);
  if (!known) return known.error();
  if (*known) return Error(EEXIST, path() + "/" + name + " exists");
  auto text = jobs_.directories.texts(service_).make(name);
  if (!text) return text.error();
  return NodePtr(std::make_shared<JobNode>(jobs_, draft(name), name, *text));
}

Cancel JobListNode::remove_directory(const std::string& name, Done<void> done) {
  auto known = find(name);
  if (!known || !*known) {
    done(known ? Error(ENOENT, path() + " has no job " + name) : known.error());
    return {};
  }
  const JobInfo job = **known;
  JobDirectories& directories = jobs_.directories;
  if (job.url.empty()) {
    directories.jobs().forget_draft(service_, job.name);
    directories.drop(job);
    done({});
    return {};
  }
  return directories.jobs().remove(
      job, AskedBy(done.cause(), [&directories, job, done = done.take()](Result<void> removed) {
        if (removed) directories.drop(job);
        if (!removed) directories.show_all(job.service + "/" + job.name);
        done(std::move(removed));
      }));
}

// --- JobNode ---

Attributes JobNode::attributes() {
  const auto place = place_of(jobs_, job_, path(), identity(), text_);
  Attributes shown{NodeType::kDirectory, 0755, 0, true, place->mtime(), kShortTimeout, kShortTimeout};
  shown.linked = !text_ || !text_->removed();
  shown.owner = owner();
  return shown;
}

JobNode::Entries JobNode::texts() const {
  Entries entries;
  if (!text_) return entries;
  for (const auto& [name, file] : text_->files())
    entries.emplace_back(name, make_text_node(jobs_.context, text_, file, name));
  return entries;
}

Cancel JobNode::lookup(const std::string& name, Done<Found> done) {
  const auto place = place_of(jobs_, job_, path(), identity(), text_);
  if ((text_ && text_->removed()) || place->hidden(name)) {
    done(Found{nullptr, 0});
    return {};
  }
  for (auto& [file, node] : texts()) {
    if (file == name) {
      done(Found{std::move(node)});
      return {};
    }
  }
  const bool made = !place->now().url.empty();
  const bool local = name == "phase" || name == "executionduration" || name == "destruction";
  NodePtr node = made || local ? make_job_file(place, name) : nullptr;
  if (!node && !text_ && name == kQueryFile) node = make_job_query(place);
  done(node ? Found{std::move(node)} : Found{nullptr, 0});
  return {};
}

Cancel JobNode::open_directory(Done<std::shared_ptr<DirectoryHandle>> done) {
  const auto place = place_of(jobs_, job_, path(), identity(), text_);
  const auto here = std::make_shared<JobNode>(jobs_, job_, name_, text_);
  auto entries_of = [place, here](const client::Job* seen) {
    Entries entries = here->texts();
    std::vector<std::string> names{"phase", "executionduration", "destruction"};
    if (seen != nullptr) {
      names.insert(names.end(), {"job.xml", "results"});
      const bool failed =
          seen->phase == "ERROR" || (seen->phase == "ABORTED" && !seen->error_message.empty());
      if (failed) names.emplace_back("error.txt");
    }
    if (!place->text) entries.emplace_back(kQueryFile, make_job_query(place));
    for (const auto& name : names) entries.emplace_back(name, make_job_file(place, name));
    std::erase_if(entries, [&](const auto& entry) { return place->hidden(entry.first); });
    return entries;
  };
  auto answer = [place, here, entries_of](const client::Job* seen) {
    auto again = [place, entries_of] {
      const JobPtr last = place->jobs().last_seen(place->now());
      return entries_of(last.get());
    };
    auto now = [place, here](const std::string& name, const NodePtr& shown) -> NodePtr {
      if (place->text && place->text->removed()) return nullptr;
      if (const auto file = place->text ? place->text->file(name) : nullptr)
        return make_text_node(here->jobs_.context, place->text, file, name);
      const bool of_the_job = (!place->text && name == kQueryFile) || make_job_file(place, name);
      return of_the_job && !place->hidden(name) ? shown : nullptr;
    };
    return std::shared_ptr<DirectoryHandle>(
        std::make_shared<ChangingHandle>(entries_of(seen), std::move(again), std::move(now)));
  };
  if (text_ && text_->removed()) {
    done(std::shared_ptr<DirectoryHandle>(std::make_shared<EntriesHandle>(Entries())));
    return {};
  }
  if (place->now().url.empty()) {
    done(answer(nullptr));
    return {};
  }
  return with_deadline<JobPtr>(
      jobs_.context.timer(), jobs_.context.config().query_wait,
      Error(EAGAIN, path() + ": the service has not answered yet"),
      [&](Done<JobPtr> answered) { return place->look(std::move(answered)); },
      AskedBy(done.cause(), [place, answer, done = done.take()](Result<JobPtr> seen) {
        if (!seen && !place->directories.is_forgotten(place->job)) return done(seen.error());
        done(answer(seen ? seen->get() : nullptr));
      }));
}

Result<NodePtr> JobNode::create(const std::string& name) {
  const auto place = place_of(jobs_, job_, path(), identity(), text_);
  if (!text_ || text_->frozen())
    return Error(EROFS, path() + ": the job has been made, only its settings can change");
  if (make_job_file(place, name)) return Error(EEXIST, path() + "/" + name + " exists");
  auto file = text_->file(name);
  if (!file) {
    auto created = text_->create(name);
    if (!created) return created.error();
    file = *created;
  }
  return make_text_node(jobs_.context, text_, std::move(file), name);
}

// Whatever `rm -r` finds here must go, or a job could not be removed; the server keeps its own until the rmdir.
Result<void> JobNode::remove(const std::string& name) {
  if (name == "results") return Error(EISDIR, path() + "/results is a directory");
  if (text_ && !text_->frozen() && text_->remove(name)) return {};
  place_of(jobs_, job_, path(), identity(), text_)->hide(name);
  return {};
}

Cancel JobNode::remove_directory(const std::string& name, Done<void> done) {
  const bool results = name == "results";
  if (results) place_of(jobs_, job_, path(), identity(), text_)->hide(name);
  done(results ? Result<void>() : Error(ENOTDIR, path() + "/" + name + " is not a directory"));
  return {};
}

Result<void> JobNode::rename(const std::string& name, Node& to, const std::string& to_name, bool replace) {
  if (!text_ || text_->frozen() || !text_->file(name))
    return Error(EROFS, path() + "/" + name + " cannot be renamed");
  if (to.identity() != identity()) return Error(EXDEV, path() + "/" + name + " cannot leave its job");
  const auto place = place_of(jobs_, job_, path(), identity(), text_);
  if (make_job_file(place, to_name)) return Error(EROFS, path() + "/" + to_name + " cannot be replaced");
  return text_->rename(name, to_name, replace);
}

std::optional<std::string> JobNode::xattr(const std::string& name) {
  const auto place = place_of(jobs_, job_, path(), identity(), text_);
  if (name == "user.esofs.note") {
    const JobPtr seen = place->jobs().last_seen(place->now());
    if (!seen || (seen->phase != "ERROR" && seen->phase != "ABORTED")) return std::nullopt;
    const std::string& message = seen->error_message;
    return "the job has ended in phase " + seen->phase + (message.empty() ? "" : ": " + message);
  }
  if (name != "user.esofs.url") return std::nullopt;
  const auto url = place->now().url;
  return url.empty() ? std::nullopt : std::optional(client::shown_url(url));
}

}  // namespace esofs::fs
