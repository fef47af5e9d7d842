#include "cache/content/unfinished.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <charconv>
#include <string_view>
#include <vector>

#include "client/base/process.h"

namespace esofs::cache {
namespace {

constexpr std::string_view kPrefix = "unfinished\n";
constexpr char kMarkFormat = 1;

std::string shelf_key(const std::string& content_key) { return std::string(kPrefix) + content_key; }

// The process of a note; 0: unreadable.
pid_t process_of(std::string_view value) {
  if (value.empty() || value.front() != kMarkFormat) return 0;
  pid_t pid = 0;
  std::from_chars(value.data() + 1, value.data() + value.size(), pid);
  return pid;
}

}  // namespace

void Unfinished::begun(const std::string& content_key) {
  const auto kept =
      store_.put(Shelf::kFiles, shelf_key(content_key), kMarkFormat + std::to_string(::getpid()));
  if (!kept) spdlog::debug("a transfer is not noted: {}", kept.error().what());
}

void Unfinished::ended(const std::string& content_key) {
  const auto erased = store_.erase(Shelf::kFiles, shelf_key(content_key));
  if (!erased) spdlog::debug("the note of a transfer stays: {}", erased.error().what());
}

void Unfinished::sweep(const std::function<void(const std::string& content_key)>& remove) {
  std::vector<std::string> left;
  const auto scanned =
      store_.scan(Shelf::kFiles, kPrefix, [&left](std::string_view key, std::string_view value) {
        if (!key.starts_with(kPrefix)) return false;
        // A note with the number of this process is from an earlier one: nothing has been begun yet.
        const pid_t pid = process_of(value);
        if (pid == ::getpid() || !process_alive(pid)) left.emplace_back(key.substr(kPrefix.size()));
        return true;
      });
  if (!scanned) spdlog::debug("unfinished transfers are not known: {}", scanned.error().what());
  for (const auto& content_key : left) {
    remove(content_key);
    ended(content_key);
  }
}

}  // namespace esofs::cache
