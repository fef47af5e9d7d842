#include "fs/tree/made_directories.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace esofs::fs {
namespace {

constexpr std::size_t kMostRemembered = 64;
constexpr std::int64_t kRememberedFor = 10;  // seconds
constexpr const char* kCopyingProgram = "cp";

}  // namespace

void MadeDirectories::made(std::string directory, const Cause& by, std::int64_t now) {
  if (by.pid <= 0) return;
  auto made = made_.lock();
  std::erase_if(*made, [&directory](const Made& one) { return one.directory == directory; });
  if (made->size() >= kMostRemembered) made->pop_front();
  made->push_back({std::move(directory), by.pid, now});
}

void MadeDirectories::filled(const std::string& directory) {
  std::erase_if(*made_.lock(), [&directory](const Made& one) { return one.directory == directory; });
}

bool MadeDirectories::empty_for(const std::string& directory, const Cause& asks, std::int64_t now) const {
  if (asks.pid <= 0) return false;
  const auto made = made_.lock();
  return std::any_of(made->begin(), made->end(), [&](const Made& one) {
    return one.by == asks.pid && one.directory == directory && now - one.at <= kRememberedFor;
  });
}

bool MadeDirectories::lists_source(const Cause& asks, std::int64_t now) {
  if (asks.pid <= 0) return false;
  {
    auto made = made_.lock();
    const auto last =
        std::find_if(made->rbegin(), made->rend(), [&asks](const Made& one) { return one.by == asks.pid; });
    if (last == made->rend() || !std::exchange(last->lists, false) || now - last->at > kRememberedFor)
      return false;
  }
  return asks.named().program() == kCopyingProgram;
}

}  // namespace esofs::fs
