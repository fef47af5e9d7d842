// WholeFile: a content that one response brings from its first byte to its last, because the archive ignores Range for it.
// Readers follow the response; bytes of two responses are never mixed.
//
//   shapes   while it comes, chunks [0, next) are here; they are on disk from the beginning. The caller writes a
//            record once it is whole; without a record it is never found again
//   errors   a response that breaks off before a byte was read begins again. Later, a response with the same
//            validator continues it; without one every read is ESTALE, or ETIMEDOUT if the response has stalled. A chunk
//            that the cache has lost is ESTALE too
//   threads  thread-safe. begin(), feed() and end() are for the one job that brings the response
//   source   cache/READING.md; when ESO ignores Range: client/ESO.md, "Files"
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "cache/answers/patience.h"
#include "cache/content/content.h"
#include "cache/content/pending_read.h"

namespace esofs::cache {

class WholeFile : public Content, public std::enable_shared_from_this<WholeFile> {
 public:
  // on_stale: called once, without locks, when it can no longer be read; readers are told when it returns.
  WholeFile(std::shared_ptr<ContentParts> parts, ContentKey key, std::string name,
            std::function<void(const Error&)> on_stale);

  const ContentKey& key() const noexcept override { return key_; }
  // 0 until known.
  std::uint64_t size() const noexcept override { return size_; }
  Cancel read(std::uint64_t offset, std::size_t size, Done<Bytes> done) override;
  bool add_handle() override;
  void drop_handle() override;
  bool in_use() override;
  void expire(const Error& error) override;
  bool expired() override;

  // All chunks are here already, from an earlier run.
  void restore(std::uint64_t size);

  // The response begins, for the first time or again. False: it cannot begin again any more.
  bool begin(std::optional<std::uint64_t> size);
  // Another response of the same version takes the place of one that broke off: what is here of it is skipped. False: it is
  // too late.
  bool resume(std::optional<std::uint64_t> size);
  // The next bytes. Waits if only memory can keep them and readers are far behind.
  Result<void> feed(std::span<const std::byte> piece, Lane::Turn& turn);
  // It cannot be read any more, which only this content knows yet.
  void spoil(const Error& error);
  // Nothing more comes. Success only if the response was whole.
  Result<void> end(const Result<void>& result);

  // Whether an open can be answered by it: true when its next bytes come, at once if it is complete; false if it is to be
  // asked for again.
  Cancel when_alive(Done<bool> done);
  // The server has been silent for so long. continues: another response would continue this one. True: the response is to be
  // given up. Openers who can only be helped by a content of their own receive false.
  bool gives_up(std::chrono::milliseconds silence, bool continues);
  // Another content takes its place: it serves those who have it open, and is dropped with the last of them.
  void supersede();
  bool superseded();

  // stop: stops the response; requested when the last handle is closed and much is missing. patience: of those who have come
  // back to the open. Before begin().
  void carried_by(std::stop_source stop, std::shared_ptr<Patience> patience);

 private:
  using Askers = std::vector<std::shared_ptr<PendingRead>>;

  using Openers = std::vector<std::shared_ptr<Done<bool>>>;

  void land(const Chunk& chunk);
  void give_up(const Error& error);  // REQUIRES: spoiled_ was set by the caller
  void answer_openers(bool alive);
  void stop_if_abandoned();
  Result<void> wait_for_readers(Lane::Turn& turn);

  const std::shared_ptr<ContentParts> parts_;
  const ContentKey key_;
  const std::string name_;
  const std::function<void(const Error&)> on_stale_;
  const std::shared_ptr<void> pin_;
  std::atomic<std::uint64_t> size_ = 0;
  std::shared_ptr<Bytes> chunk_;  // coming in; used by the job only, as is
  std::uint64_t skip_ = 0;        // bytes of the response that are here already

  std::mutex mutex_;
  std::condition_variable_any progress_;
  std::map<std::uint64_t, Askers> flights_;  // this and what follows: guarded by mutex_
  std::uint64_t next_ = 0;
  std::stop_source stop_;
  std::uint64_t farthest_read_ = 0;
  bool size_known_ = false;
  bool running_ = false;
  bool touched_ = false;  // bytes of this response have been read
  bool spoiled_ = false;  // it is given up, and on_stale is called
  bool memory_only_ = false;
  bool waits_for_readers_ = false;
  bool superseded_ = false;
  Openers openers_;    // who wait for its next bytes
  int answering_ = 0;  // threads that give openers their answers, with which these take handles
  int handles_ = 0;
  bool abandoned_ = false;  // its last handle was closed, and it has got none since
  std::optional<Error> expired_;
  std::shared_ptr<Patience> patience_ = std::make_shared<Patience>();  // of those who come back
};

}  // namespace esofs::cache
