// The nodes that know nothing of the archive: directories with fixed entries, and generated texts.
//
//   threads  thread-safe; text functions are called on the asker's thread and must not wait
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/base/guarded.h"
#include "fs/tree/node.h"

namespace esofs::fs {

// A directory whose entries never change.
class FixedDirectory : public Node {
 public:
  using Entries = std::vector<std::pair<std::string, NodePtr>>;
  FixedDirectory(std::string path, std::int64_t mtime, Entries entries)
      : path_(std::move(path)), mtime_(mtime), entries_(std::move(entries)) {}

  std::string identity() const override { return "dir:" + path_; }
  std::string path() const override { return path_; }
  NodeType type() const override { return NodeType::kDirectory; }
  Attributes attributes() override;
  Cancel lookup(const std::string& name, Done<Found> done) override;
  Cancel open_directory(Done<std::shared_ptr<DirectoryHandle>> done) override;
  Absence absence(const std::string& name) override;

 private:
  const std::string path_;
  const std::int64_t mtime_;
  const Entries entries_;
};

// The absence() of a directory that has these names and no others. It is a slip if one of them is near.
Absence absence_among(const std::string& name, const std::vector<std::string>& names);

// An open directory over a vector.
class EntriesHandle : public DirectoryHandle {
 public:
  explicit EntriesHandle(FixedDirectory::Entries entries) : entries_(std::move(entries)) {}
  Result<void> entries(std::uint64_t offset, const std::function<bool(const Entry&)>& visit) override;
  std::uint64_t size() const override { return entries_.size(); }

 private:
  const FixedDirectory::Entries entries_;
};

// An open directory whose entries come and go.
class ChangingHandle : public DirectoryHandle {
 public:
  using Entries = FixedDirectory::Entries;
  using List = std::function<Entries()>;
  // What the name of a listed node leads to at this moment; nullptr: nothing.
  using Now = std::function<NodePtr(const std::string& name, const NodePtr& listed)>;
  // first: what list() gave when the directory was opened. Both functions answer from memory or the local disk.
  ChangingHandle(Entries first, List list, Now now)
      : list_(std::move(list)), now_(std::move(now)), entries_(share(std::move(first))) {}
  Result<void> entries(std::uint64_t offset, const std::function<bool(const Entry&)>& visit) override;
  std::uint64_t size() const override { return (*entries_.lock())->size(); }
  void rewind() override { *entries_.lock() = share(list_()); }

 private:
  using Shared = std::shared_ptr<const Entries>;
  static Shared share(Entries entries) { return std::make_shared<const Entries>(std::move(entries)); }

  const List list_;
  const Now now_;
  mutable Guarded<Shared> entries_;
};

// An open file over a string of its own.
class OpenText : public cache::OpenFile {
 public:
  explicit OpenText(std::string text, std::string version = "", bool restricted = false)
      : text_(std::move(text)), version_(std::move(version)), restricted_(restricted) {}
  Cancel read(std::uint64_t offset, std::size_t size, Done<Bytes> done) override;
  std::uint64_t size() const noexcept override { return text_.size(); }
  const std::string& version() const noexcept override { return version_; }
  bool restricted() const noexcept override { return restricted_; }

 private:
  const std::string text_;
  const std::string version_;
  const bool restricted_;
};

// The bytes of text[offset, offset + size), as far as there are any.
Bytes slice(const std::string& text, std::uint64_t offset, std::size_t size);

// A text that stays the same for as long as the mount lives: README.txt, .esofs/version.
class FixedText : public Node {
 public:
  FixedText(std::string path, std::int64_t mtime, std::string text)
      : path_(std::move(path)), mtime_(mtime), text_(std::move(text)) {}
  std::string identity() const override { return "text:" + path_; }
  std::string path() const override { return path_; }
  NodeType type() const override { return NodeType::kFile; }
  Attributes attributes() override;
  Cancel open(std::optional<uid_t> user, bool truncate, Done<FileHandle> done) override;

 private:
  const std::string path_;
  const std::int64_t mtime_;
  const std::string text_;
};

// A text rendered at each open: status.txt, .esofs/errors. The handle keeps what it was opened with, and fstat(2) shows the
// size of the text opened last. An open that follows a lookup gives the text that the lookup has measured.
class LiveText : public Node {
 public:
  struct Rendered {
    std::string text;
    std::int64_t mtime;
  };
  // A text that not everybody may see all of. render: for a user who does not, or nullopt for all of it, which is the longest.
  struct ByReader {
    std::function<bool(uid_t)> sees_all;
    std::function<Rendered(std::optional<uid_t>)> render;
  };
  LiveText(std::string identity, std::string path, const std::function<Rendered()>& render)
      : LiveText(std::move(identity), std::move(path),
                 ByReader{[](uid_t) { return true; }, [render](std::optional<uid_t>) { return render(); }}) {}
  LiveText(std::string identity, std::string path, ByReader by_reader)
      : identity_(std::move(identity)), path_(std::move(path)), by_reader_(std::move(by_reader)) {}
  std::string identity() const override { return identity_; }
  std::string path() const override { return path_; }
  NodeType type() const override { return NodeType::kFile; }
  Attributes attributes() override;
  Attributes attributes_at_lookup() override;
  bool own_content() const override { return true; }
  Cancel open(std::optional<uid_t> user, bool truncate, Done<FileHandle> done) override;

 private:
  struct State {
    std::weak_ptr<OpenText> last;
    std::optional<std::string> measured;  // by the last lookup
  };
  const std::string identity_;
  const std::string path_;
  const ByReader by_reader_;
  Guarded<State> state_;
};

// A text made by asking the archive when it is opened; until then its size is an estimate.
class MadeText : public Node {
 public:
  using Make = std::function<Cancel(Done<std::string>)>;
  struct Made {
    std::string text;
    bool restricted = false;  // as OpenFile::restricted()
    std::string note = {};    // of the last open for user.esofs.note: what is most likely a mistake; ""
  };
  // With the login of `user`; nullopt: of the mounting user.
  using MakeFor = std::function<Cancel(std::optional<uid_t> user, Done<Made>)>;
  MadeText(std::string identity, std::string path, std::int64_t mtime, const Make& make)
      : MadeText(std::move(identity), std::move(path), mtime, for_all(make)) {}
  MadeText(std::string identity, std::string path, std::int64_t mtime, MakeFor make)
      : identity_(std::move(identity)), path_(std::move(path)), mtime_(mtime), make_(std::move(make)) {}
  std::string identity() const override { return identity_; }
  std::string path() const override { return path_; }
  NodeType type() const override { return NodeType::kFile; }
  Attributes attributes() override;
  Cancel open(std::optional<uid_t> user, bool truncate, Done<FileHandle> done) override;
  std::optional<std::string> xattr(const std::string& name) override;

 private:
  static MakeFor for_all(const Make& make);

  const std::string identity_;
  const std::string path_;
  const std::int64_t mtime_;
  const MakeFor make_;
  // Of the last open; 0: none. Shared with the answer under way, which may outlive this node.
  std::shared_ptr<Guarded<std::uint64_t>> size_ = std::make_shared<Guarded<std::uint64_t>>(0U);
  std::shared_ptr<Guarded<std::string>> note_ = std::make_shared<Guarded<std::string>>();
};

}  // namespace esofs::fs
