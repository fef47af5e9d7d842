// The files in the directory of one job.
//
//   threads  thread-safe
#pragma once

#include <memory>
#include <string>

#include "fs/jobs/job_directories.h"
#include "fs/tree/context.h"
#include "fs/tree/node.h"

namespace esofs::fs {

// One job as its files know it.
struct JobPlace : JobsPlace {
  cache::JobInfo job;  // as it was looked up
  std::string path;    // "/jobs/obs/NAME"
  std::string identity;
  QueryDirectoryPtr text;  // of an own job; nullptr

  // As it is now: an own job may have been made since, here or by another mount.
  cache::JobInfo now() const;
  // Asks the server; JobDirectories::forgotten() if it has no such job any more.
  Cancel look(Done<cache::Jobs::JobPtr> done) const;
  std::int64_t mtime() const;

  // The name of a file of this job for JobDirectories::hide().
  std::string hidden_name(const std::string& file) const;
  bool hidden(const std::string& file) const { return directories.hidden(hidden_name(file)); }
  void hide(const std::string& file) const { directories.hide(hidden_name(file)); }
};
using JobPlacePtr = std::shared_ptr<const JobPlace>;

// `done`, after a look at what the answer says of the job: with ENOENT the service has forgotten it.
template <class T>
Done<T> noticing(const JobPlacePtr& place, cache::JobInfo asked, Done<T> done) {
  return AskedBy(done.cause(), [place, asked = std::move(asked), done = done.take()](Result<T> answer) {
    if (!answer && answer.error().code() == ENOENT && !asked.url.empty()) place->directories.forgotten(asked);
    done(std::move(answer));
  });
}

// "phase", "executionduration", "destruction", "job.xml", "error.txt", "results"; nullptr for other names.
NodePtr make_job_file(const JobPlacePtr& place, const std::string& name);
// query.adql of a job that has no text here: what the server was asked.
NodePtr make_job_query(const JobPlacePtr& place);

}  // namespace esofs::fs
