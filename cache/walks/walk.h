// Walk: from the places of the files that were opened, in some order, which files are opened next: one after another, every
// third one, backwards, and also by several processes at once.
//
//   units    a place is a number: 0, 1, 2 … in the order
//   threads  not thread-safe
//   source   cache/WALKS.md
#pragma once

#include <cstdint>
#include <deque>

namespace esofs::cache {

class Walk {
 public:
  explicit Walk(std::int64_t at) : recent_{at}, front_(at) {}

  // How far from its front an open may be that belongs to it.
  static constexpr std::int64_t kReach = 24;

  // Whether an open at this place may belong to it.
  bool near(std::int64_t at) const;
  // An open that belongs to it. A place that was opened a moment ago says nothing new.
  void opened(std::int64_t at);

  // From one place to the next, negative backwards; 0: no order has been recognised.
  std::int64_t step() const noexcept { return step_; }
  // The farthest place that was opened in its order.
  std::int64_t front() const noexcept { return front_; }
  // Opens since it began, or since its order was broken.
  std::uint64_t opens() const noexcept { return opens_; }

 private:
  std::int64_t find_step() const;

  std::deque<std::int64_t> recent_;  // of late, the newest last
  std::int64_t front_;
  std::int64_t step_ = 0;
  std::uint64_t opens_ = 1;
};

}  // namespace esofs::cache
