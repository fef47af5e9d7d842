#include "tests/sim/files/content.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>

#include "tests/sim/files/fits_header.h"
#include "tests/sim/text.h"

namespace esofs::sim {
namespace {

class Stored : public Content {
 public:
  explicit Stored(std::string bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t size() const override { return bytes_.size(); }
  void read(std::uint64_t offset, std::span<std::byte> out) const override {
    std::memcpy(out.data(), bytes_.data() + offset, out.size());
  }

 private:
  std::string bytes_;
};

class Made : public Content {
 public:
  Made(std::optional<std::uint64_t> size, std::function<std::string()> make)
      : size_(size), make_(std::move(make)) {}
  std::uint64_t size() const override { return size_ ? *size_ : bytes().size(); }
  void read(std::uint64_t offset, std::span<std::byte> out) const override {
    std::memcpy(out.data(), bytes().data() + offset, out.size());
  }

 private:
  const std::string& bytes() const {
    std::call_once(once_, [this] {
      bytes_ = make_();
      assert(!size_ || bytes_.size() == *size_);
    });
    return bytes_;
  }

  std::optional<std::uint64_t> size_;
  std::function<std::string()> make_;
  mutable std::once_flag once_;
  mutable std::string bytes_;
};

class Deferred : public Content {
 public:
  explicit Deferred(std::function<ContentPtr()> make) : make_(std::move(make)) {}
  std::uint64_t size() const override { return content().size(); }
  void read(std::uint64_t offset, std::span<std::byte> out) const override { content().read(offset, out); }

 private:
  const Content& content() const {
    std::call_once(once_, [this] { content_ = make_(); });
    return *content_;
  }

  std::function<ContentPtr()> make_;
  mutable std::once_flag once_;
  mutable ContentPtr content_;
};

class Computed : public Content {
 public:
  Computed(std::uint64_t seed, std::uint64_t size) : seed_(mix(seed)), size_(size) {}
  std::uint64_t size() const override { return size_; }

  void read(std::uint64_t offset, std::span<std::byte> out) const override {
    std::byte* to = out.data();
    std::size_t left = out.size();
    while (left > 0) {
      const std::size_t within = offset % 8;
      if (within == 0 && left >= 8) {
        const std::size_t words = left / 8;
        for (std::size_t i = 0; i < words; ++i) {
          const std::uint64_t value = word(offset / 8 + i);
          std::memcpy(to + 8 * i, &value, 8);
        }
        to += 8 * words;
        offset += 8 * words;
        left -= 8 * words;
        continue;
      }
      const std::size_t part = std::min(left, 8 - within);
      const std::uint64_t value = word(offset / 8);
      std::array<std::byte, 8> bytes{};
      std::memcpy(bytes.data(), &value, 8);
      std::memcpy(to, bytes.data() + within, part);
      to += part;
      offset += part;
      left -= part;
    }
  }

 private:
  std::uint64_t word(std::uint64_t index) const {
    std::uint64_t x = (index + seed_) * 0x9E3779B97F4A7C15U;
    x = (x ^ (x >> 29U)) * 0xBF58476D1CE4E5B9U;
    x ^= x >> 32U;
    x = (x & 0x007FFFFF007FFFFFU) | 0x3F8000003F800000U;
    if constexpr (std::endian::native == std::endian::little) x = __builtin_bswap64(x);
    return x;
  }

  std::uint64_t seed_;
  std::uint64_t size_;
};

class Joined : public Content {
 public:
  explicit Joined(std::vector<ContentPtr> parts) : parts_(std::move(parts)) {}
  std::uint64_t size() const override {
    std::uint64_t size = 0;
    for (const auto& part : parts_) size += part->size();
    return size;
  }
  void read(std::uint64_t offset, std::span<std::byte> out) const override {
    for (const auto& part : parts_) {
      if (out.empty()) return;
      const std::uint64_t size = part->size();
      if (offset >= size) {
        offset -= size;
        continue;
      }
      const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(size - offset, out.size()));
      part->read(offset, out.first(n));
      out = out.subspan(n);
      offset = 0;
    }
  }

