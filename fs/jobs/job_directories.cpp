#include "fs/jobs/job_directories.h"

#include <spdlog/spdlog.h>

#include <cerrno>

#include "client/base/safe_name.h"

namespace esofs::fs {

JobDirectories::JobDirectories(std::shared_ptr<cache::Jobs> jobs, const std::filesystem::path& directory,
                               const std::function<std::int64_t()>& now, const cache::QuerySpec& defaults)
    : jobs_(std::move(jobs)) {
  for (const auto& service : jobs_->services())
    texts_.emplace(service,
                   std::make_unique<SavedQueries>(QueryStore(directory / portable_name(safe_name(service))),
                                                  now, defaults, TextFolder{"/jobs/" + service, false}));
}

void JobDirectories::drop(const cache::JobInfo& job) {
  show_all(job.service + "/" + job.name);
  if (!job.own) return;
  auto removed = texts(job.service).remove(job.name);
  if (!removed && removed.error().code() != ENOENT)
    spdlog::warn("the text of the job {} stays: {}", job.name, removed.error().what());
}

void JobDirectories::show_all(const std::string& job) {
  std::erase_if(*hidden_.lock(),
                [prefix = job + "/"](const std::string& name) { return name.starts_with(prefix); });
}

}  // namespace esofs::fs
