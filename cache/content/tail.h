// Tail: the last chunk of a file that is being opened. It is requested beside the first one if the size is announced.
//
//   threads  not thread-safe
#pragma once

#include <cerrno>
#include <cstdint>
#include <memory>
#include <span>

#include "cache/content/cached_file.h"
#include "cache/content/content.h"
#include "cache/content/disk/chunk.h"
#include "client/model/model.h"
#include "client/model/requests.h"

namespace esofs::cache {

struct Tail {
  std::uint64_t total = 0;  // as announced
  bool ended = false;
  std::shared_ptr<Bytes> bytes;  // null: failed
  client::FileHead head;
  std::shared_ptr<CachedFile> file;  // whose readers wait for it

  std::uint64_t index() const { return chunk_count(total) - 1; }
};

// Takes the answer to a request for the last chunk of a file of `total` bytes.
class TailSink : public client::FetchSink {
 public:
  TailSink(ContentCounters& counters, std::uint64_t total) : counters_(counters), total_(total) {}

  Result<void> head(const client::FileHead& head) override {
    const std::uint64_t first = (chunk_count(total_) - 1) * kChunkBytes;
    if (!head.partial || head.first != first || head.total != total_)
      return Error(EIO, "this is not the end of it");
    head_ = head;
    return {};
  }
  Result<void> body(std::span<const std::byte> piece) override {
    counters_.fetched_bytes += piece.size();
    bytes_->insert(bytes_->end(), piece.begin(), piece.end());
    return {};
  }

  const client::FileHead& told() const noexcept { return head_; }
  const std::shared_ptr<Bytes>& bytes() const noexcept { return bytes_; }

 private:
  ContentCounters& counters_;
  const std::uint64_t total_;
  client::FileHead head_;
  std::shared_ptr<Bytes> bytes_ = std::make_shared<Bytes>();
};

}  // namespace esofs::cache
