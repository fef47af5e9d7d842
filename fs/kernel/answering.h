// Answering: how the FUSE operations answer: at once, later, or from the thread of the caller's home (fs/tree/home_thread.h).
//
//   shapes   ino and name: what was asked for, as in Reply
//   threads  called by FUSE workers
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "fs/kernel/filesystem.h"
#include "fs/kernel/reply.h"
#include "fs/tree/home_thread.h"

namespace esofs::fs {

inline Connection& connection_of(fuse_req_t request) {
  return *static_cast<Connection*>(fuse_req_userdata(request));
}
inline Filesystem& filesystem_of(fuse_req_t request) { return connection_of(request).filesystem; }

// Answers at once with what `result` says.
template <class T, class Send>
void answer(fuse_req_t request, Operation operation, fuse_ino_t ino, const char* name,
            const Result<T>& result, Send send) {
  Reply reply(connection_of(request), request, operation, ino, name, false);
  if (!result) return reply.error(result.error());
  send(reply);
}

inline void answer(fuse_req_t request, Operation operation, fuse_ino_t ino, const char* name,
                   const Result<void>& result) {
  Reply reply(connection_of(request), request, operation, ino, name, false);
  if (!result) return reply.error(result.error());
  reply.ok();
}

inline uid_t user_of(fuse_req_t request) { return fuse_req_ctx(request)->uid; }

// What the kernel will not hear of is given back.
inline void unwanted(Filesystem& filesystem, const Result<Entry>& entry) {
  if (entry && entry->ino != 0) filesystem.forget(entry->ino, 1);
}
inline void unwanted(Filesystem& filesystem, const Result<Created>& created) {
  if (!created) return;
  filesystem.release(created->opened.handle);
  filesystem.forget(created->entry.ino, 1);
}
inline void unwanted(Filesystem& filesystem, const Result<Opened>& directory) {
  if (directory) filesystem.releasedir(directory->handle);
}
template <class T>
void unwanted(Filesystem&, const Result<T>&) {}

// Asks on the thread of the caller's home, if `ino` belongs there. `start` is called there and must own what it needs.
template <class T, class Start>
Cancel ask_at_home(fuse_req_t request, fuse_ino_t ino, bool change, Start start, Done<T> done) {
  Filesystem& filesystem = filesystem_of(request);
  HomeThread* home = filesystem.home_of(ino, user_of(request), change);
  if (home == nullptr) return start(std::move(done));
  return home->ask<T>([start](Done<T> asked) { (void)start(std::move(asked)); }, std::move(done),
                      [&filesystem](const Result<T>& late) { unwanted(filesystem, late); });
}

// Starts an operation that may be answered later; send(reply, value) answers it.
template <class T, class Start, class Send>
void ask(fuse_req_t request, Operation operation, fuse_ino_t ino, const char* name, Start start, Send send) {
  Connection& connection = connection_of(request);
  auto reply = std::make_shared<Reply>(connection, request, operation, ino, name, true);
  const std::uint64_t number = connection.pending->number(request);
  Cancel cancel = start(Done<T>(AskedBy(reply->cause(), [reply, send](Result<T> result) {
    if (!result) return reply->error(result.error());
    send(*reply, *result);
  })));
  reply.reset();  // an operation that forgot its continuation answers EIO here
  connection.pending->set_cancel(request, number, std::move(cancel));
}

// The same for an operation that gives no value.
template <class Start>
void ask_to(fuse_req_t request, Operation operation, fuse_ino_t ino, const char* name, Start start) {
  Connection& connection = connection_of(request);
  auto reply = std::make_shared<Reply>(connection, request, operation, ino, name, true);
  const std::uint64_t number = connection.pending->number(request);
  Cancel cancel = start(Done<void>(AskedBy(reply->cause(), [reply](Result<void> result) {
    if (!result) return reply->error(result.error());
    reply->ok();
  })));
  reply.reset();
  connection.pending->set_cancel(request, number, std::move(cancel));
}

// Answers with what `work` gives: at once, or from the thread of the caller's home. `work` must own what it needs.
template <class T, class Work, class Send>
void answer_with(fuse_req_t request, Operation operation, fuse_ino_t ino, const char* name, Work work,
                 Send send) {
  if (filesystem_of(request).home_of(ino, user_of(request), true) == nullptr) {
    const Result<T> result = work();
    return answer(request, operation, ino, name, result, [&](Reply& reply) { send(reply, *result); });
  }
  ask<T>(
      request, operation, ino, name,
      [&](Done<T> done) {
        const auto start = [work](const Done<T>& asked) -> Cancel {
          asked(work());
          return {};
        };
        return ask_at_home<T>(request, ino, true, start, std::move(done));
      },
      send);
}

template <class Work>
void answer_with(fuse_req_t request, Operation operation, fuse_ino_t ino, const char* name, Work work) {
  if (filesystem_of(request).home_of(ino, user_of(request), true) == nullptr)
    return answer(request, operation, ino, name, work());
  ask_to(request, operation, ino, name, [&](Done<void> done) {
    const auto start = [work](const Done<void>& asked) -> Cancel {
      asked(work());
      return {};
    };
    return ask_at_home<void>(request, ino, true, start, std::move(done));
  });
}

}  // namespace esofs::fs
