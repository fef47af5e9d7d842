// Unfinished: whole responses under way, noted so that the next process removes what a killed one leaves of them on
// disk. A whole response has its own content key, which no record holds before it is complete.
//
//   shapes   on the shelf kFiles, key "unfinished\n" and the content key; value: a format number and the process, in decimal
//   errors   none: leftovers that were not noted are left to the eviction
//   threads  thread-safe; blocks on the local disk only
#pragma once

#include <functional>
#include <string>

#include "cache/store/metadata_store.h"

namespace esofs::cache {

class Unfinished {
 public:
  // store: outlives it.
  explicit Unfinished(MetadataStore& store) : store_(store) {}

  void begun(const std::string& content_key);
  void ended(const std::string& content_key);
  // Calls remove(content_key) for those of processes that are gone.
  void sweep(const std::function<void(const std::string& content_key)>& remove);

 private:
  MetadataStore& store_;
};

}  // namespace esofs::cache