 private:
  std::vector<ContentPtr> parts_;
};

class Zeros : public Content {
 public:
  explicit Zeros(std::uint64_t size) : size_(size) {}
  std::uint64_t size() const override { return size_; }
  void read(std::uint64_t /*offset*/, std::span<std::byte> out) const override {
    std::fill(out.begin(), out.end(), std::byte{0});
  }

 private:
  std::uint64_t size_;
};

class OnDisk : public Content {
 public:
  explicit OnDisk(const std::string& path) : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    struct stat status {};
    if (fd_ < 0 || fstat(fd_, &status) != 0) {
      const int error = errno;
      if (fd_ >= 0) close(fd_);
      throw std::system_error(error, std::generic_category(), path);
    }
    size_ = static_cast<std::uint64_t>(status.st_size);
  }
  OnDisk(const OnDisk&) = delete;
  OnDisk& operator=(const OnDisk&) = delete;
  ~OnDisk() override { close(fd_); }
  std::uint64_t size() const override { return size_; }
  void read(std::uint64_t offset, std::span<std::byte> out) const override {
    while (!out.empty()) {
      const ssize_t n = pread(fd_, out.data(), out.size(), static_cast<off_t>(offset));
      if (n <= 0) break;
      out = out.subspan(static_cast<std::size_t>(n));
      offset += static_cast<std::uint64_t>(n);
    }
    std::fill(out.begin(), out.end(), std::byte{0});
  }

 private:
  int fd_;
  std::uint64_t size_ = 0;
};

class Altered : public Content {
 public:
  explicit Altered(ContentPtr content) : content_(std::move(content)) {}
  std::uint64_t size() const override { return content_->size(); }
  void read(std::uint64_t offset, std::span<std::byte> out) const override {
    std::vector<std::byte> block(kFitsBlock);
    while (!out.empty()) {
      const std::uint64_t start = offset / kFitsBlock * kFitsBlock;
      block.resize(static_cast<std::size_t>(std::min(kFitsBlock, size() - start)));
      content_->read(start, block);
      const bool header =
          block.size() == kFitsBlock && std::all_of(block.begin(), block.end(), [](std::byte b) {
            return b >= std::byte{0x20} && b < std::byte{0x7F};
          });
      const auto within = static_cast<std::size_t>(offset - start);
      const std::size_t n = std::min(out.size(), block.size() - within);
      for (std::size_t i = 0; i < n; ++i)
        out[i] = header ? block[within + i] : block[within + i] ^ std::byte{1};
      out = out.subspan(n);
      offset += n;
    }
  }

 private:
  ContentPtr content_;
};

}  // namespace

ContentPtr stored(std::string bytes) { return std::make_shared<Stored>(std::move(bytes)); }

ContentPtr made(std::uint64_t size, std::function<std::string()> make) {
  return std::make_shared<Made>(size, std::move(make));
}

ContentPtr made(std::function<std::string()> make) {
  return std::make_shared<Made>(std::nullopt, std::move(make));
}

ContentPtr deferred(std::function<ContentPtr()> make) { return std::make_shared<Deferred>(std::move(make)); }

ContentPtr computed(std::uint64_t seed, std::uint64_t size) { return std::make_shared<Computed>(seed, size); }

ContentPtr padded(ContentPtr content) {
  const std::uint64_t rest = (kFitsBlock - content->size() % kFitsBlock) % kFitsBlock;
  if (rest == 0) return content;
  return joined({std::move(content), std::make_shared<Zeros>(rest)});
}

ContentPtr joined(std::vector<ContentPtr> parts) { return std::make_shared<Joined>(std::move(parts)); }

ContentPtr on_disk(const std::string& path) { return std::make_shared<OnDisk>(path); }

ContentPtr altered(ContentPtr content) { return std::make_shared<Altered>(std::move(content)); }

std::string all_bytes(const Content& content) {
  std::string bytes(static_cast<std::size_t>(content.size()), '\0');
  content.read(0, std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

}  // namespace esofs::sim
