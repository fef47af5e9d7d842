#include "fs/queries/query_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

#include "client/base/unique_fd.h"
#include "fs/tree/names.h"

namespace esofs::fs {
namespace {

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

void sync_directory(const std::filesystem::path& directory) {
  const UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd) (void)::fsync(fd.get());  // some file systems cannot; the rename is then as durable as they make it
}

}  // namespace

std::filesystem::path QueryStore::file(const std::string& name) const {
  return directory_ / (name + std::string(kAdqlExtension));
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

Result<QueryStore::Saved> QueryStore::load(const std::string& name) const {
  const UniqueFd fd(::open(file(name).c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return failure(errno, "open", file(name));
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return failure(errno, "stat", file(name));
  Saved saved;
  saved.mtime_ns = nanoseconds(status);
  std::array<char, 1U << 16U> buffer{};
  while (true) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure(errno, "read", file(name));
    if (got == 0) return saved;
    saved.text.append(buffer.data(), static_cast<std::size_t>(got));
    if (saved.text.size() > (1U << 20U)) return failure(EFBIG, "read", file(name));
  }
}

Result<std::int64_t> QueryStore::mtime_ns(const std::string& name) const {
  struct stat status {};
  if (::stat(file(name).c_str(), &status) != 0) return failure(errno, "stat", file(name));
  return nanoseconds(status);
}

Result<std::int64_t> QueryStore::save(const std::string& name, const std::string& text) const {
  std::error_code error;
  if (std::filesystem::create_directories(directory_, error))
    std::filesystem::permissions(directory_, std::filesystem::perms::owner_all, error);
  // The pid keeps two mounts apart; savers of one mount take turns.
  const std::filesystem::path temporary =
      directory_ / ("." + name + "." + std::to_string(::getpid()) + ".tmp");
  UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd) return failure(errno, "create", temporary);
  auto written = write_all(fd.get(), text, temporary);
  if (written && ::fsync(fd.get()) != 0) written = failure(errno, "fsync", temporary);
  struct stat status {};
  if (written && ::fstat(fd.get(), &status) != 0) written = failure(errno, "stat", temporary);
  if (written && ::rename(temporary.c_str(), file(name).c_str()) != 0)
    written = failure(errno, "rename onto", file(name));
  if (!written) {
    (void)::unlink(temporary.c_str());
    return written.error();
  }
  sync_directory(directory_);
  return nanoseconds(status);
}

Result<void> QueryStore::remove(const std::string& name) const {
  if (::unlink(file(name).c_str()) != 0 && errno != ENOENT) return failure(errno, "remove", file(name));
  sync_directory(directory_);
  return {};
}

Result<void> QueryStore::rename(const std::string& from, const std::string& to) const {
  if (::rename(file(from).c_str(), file(to).c_str()) != 0) return failure(errno, "rename", file(from));
  sync_directory(directory_);
  return {};
}

}  // namespace esofs::fs
