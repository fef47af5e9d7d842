#include "fs/tree/text_versions.h"

namespace esofs::fs {

void TextVersions::read(std::uint64_t version) noexcept {
  if (version != 0) read_ = version;
}

void TextVersions::begun(bool empty) noexcept {
  if (read_ != 0 && !outdated({}, empty)) read_ = newest_;
  base_ = read_;
}

void TextVersions::saved(const TextBase& of) noexcept {
  if (!of.appended && of.version != newest_ && read_ != 0) read_ = newest_;
  base_ = newest_;
}

void TextVersions::dropped() noexcept {
  const bool newest_was_read = read_ == newest_;
  ++newest_;
  if (newest_was_read) read_ = newest_;
  base_ = dropped_ = newest_;
}

bool TextVersions::outdated(const TextBase& of, bool empty) const noexcept {
  if (of.version != 0 && of.version < dropped_) return true;
  if (empty || made_of(of) == 0) return false;
  return of.appended ? stale() : made_of(of) != newest_;
}

}  // namespace esofs::fs
