// ContentKey: names one immutable content: which file of which archive, which version of it, and which login it needed. Its
// text is compared whenever a content is read from disk; the hash only finds it.
//
//   shapes   the text, also on disk: archive "\n" file "\n" version, then "\nfor LOGIN" if it needed one, then "+plain" if it is
//            the decompressed view
//   threads  immutable
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>

#include "client/base/login.h"

namespace esofs::cache {

// One file of one archive.
struct FileId {
  std::string archive;  // Archive::identity()
  std::string file;     // its dataset and URL or cutout

  std::string text() const { return archive + "\n" + file; }
  friend auto operator<=>(const FileId&, const FileId&) = default;  // NOLINT(modernize-use-nullptr)
};

// Differs from all others, in all processes: two whole responses are never the same content, whatever they say of themselves.
std::string new_generation();

class ContentKey {
 public:
  struct Parts {
    FileId id = {};
    std::string version = {};
    Login login = {};  // that it needed; nobody: it is public
    bool plain = false;
  };

  ContentKey() : ContentKey(std::string()) {}
  explicit ContentKey(Parts parts);
  // A text whose parts are unknown.
  explicit ContentKey(std::string text);
  // From the text that is on disk. Its parts are those of `id` and `login` if it is of these.
  static ContentKey decoded(const std::string& text, const FileId& id, const Login& login);

  const std::string& text() const noexcept { return text_; }
  const Login& login() const noexcept { return parts_.login; }
  const std::array<std::uint64_t, 2>& hash() const noexcept { return hash_; }
  std::string hex() const;  // the hash as 32 hexadecimal digits
  bool empty() const noexcept { return text_.empty(); }

  // The decompressed view of this content.
  ContentKey plain() const;
  // Equal for all users whose openings read the same bytes: the text for this archive, without a login.
  std::string shared_text(const std::string& archive) const;

  friend bool operator==(const ContentKey& a, const ContentKey& b) { return a.text_ == b.text_; }

 private:
  Parts parts_;
  std::string text_;
  std::array<std::uint64_t, 2> hash_;
};

}  // namespace esofs::cache
