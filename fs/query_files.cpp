#include "fs/query_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <system_error>

#include "client/base/unique_fd.h"
#include "fs/plain_nodes.h"
#include "fs/query_nodes.h"

namespace esofs::fs {
namespace {

constexpr std::uint64_t kResultEstimate = 1U << 20U;
constexpr const char* kResultName = "result.vot";

class TextFileHandle : public FileHandle {
 public:
  TextFileHandle(Tree& tree, QueryDirectoryPtr directory, QueryDirectory::File file)
      : tree_(tree), directory_(std::move(directory)), file_(std::move(file)) {
    file_->handle_opened();
  }
  TextFileHandle(const TextFileHandle&) = delete;
  TextFileHandle& operator=(const TextFileHandle&) = delete;
  ~TextFileHandle() override { file_->handle_closed(); }

  Cancel read(std::uint64_t offset, std::size_t size, Done<Bytes> done) override {
    done(slice(file_->read(offset, size), 0, size));
    return {};
  }
  std::uint64_t size() const override { return file_->size(); }
  Result<std::size_t> write(std::uint64_t offset, std::span<const std::byte> bytes) override {
    wrote_ = true;
    return file_->write(offset, bytes, tree_.now());
  }
  // A handle that only reads commits nothing: somebody else may be half-way through writing.
  Result<void> flush() override {
    if (!file_->take_resized() && !wrote_.exchange(false)) return {};
    auto committed = directory_->commit(*file_);
    if (!committed) {
      wrote_ = true;  // the next fsync or close tries again
      return committed;
    }
    forget_replaced(tree_, *directory_);
    return committed;
  }

 private:
  Tree& tree_;
  const QueryDirectoryPtr directory_;
  const QueryDirectory::File file_;
  std::atomic<bool> wrote_{false};
};

class TextFileNode : public Node {
 public:
  TextFileNode(Tree& tree, QueryDirectoryPtr directory, QueryDirectory::File file, std::string name)
      : tree_(tree), directory_(std::move(directory)), file_(std::move(file)), name_(std::move(name)) {}

  std::string identity() const override { return file_->identity(); }
  std::string path() const override { return directory_->path() + "/" + name_; }
  int knowledge() const override { return 1; }  // the later one has the present name
  NodeType type() const override { return file_->symlink() ? NodeType::kSymlink : NodeType::kFile; }
  Attributes attributes() override {
    if (file_->symlink())
      return {NodeType::kSymlink, 0777, file_->size(), true, file_->mtime(), kShortTimeout, kShortTimeout};
    const mode_t permissions = directory_->is_fixed() ? 0444 : 0644;
    return {NodeType::kFile, permissions, file_->size(), true, file_->mtime(), kShortTimeout, kShortTimeout};
  }
  bool writable() const override { return !directory_->is_fixed(); }
  Cancel open(bool truncate, Done<std::shared_ptr<FileHandle>> done) override {
    if (truncate) {
      if (auto cut = file_->resize(0, tree_.now()); !cut) {
        done(cut.error());
        return {};
      }
    }
    done(std::shared_ptr<FileHandle>(std::make_shared<TextFileHandle>(tree_, directory_, file_)));
    return {};
  }
  Result<std::string> symlink_target() const override {
    if (!file_->symlink()) return Node::symlink_target();
    return file_->content();
  }

  // chmod and chown are accepted and change nothing; `touch query.adql` asks the archive anew.
  Result<void> change(const Change& change) override {
    if (directory_->is_fixed()) {
      if (!change.mtime_now || change.size) return Node::change(change);
      touched();
      return {};
    }
    if (change.size) {
      if (auto cut = file_->resize(*change.size, tree_.now()); !cut) return cut;
      if (!file_->is_open() && file_->take_resized()) {  // else it is committed when a handle closes
        if (auto committed = directory_->commit(*file_); !committed) return committed;
        forget_replaced(tree_, *directory_);
      }
    }
    if (change.mtime) file_->set_mtime(*change.mtime);
    if (change.mtime_now) {
      file_->set_mtime(tree_.now());
      if (!change.size) touched();
    }
    return {};
  }
  Error refusal(const std::string& operation) const override {
    return {ENOTSUP, operation + " " + path() + ": not for the files of a query"};
  }

