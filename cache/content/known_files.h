// KnownFiles: what is known about the files of an archive without a request: their records (kept on the shelf kFiles over
// remounts), the open contents, and recent failures.
//
//   shapes   a file is found by its FileId. A file that needed a login has a record of its own, under the id and "\nfor NAME",
//            which is used while that user is logged in; else the public record is used
//   errors   a record that cannot be kept is logged and forgotten with the process
//   threads  thread-safe; blocks on the local disk only
//   source   ours
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "cache/answers/failure_memory.h"
#include "cache/content/content.h"
#include "cache/content/file_record.h"
#include "cache/store/metadata_store.h"
#include "client/base/guarded.h"
#include "client/base/login.h"

namespace esofs::cache {

class KnownFiles {
 public:
  // The open content of one version of a file; null if nobody has it open.
  struct Contents {
    ContentPtr content;
    ContentPtr view;
  };

  // store: outlives it. login: Archive::user().
  KnownFiles(MetadataStore& store, std::function<Login()> login, std::chrono::seconds failure_memory)
      : store_(store), login_(std::move(login)), failures_(failure_memory) {}

  std::optional<FileRecord> record(const FileId& id);
  void keep(const FileId& id, const FileRecord& record);
  Contents contents(const FileId& id, const FileRecord& record);

  // `made`, or the open content of the same version. This process knows its record from now on.
  ContentPtr adopt(const FileId& id, const FileRecord& record, const ContentPtr& made);
  ContentPtr adopt_view(const FileId& id, const FileRecord& record, const ContentPtr& made);

  // Forgets this version. The caller expires its open content, after freeing its place in the cache.
  Contents forget(const FileId& id, const ContentKey& key);
  // The keys of records that an answer with this record proves out of date: other versions, of the current login or public.
  std::vector<ContentKey> superseded(const FileId& id, const FileRecord& record);

  // now: seconds since 1970. A failure is for the same login only.
  void remember_failure(const FileId& id, const Error& error, std::int64_t now);
  void forget_failure(const FileId& id);
  std::optional<Error> failure(const FileId& id, std::int64_t now);

 private:
  struct Live {
    FileRecord record;
    std::weak_ptr<Content> content;
    std::weak_ptr<Content> view;
  };
  struct State {
    std::map<std::string, Live> live;  // by slot: the key of the record
    std::size_t most_live = 1000;      // more than these are looked through for those that are closed
  };

  std::optional<FileRecord> in_slot(const FileId& id, const Login& login);

  MetadataStore& store_;
  const std::function<Login()> login_;
  Guarded<State> state_;
  Guarded<FailureMemory<std::string>> failures_;  // by slot
};

}  // namespace esofs::cache
