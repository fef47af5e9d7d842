// Reply: the one answer that a FUSE request is owed.
//
// Owns the request: answering uses it up, and a Reply that is dropped unanswered answers EIO, so that no system call can
// hang on a forgotten path. Move-only; may be answered from any thread, with no lock held. Failures are reported here, once.
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
#include <span>
#include <string>
#include <utility>

#include "client/base/result.h"
#include "fs/filesystem.h"
#include "fs/notifier.h"
#include "fs/pending_requests.h"

namespace esofs::fs {

// What the callbacks of one session share; outlives every request.
struct Connection {
  Connection(Filesystem& of, Timer& timer) : filesystem(of), pending(timer) {}

  Filesystem& filesystem;
  PendingRequests pending;
  Notifier notifier;
  struct fuse_session* session = nullptr;
  std::uint32_t readahead_bytes = 0;
  std::uint32_t max_background = 0;
};

class Reply {
 public:
  // ino and name: what was asked for, for the error log. waits: the answer may come later, so that an interrupt must find
  // the request.
  Reply(Connection& connection, fuse_req_t request, std::uint64_t ino, std::string name, bool waits);
  Reply(Reply&& other) noexcept
      : connection_(other.connection_),
        request_(std::exchange(other.request_, nullptr)),
        ino_(other.ino_),
        name_(std::move(other.name_)),
        waits_(other.waits_) {}
  Reply& operator=(Reply&&) = delete;
  ~Reply();

  void ok();
  void error(const Error& error);
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
  fuse_req_t take();  // nullptr: the session has ended, there is nobody to answer
  void send_open(const Opened& opened, bool directory);

  Connection* connection_;
  fuse_req_t request_;
  std::uint64_t ino_;
  std::string name_;
  bool waits_;
};

}  // namespace esofs::fs
