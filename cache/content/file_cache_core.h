// FileCacheCore: the FileCache. Its jobs and continuations keep it alive until the last of them has ended; only those inside the
// gate use what it refers to.
//
//   shapes   a file is found by file_id(): archive, dataset and access URL. Its record says which version is known; all
//            handles share its content
//   threads  thread-safe
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cache/answers/flights.h"
#include "cache/content/cached_file.h"
#include "cache/content/content.h"
#include "cache/content/file_cache.h"
#include "cache/content/known_files.h"
#include "cache/content/likely_file.h"
#include "cache/content/opening.h"
#include "cache/content/plain/views.h"
#include "cache/content/unfinished.h"
#include "cache/content/unsteady.h"

namespace esofs::cache {

class FileCacheCore : public FileCache,
                      public OpeningHost,
                      public std::enable_shared_from_this<FileCacheCore> {
 public:
  FileCacheCore(Config config, client::Archive& archive, MetadataStore& store, Catalog& catalog,
                Lane& transfers);

  // --- FileCache ---
  Cancel open(const client::Dataset& dataset, Form form, Done<std::shared_ptr<OpenFile>> done) override;
  FileFacts facts(const client::Dataset& dataset, Form form) override;
  Result<void> evict(const client::Dataset& dataset) override;
  Usage usage() const override;

  // To be called first.
  void begin();
  // Removes leftovers of the transfers of processes that have ended. To be called before any transfer begins.
  void sweep();
  // Stops and answers everything under way.
  void end();

  // --- OpeningHost ---
  ContentPtr ranged(const OpeningRequest& request, const FileRecord& record) override;
  std::shared_ptr<WholeFile> whole(const OpeningRequest& request, const ContentKey& key) override;
  void readable(const OpeningRequest& request, const Delivered& delivered) override;
  void failed(const OpeningRequest& request, OpeningEnd why, const Error& error) override;
  void completed(const OpeningRequest& request, const Delivered& delivered) override;
  void is_package(const OpeningRequest& request, const client::FileSource& package) override;

 private:
  FileId file_id(const client::Dataset& dataset) const {
    return cache::file_id(parts_->archive, archive_id_, dataset);
  }
  bool fresh(const FileRecord& record, const client::Dataset& dataset);
  std::string parent_version(const client::Dataset& cutout);
  void drop(const FileId& id, const ContentKey& key, const Error& error);
  void drop_superseded(const FileId& id, const FileRecord& record);

  std::shared_ptr<WholeFile> whole_content(const FileId& id, const client::Dataset& dataset,
                                           const ContentKey& key);
  Cancel open_content(const client::Dataset& dataset, Form form, Done<ContentPtr> done);
  Cancel open_delivered(const client::Dataset& dataset, Done<Delivered> done);
  Cancel open_whole(const client::Dataset& dataset, const std::shared_ptr<WholeFile>& whole,
                    const Delivered& delivered, Done<Delivered> done);
  void ask(const FileId& id, const AttemptPtr& attempt, const client::Dataset& dataset);
  // Somebody may have come who waits for the file.
  void ask_again(const FileId& id, const Attempt& stopped, const client::Dataset& dataset) {
    if (const auto next = openings_.stopped(stopped)) ask(id, next, dataset);
  }
  std::optional<Delivered> known_whole(const client::Dataset& dataset, const FileId& id, FileRecord record);
  std::optional<Delivered> known(const client::Dataset& dataset, const FileId& id);
  void renew(const client::Dataset& dataset, const std::string& refused, const Cause& cause,
             const CachedFile::GiveUrl& give);
  std::shared_ptr<Content> ranged_content(const FileId& id, const client::Dataset& dataset,
                                          const FileRecord& record, const std::string& url);
  void land(const FileId& id, const Attempt& attempt, const Result<Delivered>& delivered);

  bool unpacks(Packing packing) const;
  std::string package_of(const client::Dataset& dataset);

  const Config config_;
  Catalog& catalog_;
  const std::string archive_id_;
  const std::shared_ptr<ContentParts> parts_;
  Unfinished unfinished_;
  const std::shared_ptr<KnownFiles> known_;
  UnsteadyFiles unsteady_;
  LikelyFiles likely_;
  Flights<Delivered> openings_;  // by the file id and the login
  std::shared_ptr<Views> views_;
};

}  // namespace esofs::cache
