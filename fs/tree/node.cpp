#include "fs/tree/node.h"

#include <cerrno>

namespace esofs::fs {

Cancel Node::lookup(const std::string&, Done<Found> done) {
  done(Error(ENOTDIR, path() + " is not a directory"));
  return {};
}

Cancel Node::open_directory(Done<std::shared_ptr<DirectoryHandle>> done) {
  done(Error(ENOTDIR, path() + " is not a directory"));
  return {};
}

NodePtr Node::for_user(uid_t) { return nullptr; }

Absence Node::absence(const std::string&) { return {}; }

Cancel Node::open(std::optional<uid_t>, bool, Done<FileHandle> done) {
  done(Error(EISDIR, path() + " is a directory"));
  return {};
}

Result<std::string> Node::symlink_target() const { return Error(EINVAL, path() + " is not a symbolic link"); }

std::optional<std::string> Node::xattr(const std::string&) { return std::nullopt; }
std::vector<std::string> Node::xattr_names() { return {}; }

Error Node::refusal(const std::string& operation) const {
  return {EROFS, operation + " " + path() + ": the archive is read-only"};
}

Result<NodePtr> Node::create(const std::string& name) { return refusal("create " + name + " in"); }
Result<NodePtr> Node::make_directory(const std::string& name) { return refusal("mkdir " + name + " in"); }
Result<NodePtr> Node::make_symlink(const std::string& name, const std::string&) {
  return refusal("symlink " + name + " in");
}
Result<void> Node::remove(const std::string& name) { return refusal("remove " + name + " from"); }
Cancel Node::remove_directory(const std::string& name, Done<void> done) {
  done(refusal("rmdir " + name + " in"));
  return {};
}
Result<void> Node::rename(const std::string& name, Node&, const std::string&, bool) {
  return refusal("rename " + name + " in");
}
Result<void> Node::change(const Change&) { return refusal("change"); }

}  // namespace esofs::fs