 private:
  void touched() {
    if (directory_->file(std::string(kQueryFile)) != file_) return;
    directory_->show_all();
    const auto spec = directory_->spec();
    if (spec && !spec->adql.empty()) tree_.catalog().refresh(*spec);
  }

  Tree& tree_;
  const QueryDirectoryPtr directory_;
  const QueryDirectory::File file_;
  const std::string name_;
};

// A file on the local disk that never changes: the kept answer of one snapshot.
class LocalFileHandle : public FileHandle {
 public:
  LocalFileHandle(UniqueFd fd, std::uint64_t size, std::string version,
                  std::shared_ptr<const cache::Listing> keeps)
      : fd_(std::move(fd)), size_(size), version_(std::move(version)), keeps_(std::move(keeps)) {}

  Cancel read(std::uint64_t offset, std::size_t size, Done<Bytes> done) override {
    done(read_now(offset, size));
    return {};
  }
  std::uint64_t size() const override { return size_; }
  std::string version() const override { return version_; }

 private:
  Result<Bytes> read_now(std::uint64_t offset, std::size_t size) const {
    if (offset >= size_) return Bytes{};
    Bytes bytes(std::min<std::uint64_t>(size, size_ - offset));
    std::size_t have = 0;
    while (have < bytes.size()) {
      const ssize_t got =
          ::pread(fd_.get(), bytes.data() + have, bytes.size() - have, static_cast<off_t>(offset + have));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return Error(EIO, "reading the kept answer: " + std::generic_category().message(errno));
      if (got == 0) return Error(EIO, "the kept answer is shorter than it was");
      have += static_cast<std::size_t>(got);
    }
    return bytes;
  }

