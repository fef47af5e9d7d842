// Node: one file or directory of the tree, of whatever kind; the seam between the tree and the kernel's questions.
//
// A new kind of directory is a class derived from Node and a line in fs/root.cpp; nothing else knows the kinds.
//
//   shapes   attributes() answers from memory or LMDB; lookup(), open_directory() and open() may answer later
//            (client/base/ask.h)
//   units    sizes in bytes, times in seconds since 1970 UTC, timeouts in seconds
//   errors   those of the catalogue and the file cache; every mutation that a kind does not know is EROFS
//   threads  thread-safe. A node may be alive many times over: what makes it the same file is identity()
#pragma once

#include <sys/types.h>

#include <atomic>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cache/content/open_file.h"
#include "client/base/ask.h"
#include "client/base/result.h"
#include "client/model/model.h"

namespace esofs::fs {

using cache::Bytes;

enum class NodeType : std::uint8_t { kFile, kDirectory, kSymlink };

// What stat(2) shows, but for the owner and the inode number.
struct Attributes {
  NodeType type = NodeType::kFile;
  mode_t permissions = 0444;
  std::uint64_t size = 0;
  bool exact = true;  // false: size is an estimate, which the kernel keeps for a short time only
  std::int64_t mtime = 0;
  double entry_timeout = 1;  // how long the kernel may keep the name
  double attr_timeout = 1;   // how long it may keep these attributes; less if the size is not exact
  std::int64_t mtime_nanoseconds = 0;
  std::optional<timespec> atime = std::nullopt;  // nullopt: as mtime
  bool linked = true;  // false: it was removed, and is there for those who hold it open
  std::optional<uid_t> owner = std::nullopt;  // nullopt: the mounting user
};

// What is written to an open file.
class FileWriter {
 public:
  virtual ~FileWriter() = default;
  static constexpr std::uint64_t kAtEnd = ~std::uint64_t{0};
  // Writes past the page cache. `bytes` is valid during the call only. offset: kAtEnd for O_APPEND, since the kernel may have
  // an older size.
  virtual Cancel write(std::uint64_t offset, std::span<const std::byte> bytes, Done<std::size_t> done) = 0;
  // close(2) and fsync(2): what was written is on the disk, or has been sent, when this answers.
  virtual Cancel flush(Done<void> done) = 0;
};

// An open file; dropping the last copy closes it. Its version() is "" if the kernel must not keep its pages.
struct FileHandle {
  std::shared_ptr<cache::OpenFile> file;
  std::shared_ptr<FileWriter> writer = nullptr;  // null: it is read-only
};

class HomeThread;
class Node;
using NodePtr = std::shared_ptr<Node>;

// An open directory: one snapshot. An entry that was removed or replaced since is left out, or given as it is now: the kernel
// takes the node for what the name leads to.
class DirectoryHandle {
 public:
  struct Entry {
    std::string name;
    std::uint64_t next;  // the offset that continues after this entry; never 0
    NodePtr node;
  };
  virtual ~DirectoryHandle() = default;
  // Visits the entries from `offset` (0 or the `next` of an entry) until visit() returns false.
  virtual Result<void> entries(std::uint64_t offset, const std::function<bool(const Entry&)>& visit) = 0;
  // About how many entries there are.
  virtual std::uint64_t size() const = 0;
  // Called before the entries are visited from 0 again (rewinddir(3)): takes a new snapshot of what can change without a
  // question to the archive.
  virtual void rewind() {}
  // True for the first call.
  bool first_visit() noexcept { return !visited_.exchange(true); }

