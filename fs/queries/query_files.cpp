#include "fs/queries/query_files.h"

#include <algorithm>
#include <atomic>

#include "fs/queries/query_status.h"
#include "fs/queries/scratch_names.h"
#include "fs/tree/names.h"
#include "fs/tree/plain_nodes.h"

namespace esofs::fs {
namespace {

class OpenTextFile : public cache::OpenFile,
                     public FileWriter,
                     public std::enable_shared_from_this<OpenTextFile> {
 public:
  OpenTextFile(Context& context, QueryDirectoryPtr directory, QueryDirectory::File file)
      : context_(context), directory_(std::move(directory)), file_(std::move(file)) {
    file_->handle_opened();
  }
  OpenTextFile(const OpenTextFile&) = delete;
  OpenTextFile& operator=(const OpenTextFile&) = delete;
  ~OpenTextFile() override {
    file_->handle_closed();
    if (wrote_ && !file_->is_open()) directory_->show_stored(*file_);
  }

  Cancel read(std::uint64_t offset, std::size_t size, Done<Bytes> done) override {
    done(slice(file_->read(offset, size), 0, size));
    return {};
  }
  std::uint64_t size() const noexcept override { return file_->size(); }
  const std::string& version() const noexcept override { return no_version_; }
  Cancel write(std::uint64_t offset, std::span<const std::byte> bytes, Done<std::size_t> done) override {
    if (!wrote_ && !refused_) {
      if (auto good = directory_->check(*file_); !good) refused_ = true;
    }
    if (refused_) {
      done(directory_->save_error().value_or(Error(EAGAIN, "it was changed by another mount")));
      return {};
    }
    wrote_ = true;
    auto written = file_->write(offset, bytes, context_.now());
    if (!written) cut_ = true;
    done(std::move(written));
    return {};
  }
  Cancel flush(Done<void> done) override {
    if (directory_->home() != nullptr && unsaved())
      return directory_->home()->ask<void>(
          [self = shared_from_this()](const Done<void>& asked) { asked(self->save()); }, std::move(done));
    done(save());
    return {};
  }

 private:
  bool unsaved() const { return wrote_ || file_->resized(); }
  // A handle that only reads commits nothing: somebody else may be half-way through writing.
  Result<void> save() {
    if (!file_->take_resized() && !wrote_.exchange(false)) return {};
    if (cut_) return directory_->undo(*file_);
    auto committed = directory_->commit(*file_);
    if (!committed) {
      refused_ = committed.error().code() == EAGAIN;
      wrote_ = !refused_;  // the next fsync or close tries again
      return committed;
    }
    forget_replaced(context_, *directory_);
    return committed;
  }

  Context& context_;
  const QueryDirectoryPtr directory_;
  const QueryDirectory::File file_;
  const std::string no_version_;
  std::atomic<bool> wrote_{false};
  std::atomic<bool> cut_{false};      // a write was refused: what is here is no whole text
  std::atomic<bool> refused_{false};  // it would replace what another mount has saved
};

class TextFileNode : public Node {
 public:
  TextFileNode(Context& context, QueryDirectoryPtr directory, QueryDirectory::File file, std::string name)
      : context_(context), directory_(std::move(directory)), file_(std::move(file)), name_(std::move(name)) {}

  std::string identity() const override { return file_->identity(); }
  std::optional<uid_t> owner() const override { return directory_->owner(); }
  HomeThread* home(bool change) const override { return change ? directory_->home() : nullptr; }
  std::string path() const override { return directory_->path() + "/" + name_; }
  Knowledge knowledge() const override { return {.renewed = true}; }  // the later one has the present name
  NodeType type() const override { return file_->symlink() ? NodeType::kSymlink : NodeType::kFile; }
  Attributes attributes() override {
    const mode_t permissions = file_->symlink() ? 0777 : writable() ? 0644 : 0444;
    const timespec mtime = file_->mtime();
    Attributes shown{type(), permissions, file_->size(), true, mtime.tv_sec, kShortTimeout, kShortTimeout};
    shown.mtime_nanoseconds = mtime.tv_nsec;
    shown.atime = file_->atime();
    shown.linked = file_->linked() && !directory_->removed();
    shown.owner = directory_->owner();
    return shown;
  }
  bool writable() const override { return !directory_->is_fixed() && !directory_->frozen(); }
  Cancel open(std::optional<uid_t>, bool truncate, Done<FileHandle> done) override {
    if (truncate) {
      auto cut = directory_->check(*file_);
      if (cut) cut = file_->resize(0, context_.now());
      if (!cut) {
        done(cut.error());
        return {};
      }
    } else {
      directory_->note_read(*file_);
    }
    const auto opened = std::make_shared<OpenTextFile>(context_, directory_, file_);
    done(FileHandle{opened, opened});
    return {};
  }
  Result<std::string> symlink_target() const override {
    if (!file_->symlink()) return Node::symlink_target();
    return file_->content();
  }

  // chmod and chown are accepted and change nothing; `touch query.adql` asks the archive again.
  Result<void> change(const Change& change) override {
    if (directory_->is_fixed()) {
      if (!change.mtime_now || change.size) return Node::change(change);
      touched();
      return {};
    }
    if (directory_->frozen()) return refusal("change");
    if (change.size) {
      if (auto good = directory_->check(*file_); !good) return good;
      if (auto cut = file_->resize(*change.size, context_.now()); !cut) return cut;
      if (!file_->is_open() && file_->take_resized()) {  // else it is committed when a handle closes
        if (auto committed = directory_->commit(*file_); !committed) return committed;
        forget_replaced(context_, *directory_);
      }
    }
    if (change.mtime) file_->set_mtime(*change.mtime);
    if (change.atime) file_->set_atime(*change.atime);
    if (change.atime_now) file_->set_atime({context_.now(), 0});
    if (change.mtime_now) {
      file_->set_mtime({context_.now(), 0});
      if (!change.size) touched();
    }
    return {};
  }
  Error refusal(const std::string& operation) const override {
    if (directory_->is_fixed()) return Node::refusal(operation);
    if (directory_->frozen()) return {EROFS, operation + " " + path() + ": the job has been made of it"};
    return {ENOTSUP, operation + " " + path() + ": not for the files of a query"};
  }

 private:
  void touched() {
    if (!directory_->listed() || directory_->file(std::string(kQueryFile)) != file_) return;
    directory_->show_all();
    const auto spec = directory_->spec();
    if (spec && !spec->adql.empty()) context_.catalog().refresh(*spec);
  }

  Context& context_;
  const QueryDirectoryPtr directory_;
  const QueryDirectory::File file_;
  const std::string name_;
};

}  // namespace

void forget_replaced(Context& context, QueryDirectory& directory) {
  if (const auto replaced = directory.take_replaced()) context.catalog().forget(*replaced);
}

NodePtr make_text_node(Context& context, QueryDirectoryPtr directory, QueryDirectory::File file,
                       const std::string& name) {
  return std::make_shared<TextFileNode>(context, std::move(directory), std::move(file), name);
}

NodePtr make_status_node(Context& context, QueryDirectoryPtr directory) {
  std::string identity = "status:" + directory->identity();
  std::string path = directory->path() + "/" + kStatusName;
  return std::make_shared<LiveText>(
      std::move(identity), std::move(path), [&context, directory = std::move(directory)] {
        return LiveText::Rendered{query_status(context, *directory),
                                  std::max(directory->mtime(), context.mounted_at())};
      });
}

}  // namespace esofs::fs
