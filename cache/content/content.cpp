#include "cache/content/content.h"

#include <cerrno>
#include <utility>

namespace esofs::cache {

bool Gate::enter() {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  ++inside_;
  return true;
}

void Gate::leave() {
  const std::lock_guard lock(mutex_);
  if (--inside_ == 0) empty_.notify_all();
}

void Gate::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  stop_.request_stop();
  std::unique_lock lock(mutex_);
  empty_.wait(lock, [this] { return inside_ == 0; });
}

Chunk ContentParts::here(const ContentKey& key, std::uint64_t index, std::size_t size) {
  if (auto chunk = memory.get(key, index)) return chunk;
  auto chunk = segments.get(key, index);
  if (!chunk || chunk->size() != size) return nullptr;
  memory.put(key, index, chunk);
  return chunk;
}

bool ContentParts::keep(const ContentKey& key, std::uint64_t index, const Chunk& chunk) {
  memory.put(key, index, chunk);
  return segments.put(key, index, *chunk);
}

void ContentParts::forget(const ContentKey& key) {
  memory.forget(key);
  segments.forget(key);
}

std::string job_kind(const std::string& server, bool later) { return later ? server + " later" : server; }

std::string job_kind(const std::string& server, const Cause& cause) {
  return job_kind(server, cause.operation == Operation::kAhead);
}

std::shared_ptr<OpenFile> handle_of(const ContentPtr& content) {
  if (!content->add_handle()) return nullptr;
  return {content.get(), [content](OpenFile* /*file*/) { content->drop_handle(); }};
}

Error ending_error() { return {EIO, "the file system is ending"}; }

StoppableTurn::StoppableTurn(Lane::Turn& turn, const std::stop_source& own, const std::stop_token& cache)
    : with_lane_(turn.stop(), Request{own}), with_cache_(cache, Request{own}) {
  turn.listen_to(own.get_token());
}

}  // namespace esofs::cache
