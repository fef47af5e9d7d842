#include "fs/kernel/reply.h"

#include <memory>

namespace esofs::fs {
namespace {

void on_interrupt(fuse_req_t request, void* connection) {
  static_cast<Connection*>(connection)->pending->interrupt(request);
}

fuse_entry_param parameters(const Entry& entry) {
  fuse_entry_param out{};
  out.ino = entry.ino;
  out.attr = entry.attributes;
  out.attr_timeout = entry.attr_timeout;
  out.entry_timeout = entry.entry_timeout;
  return out;
}

fuse_file_info file_info(const Opened& opened, bool directory) {
  fuse_file_info info{};
  info.fh = opened.handle;
  info.keep_cache = opened.keep_cache && !directory ? 1 : 0;
  info.direct_io = opened.direct_io ? 1 : 0;
  return info;
}

}  // namespace

Cause cause_of(fuse_req_t request, Operation operation) {
  const fuse_ctx* context = fuse_req_ctx(request);
  return {context->pid, context->uid, operation};
}

Reply::Reply(Connection& connection, fuse_req_t request, Operation operation, std::uint64_t ino,
             std::string name, bool waits)
    : connection_(&connection),
      request_(request),
      cause_(cause_of(request, operation)),
      ino_(ino),
      name_(std::move(name)) {
  if (!waits) return;
  pending_ = connection.pending;
  pending_->add(request);
  fuse_req_interrupt_func(request, on_interrupt, &connection);
}

Reply::~Reply() {
  if (request_ != nullptr) error(Error(EIO, "a request was dropped unanswered"));
}

Reply::Taken Reply::take() {
  fuse_req_t request = std::exchange(request_, nullptr);
  if (pending_ && !pending_->claim(request)) request = nullptr;
  return {request, pending_};
}

void Reply::ok() {
  if (const Taken taken = take()) fuse_reply_err(taken.get(), 0);
}

void Reply::error(const Error& error) {
  const Taken taken = take();
  if (!taken) return;
  connection_->filesystem.report(ino_, name_, error, cause_);
  fuse_reply_err(taken.get(), error.code());
}

void Reply::entry(const Entry& entry) {
  const fuse_entry_param out = parameters(entry);
  const Taken taken = take();
  if (!taken) return;
  if (fuse_reply_entry(taken.get(), &out) != 0 && entry.ino != 0)
    connection_->filesystem.forget(entry.ino, 1);
}

void Reply::attributes(const Entry& entry) {
  if (const Taken taken = take()) fuse_reply_attr(taken.get(), &entry.attributes, entry.attr_timeout);
}

void Reply::answer_invalidated(std::function<void(Connection&, fuse_req_t)> answer) {
  const std::shared_ptr<Taken> taken(new Taken(take()));
  if (!*taken) return;
  connection_->notifier.post([connection = connection_, ino = ino_, taken, answer = std::move(answer)] {
    connection->filesystem.drop_wrong_size(ino, [connection, ino] {
      if (connection->session != nullptr) fuse_lowlevel_notify_inval_inode(connection->session, ino, -1, 0);
    });
    answer(*connection, taken->get());
  });
}

void Reply::refuse(int code, bool invalidate) {
  if (invalidate)
    return answer_invalidated([code](Connection&, fuse_req_t request) { fuse_reply_err(request, code); });
  if (const Taken taken = take()) fuse_reply_err(taken.get(), code);
}

void Reply::opened(const Opened& opened, bool directory) {
  if (opened.failed) {
    connection_->filesystem.report(ino_, name_, *opened.failed);
    return refuse(opened.failed->code(), true);
  }
  if (opened.invalidate_attributes) {
    // The kernel must not read with the size that it has.
    return answer_invalidated([opened, directory](Connection& connection, fuse_req_t request) {
      send_open(connection, request, opened, directory);
    });
  }
  if (const Taken taken = take()) send_open(*connection_, taken.get(), opened, directory);
}

void Reply::send_open(Connection& connection, fuse_req_t request, const Opened& opened, bool directory) {
  const fuse_file_info info = file_info(opened, directory);
  if (fuse_reply_open(request, &info) == 0) return;
  if (directory) return connection.filesystem.releasedir(opened.handle);
  connection.filesystem.release(opened.handle);
}

void Reply::created(const Created& created) {
  const fuse_entry_param out = parameters(created.entry);
  const fuse_file_info info = file_info(created.opened, false);
  const Taken taken = take();
  if (!taken || fuse_reply_create(taken.get(), &out, &info) == 0) return;
  connection_->filesystem.release(created.opened.handle);
  connection_->filesystem.forget(created.entry.ino, 1);
}

void Reply::data(std::span<const std::byte> bytes) {
  if (const Taken taken = take())
    fuse_reply_buf(taken.get(), reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

void Reply::written(std::size_t bytes) {
  if (const Taken taken = take()) fuse_reply_write(taken.get(), bytes);
}

void Reply::target(const std::string& path) {
  if (const Taken taken = take()) fuse_reply_readlink(taken.get(), path.c_str());
}

void Reply::xattr(const std::string& value, std::size_t size) {
  if (size != 0 && size < value.size())
    return error(Error(ERANGE, "the attribute is longer than the buffer"));
  const Taken taken = take();
  if (!taken) return;
  if (size == 0) {
    fuse_reply_xattr(taken.get(), value.size());
  } else {
    fuse_reply_buf(taken.get(), value.data(), value.size());
  }
}

void Reply::statfs(const struct statvfs& status) {
  if (const Taken taken = take()) fuse_reply_statfs(taken.get(), &status);
}

}  // namespace esofs::fs
