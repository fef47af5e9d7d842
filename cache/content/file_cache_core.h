// FileCacheCore: what stands behind FileCache. Kept by its jobs and continuations until the last of them has ended; what it
// refers to is used by those only that are inside the gate.
//
//   shapes   a file is found by file_id(): archive, dataset and access URL. Its record tells the version known; its content
//            is shared by all handles
//   threads  thread-safe
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "cache/answers/waiters.h"
#include "cache/content/cached_file.h"
#include "cache/content/content.h"
#include "cache/content/file_cache.h"
#include "cache/content/flights.h"
#include "cache/content/known_files.h"
#include "cache/content/opening.h"
#include "cache/content/unfinished.h"
#include "cache/content/view.h"
#include "client/base/guarded.h"

namespace esofs::cache {

class FileCacheCore : public OpeningHost, public std::enable_shared_from_this<FileCacheCore> {
 public:
  FileCacheCore(FileCache::Config config, client::Archive& archive, MetadataStore& store, Catalog& catalog,
                Lane& transfers);

  Cancel open(const client::Dataset& dataset, Form form, Done<OpenContent> done);
  FileFacts facts(const client::Dataset& dataset, Form form);
  Result<void> evict(const client::Dataset& dataset);
  FileCache::Usage usage() const;
  // Removes what processes that are gone have left of transfers. To be called before any is begun.
  void sweep();
  // Stops and answers all that is under way.
  void end();

  // --- OpeningHost ---
  OpenContent ranged(const OpeningRequest& request, const FileRecord& record) override;
  std::shared_ptr<WholeFile> whole(const OpeningRequest& request, const ContentKey& key) override;
  void readable(const OpeningRequest& request, const Delivered& delivered) override;
  void failed(const OpeningRequest& request, OpeningEnd why, const Error& error) override;
  void completed(const OpeningRequest& request, const Delivered& delivered) override;
  void is_package(const OpeningRequest& request, const client::FileSource& package) override;

 private:
  std::string file_id(const client::Dataset& dataset) const;
  bool fresh(const FileRecord& record, const client::Dataset& dataset);
  std::string parent_version(const client::Dataset& cutout);
  void note_stale(const std::string& id, std::int64_t looked_at);
  bool unsteady(const std::string& id);
  void drop(const std::string& id, const ContentKey& key, const Error& error);
  void drop_superseded(const std::string& id, const FileRecord& record);

  std::shared_ptr<WholeFile> whole_content(const std::string& id, const client::Dataset& dataset,
                                           const ContentKey& key);
  Cancel open_delivered(const client::Dataset& dataset, Done<Delivered> done);
  void ask(const std::string& id, const AttemptPtr& attempt, const client::Dataset& dataset);
  std::optional<Delivered> known(const client::Dataset& dataset, const std::string& id);
  void renew(const client::Dataset& dataset, const std::string& refused, const CachedFile::GiveUrl& give);
  std::shared_ptr<Content> ranged_content(const std::string& id, const client::Dataset& dataset,
                                          const FileRecord& record, const std::string& url);
  void land(const std::string& id, const Attempt& attempt, const Result<Delivered>& delivered);

  bool unpacks(Packing packing) const;
  Cancel open_view(const client::Dataset& dataset, const Delivered& delivered, Done<OpenContent> done);
  std::string package_of(const client::Dataset& dataset);
  OpenContent known_view(const client::Dataset& dataset, const std::string& id, const FileRecord& record);
  OpenContent view_content(const client::Dataset& dataset, const std::string& id, const FileRecord& record,
                           const MadeView& made);
  void make(const Delivered& delivered, const std::function<bool()>& wanted, Done<MadeView> done);
  void remake(const client::Dataset& dataset, const std::string& key, const Done<MadeView>& done);

  const FileCache::Config config_;
  Catalog& catalog_;
  const std::string archive_id_;
  const std::shared_ptr<ContentParts> parts_;
  Unfinished unfinished_;
  KnownFiles known_;
  // By file id, until when: files whose version was another a moment later, as behind mirrors that make their ETags
  // themselves. Their ranges cannot be put together.
  Guarded<std::map<std::string, std::int64_t>> unsteady_;
  Flights openings_;                         // by the file id and who is logged in
  Waiters<std::string, OpenContent> views_;  // by content key
};

}  // namespace esofs::cache
