// KnownQueries: the saved queries, in whose listings a dataset is searched by its id.
#pragma once

#include <vector>

#include "cache/catalog.h"

namespace esofs::fs {

class KnownQueries {
 public:
  virtual ~KnownQueries() = default;
  // The queries that have a text. From memory after the first call. Thread-safe.
  virtual std::vector<cache::QuerySpec> questions() = 0;
};

}  // namespace esofs::fs
