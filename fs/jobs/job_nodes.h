// The nodes of jobs/: the asynchronous jobs of the archive's TAP services.
//
//   jobs/<service>/<job>/query.adql         of an own job; fixed from the moment that the service has made the job
//   jobs/<service>/<job>/phase              the server's word; RUN and ABORT can be written
//   jobs/<service>/<job>/executionduration  seconds; can be written
//   jobs/<service>/<job>/destruction        a time; can be written
//   jobs/<service>/<job>/job.xml            the job document, error.txt: why it failed
//   jobs/<service>/<job>/results/           the files that it has made
//
// A job is made by `mkdir` and lives here alone until RUN is written to its phase. Its files ask the server at each open, at
// most once a second. Opening a directory, and looking up a job or a result that nobody has seen yet, may wait too, for
// query_wait and lookup_wait; then EAGAIN.
//
//   errors   EINVAL with the server's sentence for what it refuses; ENOENT: the server has no such job any more, and then the
//            directory goes; else those of the request
//   threads  thread-safe
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fs/jobs/job_directories.h"
#include "fs/tree/context.h"
#include "fs/tree/node.h"

namespace esofs::fs {

// jobs/
NodePtr make_jobs_node(const JobsPlace& jobs);

// jobs/<service>/
class JobListNode : public Node {
 public:
  JobListNode(JobsPlace jobs, std::string service) : jobs_(jobs), service_(std::move(service)) {}
  std::string identity() const override { return "dir:" + path(); }
  std::string path() const override { return "/jobs/" + service_; }
  NodeType type() const override { return NodeType::kDirectory; }
  NodePtr for_user(uid_t user) override;
  bool varies() const override { return jobs_.users != nullptr || owner(); }
  std::optional<uid_t> owner() const override { return jobs_.directories.owner(); }
  HomeThread* home(bool) const override { return jobs_.directories.home(); }
  Attributes attributes() override;
  Cancel lookup(const std::string& name, Done<Found> done) override;
  Cancel open_directory(Done<std::shared_ptr<DirectoryHandle>> done) override;
  Absence absence(const std::string& name) override;
  Result<NodePtr> create(const std::string& name) override;
  Result<NodePtr> make_directory(const std::string& name) override;
  Cancel remove_directory(const std::string& name, Done<void> done) override;

 private:
  std::string how_to_make(const std::string& name) const;
  NodePtr node(const cache::JobInfo& job, const std::string& name) const;
  NodePtr node(const cache::JobInfo& job, const std::string& name, QueryDirectoryPtr text) const;
  NodePtr as_it_is(const std::string& name, const NodePtr& shown) const;
  cache::JobInfo draft(const std::string& name) const;
  // From memory and the local disk.
  Result<std::optional<cache::JobInfo>> find(const std::string& name) const;
  Cancel list(Done<std::vector<cache::JobInfo>> done) const;
  std::vector<cache::JobInfo> of_queries(bool look) const;
  // look: at the disk; false: what is known of an owner's own will do.
  Result<std::vector<cache::JobInfo>> with_drafts(std::vector<cache::JobInfo> jobs, bool look) const;

  const JobsPlace jobs_;
  const std::string service_;
};

class JobNode : public Node {
 public:
  // name: in the tree, the own name or the id. text: of an own job; nullptr: the service has made it for somebody else.
  JobNode(JobsPlace jobs, cache::JobInfo job, std::string name, QueryDirectoryPtr text)
      : jobs_(jobs), job_(std::move(job)), name_(std::move(name)), text_(std::move(text)) {}
  std::string identity() const override { return "job:" + (text_ ? text_->identity() : job_.url); }
  std::string path() const override { return "/jobs/" + job_.service + "/" + name_; }
  NodeType type() const override { return NodeType::kDirectory; }
  std::optional<uid_t> owner() const override { return jobs_.directories.owner(); }
  HomeThread* home(bool change) const override { return change ? jobs_.directories.home() : nullptr; }
  Attributes attributes() override;
  Cancel lookup(const std::string& name, Done<Found> done) override;
  Cancel open_directory(Done<std::shared_ptr<DirectoryHandle>> done) override;
  Result<NodePtr> create(const std::string& name) override;
  Result<void> remove(const std::string& name) override;
  Cancel remove_directory(const std::string& name, Done<void> done) override;
  Result<void> rename(const std::string& name, Node& to, const std::string& to_name, bool replace) override;
  Result<void> change(const Change&) override { return {}; }  // chmod, chown and touch: nothing to keep
  std::optional<std::string> xattr(const std::string& name) override;

  bool own() const noexcept { return job_.own; }
  const std::string& url() const noexcept { return job_.url; }

 private:
  using Entries = std::vector<std::pair<std::string, NodePtr>>;
  Entries texts() const;

  const JobsPlace jobs_;
  const cache::JobInfo job_;  // as it was looked up
  const std::string name_;
  const QueryDirectoryPtr text_;
};

}  // namespace esofs::fs
