#include "cache/content/file_cache.h"

#include <cerrno>
#include <utility>

#include "cache/answers/whose.h"
#include "cache/content/file_cache_core.h"

namespace esofs::cache {
namespace {

// One handle of a content.
class Handle : public OpenFile {
 public:
  explicit Handle(OpenContent content)
      : content_(std::move(content)), size_(content_->size()), version_(content_->key().text()) {
    content_->opened();
  }
  ~Handle() override { content_->closed(); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  std::uint64_t size() const noexcept override { return size_; }
  const std::string& version() const noexcept override { return version_; }
  bool restricted() const noexcept override { return !content_->key().identity().empty(); }
  std::string shared_version() const override {
    std::string text = version_;
    const std::string ending = whose(content_->key().identity());
    const auto at = restricted() ? text.rfind(ending) : std::string::npos;
    return at == std::string::npos ? text : text.erase(at, ending.size());
  }
  Cancel read(std::uint64_t offset, std::size_t size, Done<Bytes> done) override {
    return content_->read(offset, size, std::move(done));
  }
  bool at_hand(std::uint64_t offset, std::size_t size) override { return content_->at_hand(offset, size); }

 private:
  const OpenContent content_;
  const std::uint64_t size_;
  const std::string version_;
};

class DiskFileCache : public FileCache {
 public:
  explicit DiskFileCache(std::shared_ptr<FileCacheCore> core) : core_(std::move(core)) {}
  ~DiskFileCache() override { core_->end(); }
  DiskFileCache(const DiskFileCache&) = delete;
  DiskFileCache& operator=(const DiskFileCache&) = delete;

  Cancel open(const client::Dataset& dataset, Form form, Done<std::shared_ptr<OpenFile>> done) override {
    return core_->open(dataset, form, [done = std::move(done)](Result<OpenContent> content) {
      if (!content) return done(content.error());
      done(std::shared_ptr<OpenFile>(std::make_shared<Handle>(std::move(*content))));
    });
  }
  FileFacts facts(const client::Dataset& dataset, Form form) override { return core_->facts(dataset, form); }
  Result<void> evict(const client::Dataset& dataset) override { return core_->evict(dataset); }
  Usage usage() const override { return core_->usage(); }

 private:
  const std::shared_ptr<FileCacheCore> core_;
};

}  // namespace

Result<std::unique_ptr<FileCache>> FileCache::create(Config config, client::Archive& archive,
                                                     MetadataStore& store, Catalog& catalog,
                                                     Lane& transfers) {
  if (config.directory.empty()) return Error(EINVAL, "the cache needs a directory");
  if (config.memory_bytes < 8 * kChunkBytes)
    return Error(EINVAL, "the cache needs at least 512 KiB of memory");
  const bool sweep = config.sweep;
  auto core = std::make_shared<FileCacheCore>(std::move(config), archive, store, catalog, transfers);
  if (sweep) core->sweep();
  return std::unique_ptr<FileCache>(std::make_unique<DiskFileCache>(std::move(core)));
}

}  // namespace esofs::cache
