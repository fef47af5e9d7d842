#include "client/login/secret_file.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <string_view>
#include <system_error>

#include "client/base/unique_fd.h"

namespace esofs::client {
namespace {

constexpr mode_t kOfOthers = 077;

Error failed(const std::filesystem::path& path, int code) {
  return {code, path.string() + ": " + std::generic_category().message(code)};
}

std::string octal(mode_t mode) {
  std::array<char, 8> text{};
  (void)std::snprintf(text.data(), text.size(), "%04o", static_cast<unsigned>(mode & 07777));
  return text.data();
}

Result<void> check(const std::filesystem::path& path, const struct stat& status, std::optional<uid_t> owner) {
  if (!S_ISREG(status.st_mode)) return Error(EACCES, path.string() + " is not a plain file");
  if ((status.st_mode & kOfOthers) != 0)
    return Error(EACCES, path.string() + " holds secrets and others can reach it (mode " +
                             octal(status.st_mode) + "): not used; run chmod 600 " + path.string());
  if (owner ? status.st_uid != *owner : status.st_uid != ::geteuid() && status.st_uid != 0)
    return Error(EACCES, path.string() + " holds secrets and belongs to another user: not used");
  return {};
}

Result<void> write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return Error(written < 0 ? errno : ENOSPC, "it cannot be written");
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(fd) != 0) return Error(errno, "it cannot be written");
  return {};
}

}  // namespace

Result<std::string> read_secret_file(const std::filesystem::path& path, std::optional<uid_t> owner) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | (owner ? O_NOFOLLOW : 0)));
  if (!fd && owner && errno == ELOOP) return Error(EACCES, path.string() + " is a symbolic link: not used");
  if (!fd) return failed(path, errno);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return failed(path, errno);
  if (auto right = check(path, status, owner); !right) return right.error();
  guard_memory();
  std::string text;
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(path, errno);
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (text.size() > kMostSecretBytes) return Error(EFBIG, path.string() + " is too long");
  }
}

Result<void> write_secret_file(const std::filesystem::path& path, const std::string& text) {
  std::error_code ignored;
  const auto directory = path.parent_path();
  std::filesystem::create_directories(directory.parent_path(), ignored);
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) return failed(directory, errno);
  std::string name = (directory / ("." + path.filename().string() + ".XXXXXX")).string();
  UniqueFd fd(::mkostemp(name.data(), O_CLOEXEC));  // 0600
  if (!fd) return failed(directory, errno);
  auto written = write_all(fd.get(), text);
  if (written && ::rename(name.c_str(), path.c_str()) != 0) written = Error(errno, "it cannot be replaced");
  if (!written) {
    ::unlink(name.c_str());
    return written.error().at(path.string());
  }
  const UniqueFd folder(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder) (void)::fsync(folder.get());
  return {};
}

FileStamp stamp_of(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
  return {status.st_ino, status.st_size, status.st_ctim.tv_sec, status.st_ctim.tv_nsec, status.st_mode};
}

void guard_memory() noexcept {
  (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  const rlimit none{0, 0};
  (void)::setrlimit(RLIMIT_CORE, &none);
}

}  // namespace esofs::client
