#include "fs/queries/query_files.h"

#include <algorithm>
#include <atomic>

#include "client/base/guarded.h"
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
  OpenTextFile(Context& context, QueryDirectoryPtr directory, QueryDirectory::File file, const TextBase& base)
      : context_(context), directory_(std::move(directory)), file_(std::move(file)), opened_(base) {
    set_base(base);
    file_->handle_opened();
  }
  OpenTextFile(const OpenTextFile&) = delete;
  OpenTextFile& operator=(const OpenTextFile&) = delete;
  ~OpenTextFile() override {
    file_->handle_closed();
    if (wrote_ && !file_->is_open()) directory_->show_stored(*file_);
  }

  Cancel read(std::uint64_t offset, std::size_t size, Done<Bytes> done) override {
    // Of a text that is newer than the open the kernel may give the program less than all: it knows the size before.
    if (!read_.exchange(true)) directory_->note_read(*file_, opened_);
    done(slice(file_->read(offset, size), 0, size));
    return {};
  }
  std::uint64_t size() const noexcept override { return file_->size(); }
  const std::string& version() const noexcept override { return no_version_; }
  Cancel write(std::uint64_t offset, std::span<const std::byte> bytes, Done<std::size_t> done) override {
    const bool append = offset == kAtEnd;
    if (!wrote_ && !refused_) {
      if (append) set_base({directory_->look(*file_).version, true});
      if (auto good = directory_->check(*file_, base()); !good) {
        refused_ = good.error().code() == EAGAIN;
        done(good.error());
        return {};
      }
    }
    if (!append) base_.lock()->appended = false;
    if (refused_) {
      done(directory_->save_error().value_or(Error(EAGAIN, "it was changed by another mount")));
      return {};
    }
    wrote_ = true;
    auto written = file_->write(append ? std::nullopt : std::optional(offset), bytes, context_.now());
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
  TextBase base() { return *base_.lock(); }
  void set_base(const TextBase& base) { *base_.lock() = base; }
  // A handle that only reads commits nothing: somebody else may be half-way through writing.
  Result<void> save() {
    if (!file_->take_resized() && !wrote_.exchange(false)) return {};
    if (cut_) return directory_->undo(*file_);
    auto committed = directory_->commit(*file_, base());
    if (!committed) {
      refused_ = committed.error().code() == EAGAIN;
      wrote_ = !refused_;  // the next fsync or close tries again
      return committed.error();
    }
    set_base(*committed);
    forget_replaced(context_, *directory_);
    return {};
  }

  Context& context_;
  const QueryDirectoryPtr directory_;
  const QueryDirectory::File file_;
  const TextBase opened_;
  std::atomic<bool> read_{false};
  Guarded<TextBase> base_;  // what the text is made of that is written here
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
    const TextBase shown = directory_->look(*file_);
    if (directory_->removed()) {  // the kernel then looks for the name again, which may lead to a new query
      done(Error(ESTALE, path() + " was removed"));
      return {};
    }
    const auto base = truncate ? directory_->begin(*file_) : Result<TextBase>(shown);
    Result<void> cut = truncate && base ? file_->resize(0, context_.now()) : Result<void>();
    if (!base || !cut) {
      done(base ? cut.error() : base.error());
      return {};
    }
    const auto opened = std::make_shared<OpenTextFile>(context_, directory_, file_, *base);
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
      const bool all = *change.size == 0;
      const auto base = all ? directory_->begin(*file_) : Result<TextBase>(directory_->look(*file_));
      if (!base) return base.error();
      if (auto good = all ? Result<void>() : directory_->check(*file_, *base); !good) return good;
      if (auto cut = file_->resize(*change.size, context_.now()); !cut) return cut;
      if (!file_->is_open() && file_->take_resized()) {  // else it is committed when a handle closes
        if (auto committed = directory_->commit(*file_, *base); !committed) return committed.error();
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
