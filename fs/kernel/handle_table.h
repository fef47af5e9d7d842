// HandleTable: open files and directories by the number that the kernel carries for them.
//
//   threads  thread-safe
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>

#include "client/base/guarded.h"

namespace esofs::fs {

template <class Handle>
class HandleTable {
 public:
  struct Open {
    std::uint64_t ino = 0;
    Handle handle;  // empty: no such number
  };

  std::uint64_t add(std::uint64_t ino, Handle handle) {
    auto state = state_.lock();
    const std::uint64_t number = ++state->last;
    state->open.emplace(number, Open{ino, std::move(handle)});
    return number;
  }

  Open find(std::uint64_t number) const {
    auto state = state_.lock();
    auto open = state->open.find(number);
    return open == state->open.end() ? Open{} : open->second;
  }

  // The handle dies with the returned value, outside the lock.
  Open take(std::uint64_t number) {
    auto state = state_.lock();
    auto open = state->open.find(number);
    if (open == state->open.end()) return {};
    Open taken = std::move(open->second);
    state->open.erase(open);
    return taken;
  }

  std::size_t size() const { return state_.lock()->open.size(); }

 private:
  struct State {
    std::uint64_t last = 0;
    std::unordered_map<std::uint64_t, Open> open;
  };
  mutable Guarded<State> state_;
};

}  // namespace esofs::fs
