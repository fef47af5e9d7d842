#include "fs/queries/query_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <string_view>
#include <system_error>
#include <thread>

#include "client/base/clock.h"
#include "client/base/unique_fd.h"
#include "fs/positions/positions.h"
#include "fs/tree/names.h"

namespace esofs::fs {
namespace {

constexpr int kNewFile = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
constexpr int kMostSavers = 100;  // of one text in one mount

Error failure(int code, const std::string& step, const std::filesystem::path& file) {
  return {code, step + " " + file.string() + ": " + std::generic_category().message(code)};
}

std::int64_t nanoseconds(const struct stat& status) {
  return status.st_mtim.tv_sec * 1'000'000'000LL + status.st_mtim.tv_nsec;
}

Result<void> write_all(int fd, std::string_view text, const std::filesystem::path& file) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failure(errno, "write", file);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

struct TextOnDisk {
  std::string text;
  std::int64_t mtime_ns = 0;
};

Result<TextOnDisk> read_text(const std::filesystem::path& path) {
  // A fifo must not hold us up.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) return failure(errno, "open", path);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return failure(errno, "stat", path);
  if (!S_ISREG(status.st_mode)) return failure(ENOENT, "read", path);
  TextOnDisk read{{}, nanoseconds(status)};
  std::array<char, 1U << 16U> buffer{};
  while (true) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure(errno, "read", path);
    if (got == 0) return read;
    read.text.append(buffer.data(), static_cast<std::size_t>(got));
    if (read.text.size() > (1U << 20U)) return failure(EFBIG, "read", path);
  }
}

Result<void> remove_text(const std::filesystem::path& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failure(errno, "remove", path);
  return {};
}

Result<void> make_private(const std::filesystem::path& directory) {
  if (::mkdir(directory.c_str(), 0700) == 0 || errno == EEXIST) return {};
  if (errno != ENOENT || !directory.has_relative_path()) return failure(errno, "make", directory);
  if (auto above = make_private(directory.parent_path()); !above) return above;
  if (::mkdir(directory.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return failure(errno, "make", directory);
}

// The pid of ".NAME.adql.PID.tmp" or ".NAME.adql.PID-NUMBER.tmp"; 0: it is no temporary file of a saver.
pid_t saver_of(std::string_view name) {
  constexpr std::string_view end = ".tmp";
  if (!name.starts_with('.') || !name.ends_with(end)) return 0;
  name.remove_suffix(end.size());
  const auto dot = name.rfind('.');
  const auto text = name.substr(0, dot);
  if (!text.ends_with(kAdqlExtension) && !text.ends_with(kPositionsFile)) return 0;
  pid_t pid = 0;
  const auto read = std::from_chars(name.data() + dot + 1, name.data() + name.size(), pid);
  const bool whole = read.ptr == name.data() + name.size() || *read.ptr == '-';
  return read.ec == std::errc() && whole && pid > 0 ? pid : 0;
}

// Those of processes that are gone. A young one may be of a process on another machine.
std::vector<std::filesystem::path> leftovers_in(const std::filesystem::path& directory) {
  constexpr std::chrono::seconds young{10};
  std::error_code failed;
  std::vector<std::filesystem::path> leftovers;
  for (std::filesystem::directory_iterator entries(directory, failed);
       !failed && entries != std::filesystem::directory_iterator(); entries.increment(failed)) {
    const pid_t saver = saver_of(entries->path().filename().string());
    if (saver == 0 || ::kill(saver, 0) == 0 || errno != ESRCH) continue;
    struct stat status {};
    if (::lstat(entries->path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    if (system_seconds() - status.st_mtim.tv_sec >= young.count()) leftovers.push_back(entries->path());
  }
  return leftovers;
}

void sync_directory(const std::filesystem::path& directory) {
  const UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd) (void)::fsync(fd.get());  // some file systems cannot; the rename is then as durable as they make it
}

// The time of a text; 0: there is none.
std::int64_t time_of(const std::filesystem::path& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) ? nanoseconds(status) : 0;
}

// A time of its own for each save: the clock of a file system moves only every few milliseconds.
Result<void> stamp(int fd, const std::filesystem::path& file) {
  std::array<timespec, 2> times{};
  (void)::clock_gettime(CLOCK_REALTIME, times.data());
  times[1] = times[0];
  if (::futimens(fd, times.data()) != 0) return failure(errno, "set the time of", file);
  return {};
}

// Held over a look at a text and its replacement. One that is held for a second belongs to a stopped process; a file system
// without such locks has none.
class DirectoryLock {
 public:
  explicit DirectoryLock(const std::filesystem::path& directory)
      : fd_(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    constexpr int kTries = 100;
    for (int i = 0; i < kTries && ::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0; ++i) {
      if (errno != EWOULDBLOCK) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }

 private:
  const UniqueFd fd_;
};

Result<void> replace(const std::filesystem::path& temporary, const std::filesystem::path& path,
                     std::optional<std::int64_t> before) {
  const DirectoryLock lock(path.parent_path());
  if (before && time_of(path) != *before)
    return Error(EAGAIN, path.string() + " was changed by another mount");
  if (::rename(temporary.c_str(), path.c_str()) != 0) return failure(errno, "rename onto", path);
  return {};
}

}  // namespace

void QueryStore::remove_leftovers() const {
  for (const auto& path : leftovers_in(directory_)) (void)::unlink(path.c_str());
}

std::filesystem::path QueryStore::file(const std::string& name) const {
  return directory_ / (name + std::string(kAdqlExtension));
}

std::filesystem::path QueryStore::positions_file(const std::string& name) const {
  return directory_ / (name + "." + std::string(kPositionsFile));
}

Result<std::vector<std::string>> QueryStore::names() const {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entries(directory_, error);
  if (error == std::errc::no_such_file_or_directory) return names;
  if (error) return failure(error.value(), "read", directory_);
  for (; entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    std::string name = entries->path().filename().string();
    if (!name.ends_with(kAdqlExtension)) continue;
    name.resize(name.size() - kAdqlExtension.size());
    if (check_query_name(name)) names.push_back(std::move(name));
    if (error) return failure(error.value(), "read", directory_);
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<TextStore::Saved> QueryStore::load(const std::string& name) const {
  auto text = read_text(file(name));
  if (!text) return text.error();
  Saved saved{std::move(text->text), text->mtime_ns, {}, 0};
  auto positions = read_text(positions_file(name));
  if (!positions && positions.error().code() != ENOENT) return positions.error();
  if (positions) {
    saved.positions = std::move(positions->text);
    saved.positions_ns = positions->mtime_ns;
  }
  return saved;
}

Result<std::int64_t> QueryStore::mtime_ns(const std::string& name) const {
  struct stat status {};
  if (::stat(file(name).c_str(), &status) != 0) return failure(errno, "stat", file(name));
  if (!S_ISREG(status.st_mode)) return failure(ENOENT, "read", file(name));
  return nanoseconds(status);
}

std::int64_t QueryStore::positions_ns(const std::string& name) const { return time_of(positions_file(name)); }

Result<std::int64_t> QueryStore::save(const std::string& name, const std::string& text,
                                      std::optional<std::int64_t> before) const {
  return save_as(file(name), text, before);
}

Result<std::int64_t> QueryStore::save_positions(const std::string& name, const std::string& text,
                                                std::optional<std::int64_t> before) const {
  return save_as(positions_file(name), text, before);
}

Result<std::int64_t> QueryStore::save_as(const std::filesystem::path& path, const std::string& text,
                                         std::optional<std::int64_t> before) const {
  const auto made = make_private(directory_);
  // The pid keeps two mounts apart, the number those who save in one.
  const std::string start = "." + path.filename().string() + "." + std::to_string(::getpid());
  std::filesystem::path temporary = directory_ / (start + ".tmp");
  UniqueFd fd(::open(temporary.c_str(), kNewFile, 0600));
  for (int i = 1; !fd && errno == EEXIST && i < kMostSavers; ++i) {
    temporary = directory_ / (start + "-" + std::to_string(i) + ".tmp");
    fd = UniqueFd(::open(temporary.c_str(), kNewFile, 0600));
  }
  if (!fd && errno == ENOENT && !made) return made.error().at("save " + path.string());
  if (!fd) return failure(errno, "create", temporary);
  auto written = write_all(fd.get(), text, temporary);
  if (written) written = stamp(fd.get(), temporary);
  if (written && ::fsync(fd.get()) != 0) written = failure(errno, "fsync", temporary);
  struct stat status {};
  if (written && ::fstat(fd.get(), &status) != 0) written = failure(errno, "stat", temporary);
  if (written) written = replace(temporary, path, before);
  if (!written) {
    (void)::unlink(temporary.c_str());
    return written.error();
  }
  sync_directory(directory_);
  return nanoseconds(status);
}

Result<void> QueryStore::remove_positions(const std::string& name) const {
  auto removed = remove_text(positions_file(name));
  sync_directory(directory_);
  return removed;
}

Result<void> QueryStore::remove(const std::string& name) const {
  {
    const DirectoryLock lock(directory_);
    if (auto removed = remove_text(file(name)); !removed) return removed;
  }
  return remove_positions(name);
}

Result<void> QueryStore::rename(const std::string& from, const std::string& to) const {
  const DirectoryLock lock(directory_);
  if (time_of(file(to)) != 0) return failure(ENOTEMPTY, "rename onto", file(to));
  if (::rename(file(from).c_str(), file(to).c_str()) != 0) return failure(errno, "rename", file(from));
  // Positions of an earlier query `to` must not become those of this one.
  const bool moved = ::rename(positions_file(from).c_str(), positions_file(to).c_str()) == 0;
  if (!moved && errno == ENOENT) return remove_positions(to);
  if (!moved) return failure(errno, "rename", positions_file(from));
  sync_directory(directory_);
  return {};
}

}  // namespace esofs::fs