 private:
  std::atomic<bool> visited_{false};
};

// The answer to a lookup. node == nullptr: there is no such name, and the kernel may believe that for absent_for seconds.
struct Found {
  NodePtr node;
  double absent_for = 0;
};

// Why a directory has no such name.
struct Absence {
  std::string sentence;  // what is wrong with the name and what to write instead; "": nothing to say
  bool slip = false;     // the user has most likely typed it; false: programs may merely try it
};

// What setattr(2) and its relatives change.
struct Change {
  std::optional<std::uint64_t> size;
  std::optional<timespec> mtime;
  std::optional<timespec> atime;
  bool mtime_now = false;
  bool atime_now = false;
  bool mode_or_owner = false;
};

// How much a node knows of the file that it is. Of two live nodes of one identity the one that knows more stays; of two that
// know as much, the later if renewed is set.
struct Knowledge {
  bool renewed = false;     // a later node is newer. false: the first may remember something, and stays
  bool link = false;        // a DataLink answer describes it
  bool row = false;         // a row of a listing describes it
  std::size_t columns = 0;  // of that row
  friend auto operator<=>(const Knowledge&, const Knowledge&) = default;
};

class Node {
 public:
  Node() = default;
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  virtual ~Node() = default;

  // What it is, for ever: the inode number is made from it. Two paths to one dataset's file have one identity.
  virtual std::string identity() const = 0;
  virtual std::string path() const = 0;  // from the mount point, for .esofs/errors
  virtual Knowledge knowledge() const { return {}; }
  virtual Attributes attributes() = 0;
  // What a lookup of the name shows, just before an open perhaps: sendfile(2) and mmap(2) see no more than this size unless
  // the program calls fstat(2), so it is not below that of the text that an open would give now.
  virtual Attributes attributes_at_lookup() { return attributes(); }
  virtual NodeType type() const = 0;

  // --- what users of a shared mount have of their own ---
  // The directory as it is for this user; nullptr: as it is for everybody.
  virtual NodePtr for_user(uid_t user);
  // True if the names lead to other things for other users, or after a change elsewhere: the kernel must not keep them.
  virtual bool varies() const { return false; }
  // The only user who may see it, and what is below it; nullopt: everybody.
  virtual std::optional<uid_t> owner() const { return std::nullopt; }
  // The thread for what reads or writes files of its owner's home; nullptr: it does not. change: changes of it, and of names
  // in it; false: lookups in it and opening it.
  virtual HomeThread* home([[maybe_unused]] bool change) const { return nullptr; }

  // --- directories ---
  virtual Cancel lookup(const std::string& name, Done<Found> done);
  virtual Cancel open_directory(Done<std::shared_ptr<DirectoryHandle>> done);
  // Of a name that lookup() has not found. From memory.
  virtual Absence absence(const std::string& name);

  // --- files ---
  // user: whose login may be used; nullopt: the mounting user's. truncate: O_TRUNC.
  // REQUIRES: writable() if truncate is set or the file is to be written.
  virtual Cancel open(std::optional<uid_t> user, bool truncate, Done<FileHandle> done);
  virtual bool writable() const { return false; }
  // True if every open has a text of its own, so that the page cache cannot be shared.
  virtual bool own_content() const { return false; }
  // A file of the archive, whose handles know whether they are restricted().
  virtual bool dataset_file() const { return false; }
  // The dataset whose file it is, plain or as delivered; nullptr: it is none of a dataset. Valid while the node is.
  virtual const client::Dataset* dataset_of_file() const { return nullptr; }
  virtual Result<std::string> symlink_target() const;

  // --- extended attributes, from memory ---
  virtual std::optional<std::string> xattr(const std::string& name);
  virtual std::vector<std::string> xattr_names();

  // --- mutations; EROFS unless the kind knows better ---
  virtual Result<NodePtr> create(const std::string& name);
  virtual Result<NodePtr> make_directory(const std::string& name);
  virtual Result<NodePtr> make_symlink(const std::string& name, const std::string& target);
  virtual Result<void> remove(const std::string& name);
  virtual Cancel remove_directory(const std::string& name, Done<void> done);
  // replace: an existing `to_name` may go (else EEXIST).
  virtual Result<void> rename(const std::string& name, Node& to, const std::string& to_name, bool replace);
  virtual Result<void> change(const Change& change);
  // Answers what is never possible here: mknod, link, setxattr.
  virtual Error refusal(const std::string& operation) const;
};

}  // namespace esofs::fs
