#include "fs/jobs/job_directories.h"

#include <spdlog/spdlog.h>

#include <cerrno>

#include "client/base/safe_name.h"

namespace esofs::fs {

JobDirectories::JobDirectories(std::shared_ptr<cache::Jobs> jobs, const MakeStore& make_store,
                               const std::function<std::int64_t()>& now, const cache::QuerySpec& defaults,
                               const TextFolder& base)
    : jobs_(std::move(jobs)), owner_(base.owner), home_(base.home) {
  for (const auto& service : jobs_->services()) {
    TextFolder folder = base;
    folder.path = "/jobs/" + service;
    folder.listed = false;
    auto store = make_store(portable_name(safe_name(service)));
    texts_.emplace(service, std::make_unique<SavedQueries>(std::move(store), now, defaults, folder));
  }
}

void JobDirectories::drop(const cache::JobInfo& job) {
  show_all(key(job));
  forgotten_.lock()->erase(key(job));
  if (!job.own) return;
  const auto remove = [&texts = texts(job.service), name = job.name] {
    auto removed = texts.remove(name);
    if (!removed && removed.error().code() != ENOENT)
      spdlog::warn("the text of the job {} stays: {}", name, removed.error().what());
  };
  if (home_ == nullptr) return remove();
  (void)home_->post(remove);  // before anything that the user asks for next
}

void JobDirectories::forgotten(const cache::JobInfo& job) {
  const auto text = owner_ && job.own ? texts(job.service).peek(job.name) : nullptr;
  if (!text) return drop(job);
  show_all(key(job));
  forgotten_.lock()->insert(key(job));
  text->thaw();
}

JobDirectories& UserJobs::of(uid_t user) {
  UserPlace& place = users_.of(user);
  auto jobs = jobs_.lock();
  auto& own = (*jobs)[user];
  if (!own)
    own = std::make_unique<JobDirectories>(
        context_.catalog().jobs()->of_owner("uid " + std::to_string(user)),
        [&](const std::string& folder) { return place.store(folder_ / folder); }, context_.config().now,
        context_.query_defaults(), place.queries.folder());
  return *own;
}

void JobDirectories::show_all(const std::string& job) {
  std::erase_if(*hidden_.lock(),
                [prefix = job + "/"](const std::string& name) { return name.starts_with(prefix); });
}

}  // namespace esofs::fs
