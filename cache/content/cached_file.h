// CachedFile: a content whose archive honours Range. Missing chunks are requested in ranges. All readers of a chunk
// wait for one request, and each is answered as soon as its chunk is here.
//
//   shapes   which transfer comes next: transfer_plan.h; how one runs: cached_file_transfer.h
//   errors   a transfer that breaks off, or that the server fails to answer, continues where it broke, some times; then
//            its readers get the error, which is remembered for failure_memory and returned again without a request. Another
//            version: ESTALE, for good. If the URL is refused, its readers wait for a newer one; a file that is gone is EIO
//   threads  thread-safe
//   source   cache/READING.md; RFC 9110 section 14
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cache/answers/failure_memory.h"
#include "cache/content/cached_file_transfer.h"
#include "cache/content/content.h"
#include "cache/content/pending_read.h"
#include "cache/content/transfer_plan.h"
#include "client/base/guarded.h"

namespace esofs::cache {

class CachedFile : public Content, private TransferHost, public std::enable_shared_from_this<CachedFile> {
 public:
  using About = RangedFile;
  using GiveUrl = std::function<void(const std::optional<std::string>& url)>;
  // Gives a URL of the same file in place of `refused`, at once or later; nullopt: there is no other. Called without locks.
  using Renew = std::function<void(const std::string& refused, const Cause& cause, const GiveUrl& give)>;

  // Called once, without locks, when a transfer meets another version; readers are told when it returns. version_unknown: of
  // client::FetchSink.
  using OnStale = std::function<void(const Error& error, bool version_unknown)>;

  CachedFile(std::shared_ptr<ContentParts> parts, About about, OnStale on_stale, Renew renew = {});

  const ContentKey& key() const noexcept override { return about_.key; }
  std::uint64_t size() const noexcept override { return about_.size; }
  Cancel read(std::uint64_t offset, std::size_t size, Done<Bytes> done) override;
  void ask_ahead(std::uint64_t offset, std::uint64_t size, const Cause& cause) override;
  bool at_hand(std::uint64_t offset, std::size_t size) override;
  bool add_handle() override;
  void drop_handle() override;
  bool in_use() override;
  void expire(const Error& error) override;
  bool expired() override;

  // True if an answer with this head can be of this version.
  bool accepts(const client::FileHead& head) const { return about_.accepts(head); }
  // A chunk that somebody else fetches: readers wait for it until arrived() or lost().
  void expect(std::uint64_t index);
  void arrived(std::uint64_t index, const Chunk& chunk);
  void lost(std::uint64_t index);
  // Of readers who come back to such a chunk.
  std::shared_ptr<Patience> patience_with_opening();

 private:
  struct Refused {
    TransferPlan::Run run;
    Error error;
  };
  struct State {
    TransferPlan plan;
    FailureMemory<std::uint64_t> failures;     // by chunk
    std::map<std::uint64_t, Chunk> unwritten;  // here, but written to the disk only with the next ones
    std::string url;
    std::vector<Refused> refused;  // chunks that wait for a newer URL
    bool stale = false;            // on_stale was called
    std::optional<Error> expired;
    int handles = 0;
    State(std::string where, TransferPlan the_plan, std::chrono::seconds failure_memory)
        : plan(std::move(the_plan)), failures(failure_memory), url(std::move(where)) {}
  };

  std::optional<Error> join(const std::shared_ptr<PendingRead>& read,
                            const std::vector<std::uint64_t>& missing);
  std::vector<bool> kept_of(std::uint64_t first, std::uint64_t end) const;
  void look_ahead(client::ByteRange range);
  void abandon(const std::shared_ptr<PendingRead>& read);

  void pump();
  void run(const TransferPtr& transfer, Lane::Turn& turn);
  void finish(const TransferPtr& transfer, const Result<void>& result);
  bool hold_refused(const Transfer& transfer, const Error& error);
  void renewed(const std::optional<std::string>& url);

  // --- TransferHost ---
  Chunk here(std::uint64_t index) override;
  std::string url() override { return state_.lock()->url; }
  bool awaited_else_unwritten(std::uint64_t index, const Chunk& chunk) override;
  void written(std::uint64_t first, std::uint64_t count) override;
  void land(Transfer* transfer, std::uint64_t index, const Chunk& chunk) override;
  std::uint64_t landed() override { return landed_; }
  void answered(const AnswerTimes& times) override;

  const std::shared_ptr<ContentParts> parts_;
  const About about_;
  const std::string server_;  // the server of its transfers
  const OnStale on_stale_;
  const Renew renew_;
  std::atomic<std::uint64_t> landed_ = 0;
  Guarded<LastProgram> program_;
  Guarded<State> state_;
};

}  // namespace esofs::cache