  const UniqueFd fd_;
  const std::uint64_t size_;
  const std::string version_;
  const std::shared_ptr<const cache::Listing> keeps_;
};

Result<std::shared_ptr<FileHandle>> open_result(const std::shared_ptr<const cache::Listing>& listing) {
  const auto file = listing->result_file();
  if (!file) return Error(ENODATA, "the answer of this query was not kept: the cache disk was full");
  UniqueFd fd(::open(file->c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0)
    return Error(EIO, "opening " + file->string() + ": " + std::generic_category().message(errno));
  return std::shared_ptr<FileHandle>(std::make_shared<LocalFileHandle>(
      std::move(fd), static_cast<std::uint64_t>(status.st_size), listing->id(), listing));
}

// table/result.vot: the server's bytes.
class ResultNode : public Node {
 public:
  ResultNode(Tree& tree, QueryDirectoryPtr directory) : tree_(tree), directory_(std::move(directory)) {}
  std::string identity() const override { return "result.vot:" + directory_->identity(); }
  std::string path() const override { return directory_->path() + "/table/" + kResultName; }
  NodeType type() const override { return NodeType::kFile; }
  Attributes attributes() override {
    Attributes attributes{NodeType::kFile, 0444, kResultEstimate, false, tree_.mounted_at(),
                          kShortTimeout,   0};
    const auto spec = directory_->spec();
    const auto listing = spec && !spec->adql.empty() ? tree_.catalog().known_listing(*spec) : nullptr;
    const auto file = listing ? listing->result_file() : std::nullopt;
    struct stat status {};
    if (file && ::stat(file->c_str(), &status) == 0) {
      attributes.size = static_cast<std::uint64_t>(status.st_size);
      attributes.mtime = status.st_mtim.tv_sec;
      attributes.exact = true;
      attributes.attr_timeout = kShortTimeout;
    }
    return attributes;
  }
  Cancel open(bool, Done<std::shared_ptr<FileHandle>> done) override {
    using ListingPtr = std::shared_ptr<const cache::Listing>;
    const auto spec = directory_->spec();
    if (!spec) {
      done(spec.error().at(path()));
      return {};
    }
    return with_deadline<ListingPtr>(
        tree_.timer(), tree_.config().query_wait,
        Error(EAGAIN, path() + ": the query has not been answered yet"),
        [&](Done<ListingPtr> answered) { return tree_.catalog().listing(*spec, std::move(answered)); },
        [done = std::move(done)](Result<ListingPtr> listing) {
          if (!listing) return done(listing.error());
          done(open_result(*listing));
        });
  }

 private:
  Tree& tree_;
  const QueryDirectoryPtr directory_;
};

class TableNode : public Node {
 public:
  TableNode(Tree& tree, QueryDirectoryPtr directory) : tree_(tree), directory_(std::move(directory)) {}
  std::string identity() const override { return "table:" + directory_->identity(); }
  std::string path() const override { return directory_->path() + "/table"; }
  NodeType type() const override { return NodeType::kDirectory; }
  Attributes attributes() override {
    // Only its removal is possible, so that `rm -r` of the query goes through.
    return {NodeType::kDirectory, 0555, 0, true, directory_->mtime(), kShortTimeout, kShortTimeout};
  }
  Cancel lookup(const std::string& name, Done<Found> done) override {
    done(name == kResultName && shown() ? Found{result()} : Found{nullptr, kAbsentInListing});
    return {};
  }
  Cancel open_directory(Done<std::shared_ptr<DirectoryHandle>> done) override {
    FixedDirectory::Entries entries;
    if (shown()) entries.emplace_back(kResultName, result());
    done(std::shared_ptr<DirectoryHandle>(std::make_shared<EntriesHandle>(std::move(entries))));
    return {};
  }
  Result<void> remove(const std::string& name) override {
    if (directory_->is_fixed()) return Node::remove(name);
    if (name != kResultName) return Error(ENOENT, path() + " has no " + name);
    directory_->hide(hidden_name());
    return {};
  }

 private:
  static std::string hidden_name() { return std::string("table/") + kResultName; }
  // Not where the answer is known and was not kept: a copy of the whole directory must go through.
  bool shown() const {
    if (directory_->hidden(hidden_name())) return false;
    const auto spec = directory_->spec();
    if (!spec) return false;
    const auto listing = tree_.catalog().known_listing(*spec);
    return !listing || listing->result_file().has_value();
  }
  NodePtr result() const { return std::make_shared<ResultNode>(tree_, directory_); }

  Tree& tree_;
  const QueryDirectoryPtr directory_;
};

}  // namespace

void forget_replaced(Tree& tree, QueryDirectory& directory) {
  const auto replaced = directory.take_replaced();
  if (replaced && !tree.queries().asked_by_another(*replaced, directory)) tree.catalog().forget(*replaced);
}

NodePtr make_text_node(Tree& tree, QueryDirectoryPtr directory, QueryDirectory::File file,
                       const std::string& name) {
  return std::make_shared<TextFileNode>(tree, std::move(directory), std::move(file), name);
}

NodePtr make_status_node(Tree& tree, QueryDirectoryPtr directory) {
  std::string identity = "status:" + directory->identity();
  std::string path = directory->path() + "/status.txt";
  return std::make_shared<LiveText>(
      std::move(identity), std::move(path), [&tree, directory = std::move(directory)] {
        return LiveText::Rendered{query_status(tree, *directory),
                                  std::max(directory->mtime(), tree.mounted_at())};
      });
}

NodePtr make_table_node(Tree& tree, QueryDirectoryPtr directory) {
  return std::make_shared<TableNode>(tree, std::move(directory));
}

}  // namespace esofs::fs
