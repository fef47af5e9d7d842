#include "fs/kernel/fuse_ops.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fs/kernel/answering.h"
#include "fs/kernel/fuse_session.h"
#include "fs/kernel/reply.h"

namespace esofs::fs {
namespace {

// user.esofs.why.NAME of a directory: why NAME is not in it. `esofs why` asks for it.
constexpr std::string_view kWhyPrefix = "user.esofs.why.";

// True if the caller may not change the inode; then the request has been answered.
bool refused(fuse_req_t request, Operation operation, fuse_ino_t ino, const char* name, const char* what) {
  const auto allowed = filesystem_of(request).may_change(ino, user_of(request), what);
  if (!allowed) Reply(connection_of(request), request, operation, ino, name, false).error(allowed.error());
  return !allowed;
}

// True if the caller may not see the inode; then the request has been answered.
bool hidden(fuse_req_t request, Operation operation, fuse_ino_t ino, const char* name) {
  const auto allowed = filesystem_of(request).may_see(ino, user_of(request));
  if (!allowed) Reply(connection_of(request), request, operation, ino, name, false).error(allowed.error());
  return !allowed;
}

// The parallel_dirops flag of libfuse 3.17 and later; before, fuse_session.cpp patches it into the answer.
void set_up(void* userdata, fuse_conn_info* kernel) {
  const Connection& connection = *static_cast<Connection*>(userdata);
#if FUSE_VERSION >= FUSE_MAKE_VERSION(3, 17)
  fuse_set_feature_flag(kernel, FUSE_CAP_PARALLEL_DIROPS);
  fuse_set_feature_flag(kernel, FUSE_CAP_EXPORT_SUPPORT);
  fuse_unset_feature_flag(kernel, FUSE_CAP_READDIRPLUS_AUTO);
#else
  kernel->want |= kernel->capable & FUSE_CAP_PARALLEL_DIROPS;
  kernel->want |= kernel->capable & FUSE_CAP_EXPORT_SUPPORT;
  // The listing is local: attributes cost nothing, and AUTO would ask for each of them again by LOOKUP.
  kernel->want &= ~static_cast<unsigned>(FUSE_CAP_READDIRPLUS_AUTO);
#endif
  kernel->max_background = connection.max_background;
  kernel->congestion_threshold = connection.max_background * 3 / 4;
  kernel->max_readahead = std::min(kernel->max_readahead, connection.readahead_bytes);
}

void on_lookup(fuse_req_t request, fuse_ino_t parent, const char* name) {
  if (hidden(request, Operation::kLookup, parent, name)) return;
  ask<Entry>(
      request, Operation::kLookup, parent, name,
      [&](Done<Entry> done) {
        const auto start = [&filesystem = filesystem_of(request), parent,
                            name = std::string(name)](Done<Entry> asked) {
          return filesystem.lookup(parent, name, std::move(asked));
        };
        return ask_at_home<Entry>(request, parent, false, start, std::move(done));
      },
      [](Reply& reply, const Entry& entry) { reply.entry(entry); });
}

void on_forget(fuse_req_t request, fuse_ino_t ino, std::uint64_t count) {
  filesystem_of(request).forget(ino, count);
  fuse_reply_none(request);
}

void on_forget_multi(fuse_req_t request, std::size_t count, fuse_forget_data* forgets) {
  for (std::size_t i = 0; i < count; ++i) filesystem_of(request).forget(forgets[i].ino, forgets[i].nlookup);
  fuse_reply_none(request);
}

// info: the kernel asks on behalf of a read or write of an open file, else of stat(2) or fstat(2).
void on_getattr(fuse_req_t request, fuse_ino_t ino, fuse_file_info* info) {
  if (hidden(request, Operation::kGetattr, ino, "")) return;
  if (info != nullptr || !filesystem_of(request).stat_may_wait(ino)) {
    const auto entry = filesystem_of(request).getattr(ino, user_of(request));
    return answer(request, Operation::kGetattr, ino, "", entry,
                  [&](Reply& reply) { reply.attributes(*entry); });
  }
  ask<Entry>(
      request, Operation::kGetattr, ino, "",
      [&](Done<Entry> done) { return filesystem_of(request).stat(ino, user_of(request), std::move(done)); },
      [](Reply& reply, const Entry& entry) { reply.attributes(entry); });
}

void on_setattr(fuse_req_t request, fuse_ino_t ino, struct stat* wanted, int which, fuse_file_info*) {
  if (refused(request, Operation::kSetattr, ino, "", "change")) return;
  Change change;
  if ((which & FUSE_SET_ATTR_SIZE) != 0) change.size = static_cast<std::uint64_t>(wanted->st_size);
  change.mtime_now = (which & FUSE_SET_ATTR_MTIME_NOW) != 0;
  change.atime_now = (which & FUSE_SET_ATTR_ATIME_NOW) != 0;
  if ((which & FUSE_SET_ATTR_MTIME) != 0 && !change.mtime_now) change.mtime = wanted->st_mtim;
  if ((which & FUSE_SET_ATTR_ATIME) != 0 && !change.atime_now) change.atime = wanted->st_atim;
  change.mode_or_owner = (which & (FUSE_SET_ATTR_MODE | FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID)) != 0;
  answer_with<Entry>(
      request, Operation::kSetattr, ino, "",
      [&filesystem = filesystem_of(request), ino, change, user = user_of(request)] {
        return filesystem.setattr(ino, change, user);
      },
      [](Reply& reply, const Entry& entry) { reply.attributes(entry); });
}

void on_readlink(fuse_req_t request, fuse_ino_t ino) {
  if (hidden(request, Operation::kReadlink, ino, "")) return;
  const auto target = filesystem_of(request).readlink(ino, user_of(request));
  answer(request, Operation::kReadlink, ino, "", target, [&](Reply& reply) { reply.target(*target); });
}

void on_opendir(fuse_req_t request, fuse_ino_t ino, fuse_file_info*) {
  if (hidden(request, Operation::kOpendir, ino, "")) return;
  ask<Opened>(
      request, Operation::kOpendir, ino, "",
      [&](Done<Opened> done) {
        const auto start = [&filesystem = filesystem_of(request), ino](Done<Opened> asked) {
          return filesystem.opendir(ino, std::move(asked));
        };
        return ask_at_home<Opened>(request, ino, false, start, std::move(done));
      },
      [](Reply& reply, const Opened& opened) { reply.opened(opened, true); });
}

void read_directory(fuse_req_t request, fuse_ino_t ino, std::size_t size, off_t offset,
                    const fuse_file_info* info, bool plus) {
  std::vector<char> buffer(size);
  std::size_t used = 0;
  const auto fits = [&](const DirectoryEntry& listed) {
    char* at = buffer.data() + used;
    const std::size_t room = size - used;
    const auto next = static_cast<off_t>(listed.next);
    std::size_t needed = 0;
    if (plus) {
      fuse_entry_param entry{};
      entry.ino = listed.entry.ino;
      entry.attr = listed.entry.attributes;
      entry.attr_timeout = listed.entry.attr_timeout;
      entry.entry_timeout = listed.entry.entry_timeout;
      needed = fuse_add_direntry_plus(request, at, room, listed.name.c_str(), &entry, next);
    } else {
      needed = fuse_add_direntry(request, at, room, listed.name.c_str(), &listed.entry.attributes, next);
    }
    if (needed > room) return false;
    used += needed;
    return true;
  };
  const auto read = filesystem_of(request).readdir(info->fh, static_cast<std::uint64_t>(offset), plus, fits);
  Reply reply(connection_of(request), request, Operation::kReaddir, ino, "", false);
  // What was found before a failure is delivered; the failure comes with the next call.
  if (!read && used == 0) return reply.error(read.error());
  reply.data({reinterpret_cast<const std::byte*>(buffer.data()), used});
}

void on_readdir(fuse_req_t request, fuse_ino_t ino, std::size_t size, off_t offset, fuse_file_info* info) {
  read_directory(request, ino, size, offset, info, false);
}

void on_readdirplus(fuse_req_t request, fuse_ino_t ino, std::size_t size, off_t offset,
                    fuse_file_info* info) {
  read_directory(request, ino, size, offset, info, true);
}

void on_releasedir(fuse_req_t request, fuse_ino_t, fuse_file_info* info) {
  filesystem_of(request).releasedir(info->fh);
  fuse_reply_err(request, 0);
}

void on_open(fuse_req_t request, fuse_ino_t ino, fuse_file_info* info) {
  if (hidden(request, Operation::kOpen, ino, "")) return;
  const int flags = info->flags;
  const bool changes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC) != 0;
  if (changes && refused(request, Operation::kOpen, ino, "", "open for writing")) return;
  ask<Opened>(
      request, Operation::kOpen, ino, "",
      [&](Done<Opened> done) {
        return filesystem_of(request).open(ino, flags, user_of(request), std::move(done));
      },
      [](Reply& reply, const Opened& opened) { reply.opened(opened, false); });
}

void on_read(fuse_req_t request, fuse_ino_t ino, std::size_t size, off_t offset, fuse_file_info* info) {
  if (filesystem_of(request).only_ahead(info->fh, static_cast<std::uint64_t>(offset), size, info->flags)) {
    fuse_reply_err(request, EAGAIN);  // not in .esofs/errors: nothing has failed
    return;
  }
  ask<Bytes>(
      request, Operation::kRead, ino, "",
      [&](Done<Bytes> done) {
        return filesystem_of(request).read(info->fh, static_cast<std::uint64_t>(offset), size,
                                           std::move(done));
      },
      [](Reply& reply, const Bytes& bytes) { reply.data(bytes); });
}

void on_write(fuse_req_t request, fuse_ino_t ino, const char* bytes, std::size_t size, off_t offset,
              fuse_file_info* info) {
  ask<std::size_t>(
      request, Operation::kWrite, ino, "",
      [&](Done<std::size_t> done) {
        const bool append = (info->flags & O_APPEND) != 0;
        return filesystem_of(request).write(
            info->fh, append ? FileWriter::kAtEnd : static_cast<std::uint64_t>(offset),
            {reinterpret_cast<const std::byte*>(bytes), size}, std::move(done));
      },
      [](Reply& reply, std::size_t written) { reply.written(written); });
}

void on_flush(fuse_req_t request, fuse_ino_t ino, fuse_file_info* info) {
  ask_to(request, Operation::kFlush, ino, "",
         [&](Done<void> done) { return filesystem_of(request).flush(info->fh, std::move(done)); });
}

void on_fsync(fuse_req_t request, fuse_ino_t ino, int, fuse_file_info* info) {
  ask_to(request, Operation::kFlush, ino, "",
         [&](Done<void> done) { return filesystem_of(request).flush(info->fh, std::move(done)); });
}

void on_release(fuse_req_t request, fuse_ino_t, fuse_file_info* info) {
  filesystem_of(request).release(info->fh);
  fuse_reply_err(request, 0);
}

void on_fsyncdir(fuse_req_t request, fuse_ino_t, int, fuse_file_info*) { fuse_reply_err(request, 0); }

void on_create(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t, fuse_file_info* info) {
  if (refused(request, Operation::kCreate, parent, name, "create")) return;
  answer_with<Created>(
      request, Operation::kCreate, parent, name,
      [&filesystem = filesystem_of(request), parent, name = std::string(name), user = user_of(request),
       flags = info->flags] { return filesystem.create(parent, name, user, flags); },
      [](Reply& reply, const Created& created) { reply.created(created); });
}

void on_mkdir(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t) {
  if (refused(request, Operation::kMkdir, parent, name, "mkdir")) return;
  answer_with<Entry>(
      request, Operation::kMkdir, parent, name,
      [&filesystem = filesystem_of(request), parent, name = std::string(name),
       cause = cause_of(request, Operation::kMkdir)] { return filesystem.mkdir(parent, name, cause); },
      [](Reply& reply, const Entry& entry) { reply.entry(entry); });
}

void on_symlink(fuse_req_t request, const char* target, fuse_ino_t parent, const char* name) {
  if (refused(request, Operation::kSymlink, parent, name, "symlink")) return;
  answer_with<Entry>(
      request, Operation::kSymlink, parent, name,
      [&filesystem = filesystem_of(request), parent, name = std::string(name), target = std::string(target),
       user = user_of(request)] { return filesystem.symlink(parent, name, target, user); },
      [](Reply& reply, const Entry& entry) { reply.entry(entry); });
}

void on_unlink(fuse_req_t request, fuse_ino_t parent, const char* name) {
  if (refused(request, Operation::kUnlink, parent, name, "remove")) return;
  answer_with(request, Operation::kUnlink, parent, name,
              [&filesystem = filesystem_of(request), parent, name = std::string(name),
               user = user_of(request)] { return filesystem.unlink(parent, name, user); });
}

void on_rmdir(fuse_req_t request, fuse_ino_t parent, const char* name) {
  if (refused(request, Operation::kRmdir, parent, name, "rmdir")) return;
  ask_to(request, Operation::kRmdir, parent, name, [&](Done<void> done) {
    const auto start = [&filesystem = filesystem_of(request), parent, name = std::string(name)](
                           Done<void> asked) { return filesystem.rmdir(parent, name, std::move(asked)); };
    return ask_at_home<void>(request, parent, true, start, std::move(done));
  });
}

void on_rename(fuse_req_t request, fuse_ino_t parent, const char* name, fuse_ino_t to_parent,
               const char* to_name, unsigned flags) {
  if (refused(request, Operation::kRename, parent, name, "rename")) return;
  answer_with(request, Operation::kRename, parent, name,
              [&filesystem = filesystem_of(request), parent, name = std::string(name), to_parent,
               to_name = std::string(to_name), flags, user = user_of(request)] {
                return filesystem.rename(parent, name, to_parent, to_name, flags, user);
              });
}

// Not in .esofs/errors: `cp -a` tries such things and does without.
void refuse(fuse_req_t request, fuse_ino_t ino, const char* operation) {
  fuse_reply_err(request, filesystem_of(request).refusal(ino, operation, user_of(request)).code());
}

void on_link(fuse_req_t request, fuse_ino_t, fuse_ino_t to_parent, const char*) {
  refuse(request, to_parent, "link");
}
void on_mknod(fuse_req_t request, fuse_ino_t parent, const char*, mode_t, dev_t) {
  refuse(request, parent, "mknod");
}
void on_setxattr(fuse_req_t request, fuse_ino_t ino, const char*, const char*, std::size_t, int) {
  refuse(request, ino, "setxattr");
}
void on_removexattr(fuse_req_t request, fuse_ino_t ino, const char*) { refuse(request, ino, "removexattr"); }
void on_fallocate(fuse_req_t request, fuse_ino_t ino, int, off_t, off_t, fuse_file_info*) {
  refuse(request, ino, "fallocate");
}

void on_getxattr(fuse_req_t request, fuse_ino_t ino, const char* name, std::size_t size) {
  if (hidden(request, Operation::kXattr, ino, "")) return;
  if (const std::string_view asked = name; asked.starts_with(kWhyPrefix))
    return ask<std::string>(
        request, Operation::kXattr, ino, "",
        [&](Done<std::string> done) {
          const auto start = [&filesystem = filesystem_of(request), ino,
                              wanted = std::string(asked.substr(kWhyPrefix.size()))](Done<std::string> told) {
            return filesystem.why(ino, wanted, std::move(told));
          };
          return ask_at_home<std::string>(request, ino, false, start, std::move(done));
        },
        [size](Reply& reply, const std::string& why) { reply.xattr(why, size); });
  const auto value = filesystem_of(request).getxattr(ino, name, user_of(request));
  if (!value) {  // not in .esofs/errors: a program that asks has not failed
    const bool invalidate = filesystem_of(request).asked_by_overlay(ino, name);
    return Reply(connection_of(request), request, Operation::kXattr, ino, "", invalidate)
        .refuse(value.error().code(), invalidate);
  }
  answer(request, Operation::kXattr, ino, "", value, [&](Reply& reply) { reply.xattr(*value, size); });
}

void on_listxattr(fuse_req_t request, fuse_ino_t ino, std::size_t size) {
  if (hidden(request, Operation::kXattr, ino, "")) return;
  const auto names = filesystem_of(request).listxattr(ino, user_of(request));
  answer(request, Operation::kXattr, ino, "", names, [&](Reply& reply) {
    std::string list;
    for (const auto& name : *names) list.append(name).push_back('\0');
    reply.xattr(list, size);
  });
}

// Not in .esofs/errors: a program that asks has not failed.
void on_access(fuse_req_t request, fuse_ino_t ino, int mask) {
  auto allowed = filesystem_of(request).may_see(ino, user_of(request));
  if (allowed) allowed = filesystem_of(request).access(ino, mask, user_of(request));
  fuse_reply_err(request, allowed ? 0 : allowed.error().code());
}

void on_statfs(fuse_req_t request, fuse_ino_t ino) {
  Reply(connection_of(request), request, Operation::kStatfs, ino, "", false)
      .statfs(filesystem_of(request).statfs());
}

// kShutDown ends the mount, for the mounting user and root. The kernel brings it to the process that serves the mount and to
// no other, so that `esofs unmount` need not know which process that is.
void on_ioctl(fuse_req_t request, fuse_ino_t, unsigned command, void*, fuse_file_info*, unsigned, const void*,
              std::size_t, std::size_t) {
  if (command != kShutDown) return void(fuse_reply_err(request, ENOTTY));
  const uid_t user = user_of(request);
  if (user != 0 && user != ::geteuid()) return void(fuse_reply_err(request, EPERM));
  const auto& stop = connection_of(request).stop;
  fuse_reply_ioctl(request, 0, nullptr, 0);
  stop();
}

fuse_lowlevel_ops make_operations() {
  fuse_lowlevel_ops ops{};
  ops.init = set_up;
  ops.lookup = on_lookup;
  ops.forget = on_forget;
  ops.forget_multi = on_forget_multi;
  ops.getattr = on_getattr;
  ops.setattr = on_setattr;
  ops.readlink = on_readlink;
  ops.mknod = on_mknod;
  ops.mkdir = on_mkdir;
  ops.unlink = on_unlink;
  ops.rmdir = on_rmdir;
  ops.symlink = on_symlink;
  ops.rename = on_rename;
  ops.link = on_link;
  ops.open = on_open;
  ops.read = on_read;
  ops.write = on_write;
  ops.flush = on_flush;
  ops.release = on_release;
  ops.fsync = on_fsync;
  ops.opendir = on_opendir;
  ops.readdir = on_readdir;
  ops.readdirplus = on_readdirplus;
  ops.releasedir = on_releasedir;
  ops.fsyncdir = on_fsyncdir;
  ops.statfs = on_statfs;
  ops.access = on_access;
  ops.setxattr = on_setxattr;
  ops.getxattr = on_getxattr;
  ops.listxattr = on_listxattr;
  ops.removexattr = on_removexattr;
  ops.create = on_create;
  ops.fallocate = on_fallocate;
  ops.ioctl = on_ioctl;
  return ops;
}

}  // namespace

const fuse_lowlevel_ops& fuse_operations() {
  static const fuse_lowlevel_ops operations = make_operations();
  return operations;
}

}  // namespace esofs::fs
