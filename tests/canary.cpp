// Makes the mistake that its argument names, so that the sanitizer it is built with must end it with failure:
//   canary none|heap|overflow|race
// Ends with 0 where nothing notices.
#include <atomic>
#include <cstddef>
#include <limits>
#include <memory>
#include <string_view>
#include <thread>

namespace {

void read_past_the_end(int count) {
  const auto numbers = std::make_unique<int[]>(static_cast<std::size_t>(count));
  volatile int* const past = numbers.get() + count;
  static_cast<void>(*past);
}

void overflow(int count) {
  volatile int number = std::numeric_limits<int>::max();
  number = number + count;
}

// Both threads are started before either writes, so that nothing orders the writes.
void race() {
  volatile int number = 0;
  std::atomic<int> started = 0;
  const auto write = [&] {
    started.fetch_add(1, std::memory_order_relaxed);
    while (started.load(std::memory_order_relaxed) < 2) std::this_thread::yield();
    for (int i = 0; i < 1000; ++i) number = i;
  };
  const std::jthread first(write);
  const std::jthread second(write);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mistake = argc == 2 ? argv[1] : "";
  if (mistake == "heap") {
    read_past_the_end(argc);
  } else if (mistake == "overflow") {
    overflow(argc);
  } else if (mistake == "race") {
    race();
  } else if (mistake != "none") {
    return 2;
  }
  return 0;
}
