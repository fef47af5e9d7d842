#include "fs/reply.h"

#include <memory>

namespace esofs::fs {
namespace {

void on_interrupt(fuse_req_t request, void* connection) {
  static_cast<Connection*>(connection)->pending.interrupt(request);
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

Reply::Reply(Connection& connection, fuse_req_t request, std::uint64_t ino, std::string name, bool waits)
    : connection_(&connection), request_(request), ino_(ino), name_(std::move(name)), waits_(waits) {
  if (!waits) return;
  connection.pending.add(request);
  fuse_req_interrupt_func(request, on_interrupt, &connection);
}

Reply::~Reply() {
  if (request_ != nullptr) error(Error(EIO, "a request was dropped unanswered"));
}

fuse_req_t Reply::take() {
  fuse_req_t request = std::exchange(request_, nullptr);
  return waits_ && !connection_->pending.claim(request) ? nullptr : request;
}

void Reply::ok() {
  if (auto* request = take()) fuse_reply_err(request, 0);
}

void Reply::error(const Error& error) {
  connection_->filesystem.report(ino_, name_, error);
  if (auto* request = take()) fuse_reply_err(request, error.code());
}

void Reply::entry(const Entry& entry) {
  const fuse_entry_param out = parameters(entry);
  auto* request = take();
  const bool arrived = request != nullptr && fuse_reply_entry(request, &out) == 0;
  if (!arrived && entry.ino != 0) connection_->filesystem.forget(entry.ino, 1);
}

void Reply::attributes(const Entry& entry) {
  if (auto* request = take()) fuse_reply_attr(request, &entry.attributes, entry.attr_timeout);
}

void Reply::opened(const Opened& opened, bool directory) {
  if (!opened.invalidate_attributes) return send_open(opened, directory);
  // The kernel must not read with the size that it was told before: that goes first, from a thread that may block.
  auto later = std::make_shared<Reply>(std::move(*this));
  later->connection_->notifier.post([later, opened, directory] {
    if (later->connection_->session != nullptr)
      fuse_lowlevel_notify_inval_inode(later->connection_->session, later->ino_, -1, 0);
    later->send_open(opened, directory);
  });
}

void Reply::send_open(const Opened& opened, bool directory) {
  const fuse_file_info info = file_info(opened, directory);
  auto* request = take();
  if (request != nullptr && fuse_reply_open(request, &info) == 0) return;
  if (directory) return connection_->filesystem.releasedir(opened.handle);
  connection_->filesystem.release(opened.handle);
}

void Reply::created(const Created& created) {
  const fuse_entry_param out = parameters(created.entry);
  const fuse_file_info info = file_info(created.opened, false);
  auto* request = take();
  if (request != nullptr && fuse_reply_create(request, &out, &info) == 0) return;
  connection_->filesystem.release(created.opened.handle);
  connection_->filesystem.forget(created.entry.ino, 1);
}

void Reply::data(std::span<const std::byte> bytes) {
  if (auto* request = take())
    fuse_reply_buf(request, reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

void Reply::written(std::size_t bytes) {
  if (auto* request = take()) fuse_reply_write(request, bytes);
}

void Reply::target(const std::string& path) {
  if (auto* request = take()) fuse_reply_readlink(request, path.c_str());
}

void Reply::xattr(const std::string& value, std::size_t size) {
  if (size != 0 && size < value.size())
    return error(Error(ERANGE, "the attribute is longer than the buffer"));
  auto* request = take();
  if (request == nullptr) return;
  if (size == 0) {
    fuse_reply_xattr(request, value.size());
  } else {
    fuse_reply_buf(request, value.data(), value.size());
  }
}

void Reply::statfs(const struct statvfs& status) {
  if (auto* request = take()) fuse_reply_statfs(request, &status);
}

}  // namespace esofs::fs
