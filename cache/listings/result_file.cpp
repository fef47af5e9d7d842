#include "cache/listings/result_file.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace esofs::cache {

namespace {

int open_new(const std::filesystem::path& path) {
  return ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

}  // namespace

ResultFile::ResultFile(std::filesystem::path partial, std::filesystem::path whole)
    : fd_(open_new(partial)), partial_(std::move(partial)), whole_(std::move(whole)) {
  if (!fd_ && errno == ENOENT) {  // the directory was removed
    (void)::mkdir(partial_.parent_path().c_str(), 0700);
    fd_ = UniqueFd(open_new(partial_));
  }
  if (!fd_) give_up(errno);
}

ResultFile& ResultFile::operator=(ResultFile&& other) noexcept {
  if (this == &other) return *this;
  drop();
  fd_ = std::move(other.fd_);
  partial_ = std::move(other.partial_);
  whole_ = std::move(other.whole_);
  size_ = other.size_;
  failure_ = other.failure_;
  return *this;
}

ResultFile::~ResultFile() { drop(); }

void ResultFile::drop() noexcept {
  if (!fd_) return;
  fd_.reset();
  ::unlink(partial_.c_str());
}

void ResultFile::give_up(int code) {
  failure_ = code;
  spdlog::warn("the answer of a query is not kept in {}: {}", partial_.string(),
               std::generic_category().message(code));
  drop();
}

void ResultFile::write(std::span<const std::byte> piece) {
  while (fd_ && !piece.empty()) {
    const ssize_t written = ::write(fd_.get(), piece.data(), piece.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return give_up(written < 0 ? errno : ENOSPC);
    size_ += static_cast<std::uint64_t>(written);
    piece = piece.subspan(static_cast<std::size_t>(written));
  }
}

std::uint64_t ResultFile::keep() {
  if (!fd_) return 0;
  // Before the name: after a power failure a file of this name is whole.
  if (::fdatasync(fd_.get()) != 0 || ::rename(partial_.c_str(), whole_.c_str()) != 0) {
    give_up(errno);
    return 0;
  }
  fd_.reset();
  return size_;
}

}  // namespace esofs::cache
