// The nodes of queries/: saved queries as directories.
//
//   queries/<name>/query.adql       a TextFile; written by editors, committed by QueryDirectory
//   queries/<name>/status.txt       rendered at open
//   queries/<name>/table/           the answer itself
//   queries/<name>/<dp_id>.fits     the entries of the query's listing
//
// Only query.adql and the scratch files of its editors can be written (fs/queries/scratch_names.h). Once query.adql has been
// unlinked, as `rm -r` does first, the other names can be unlinked too; the archive keeps its files.
//
// Only opening a query directory (for query_wait), its table/result.vot, and looking up a possible dataset of a listing that
// nobody has fetched yet (for lookup_wait) may wait for the archive; both then answer EAGAIN, and the query continues.
//
//   errors   those of the query; fs/queries/SEMANTICS.md
//   threads  thread-safe
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fs/queries/saved_queries.h"
#include "fs/tree/context.h"
#include "fs/tree/node.h"

namespace esofs::fs {

// What a query's directory has beside query.adql, status.txt and its datasets.
inline constexpr const char* kTableName = "table";
inline constexpr const char* kCutoutName = "cutout";

class UserPlaces;

class QueriesNode : public Node {
 public:
  // users: what each user but the mounting one has of his own; nullptr: everybody has these queries.
  // offered: what such a user sees beside his own queries, read-only.
  QueriesNode(Context& context, SavedQueries& queries, UserPlaces* users = nullptr,
              SavedQueries* offered = nullptr)
      : context_(context), queries_(queries), users_(users), offered_(offered) {}
  NodePtr for_user(uid_t user) override;
  bool varies() const override { return users_ != nullptr || offered_ != nullptr; }
  std::optional<uid_t> owner() const override { return queries_.folder().owner; }
  HomeThread* home(bool) const override { return queries_.folder().home; }
  std::string identity() const override { return "dir:/queries"; }
  std::string path() const override { return "/queries"; }
  NodeType type() const override { return NodeType::kDirectory; }
  Attributes attributes() override;
  Cancel lookup(const std::string& name, Done<Found> done) override;
  Cancel open_directory(Done<std::shared_ptr<DirectoryHandle>> done) override;
  Absence absence(const std::string& name) override;
  Result<NodePtr> create(const std::string& name) override;
  Result<NodePtr> make_directory(const std::string& name) override;
  Cancel remove_directory(const std::string& name, Done<void> done) override;
  Result<void> rename(const std::string& name, Node& to, const std::string& to_name, bool replace) override;

 private:
  NodePtr text_of(SavedQueries& queries, const std::string& name) const;
  // The query or text of this name; nullptr: none.
  Result<NodePtr> entry(SavedQueries& queries, const std::string& name) const;
  Result<void> check_own(const std::string& name, const std::string& operation);

  Context& context_;
  SavedQueries& queries_;
  UserPlaces* const users_;
  SavedQueries* const offered_;
};

class QueryNode : public Node {
 public:
  QueryNode(Context& context, QueryDirectoryPtr directory)
      : context_(context), directory_(std::move(directory)) {}
  std::string identity() const override { return directory_->identity(); }
  std::string path() const override { return directory_->path(); }
  NodeType type() const override { return NodeType::kDirectory; }
  std::optional<uid_t> owner() const override { return directory_->owner(); }
  HomeThread* home(bool change) const override { return change ? directory_->home() : nullptr; }
  Attributes attributes() override;
  Cancel lookup(const std::string& name, Done<Found> done) override;
  Cancel open_directory(Done<std::shared_ptr<DirectoryHandle>> done) override;
  Absence absence(const std::string& name) override;
  Result<NodePtr> create(const std::string& name) override;
  Result<NodePtr> make_symlink(const std::string& name, const std::string& target) override;
  Result<void> remove(const std::string& name) override;
  Cancel remove_directory(const std::string& name, Done<void> done) override;
  Result<void> rename(const std::string& name, Node& to, const std::string& to_name, bool replace) override;
  Result<void> change(const Change& change) override;
  Error refusal(const std::string& operation) const override;
  // user.esofs.near: what is near to a query that found nothing.
  std::optional<std::string> xattr(const std::string& name) override;

  // What lies here whatever the archive answers, without what `rm` took away.
  std::vector<std::pair<std::string, NodePtr>> local_entries() const;
  NodePtr local_entry(const std::string& name) const;  // nullptr: none

 private:
  Result<void> check_new_name(const std::string& name) const;
  Error not_removable(const std::string& name) const;

  Context& context_;
  const QueryDirectoryPtr directory_;
};

}  // namespace esofs::fs
