// One transfer of a CachedFile: requests for a run of chunks, until all have come or it fails.
//
//   errors   a transfer that breaks off, or that the server fails to answer (HTTP 500), continues where it broke: up to
//            three requests without progress, or ten for one chunk while others of the file come. An answer that is shorter than requested is no failure: the rest is requested. ESTALE: another
//            version; EINTR: stopped
//   threads  run_transfer() blocks; it runs on the transfers lane
//   source   cache/READING.md; RFC 9110 sections 14 and 15.3.7
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "cache/content/content.h"
#include "cache/content/transfer_plan.h"
#include "client/base/lane.h"
#include "client/model/model.h"

namespace esofs::cache {

// A version of a file that can be requested in ranges.
struct RangedFile {
  ContentKey key;
  std::string url;
  std::string name;  // for errors: the URL without secrets
  std::string validator;
  std::uint64_t size;
  bool fits;             // its first bytes must be FITS
  std::string tag = {};  // client::FileHead::tag and date
  std::string date = {};

  // True if an answer with this head can be of this version.
  bool accepts(const client::FileHead& head) const;
};

struct AnswerTimes {
  std::chrono::steady_clock::time_point asked;
  std::chrono::steady_clock::time_point answered;  // its head came
  std::chrono::steady_clock::time_point last;      // its last bytes came
  std::uint64_t bytes;
};

// The owner of the transfer. Called from the lane, without locks.
class TransferHost {
 public:
  virtual ~TransferHost() = default;
  // A chunk that is already here; null.
  virtual Chunk here(std::uint64_t index) = 0;
  // The URL to request.
  virtual std::string url() = 0;
  // True if a reader waits for the chunk; else it is found among the unwritten ones until written().
  virtual bool awaited_else_unwritten(std::uint64_t index, const Chunk& chunk) = 0;
  virtual void written(std::uint64_t first, std::uint64_t count) = 0;
  // A chunk has come; transfer->next is the one after it. transfer == nullptr: it came another way.
  virtual void land(Transfer* transfer, std::uint64_t index, const Chunk& chunk) = 0;
  // How many chunks of the file have come so far, by all transfers: whether the server still gives any.
  virtual std::uint64_t landed() = 0;
  virtual void answered(const AnswerTimes& times) = 0;
};

Result<void> run_transfer(ContentParts& parts, const RangedFile& file, TransferHost& host, Transfer& transfer,
                          Lane::Turn& turn);

}  // namespace esofs::cache
