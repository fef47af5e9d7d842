// Filesystem: the operations of the mounted tree without FUSE types: what unit tests drive. fs/kernel/fuse_ops.cpp is a thin
// shell around it.
//
//   shapes   an inode number is live from the entry that gave it out until forget(); a handle from open to release.
//            user: who asks; nullopt is the mounting user. Questions with a Done are asked by the user of its cause. Of what
//            belongs to another user (Node::owner()) every number is ESTALE
//   units    sizes and offsets in bytes, timeouts in seconds
//   errors   those of the nodes; ENAMETOOLONG for a name of more than 255 bytes. Failures are logged by report(), once, when the reply is sent.
//   threads  thread-safe. Nothing waits for the network on the caller's thread; functions that return a Cancel may
//            answer later (client/base/ask.h). All that is asked has been answered before it is destroyed: cancel it.
//   source   fs/SEMANTICS.md; mountopts/THREADS.md, "The life of a request"
#pragma once

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cache/content/file_cache.h"
#include "client/base/ask.h"
#include "client/base/result.h"
#include "fs/kernel/activity.h"
#include "fs/kernel/handle_table.h"
#include "fs/kernel/inode_table.h"
#include "fs/kernel/reports.h"
#include "fs/kernel/size_questions.h"
#include "fs/kernel/stat_of.h"
#include "fs/tree/context.h"
#include "fs/tree/node.h"

namespace esofs::fs {

// What the kernel learns of an inode.
struct Entry {
  std::uint64_t ino = 0;  // 0: there is no such name, and the kernel may remember that for entry_timeout
  struct stat attributes {};
  double attr_timeout = 0;
  double entry_timeout = 0;
};

struct Opened {
  std::uint64_t handle = 0;
  bool keep_cache = false;
  bool direct_io = false;
  // The kernel may have another size: drop_wrong_size() before the open is answered.
  bool invalidate_attributes = false;
  // The open fails, with no handle: EAGAIN, because the size that stat() has shown was another one.
  std::optional<Error> failed = std::nullopt;
};

struct Created {
  Entry entry;
  Opened opened;
};

// An entry of a directory. entry.ino == 0: name, type and number (in entry.attributes) only, no attributes.
struct DirectoryEntry {
  std::string name;
  Entry entry;
  std::uint64_t next;  // the offset that continues after it
};

class Filesystem {
 public:
  // The context outlives it, and so does what the nodes refer to.
  Filesystem(Context& context, NodePtr root)
      : context_(context), inodes_(std::move(root)), reports_(context, inodes_), sizes_(context_, inodes_) {}

  // "." and "..": of a number that a file handle has kept, which need not be live any more; ESTALE if it is not found again.
  Cancel lookup(std::uint64_t parent, const std::string& name, Done<Entry> done);
  void forget(std::uint64_t ino, std::uint64_t count) { inodes_.forget(ino, count); }
  using User = std::optional<uid_t>;
  Result<Entry> getattr(std::uint64_t ino, User user = {});  // from memory and the local disk
  // What stat(2) by `user` shows (as in open()): if exact sizes are wanted of this file (Config::exact_sizes), its size is asked
  // for, within lookup_wait. EAGAIN if it does not come in time. An estimate stays for what the archive refuses.
  Cancel stat(std::uint64_t ino, std::optional<uid_t> user, Done<Entry> done);
  bool stat_may_wait(std::uint64_t ino) const {
    return sizes_.wanted(ino);
  }  // false: getattr() is the answer
  Result<Entry> setattr(std::uint64_t ino, const Change& change, User user = {});
  Result<std::string> readlink(std::uint64_t ino, User user = {});

  Cancel opendir(std::uint64_t ino, Done<Opened> done);
  // Visits entries from `offset` until visit() returns false. plus: with attributes, each entry counting as a lookup once
  // visit() has returned true; directories of more than kMostWithAttributes entries give names only.
  Result<void> readdir(std::uint64_t handle, std::uint64_t offset, bool plus,
                       const std::function<bool(const DirectoryEntry&)>& visit);
  void releasedir(std::uint64_t handle) { (void)directories_.take(handle); }

  // flags: of open(2).
  // user: nullopt is the mounting user; for others what is restricted is EACCES.
  Cancel open(std::uint64_t ino, int flags, std::optional<uid_t> user, Done<Opened> done);
  Cancel read(std::uint64_t handle, std::uint64_t offset, std::size_t size, Done<Bytes> done);
  // True for a read that is most likely the kernel's own, ahead of a program that reads a header: it is to be answered with an
  // error, which the program never sees. What it does read the kernel asks for once more.
  // flags: of open(2).
  bool only_ahead(std::uint64_t handle, std::uint64_t offset, std::size_t size, int flags);
  // bytes: valid during the call only.
  Cancel write(std::uint64_t handle, std::uint64_t offset, std::span<const std::byte> bytes,
               Done<std::size_t> done);
  Cancel flush(std::uint64_t handle, Done<void> done);  // close(2) and fsync(2)
  void release(std::uint64_t handle);

