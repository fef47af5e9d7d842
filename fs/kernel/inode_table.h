// InodeTable: inode numbers, and the nodes that the kernel knows of.
//
// A number is a 62-bit hash of the node's identity and so the same for ever, with nothing stored. Should two live nodes
// collide, the later one gets the next free number. A node is here while the kernel has a count on it (lookup,
// readdirplus, create) and leaves with FORGET.
//
// The path of a node that has left is remembered for a while, because a file handle of the kernel (open_by_handle_at(2), NFS)
// may open it again.
//
// On a shared mount a node may be for one user alone: nobody else finds it, even by its number. A file that several users have
// reached by paths of their own has one number, and a node for each of them.
//
//   threads  thread-safe; calls nothing of another class under its lock
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "client/base/guarded.h"
#include "fs/tree/node.h"

namespace esofs::fs {

constexpr std::uint64_t kRootInode = 1;

// The number of a node by its identity, if no live node has it already.
std::uint64_t usual_number(const std::string& identity);

class InodeTable {
 public:
  using Hash = std::function<std::uint64_t(const std::string& identity)>;

  // hash: for tests; empty: the one that gives real mounts their numbers.
  explicit InodeTable(NodePtr root, Hash hash = {});

  struct Referenced {
    std::uint64_t ino;
    NodePtr node;  // the one of that identity that knows most; all of them must look the same
  };
  // Counts one lookup of the node. owner: the user whom it is for; nullopt: for everybody.
  Referenced reference(const NodePtr& node, std::optional<uid_t> owner = std::nullopt);
  // The number that the node has or would get now; counts nothing.
  std::uint64_t number(const Node& node) const;
  // The one for `user`, else the one for everybody; nullptr: not live, or for others only.
  NodePtr find(std::uint64_t ino, std::optional<uid_t> user = std::nullopt) const;
  // True if the user has a node of this number that is for nobody else.
  bool is_private(std::uint64_t ino, uid_t user) const;
  void forget(std::uint64_t ino, std::uint64_t count);
  // The paths under which a live inode was shown to `user`, the latest first; empty: not live, or for others only.
  std::vector<std::string> paths(std::uint64_t ino, std::optional<uid_t> user = std::nullopt) const;
  // The path of a node that had this number; the latest 65 536 that have left are remembered.
  std::optional<std::string> path_of_forgotten(std::uint64_t ino) const;
  std::size_t size() const;

  // Remembers the size of a live inode that the kernel is about to get. While the file is open, its exact size takes the place of
  // an estimate: what is asked for before an open may be answered after it.
  void publish(std::uint64_t ino, Attributes& attributes);
  // Calls `drop`, which makes the kernel drop its attributes of the inode, if the kernel may have got a wrong size since the last
  // call, and else does nothing. For after a drop the kernel ignores the answers to all that it asked before, and a program whose
  // question for the size was among it reads with the old size. If another drop comes before the answer to that
  // read, the program sees zeros behind the end (fuse_change_attributes() and fuse_read_update_size() of Linux).
  // One thread at a time.
  void drop_wrong_size(std::uint64_t ino, const std::function<void()>& drop);

  // The time to show of a live inode: the first one that was shown, or a later one if the inode has changed. While it is open
  // it keeps the old time: another one would make the kernel drop its pages, and `ls` would wait, unkillably, for a server
  // that hangs.
  std::int64_t settled_mtime(std::uint64_t ino, std::int64_t mtime, std::int64_t now);

  // An overlayfs uses this live inode, and believes the size that stat(2) shows. True if the kernel may have one that is not
  // exact.
  bool overlaid(std::uint64_t ino);
  bool is_overlaid(std::uint64_t ino) const;
  // Programs have been shown this size of a live inode, and will rely on it.
  void shown(std::uint64_t ino, std::uint64_t size);

  // How an open is to be answered, from what the kernel may still hold of the inode's earlier content.
  struct Opening {
    bool keep_cache;  // the kernel's pages stay: they are of this version, or it is not to use them
    bool bypass;      // older handles of another version are open: this one must not share pages with them
    bool stale_size;  // the kernel may have another size: drop_wrong_size() before the open is answered
    bool misled = false;  // programs rely on another size; once
  };
  // version: of the handle being opened; "": pages are never kept. Each call needs a closed().
  Opening opened(std::uint64_t ino, const std::string& version, std::uint64_t size);
  void closed(std::uint64_t ino);

  // True once for each time that an inode is live, which is as long as the kernel may hold pages of it.
  bool first_decline(std::uint64_t ino);

 private:
  // What one user sees of an inode, or everybody.
  struct Face {
    NodePtr node;                    // null: nothing
    std::vector<std::string> paths;  // the latest first; empty: that of the node only
  };
  struct Record {
    Face everybodys;
    std::map<uid_t, Face> own;
    std::string identity;
    std::uint64_t lookups = 0;
    std::uint64_t open_handles = 0;
    std::string version;                     // of the pages that the kernel may hold
    std::optional<std::uint64_t> open_size;  // what the latest of the handles found that share pages
    std::uint64_t published_size = 0;
    std::uint64_t wrong_sizes = 0;    // estimates that were published, and sizes that an open has refuted
    std::uint64_t dropped_sizes = 0;  // how many of them the kernel cannot have any more
    std::optional<std::uint64_t> shown_size;
    std::optional<std::int64_t> mtime;
    std::int64_t settled_at = 0;
    bool published_exact = true;
    bool published = false;
    bool declined = false;
    bool overlaid = false;
    bool bypassed = false;  // one open reads past the page cache
  };
  struct Paths {
    std::unordered_map<std::uint64_t, std::string> by_number;
    std::deque<std::uint64_t> oldest_first;
  };
  struct Tables {
    std::unordered_map<std::uint64_t, Record> records;
    std::unordered_map<std::string, std::uint64_t> numbers;  // by identity
  };
  using Owner = std::optional<uid_t>;
  static Face& face(Record& record, Owner owner);
  static const Face& shown_to(const Record& record, Owner user);
  void keep_path(std::uint64_t ino, Owner owner, const Node& known, const Node& node);
  NodePtr keep_better(std::uint64_t ino, Owner owner, NodePtr known, const NodePtr& node);
  std::uint64_t free_number(const Tables& tables, const std::string& identity) const;

  Hash hash_;
  mutable Guarded<Tables> tables_;
  mutable Guarded<Paths> paths_;  // never locked together with the tables
};

}  // namespace esofs::fs
