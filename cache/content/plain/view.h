// Views: the plain FITS of a tile-compressed file (.fits.fz), made once and kept in the cache as its own content.
//
//   errors   those of reading the delivered file; EIO with the library's sentence if it cannot be unpacked
//   threads  thread-safe; the delivered file is read by continuations, unpacking is a job of the transfers lane
//   source   cache/READING.md
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cache/answers/flights.h"
#include "cache/content/content.h"
#include "cache/content/forms/unpack.h"
#include "client/base/unique_fd.h"

namespace esofs::cache {

// A view that was made. All of it is in the cache, or in `kept` if the cache had no room.
struct MadeView {
  std::uint64_t size = 0;
  std::shared_ptr<UniqueFd> kept;
};

struct ViewRequest {
  std::shared_ptr<Content> packed;
  ContentKey key;                 // of the view
  std::filesystem::path scratch;  // where temporary files go, if it has room
  AttemptPtr attempt;             // when it is stopped the work ends (EINTR)
};

// Reads the delivered file, unpacks it and keeps the result. done runs on a lane thread.
void make_view(std::shared_ptr<ContentParts> parts, ViewRequest request, Done<MadeView> done);

// A view as a content. `remake` makes it again if the cache has lost chunks.
class ViewFile : public Content, public std::enable_shared_from_this<ViewFile> {
 public:
  using Remake = std::function<void(Done<MadeView>)>;
  ViewFile(std::shared_ptr<ContentParts> parts, ContentKey key, MadeView made, Remake remake);

  const ContentKey& key() const noexcept override { return key_; }
  std::uint64_t size() const noexcept override { return size_; }
  Cancel read(std::uint64_t offset, std::size_t size, Done<Bytes> done) override;
  bool add_handle() override {
    ++handles_;
    return true;
  }
  void drop_handle() override { --handles_; }
  bool in_use() override { return handles_ > 0; }
  void expire(const Error& error) override;
  bool expired() override;

 private:
  struct Waiting;
  std::optional<Bytes> bytes_here(std::uint64_t offset, std::size_t size);
  Chunk chunk_here(std::uint64_t index);
  void remade(const Result<MadeView>& made);

  const std::shared_ptr<ContentParts> parts_;
  const ContentKey key_;
  const std::uint64_t size_;
  const Remake remake_;
  const std::shared_ptr<void> pin_;
  std::atomic<int> handles_ = 0;

  std::mutex mutex_;
  std::shared_ptr<UniqueFd> kept_;  // this and what follows: guarded by mutex_
  std::vector<std::shared_ptr<Waiting>> waiting_;
  std::optional<Error> expired_;
};

}  // namespace esofs::cache
