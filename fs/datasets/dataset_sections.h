// What lies in datasets/<dp_id>/ beside the dataset's own file under fixed names. A further one is a function that makes its
// node, and a line in dataset_sections().
//
//   threads  functions without state; they answer from memory
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "cache/catalog.h"
#include "fs/datasets/dataset_file.h"
#include "fs/datasets/known_queries.h"
#include "fs/datasets/link_table.h"
#include "fs/tree/context.h"
#include "fs/tree/node.h"

namespace esofs::fs {

// The directory of one dataset.
struct DatasetPlace {
  Context& context;       // outlives it
  KnownQueries& queries;  // outlive it
  client::Dataset dataset;
  RowReference row;
  std::string path;  // "/datasets/<dp_id>"
};

struct DatasetSection {
  std::string_view name;
  // Whether the dataset has it. links: its DataLink answer; nullptr: it has none. Called for `ls`, and for lookups once the
  // answer is here; until then every section can be looked up, and opening it asks.
  bool (*has)(const DatasetPlace& place, const client::Links* links);
  // nullptr: there is none.
  NodePtr (*make)(const DatasetPlace& place);
};

// In the order in which they are listed.
std::span<const DatasetSection> dataset_sections();

// The DataLink answer of a dataset; nullptr: it has none.
Cancel links_if_any(const DatasetPlace& place, Done<LinksPtr> done);

}  // namespace esofs::fs
