// TextVersions: of a text that several mounts save, which version the programs of this mount have read last, and what may replace
// what. A version that a program has not read is replaced only by a mount whose programs have read none at all.
//
//   threads  none of its own
#pragma once

#include <cstdint>

namespace esofs::fs {

// What an open file makes its text of.
struct TextBase {
  std::uint64_t version = 0;  // 0: the one that was read here last, or if none was, any
  bool appended = false;      // all that it has written belongs behind the newest text
};

// Versions count the texts of other mounts that have been shown here; what is saved here leaves them as they are. 0: none.
class TextVersions {
 public:
  std::uint64_t base() const noexcept { return base_; }  // of the text that is shown here, saved or not
  // What is shown is made of an older version.
  bool stale() const noexcept { return base_ != 0 && base_ != newest_; }

  void changed() noexcept { ++newest_; }      // the store has the text of another mount
  void shown() noexcept { base_ = newest_; }  // which is shown
  void read(std::uint64_t version) noexcept;  // by a program; 0: none
  void begun(bool empty) noexcept;            // all of what is shown is replaced
  void saved(const TextBase& of) noexcept;
  void dropped() noexcept;  // what was not saved has become the newest text again

  // empty: the text in the store, which can be replaced by any.
  bool outdated(const TextBase& of, bool empty) const noexcept;
  bool replaces_any(const TextBase& of) const noexcept { return made_of(of) == 0; }

 private:
  std::uint64_t made_of(const TextBase& of) const noexcept { return of.version != 0 ? of.version : read_; }

  std::uint64_t newest_ = 1;
  std::uint64_t base_ = 0;
  std::uint64_t read_ = 0;
  std::uint64_t dropped_ = 0;  // what is made of an older one was not saved and is not shown any more
};

}  // namespace esofs::fs
