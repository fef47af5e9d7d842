// KnownFiles: what is known of the files of an archive without asking: their records (over remounts, on the shelf kFiles),
// the contents that are open, and what failed a moment ago.
//
//   shapes   a file goes by its id (archive, dataset and URL or cutout). What took somebody's rights to get has a record of its
//            own, under the id and "\nfor NAME": who is logged in sees that, else the one that took nobody's
//   errors   a record that cannot be kept is logged and forgotten with the process
//   threads  thread-safe; blocks on the local disk only
//   source   ours
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "cache/content/content.h"
#include "cache/content/file_record.h"
#include "cache/store/metadata_store.h"
#include "client/base/guarded.h"

namespace esofs::cache {

using OpenContent = std::shared_ptr<Content>;

class KnownFiles {
 public:
  // What is open of one version of a file; null where it is not.
  struct Open {
    OpenContent content;
    OpenContent view;
  };

  // store: outlives it. user: Archive::user().
  KnownFiles(MetadataStore& store, std::function<std::string()> user)
      : store_(store), user_(std::move(user)) {}

  std::optional<FileRecord> record(const std::string& id);
  void keep(const std::string& id, const FileRecord& record);
  Open open(const std::string& id, const FileRecord& record);

  // `made`, or the content of the same version that is open already. Its record is known from now on, to this process.
  OpenContent adopt(const std::string& id, const FileRecord& record, const OpenContent& made);
  OpenContent adopt_view(const std::string& id, const FileRecord& record, const OpenContent& made);

  // This version is not known any more. The caller tells those who have it open, after what it may free of the cache.
  Open forget(const std::string& id, const ContentKey& key);
  // The records that an answer with this record proves out of date: other versions, of who is logged in or of everybody.
  std::vector<ContentKey> superseded(const std::string& id, const FileRecord& record);

  // until: seconds since 1970; now: likewise. A failure is told to the same user only.
  void remember_failure(const std::string& id, const Error& error, std::int64_t until);
  void forget_failure(const std::string& id);
  std::optional<Error> failure(const std::string& id, std::int64_t now);

 private:
  struct Live {
    FileRecord record;
    std::weak_ptr<Content> content;
    std::weak_ptr<Content> view;
  };
  struct Failure {
    Error error;
    std::int64_t until;
    std::string user;  // who was logged in
  };
  struct State {
    std::map<std::string, Live> live;         // by slot: the key of the record
    std::size_t most_live = 1000;             // more than these are looked through for those that are closed
    std::map<std::string, Failure> failures;  // by file id
  };

  std::optional<FileRecord> in_slot(const std::string& slot);

  MetadataStore& store_;
  const std::function<std::string()> user_;
  Guarded<State> state_;
};

}  // namespace esofs::cache
