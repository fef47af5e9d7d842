// UnpackedFile: the plain form of a file that is packed as a stream (.Z, .gz, .bz2), decoded from its front as far as somebody
// reads. The packed bytes are read in ranges, as by any reader; what was decoded is kept as a content of its own.
//
//   shapes   one decoder for all readers. It goes back to the front only if the cache has lost what it had made
//   errors   those of reading the packed file, after which the next read continues; EIO for good if it cannot be decoded or is not
//            whole; ESTALE for good if its size has turned out to be another one. Nothing is kept then
//   threads  thread-safe; decoding is a job of the transfers lane that waits for nothing: it ends when its bytes are decoded, and
//            the answer with the next ones submits the next
//   source   cache/READING.md
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

#include "cache/content/content.h"
#include "cache/content/forms/unpacking.h"
#include "cache/content/plain/scratch_chunks.h"
#include "client/base/cancel_slot.h"

namespace esofs::cache {

class UnpackedFile : public Content, public std::enable_shared_from_this<UnpackedFile> {
 public:
  struct About {
    ContentPtr packed;
    Packing packing = Packing::kNone;
    ContentKey key;                     // of the plain form
    std::filesystem::path scratch;      // where chunks go that the disk cache does not take
    std::optional<std::uint64_t> size;  // of the plain form, if it is known
    bool headers_tell = true;           // they may be asked for its size (forms/unpacking.h)
  };
  // The size is known now. nullopt: what is known is wrong, and only the end of the file tells it. Called without locks.
  using Learn = std::function<void(std::optional<std::uint64_t> size)>;

  UnpackedFile(std::shared_ptr<ContentParts> parts, About about, Learn learn);
  UnpackedFile(const UnpackedFile&) = delete;
  UnpackedFile& operator=(const UnpackedFile&) = delete;

  // Decodes until size() is exact.
  Cancel when_sized(Done<Bytes> done);

  const ContentKey& key() const noexcept override { return about_.key; }
  // Until it is known: more than any file has.
  std::uint64_t size() const noexcept override { return size_; }
  // While the size is not known, a read may be cut off by the end of the file.
  Cancel read(std::uint64_t offset, std::size_t size, Done<Bytes> done) override;
  void ask_ahead(std::uint64_t offset, std::uint64_t size, const Cause& cause) override;
  bool at_hand(std::uint64_t offset, std::size_t size) override;
  bool add_handle() override;
  void drop_handle() override;
  bool in_use() override;
  void expire(const Error& error) override;
  bool expired() override;

 private:
  struct Waiting;
  using WaitingPtr = std::shared_ptr<Waiting>;

  Cancel wait(const WaitingPtr& waiting);
  void left();
  Chunk chunk_here(std::uint64_t index);
  std::optional<Bytes> bytes_here(std::uint64_t offset, std::uint64_t end);

  void pump();
  // What follows is for the one who has set busy_.
  void proceed();
  void answer_if_here(const WaitingPtr& waiting);
  bool all_made(std::uint64_t end) const;
  void ask();
  void ask_length();
  void ask_packed(std::uint64_t offset, std::size_t size, std::function<void(Result<Bytes>)> then);
  void submit(Result<Bytes> packed);
  void step(const Result<Bytes>& packed, const std::stop_token& stop);
  Result<void> decode(const Bytes& packed, const std::stop_token& stop);
  Result<void> take(std::span<const std::byte> made);
  Result<void> land();
  Result<void> finish();
  void begin_again();
  void learn_size(std::uint64_t size);
  void failed(const Error& error);
  void spoil(const Error& error);

  const std::shared_ptr<ContentParts> parts_;
  const About about_;
  const Learn learn_;
  const std::shared_ptr<void> pin_;
  const std::shared_ptr<OpenFile> packed_handle_;  // what is fetched for it is not stopped as unwanted
  std::atomic<std::uint64_t> size_;
  ScratchChunks kept_;

  // Used only by the one who has set busy_.
  std::unique_ptr<Unpacking> unpacking_;  // null: nothing is decoded yet, or all
  std::uint64_t packed_at_ = 0;           // bytes of the packed file that were decoded
  std::uint64_t made_ = 0;                // bytes of the plain form
  std::uint64_t landed_ = 0;              // chunks of it that are kept
  std::shared_ptr<Bytes> chunk_;          // the next one; kept when a byte follows it, or the end is good
  bool whole_ = false;                    // all is decoded and good
  bool lost_ = false;              // decoding begins again: the cache has lost a chunk, or a step broke off
  std::optional<Error> not_kept_;  // why a step broke off although the data is good
  std::stop_token stop_;           // of the step
  bool asks_length_;               // the last four bytes of the packed file are to be asked for
  std::optional<std::uint32_t> told_;  // these bytes

  std::mutex mutex_;
  bool busy_ = false;  // this and what follows: guarded by mutex_
  std::vector<WaitingPtr> waiting_;
  std::uint64_t ahead_end_ = 0;  // decoded up to here although nobody waits
  Cause ahead_cause_;
  std::shared_ptr<CancelSlot> question_;  // to the packed file
  int handles_ = 0;
  std::optional<Error> expired_;
};

}  // namespace esofs::cache
