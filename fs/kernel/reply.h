// Reply: the one answer that a FUSE request is owed.
//
// Owns the request: answering uses it up, and a Reply that is dropped unanswered answers EIO, so that no system call can
// hang on a forgotten path. Move-only; may be answered from any thread, with no lock held. Failures are reported here, once.
// An answer that comes after the session's end goes nowhere: neither the request nor the Connection is touched.
//
//   source   libfuse doc/README.fuse_reply_errors: a reply that fails gives back what it handed out
#pragma once

#ifndef FUSE_USE_VERSION
#define FUSE_USE_VERSION 312
#endif
#include <fuse_lowlevel.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "client/base/cause.h"
#include "client/base/result.h"
#include "fs/kernel/filesystem.h"
#include "fs/kernel/notifier.h"
#include "fs/kernel/pending_requests.h"

namespace esofs::fs {

// What the callbacks of one session share; ends with the session.
struct Connection {
  Connection(Filesystem& of, Timer& timer)
      : filesystem(of), pending(std::make_shared<PendingRequests>(timer)) {}

  Filesystem& filesystem;
  const std::shared_ptr<PendingRequests> pending;
  Notifier notifier;
  struct fuse_session* session = nullptr;
  std::uint32_t readahead_bytes = 0;
  std::uint32_t max_background = 0;
  std::function<void()> stop;  // ends the session's loop
};

// The pid is 0 if the process is in another pid namespace.
Cause cause_of(fuse_req_t request, Operation operation);

class Reply {
 public:
  // ino and name: what was asked for, for the error log. waits: the answer may come later, so that an interrupt must find
  // the request.
  Reply(Connection& connection, fuse_req_t request, Operation operation, std::uint64_t ino, std::string name,
        bool waits);
  Reply(Reply&& other) noexcept
      : connection_(other.connection_),
        request_(std::exchange(other.request_, nullptr)),
        cause_(other.cause_),
        ino_(other.ino_),
        name_(std::move(other.name_)),
        pending_(std::move(other.pending_)) {}
  Reply& operator=(Reply&&) = delete;
  ~Reply();

  // Which process asks, by which operation.
  const Cause& cause() const noexcept { return cause_; }

  void ok();
  void error(const Error& error);
  // An errno that is no failure, and not reported. invalidate: the kernel drops a wrong size of the inode first.
  void refuse(int code, bool invalidate);
  void entry(const Entry& entry);
  void attributes(const Entry& entry);
  void opened(const Opened& opened, bool directory);
  void created(const Created& created);
  void data(std::span<const std::byte> bytes);
  void written(std::size_t bytes);
  void target(const std::string& path);
  // size: the room that the caller has; 0: it asks how much it needs.
  void xattr(const std::string& value, std::size_t size);
  void statfs(const struct statvfs& status);

 private:
  // The request while it is being answered, which the session's end waits for; nullptr: there is nobody to answer.
  class Taken {
   public:
    Taken(fuse_req_t request, std::shared_ptr<PendingRequests> pending)
        : request_(request), pending_(std::move(pending)) {}
    Taken(const Taken&) = delete;
    Taken& operator=(const Taken&) = delete;
    ~Taken() {
      if (pending_ && request_ != nullptr) pending_->answered();
    }
    fuse_req_t get() const noexcept { return request_; }
    explicit operator bool() const noexcept { return request_ != nullptr; }

   private:
    fuse_req_t request_;
    const std::shared_ptr<PendingRequests> pending_;
  };
  Taken take();
  // Answers on the notifier's thread, once the kernel has dropped a wrong size of the inode.
  void answer_invalidated(std::function<void(Connection&, fuse_req_t)> answer);
  static void send_open(Connection& connection, fuse_req_t request, const Opened& opened, bool directory);

  Connection* connection_;
  fuse_req_t request_;
  Cause cause_;
  std::uint64_t ino_;
  std::string name_;
  std::shared_ptr<PendingRequests> pending_;  // nullptr: it is answered at once, by a FUSE worker
};

}  // namespace esofs::fs
