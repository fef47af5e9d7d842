// TextFile: a small file in memory that editors write: query.adql and the scratch files beside it.
//
//   errors   EFBIG above kMostBytes: a query directory is no place for data; EDQUOT beyond the TextBudget
//   threads  thread-safe
#pragma once

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "client/base/guarded.h"
#include "client/base/result.h"

namespace esofs::fs {

// The bytes that the texts of one user may take in memory.
class TextBudget {
 public:
  explicit TextBudget(std::int64_t most) : most_(most) {}
  // Of texts that are there already, which count in any case.
  void charge(std::int64_t bytes) noexcept { used_ += bytes; }
  // Takes them or, if they are too many, nothing.
  bool take(std::int64_t bytes) noexcept {
    if ((used_ += bytes) <= most_) return true;
    used_ -= bytes;
    return false;
  }
  bool used_up() const noexcept { return used_ >= most_; }

 private:
  const std::int64_t most_;
  std::atomic<std::int64_t> used_{0};
};

class TextFile {
 public:
  static constexpr std::uint64_t kMostBytes = 1U << 20U;

  // budget: nullptr for none.
  TextFile(std::string identity, std::string content, timespec mtime, bool symlink = false,
           std::shared_ptr<TextBudget> budget = nullptr)
      : identity_(std::move(identity)),
        symlink_(symlink),
        budget_(std::move(budget)),
        state_(State{std::move(content), mtime}) {
    if (budget_) budget_->charge(static_cast<std::int64_t>(size()));
  }
  TextFile(const TextFile&) = delete;
  TextFile& operator=(const TextFile&) = delete;
  ~TextFile() {
    if (budget_) budget_->charge(-static_cast<std::int64_t>(size()));
  }

  const std::string& identity() const noexcept { return identity_; }
  bool symlink() const noexcept { return symlink_; }
  // Open handles: what changes while there are any is committed when one of them is closed.
  void handle_opened() { ++state_.lock()->handles; }
  void handle_closed() {
    auto state = state_.lock();
    if (--state->handles == 0) state->rewritten = false;
  }
  bool is_open() const { return state_.lock()->handles > 0; }

  bool resized() const { return state_.lock()->resized; }
  // True once after a change that no handle has made itself (truncate(2) and ftruncate(2) look alike).
  bool take_resized() { return std::exchange(state_.lock()->resized, false); }

  std::string content() const { return state_.lock()->content; }
  std::uint64_t size() const { return state_.lock()->content.size(); }
  timespec mtime() const { return state_.lock()->mtime; }
  void set_mtime(timespec time) { state_.lock()->mtime = time; }
  std::optional<timespec> atime() const { return state_.lock()->atime; }  // nullopt: never set
  void set_atime(timespec time) { state_.lock()->atime = time; }

  // No name leads to it any more; handles that are open still use it. elsewhere: another mount has removed it.
  void unlinked(bool elsewhere = false) {
    auto state = state_.lock();
    state->linked = false;
    state->unlinked_elsewhere = elsewhere;
  }
  bool unlinked_elsewhere() const { return state_.lock()->unlinked_elsewhere; }
  bool linked() const { return state_.lock()->linked; }

  void replace(std::string content, timespec mtime) {
    auto state = state_.lock();
    if (budget_) budget_->charge(growth(*state, content.size()));
    state->content = std::move(content);
    state->mtime = mtime;
    state->rewritten = false;
  }

  // It was created, cut or written into since it was saved or replaced, not only appended to.
  bool rewritten() const { return state_.lock()->rewritten; }
  void set_rewritten() { state_.lock()->rewritten = true; }
  void saved(const std::string& content) {
    auto state = state_.lock();
    if (state->content == content) state->rewritten = false;
  }
  // The text in the store was `before` and has become `text`: so does this one, behind which stay the lines that were appended
  // here. False: it was rewritten and stays, or would be too large.
  bool follow(const std::string& before, std::string text, timespec mtime) {
    auto state = state_.lock();
    if (state->rewritten || !state->content.starts_with(before)) return false;
    const bool appended = state->content.size() > before.size();
    text.append(state->content, before.size());
    if (appended && text.size() > kMostBytes) return false;
    if (budget_) budget_->charge(growth(*state, text.size()));
    state->content = std::move(text);
    state->mtime = mtime;
    return true;
  }

  std::string read(std::uint64_t offset, std::size_t size) const {
    auto state = state_.lock();
    return offset < state->content.size() ? state->content.substr(offset, size) : std::string();
  }

  // at: nullopt for the end.
  Result<std::size_t> write(std::optional<std::uint64_t> at, std::span<const std::byte> bytes,
                            std::int64_t now) {
    auto state = state_.lock();
    const std::uint64_t offset = at.value_or(state->content.size());
    if (offset > kMostBytes || bytes.size() > kMostBytes - offset)
      return Error(EFBIG, "a file beside query.adql may have 1 MiB at most");
    if (state->content.size() < offset + bytes.size()) {
      if (auto allowed = take(*state, offset + bytes.size()); !allowed) return allowed.error();
      state->content.resize(offset + bytes.size());
    }
    std::transform(bytes.begin(), bytes.end(), state->content.begin() + static_cast<std::ptrdiff_t>(offset),
                   [](std::byte b) { return static_cast<char>(b); });
    state->mtime = {now, 0};
    if (at) state->rewritten = true;
    return bytes.size();
  }

  Result<void> resize(std::uint64_t size, std::int64_t now) {
    if (size > kMostBytes) return Error(EFBIG, "a file beside query.adql may have 1 MiB at most");
    auto state = state_.lock();
    if (auto allowed = take(*state, size); !allowed) return allowed;
    state->content.resize(size);
    state->mtime = {now, 0};
    state->resized = state->rewritten = true;
    return {};
  }

 private:
  struct State {
    std::string content;
    timespec mtime;
    std::optional<timespec> atime = std::nullopt;
    int handles = 0;
    bool resized = false;
    bool linked = true;
    bool unlinked_elsewhere = false;
    bool rewritten = false;
  };
  static std::int64_t growth(const State& state, std::uint64_t size) {
    return static_cast<std::int64_t>(size) - static_cast<std::int64_t>(state.content.size());
  }
  // REQUIRES: state locked.
  Result<void> take(const State& state, std::uint64_t size) {
    if (!budget_ || budget_->take(growth(state, size))) return {};
    return Error(EDQUOT,
                 "the texts of one user are too large together; remove some queries or files beside them");
  }

  const std::string identity_;
  const bool symlink_;
  const std::shared_ptr<TextBudget> budget_;
  mutable Guarded<State> state_;
};

}  // namespace esofs::fs
