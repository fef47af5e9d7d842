#include "fs/tree/plain_nodes.h"

#include <algorithm>
#include <utility>

#include "client/base/nearest.h"
#include "client/base/safe_name.h"
#include "fs/tree/context.h"

namespace esofs::fs {
namespace {

// Larger than the texts that are made here ever are, for tools that trust stat before open.
constexpr std::uint64_t kMadeTextEstimate = 1U << 20U;

std::string text_version(const std::string& text) {
  return std::to_string(std::hash<std::string>{}(text)) + "-" + std::to_string(text.size());
}

}  // namespace

Bytes slice(const std::string& text, std::uint64_t offset, std::size_t size) {
  if (offset >= text.size()) return {};
  const std::size_t count = std::min<std::size_t>(size, text.size() - offset);
  Bytes bytes(count);
  std::transform(text.begin() + static_cast<std::ptrdiff_t>(offset),
                 text.begin() + static_cast<std::ptrdiff_t>(offset + count), bytes.begin(),
                 [](char c) { return static_cast<std::byte>(c); });
  return bytes;
}

// --- FixedDirectory ---

Attributes FixedDirectory::attributes() {
  return {NodeType::kDirectory, 0555, 0, true, mtime_, kLongTimeout, kLongTimeout};
}

Cancel FixedDirectory::lookup(const std::string& name, Done<Found> done) {
  const auto entry =
      std::find_if(entries_.begin(), entries_.end(), [&name](const auto& e) { return e.first == name; });
  done(entry == entries_.end() ? Found{nullptr, kLongTimeout} : Found{entry->second});
  return {};
}

Cancel FixedDirectory::open_directory(Done<std::shared_ptr<DirectoryHandle>> done) {
  done(std::shared_ptr<DirectoryHandle>(std::make_shared<EntriesHandle>(entries_)));
  return {};
}

Absence FixedDirectory::absence(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& [entry, node] : entries_) names.push_back(entry);
  return absence_among(name, names);
}

Absence absence_among(const std::string& name, const std::vector<std::string>& names) {
  constexpr std::size_t most_listed = 20;
  std::string text = "there is no '" + safe_name(name) + "' here";
  const std::string near = nearest(name, names);
  if (!near.empty()) return {text + "; did you mean " + near + "?", true};
  if (names.empty() || names.size() > most_listed) return {text, false};
  text += "; there is";
  for (const auto& known : names) text += (known == names.front() ? " " : ", ") + known;
  return {text, false};
}

Result<void> EntriesHandle::entries(std::uint64_t offset, const std::function<bool(const Entry&)>& visit) {
  for (std::uint64_t i = offset; i < entries_.size(); ++i) {
    if (!visit({entries_[i].first, i + 1, entries_[i].second})) break;
  }
  return {};
}

Result<void> ChangingHandle::entries(std::uint64_t offset, const std::function<bool(const Entry&)>& visit) {
  const Shared entries = *entries_.lock();
  for (std::uint64_t i = offset; i < entries->size(); ++i) {
    const auto& [name, listed] = (*entries)[i];
    const NodePtr node = now_(name, listed);
    if (node && !visit({name, i + 1, node})) break;
  }
  return {};
}

// --- texts ---

Cancel OpenText::read(std::uint64_t offset, std::size_t size, Done<Bytes> done) {
  done(slice(text_, offset, size));
  return {};
}

Attributes FixedText::attributes() {
  return {NodeType::kFile, 0444, text_.size(), true, mtime_, kLongTimeout, kLongTimeout};
}

Cancel FixedText::open(std::optional<uid_t>, bool, Done<FileHandle> done) {
  done(FileHandle{std::make_shared<OpenText>(text_, text_version(text_))});
  return {};
}

Attributes LiveText::attributes() {
  const auto last = state_.lock()->last.lock();
  const Rendered now = by_reader_.render(std::nullopt);
  return {NodeType::kFile, 0444, last ? last->size() : now.text.size(), true, now.mtime, 0, 0};
}

Attributes LiveText::attributes_at_lookup() {
  Rendered now = by_reader_.render(std::nullopt);
  const Attributes attributes{NodeType::kFile, 0444, now.text.size(), true, now.mtime, 0, 0};
  state_.lock()->measured = std::move(now.text);
  return attributes;
}

Cancel LiveText::open(std::optional<uid_t> user, bool, Done<FileHandle> done) {
  const bool part = user && !by_reader_.sees_all(*user);
  std::optional<std::string> text;
  if (!part) text = std::exchange(state_.lock()->measured, std::nullopt);
  if (!text) text = by_reader_.render(part ? user : std::nullopt).text;
  auto opened = std::make_shared<OpenText>(*std::move(text));
  state_.lock()->last = opened;
  done(FileHandle{std::move(opened)});
  return {};
}

Attributes MadeText::attributes() {
  const std::uint64_t size = *size_->lock();
  return {NodeType::kFile, 0444,         size != 0 ? size : kMadeTextEstimate, size != 0,
          mtime_,          kLongTimeout, size != 0 ? kShortTimeout : 0};
}

Cancel MadeText::open(std::optional<uid_t> user, bool, Done<FileHandle> done) {
  return make_(
      user, AskedBy(done.cause(), [size = size_, note = note_, done = done.take()](Result<Made> made) {
        if (!made) return done(made.error());
        *note->lock() = made->note;
        *size->lock() = made->text.size();
        std::string version = text_version(made->text);
        done(FileHandle{
            std::make_shared<OpenText>(std::move(made->text), std::move(version), made->restricted)});
      }));
}

std::optional<std::string> MadeText::xattr(const std::string& name) {
  if (name != "user.esofs.note") return Node::xattr(name);
  std::string note = *note_->lock();
  return note.empty() ? std::nullopt : std::optional(std::move(note));
}

MadeText::MakeFor MadeText::for_all(const Make& make) {
  return [make](std::optional<uid_t>, Done<Made> done) {
    return make(AskedBy(done.cause(), [done = done.take()](Result<std::string> text) {
      if (!text) return done(text.error());
      done(Made{*std::move(text)});
    }));
  };
}

}  // namespace esofs::fs
