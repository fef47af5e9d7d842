// LearntSizes: the sizes of files that needed a login. The records of such files are kept under that login; their sizes are
// public at the archive, and all users of a mount must see the same ones.
//
//   shapes   on the shelf kNumbers; a size holds for one date of its dataset and one form of the file
//   errors   none: a size that cannot be kept is an estimate again
//   threads  thread-safe; blocks on the local disk only
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cache/content/file_cache.h"
#include "cache/store/metadata_store.h"
#include "client/model/model.h"

namespace esofs::cache {

class LearntSizes {
 public:
  // store: outlives it. archive: Archive::identity().
  LearntSizes(MetadataStore& store, std::string archive) : store_(store), archive_(std::move(archive)) {}

  void learn(const client::Dataset& dataset, Form form, std::uint64_t size);
  std::optional<std::uint64_t> known(const client::Dataset& dataset, Form form);

 private:
  std::string key(const client::Dataset& dataset, Form form) const;

  MetadataStore& store_;
  const std::string archive_;
};

}  // namespace esofs::cache