  // flags: of open(2). The name may lead to a file that another mount has made, whose text O_TRUNC removes and O_EXCL refuses.
  Result<Created> create(std::uint64_t parent, const std::string& name, User user = {}, int flags = 0);
  Result<Entry> mkdir(std::uint64_t parent, const std::string& name, const Cause& cause = {});
  Result<Entry> symlink(std::uint64_t parent, const std::string& name, const std::string& target,
                        User user = {});
  Result<void> unlink(std::uint64_t parent, const std::string& name, User user = {});
  Cancel rmdir(std::uint64_t parent, const std::string& name, Done<void> done);
  // flags: of renameat2(2).
  Result<void> rename(std::uint64_t parent, const std::string& name, std::uint64_t to_parent,
                      const std::string& to_name, unsigned flags, User user = {});
  // The errno of an operation that no node ever allows: "link", "mknod", "setxattr" …
  Error refusal(std::uint64_t ino, const std::string& operation, User user = {}) {
    auto node = find(ino, user);
    return node ? (*node)->refusal(operation) : node.error();
  }

  Result<std::string> getxattr(std::uint64_t ino, const std::string& name, User user = {});
  // As InodeTable::drop_wrong_size().
  void drop_wrong_size(std::uint64_t ino, const std::function<void()>& drop) {
    inodes_.drop_wrong_size(ino, drop);
  }

  // True if the question shows that an overlayfs uses the inode, and the kernel has an estimate of its size:
  // drop_wrong_size() before the answer.
  bool asked_by_overlay(std::uint64_t ino, const std::string& name) {
    return sizes_.asked_by_overlay(ino, name);
  }
  Result<std::vector<std::string>> listxattr(std::uint64_t ino, User user = {});
  // Why a name cannot be looked up in a directory: "ENOENT '30as' is no radius: …"; "" if it can.
  Cancel why(std::uint64_t parent, const std::string& name, Done<std::string> done);

  // The thread on which this is to be asked for, as Node::home(); nullptr: any.
  HomeThread* home_of(std::uint64_t ino, uid_t user, bool change) const;

  // esofs checks permissions itself, for the kernel would say EACCES instead of EROFS: everybody may read
  // everything but what is another user's own, and only its owner, the mounting user and root may change what lies in queries/.
  // mask: of access(2). EROFS for W_OK if nobody may write, EACCES for X_OK on files and for W_OK of others.
  Result<void> access(std::uint64_t ino, int mask, uid_t user);
  // EACCES if `user` may not see the inode: what a login has shown is for the mounting user only (fs/kernel/privacy.h).
  Result<void> may_see(std::uint64_t ino, uid_t user);
  // Whether `user` may try an operation that changes the inode; EROFS or EACCES.
  Result<void> may_change(std::uint64_t ino, uid_t user, const std::string& operation);

  // Never waits.
  struct statvfs statfs() const {
    return statvfs_of(context_.files().usage());
  }

  // Logs a failure that is about to be answered; name: "" or the name below ino that was asked for. cause: whose process still
  // waits, so that its name can be read.
  void report(std::uint64_t ino, const std::string& name, const Error& error, const Cause& cause = {}) {
    reports_.failed(ino, name, cause, error);
  }

  // For .esofs/status.json.
  nlohmann::ordered_json status() const;
  std::size_t live_inodes() const { return inodes_.size(); }
  std::size_t open_handles() const { return files_.size() + directories_.size(); }

  static constexpr std::uint64_t kMostWithAttributes = 50'000;

 private:
  struct OpenDirectory {
    std::shared_ptr<DirectoryHandle> handle;
    User owner = {};
    bool varies = false;
    explicit operator bool() const noexcept { return static_cast<bool>(handle); }
    DirectoryHandle* operator->() const noexcept { return handle.get(); }
  };

  // The node as `user` sees it.
  Result<NodePtr> find(std::uint64_t ino, User user) const;
  Result<NodePtr> find(std::uint64_t parent, const std::string& name,
                       User user) const;  // the parent; ENAMETOOLONG for the name
  uid_t uid_of(User user) const { return user.value_or(context_.config().uid); }
  uid_t uid_of(const Cause& cause) const {
    return cause.user == Cause::kNoUser ? context_.config().uid : cause.user;
  }
  // Whose a node in the directory is.
  User owner_below(std::uint64_t directory, const Node& node, uid_t user) const {
    const User owner = node.owner();
    return !owner && inodes_.is_private(directory, user) ? User(user) : owner;
  }
  Cancel lookup_handle(std::uint64_t ino, bool parent, Done<Entry> done);
  Entry describe(std::uint64_t ino, const Attributes& attributes) const;
  std::uint64_t shown_number(std::uint64_t ino) const;  // what programs see of an inode number
  // Gives the next entries of a directory their shown numbers, in one transaction.
  void prepare_numbers(DirectoryHandle& directory, std::uint64_t offset) const;
  Entry published(std::uint64_t ino, Attributes attributes);  // remembers the size that the kernel gets
  // Counts a lookup.
  Entry entry(const NodePtr& node, User owner, bool looked_up = false);
  // Of a name in `directory`, which the user has just looked up or made.
  Entry entry_in(std::uint64_t directory, bool varies, const NodePtr& node, User user,
                 bool looked_up = false);
  Entry kept_private(Entry entry, const Node& node) const;
  Entry stated(std::uint64_t ino, Node& node);
  Opened opened(std::uint64_t ino, bool own_content, FileHandle handle, User user);

  Context& context_;
  InodeTable inodes_;
  Reports reports_;
  Activity activity_;
  SizeQuestions sizes_;
  HandleTable<FileHandle> files_;
  HandleTable<OpenDirectory> directories_;
};

}  // namespace esofs::fs
