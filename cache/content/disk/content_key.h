// ContentKey: names one immutable content: which file of which archive, which version of it, and whose login it took. Its text
// is compared wherever a content is read from disk; the hash only finds it.
//
//   shapes   the text, also on disk: archive "\n" file "\n" version, then "\nfor LOGIN" if it took one, then "+plain" if it is
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
  friend auto operator<=>(const FileId&, const FileId&) = default;
};

class ContentKey {
 public:
  struct Parts {
    FileId id = {};
    std::string version = {};
    Login login = {};  // that it took; nobody: everybody may see it
    bool plain = false;
  };

  ContentKey() : ContentKey(std::string()) {}
  explicit ContentKey(Parts parts);
  // A text of which nothing else is known.
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
  // What all users whose openings read the same bytes agree in: the text for this archive, without a login.
  std::string shared_text(const std::string& archive) const;

  friend bool operator==(const ContentKey& a, const ContentKey& b) { return a.text_ == b.text_; }

 private:
  Parts parts_;
  std::string text_;
  std::array<std::uint64_t, 2> hash_;
};

}  // namespace esofs::cache
