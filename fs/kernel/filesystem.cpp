#include "fs/kernel/filesystem.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "cache/content/disk/chunk.h"
#include "cache/store/inode_numbers.h"
#include "client/base/safe_name.h"
#include "fs/kernel/privacy.h"
#include "fs/kernel/stat_of.h"
#include "fs/kernel/tree_walk.h"

namespace esofs::fs {
namespace {

constexpr std::uint64_t kHeaderBytes = cache::kChunkBytes;  // what the first request for a file brings
// In a directory "." is at offset 0 and ".." at 1; what follows is the handle's own offset, moved by 2.
constexpr std::uint64_t kDots = 2;
constexpr mode_t kAnyWrite = 0222;
// Names that fit into one answer to the kernel: 4 KiB of READDIR, or as much of READDIRPLUS as it takes.
constexpr std::size_t kNumberedTogether = 128;
// Long enough for `find` and `ls -l` to use what READDIRPLUS said of a directory, short because an estimate may be
// corrected without an open (by DataLink, by another mount). open itself makes the kernel drop it.
constexpr double kEstimateTimeout = 10;

Error no_such_handle() { return {EBADF, "no such file handle"}; }
constexpr const char* kErrorAttribute = "user.esofs.error";
constexpr const char* kSizeState = "user.esofs.size_state";

}  // namespace

nlohmann::ordered_json Filesystem::status() const {
  return {{"live_inodes", live_inodes()},
          {"open_handles", open_handles()},
          {"errors", context_.errors().size()},
          {"served_bytes", activity_.served()},
          {"activity", activity_json(activity_, inodes_)}};
}

Result<NodePtr> Filesystem::find(std::uint64_t ino, User user) const {
  NodePtr node = inodes_.find(ino, uid_of(user));
  if (!node) return Error(ESTALE, "inode " + std::to_string(ino) + " is not known");
  return seen_by(uid_of(user), std::move(node), context_.config());
}

Result<NodePtr> Filesystem::find(std::uint64_t parent, const std::string& name, User user) const {
  if (name.size() > kLongestName)
    return Error(ENAMETOOLONG, "a name of " + std::to_string(name.size()) + " bytes; 255 are the most");
  return find(parent, user);
}

HomeThread* Filesystem::home_of(std::uint64_t ino, uid_t user, bool change) const {
  if (context_.config().users_dir.empty()) return nullptr;
  const auto node = find(ino, user);
  return node ? (*node)->home(change) : nullptr;
}

std::uint64_t Filesystem::shown_number(std::uint64_t ino) const {
  cache::InodeNumbers* numbers = context_.config().inode_numbers;
  return numbers == nullptr ? ino : numbers->of(ino);
}

void Filesystem::prepare_numbers(DirectoryHandle& directory, std::uint64_t offset) const {
  cache::InodeNumbers* numbers = context_.config().inode_numbers;
  if (numbers == nullptr) return;
  std::vector<std::uint64_t> nodes;
  // A failure shows again when the entries are visited.
  (void)directory.entries(offset, [&](const DirectoryHandle::Entry& listed) {
    nodes.push_back(inodes_.number(*listed.node));
    return nodes.size() < kNumberedTogether;
  });
  numbers->prepare(nodes);
}

Entry Filesystem::describe(std::uint64_t ino, const Attributes& attributes) const {
  Entry entry;
  entry.ino = ino;
  entry.entry_timeout = attributes.entry_timeout;
  entry.attr_timeout = attributes.exact     ? attributes.attr_timeout
                       : sizes_.wanted(ino) ? 0
                                            : std::min(attributes.attr_timeout, kEstimateTimeout);
  entry.attributes = stat_of(attributes, shown_number(ino), context_.config());
  return entry;
}

// The kernel must ask again on everybody's behalf for what not everybody may see.
Entry Filesystem::kept_private(Entry entry, const Node& node) const {
  const Config& config = context_.config();
  if (!config.allow_other || config.share_private ||
      !privacy_now(config).covers(node.path(), node.dataset_file()))
    return entry;
  entry.entry_timeout = 0;
  entry.attr_timeout = 0;
  return entry;
}

Entry Filesystem::published(std::uint64_t ino, Attributes attributes) {
  if (constant(attributes)) attributes.mtime = inodes_.settled_mtime(ino, attributes.mtime, context_.now());
  inodes_.publish(ino, attributes);
  if (attributes.exact && constant(attributes) && sizes_.wanted(ino)) inodes_.shown(ino, attributes.size);
  return describe(ino, attributes);
}

Entry Filesystem::entry(const NodePtr& node, User owner, bool looked_up) {
  const auto [ino, best] = inodes_.reference(node, owner);
  return kept_private(published(ino, looked_up ? best->attributes_at_lookup() : best->attributes()), *best);
}

Entry Filesystem::entry_in(std::uint64_t directory, bool varies, const NodePtr& node, User user,
                           bool looked_up) {
  Entry made = entry(node, owner_below(directory, *node, uid_of(user)), looked_up);
  if (varies) made.entry_timeout = 0;
  return made;
}

Cancel Filesystem::lookup(std::uint64_t parent, const std::string& name, Done<Entry> done) {
  if (name == "." || name == "..") return lookup_handle(parent, name == "..", std::move(done));
  const uid_t user = uid_of(done.cause());
  auto directory = find(parent, name, user);
  if (!directory) {
    done(directory.error());
    return {};
  }
  return (*directory)
      ->lookup(name, AskedBy(done.cause(), [this, parent, directory = *directory, name, user,
                                            cause = done.cause(), done = done.take()](Result<Found> found) {
                 if (!found) return done(found.error());
                 const bool varies = directory->varies();
                 if (found->node) return done(entry_in(parent, varies, found->node, user, true));
                 reports_.absent(parent, name, cause, *directory);
                 if (found->absent_for <= 0 || varies)
                   return done(Error(ENOENT, directory->path() + " has no " + name));
                 Entry absent;
                 absent.entry_timeout = found->absent_for;
                 done(absent);
               }));
}

Cancel Filesystem::lookup_handle(std::uint64_t ino, bool parent, Done<Entry> done) {
  const uid_t user = uid_of(done.cause());
  const NodePtr live = inodes_.find(ino, user);
  if (live && !parent) {
    done(entry(live, inodes_.is_private(ino, user) ? User(user) : User()));
    return {};
  }
  auto path = live ? std::optional(live->path()) : inodes_.path_of_forgotten(ino);
  if (!path) {
    done(Error(ESTALE, "inode " + std::to_string(ino) + " is not known"));
    return {};
  }
  if (parent) path->resize(std::min(path->rfind('/'), path->size()));
  return walk({inodes_.find(kRootInode), {}}, *path, user, context_.config(),
              AskedBy(done.cause(), [this, ino, parent, done = done.take()](Result<Place> found) {
                if (!found) return done(Error(ESTALE, found.error().what()));
                Entry again = entry(found->node, found->owner);
                if (parent || again.ino == ino) return done(again);
                forget(again.ino, 1);
                done(Error(ESTALE, found->node->path() + " is another file now"));
              }));
}

Result<Entry> Filesystem::getattr(std::uint64_t ino, User user) {
  auto node = find(ino, user);
  if (!node) return node.error();
  return kept_private(published(ino, (*node)->attributes()), **node);
}

// What stat(2) shows is relied upon, an estimate too.
Entry Filesystem::stated(std::uint64_t ino, Node& node) {
  const Attributes attributes = node.attributes();
  if (constant(attributes)) inodes_.shown(ino, attributes.size);
  return kept_private(published(ino, attributes), node);
}

Cancel Filesystem::stat(std::uint64_t ino, std::optional<uid_t> user, Done<Entry> done) {
  auto found = find(ino, user);
  if (!found || (*found)->type() != NodeType::kFile || !sizes_.wanted(ino)) {
    done(found ? getattr(ino, user) : found.error());
    return {};
  }
  return sizes_.learn(
      ino, *found, user,
      AskedBy(done.cause(), [this, ino, node = *found, done = done.take()](const Result<void>& learnt) {
        if (!learnt) return done(learnt.error());
        done(stated(ino, *node));
      }));
}

Result<Entry> Filesystem::setattr(std::uint64_t ino, const Change& change, User user) {
  auto node = find(ino, user);
  if (!node) return node.error();
  if (auto changed = (*node)->change(change); !changed) return changed.error();
  return getattr(ino, user);
}

Result<std::string> Filesystem::readlink(std::uint64_t ino, User user) {
  auto node = find(ino, user);
  if (!node) return node.error();
  return (*node)->symlink_target();
}

// --- directories ---

Cancel Filesystem::opendir(std::uint64_t ino, Done<Opened> done) {
  const uid_t user = uid_of(done.cause());
  auto node = find(ino, user);
  if (!node) {
    done(node.error());
    return {};
  }
  auto use = activity_.begin(ino, done.cause(), context_.now());
  return (*node)->open_directory(
      AskedBy(done.cause(), [this, ino, user, node = *node, use,
                             done = done.take()](Result<std::shared_ptr<DirectoryHandle>> handle) {
        if (!handle) return done(handle.error());
        Opened opened;
        const User owner = inodes_.is_private(ino, user) ? User(user) : User();
        opened.handle = directories_.add(ino, {*std::move(handle), owner, node->varies()});
        reports_.opened(ino, user);
        done(opened);
      }));
}

Result<void> Filesystem::readdir(std::uint64_t handle, std::uint64_t offset, bool plus,
                                 const std::function<bool(const DirectoryEntry&)>& visit) {
  const auto open = directories_.find(handle);
  if (!open.handle) return Error(EBADF, "no such directory handle");
  if (offset == 0 && !open.handle->first_visit()) open.handle->rewind();
  if (offset == 0 && plus) sizes_.begin(handle);
  for (; offset < kDots; ++offset) {
    DirectoryEntry dot{offset == 0 ? "." : "..", {}, offset + 1};
    dot.entry.attributes.st_ino = shown_number(offset == 0 ? open.ino : kRootInode);
    dot.entry.attributes.st_mode = S_IFDIR;
    if (!visit(dot)) return {};
  }
  prepare_numbers(*open.handle.handle, offset - kDots);
  const bool with_attributes = plus && open.handle->size() <= kMostWithAttributes;
  return open.handle->entries(offset - kDots, [&](const DirectoryHandle::Entry& listed) {
    DirectoryEntry out{listed.name, {}, listed.next + kDots};
    if (with_attributes) {
      const User owner = listed.node->owner();
      out.entry = entry(listed.node, owner ? owner : open.handle.owner);
      if (open.handle.varies) out.entry.entry_timeout = 0;
      const bool fits = visit(out);
      if (!fits) inodes_.forget(out.entry.ino, 1);  // it comes again
      if (fits && out.entry.attr_timeout <= kEstimateTimeout) sizes_.listed(handle, out.entry.ino);
      return fits;
    }
    out.entry.attributes.st_ino = shown_number(inodes_.number(*listed.node));
    out.entry.attributes.st_mode = file_type(listed.node->type());
    return visit(out);
  });
}

// --- files ---

Opened Filesystem::opened(std::uint64_t ino, bool own_content, FileHandle handle, User user) {
  const InodeTable::Opening how = inodes_.opened(ino, handle.file->version(), handle.file->size());
  Opened opened;
  opened.keep_cache = how.keep_cache;
  opened.direct_io = how.bypass || own_content;
  opened.invalidate_attributes = how.stale_size;
  if (how.misled) {
    inodes_.closed(ino);
    opened.failed =
        Error(EAGAIN, "its size has turned out to be another one than stat has shown; look again");
    return opened;
  }
  opened.handle = files_.add(ino, std::move(handle));
  reports_.opened(ino, uid_of(user));
  return opened;
}

Cancel Filesystem::open(std::uint64_t ino, int flags, std::optional<uid_t> user, Done<Opened> done) {
  auto node = find(ino, user);
  if (!node) {
    done(node.error());
    return {};
  }
  const bool truncate = (flags & O_TRUNC) != 0;
  if (((flags & O_ACCMODE) != O_RDONLY || truncate) && !(*node)->writable()) {
    done((*node)->refusal("open for writing"));
    return {};
  }
  auto use = activity_.begin(ino, done.cause(), context_.now());
  return (*node)->open(
      user, truncate,
      AskedBy(
          done.cause(), [this, ino, user, use, node = *node, done = done.take()](Result<FileHandle> handle) {
            if (!handle) return done(handle.error());
            if (handle->file->restricted() && user && !sees_everything(context_.config(), *user))
              return done(
                  Error(EACCES, node->path() + ": it is not public, and belongs to another user's login"));
            done(opened(ino, node->own_content(), *std::move(handle), user));
          }));
}

Cancel Filesystem::read(std::uint64_t handle, std::uint64_t offset, std::size_t size, Done<Bytes> done) {
  const auto open = files_.find(handle);
  const auto& file = open.handle.file;
  if (!file) {
    done(no_such_handle());
    return {};
  }
  auto use = activity_.begin(open.ino, done.cause(), context_.now());
  // The answer keeps the file: the kernel may release it while a read is still under way.
  return file->read(offset, size, AskedBy(done.cause(), [file, use, done = done.take()](Result<Bytes> bytes) {
                      if (bytes) use->served(bytes->size());
                      done(std::move(bytes));
                    }));
}

// IRAF reads 64 KiB for a header, GDL 8 KiB after 8 KiB; the kernel then asks for what follows, in the background, which would
// be half as much again of what a header costs. A failure of that leaves pages without content, and a page that a program comes
// to is asked for again (filemap_read_folio() of Linux). Once for an inode: then it may be a program that asks.
bool Filesystem::only_ahead(std::uint64_t handle, std::uint64_t offset, std::size_t size, int flags) {
  const bool behind_header = offset + size > kHeaderBytes && offset < 2 * kHeaderBytes;
  const bool by_the_kernel = size > kBlockSize && size <= kHeaderBytes && (flags & O_DIRECT) == 0;
  if (!behind_header || !by_the_kernel) return false;
  const auto open = files_.find(handle);
  const auto& file = open.handle.file;
  return file && !file->at_hand(offset, size) && inodes_.first_decline(open.ino);
}

Cancel Filesystem::write(std::uint64_t handle, std::uint64_t offset, std::span<const std::byte> bytes,
                         Done<std::size_t> done) {
  const auto open = files_.find(handle).handle;
  if (!open.file || !open.writer) {
    done(open.file ? Error(EROFS, "this file is read-only") : no_such_handle());
    return {};
  }
  return open.writer->write(offset, bytes,
                            AskedBy(done.cause(), [open, done = done.take()](Result<std::size_t> written) {
                              done(std::move(written));
                            }));
}

Cancel Filesystem::flush(std::uint64_t handle, Done<void> done) {
  const auto open = files_.find(handle).handle;
  if (!open.writer) {
    done(open.file ? Result<void>() : no_such_handle());
    return {};
  }
  return open.writer->flush(
      AskedBy(done.cause(), [open, done = done.take()](Result<void> flushed) { done(std::move(flushed)); }));
}

void Filesystem::release(std::uint64_t handle) {
  const auto open = files_.take(handle);
  if (open.handle.file) inodes_.closed(open.ino);
}

// --- permissions ---

Result<void> Filesystem::access(std::uint64_t ino, int mask, uid_t user) {
  auto node = find(ino, user);
  if (!node) return node.error();
  const auto mode = (*node)->attributes().permissions;
  if ((mask & W_OK) != 0) {
    if ((mode & kAnyWrite) == 0) return (*node)->refusal("write");
    if (auto allowed = may_change(ino, user, "write"); !allowed) return allowed;
  }
  if ((mask & X_OK) != 0 && (*node)->type() == NodeType::kFile)
    return Error(EACCES, (*node)->path() + " is no program");
  return {};
}

Result<void> Filesystem::may_see(std::uint64_t ino, uid_t user) {
  const Config& config = context_.config();
  if (!config.allow_other || sees_everything(config, user)) return {};
  const Privacy privacy = privacy_now(config);
  if (!privacy.listings && !privacy.links) return {};
  auto node = find(ino, user);
  if (!node) return node.error();
  return check_seen(privacy, **node);
}

Result<void> Filesystem::may_change(std::uint64_t ino, uid_t user, const std::string& operation) {
  if (user == 0 || user == context_.config().uid) return {};
  auto node = find(ino, user);
  if (!node) return node.error();
  if ((*node)->owner() == user || inodes_.is_private(ino, user)) return {};
  if (((*node)->attributes().permissions & kAnyWrite) == 0) return (*node)->refusal(operation);
  return anothers(context_.config(), operation + " " + (*node)->path());
}

// --- mutations ---

Result<Created> Filesystem::create(std::uint64_t parent, const std::string& name, User user, int flags) {
  auto directory = find(parent, name, user);
  if (!directory) return directory.error();
  auto node = (*directory)->create(name);
  if (!node) return node.error();
  const bool has_text = (*node)->attributes().size != 0;
  if (has_text && (flags & O_EXCL) != 0) return Error(EEXIST, (*node)->path() + " exists");
  context_.made_directories().filled((*directory)->identity());
  Created created;
  created.entry = entry_in(parent, (*directory)->varies(), *node, user);
  Result<Opened> answer = Error(EIO, "a new file could not be opened");  // in memory, so at once
  (*node)->open(std::nullopt, has_text && (flags & O_TRUNC) != 0, [&](Result<FileHandle> handle) {
    if (!handle) answer = handle.error();
    if (handle) answer = opened(created.entry.ino, (*node)->own_content(), *std::move(handle), user);
  });
  if (!answer) {
    forget(created.entry.ino, 1);
    return answer.error();
  }
  created.opened = *answer;
  return created;
}

Result<Entry> Filesystem::mkdir(std::uint64_t parent, const std::string& name, const Cause& cause) {
  const uid_t user = uid_of(cause);
  auto directory = find(parent, name, user);
  if (!directory) return directory.error();
  auto node = (*directory)->make_directory(name);
  if (!node) return node.error();
  context_.made_directories().made((*node)->identity(), cause, context_.now());
  return entry_in(parent, (*directory)->varies(), *node, user);
}

Result<Entry> Filesystem::symlink(std::uint64_t parent, const std::string& name, const std::string& target,
                                  User user) {
  auto directory = find(parent, name, user);
  if (!directory) return directory.error();
  auto node = (*directory)->make_symlink(name, target);
  if (!node) return node.error();
  return entry_in(parent, (*directory)->varies(), *node, user);
}

Result<void> Filesystem::unlink(std::uint64_t parent, const std::string& name, User user) {
  auto directory = find(parent, name, user);
  if (!directory) return directory.error();
  return (*directory)->remove(name);
}

Cancel Filesystem::rmdir(std::uint64_t parent, const std::string& name, Done<void> done) {
  auto directory = find(parent, name, uid_of(done.cause()));
  if (!directory) {
    done(directory.error());
    return {};
  }
  return (*directory)
      ->remove_directory(name,
                         AskedBy(done.cause(), [keep = *directory, done = done.take()](Result<void> removed) {
                           done(std::move(removed));
                         }));
}

Result<void> Filesystem::rename(std::uint64_t parent, const std::string& name, std::uint64_t to_parent,
                                const std::string& to_name, unsigned flags, User user) {
  auto directory = find(parent, name, user);
  if (!directory) return directory.error();
  auto to = find(to_parent, to_name, user);
  if (!to) return to.error();
  if ((flags & ~static_cast<unsigned>(RENAME_NOREPLACE)) != 0)
    return Error(EINVAL, "only plain renames and RENAME_NOREPLACE are known");
  return (*directory)->rename(name, **to, to_name, (flags & RENAME_NOREPLACE) == 0);
}

// --- the rest ---

Result<std::string> Filesystem::getxattr(std::uint64_t ino, const std::string& name, User user) {
  // `ls -l` asks for security.selinux and system.posix_acl_access of every file, unless one of them is not supported.
  if (!name.starts_with("user.")) return Error(EOPNOTSUPP, "no attributes but user.*");
  auto node = find(ino, user);
  if (!node) return node.error();
  auto value = (*node)->xattr(name);
  if (!value && name == kErrorAttribute) value = reports_.last(ino, uid_of(user));
  if (!value && name == kSizeState && !(*node)->attributes().exact) value = "estimated";
  if (!value) return Error(ENODATA, "no attribute " + safe_name(name));
  return *std::move(value);
}

Result<std::vector<std::string>> Filesystem::listxattr(std::uint64_t ino, User user) {
  if (!context_.config().list_xattrs) return std::vector<std::string>();
  auto node = find(ino, user);
  if (!node) return node.error();
  auto names = (*node)->xattr_names();
  const bool listed = std::find(names.begin(), names.end(), kErrorAttribute) != names.end();
  if (!listed && reports_.last(ino, uid_of(user))) names.emplace_back(kErrorAttribute);
  return names;
}

Cancel Filesystem::why(std::uint64_t parent, const std::string& name, Done<std::string> done) {
  auto directory = find(parent, name, uid_of(done.cause()));
  if (directory) return why_absent(*directory, name, std::move(done));
  done(errno_name(directory.error().code()) + " " + directory.error().what());
  return {};
}

}  // namespace esofs::fs
