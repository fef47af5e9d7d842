// TiledFile: the plain form of a tile-compressed file (.fits.fz), decoded group by group of tiles where somebody reads. The packed
// bytes are read in ranges, as by any reader; what was decoded is kept as a content of its own.
//
//   shapes   groups are decoded side by side, each once for all who wait for it. Headers are made from those of the packed file,
//            which are read one after the other as far as somebody reads; the size is known with the last of them
//   errors   those of reading the packed file, after which the next read tries again; EIO for good if tiles cannot be decoded;
//            ESTALE for good if the pixels have another sum than their header says. EOPNOTSUPP, from when_sized() only: a form
//            that is not read by parts (forms/packed_hdu.h)
//   threads  thread-safe; parsing and decoding are jobs of the transfers lane that wait for nothing
//   source   cache/READING.md
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "cache/content/content.h"
#include "cache/content/forms/packed_layout.h"
#include "cache/content/plain/chunk_pieces.h"
#include "cache/content/plain/data_sums.h"
#include "cache/content/plain/tiled_read.h"
#include "client/base/cancel_slot.h"

namespace esofs::cache {

class TiledFile : public Content, public std::enable_shared_from_this<TiledFile> {
 public:
  struct About {
    ContentPtr packed;
    ContentKey key;                     // of the plain form
    std::filesystem::path scratch;      // where chunks go that the disk cache does not take
    std::optional<std::uint64_t> size;  // of the plain form, if it is known
  };
  // The size is known now. nullopt: this file is not to be read by parts again. Called without locks.
  using Learn = std::function<void(std::optional<std::uint64_t> size)>;

  TiledFile(std::shared_ptr<ContentParts> parts, About about, Learn learn);
  TiledFile(const TiledFile&) = delete;
  TiledFile& operator=(const TiledFile&) = delete;

  // Reads headers until size() is exact. Before that nothing is to be read.
  Cancel when_sized(Done<Bytes> done);
  bool sized() const noexcept;

  const ContentKey& key() const noexcept override { return about_.key; }
  std::uint64_t size() const noexcept override { return size_; }
  Cancel read(std::uint64_t offset, std::size_t size, Done<Bytes> done) override;
  void ask_ahead(std::uint64_t offset, std::uint64_t size, const Cause& cause) override;
  bool at_hand(std::uint64_t offset, std::size_t size) override;
  bool add_handle() override;
  void drop_handle() override;
  bool in_use() override;
  void expire(const Error& error) override;
  bool expired() override;

 private:
  using Waiting = TiledRead;
  using WaitingPtr = std::shared_ptr<TiledRead>;
  using Flight = TiledFlight;
  using FlightPtr = std::shared_ptr<TiledFlight>;
  using Places = std::shared_ptr<const std::vector<PlainPart>>;  // in order, without gaps from the front

  // --- readers ---
  Cancel leaving(const WaitingPtr& waiting);
  void left();
  std::vector<WaitingPtr> under_way() const;
  Places places();
  std::vector<TiledGroupId> fill(Waiting& waiting, const Places& places);
  void fill_piece(Waiting& waiting, const Places& places, std::uint64_t from, std::uint64_t to,
                  std::vector<TiledGroupId>& missing);
  void serve(const WaitingPtr& waiting);
  void fly(const WaitingPtr& waiting, const Places& places, const std::vector<TiledGroupId>& groups);

  // --- headers ---
  void lay_out(const WaitingPtr& waiting);
  // What follows is for the one who has set laying_out_.
  void next_header();
  void ask_header();
  void take_header(const Result<Bytes>& bytes);
  void fail_layout(const Error& error);

  // --- groups ---
  void start(const FlightPtr& flight);
  void go_on(const FlightPtr& flight);
  void take(const FlightPtr& flight, Result<Bytes> bytes);
  void submit(const FlightPtr& flight);
  void decode(const FlightPtr& flight);
  void land(const FlightPtr& flight, const Result<Bytes>& result);
  void spoil(const Error& error);

  const std::shared_ptr<ContentParts> parts_;
  const About about_;
  const Learn learn_;
  const std::shared_ptr<void> pin_;
  const std::shared_ptr<OpenFile> packed_handle_;  // what is fetched for it is not stopped as unwanted
  const std::uint64_t most_flying_;                // bytes of groups at once
  std::atomic<std::uint64_t> size_;
  ChunkPieces pieces_;
  DataSums sums_;

  PackedLayout layout_;  // used only by the one who has set laying_out_

  std::mutex mutex_;
  Places places_;  // this and what follows: guarded by mutex_
  bool laying_out_ = false;
  bool complete_ = false;                        // all headers are known
  std::vector<WaitingPtr> waiting_;              // for headers
  std::shared_ptr<CancelSlot> header_question_;  // to the packed file
  std::map<TiledGroupId, FlightPtr> flights_;
  std::deque<FlightPtr> queued_;
  std::uint64_t flying_ = 0;  // bytes
  int handles_ = 0;
  std::optional<Error> expired_;
};

}  // namespace esofs::cache
