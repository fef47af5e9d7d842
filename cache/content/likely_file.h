// LikelyFile: the first chunk of a file, and of FITS the last bytes, from the URL that the profile's pattern gives: asked for
// while DataLink is asked where the file is. Whoever has DataLink's answer decides whether they count.
//
//   shapes   parts (206) only: an answer with the whole file is left, because it may be large and not the right one
//   errors   none: what fails is asked for again when DataLink has answered
//   threads  thread-safe; asks on the transfers lane. Continuations run on the caller's thread or on the lane's, without locks
//   source   cache/READING.md, "The first open"
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "cache/content/content.h"
#include "client/model/model.h"

namespace esofs::cache {

class LikelyFile : public std::enable_shared_from_this<LikelyFile> {
 public:
  struct Part {
    client::FileHead head;
    std::shared_ptr<Bytes> bytes;  // all that was asked for, as far as the file has it
  };
  using Take = std::function<void(const std::optional<Part>&)>;

  // tail: the last 64 KiB are asked for too.
  LikelyFile(std::shared_ptr<ContentParts> parts, std::string url, std::string extension, bool tail)
      : parts_(std::move(parts)), url_(std::move(url)), extension_(std::move(extension)), asks_tail_(tail) {}

  // cause: for which program.
  void begin(const Cause& cause);
  const std::string& url() const noexcept { return url_; }
  bool asks_tail() const noexcept { return asks_tail_; }

  // Gives the part when it is here, at once or later; nullopt: it did not come. Each once.
  // gives_up: how long it bears a silent server (Turn::watch).
  void take_head(Take take, Turn::GivesUp gives_up) { give(head_, {std::move(take), std::move(gives_up)}); }
  void take_tail(Take take, Turn::GivesUp gives_up) { give(tail_, {std::move(take), std::move(gives_up)}); }
  // Nobody wants it: what is under way is stopped.
  void drop() { stop_.request_stop(); }

 private:
  struct Taker {
    Take take;
    Turn::GivesUp gives_up;
  };
  struct Asked {
    bool ended = false;
    std::optional<Part> part;
    Taker taker;  // without `take`: not asked for yet, or given
  };

  void submit(Asked LikelyFile::*asked, const Cause& cause);
  std::optional<Part> fetch(bool tail, Lane::Turn& turn);
  void give(Asked& asked, Taker taker);

  const std::shared_ptr<ContentParts> parts_;
  const std::string url_;
  const std::string extension_;
  const bool asks_tail_;
  std::stop_source stop_;
  std::mutex mutex_;
  Asked head_;  // guarded by mutex_, as is
  Asked tail_;
};

// Which files are asked for so.
class LikelyFiles {
 public:
  // Asks. null: the profile has no pattern for it, or one that was wrong too often; or it needs a login.
  std::shared_ptr<LikelyFile> ask(const std::shared_ptr<ContentParts>& parts, const client::Dataset& dataset,
                                  const Cause& cause);
  // Whether DataLink has named the same URL; else it is dropped.
  bool confirmed(LikelyFile& file, const Result<client::FileSource>& source);

 private:
  static constexpr int kMostLuck = 3;  // so many wrong URLs in a row are too many
  std::atomic<int> luck_ = kMostLuck;  // below 0: the pattern is not used
};

// Before its release a file needs a login. now: seconds since 1970.
bool before_release(const client::Dataset& dataset, std::int64_t now);

}  // namespace esofs::cache
