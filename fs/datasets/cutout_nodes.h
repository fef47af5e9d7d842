// The nodes of cutouts: files that the archive's cutout service makes when they are opened.
//
//   datasets/<dp_id>/cutout/<spec>.fits        a cutout of one dataset; README.txt says what can be cut out of it
//   datasets/<dp_id>/cutout/<ancillary id>/    the same for a file that belongs to it (#auxiliary of its DataLink answer)
//   DIRECTORY/cutout/<spec>/<dp_id>.fits       a cutout of every dataset that DIRECTORY lists
//   DIRECTORY/cutout/at_<radius>/<dp_id>.fits  the same around each dataset's own positions (fs/datasets/cutout_parts.h)
//
// client/model/cutout_spec.h reads <spec>. A lookup is answered by the grammar of the name and by the known offer of the dataset.
// cutout/ lists the specs used so far. Equal specs are one file, whatever their names.
//
//   errors   lookup: ENOENT for a spec that the dataset is known not to offer. open: EINVAL, ENODATA and ENOTSUP
//            (client/soda/soda.h). Below DIRECTORY/cutout/ all of them come from open
//   threads  thread-safe
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "cache/catalog.h"
#include "client/model/cutout_spec.h"
#include "fs/datasets/cutout_parts.h"
#include "fs/datasets/dataset_sections.h"
#include "fs/tree/context.h"
#include "fs/tree/node.h"

namespace esofs::fs {

// A directory that lists datasets. The functions are called from any thread and must not wait.
struct DatasetLister {
  using ListingPtr = std::shared_ptr<const cache::Listing>;
  std::string identity;               // of the directory
  std::function<std::string()> path;  // of the directory, now
  std::optional<uid_t> owner = {};    // the only user who sees it
  std::function<ListingPtr()> known;  // its listing; nullptr: not here
  std::function<Cancel(Done<ListingPtr>)> ask;
  std::function<bool(const std::string& name)> hidden = {};  // names that `rm` removed; empty: none
  // The positions of each dataset; may give an empty function, if they have none now. Empty: they never have any.
  std::function<CutoutPoints()> points = {};
  // Why no dataset of the listing can have positions; empty: they can.
  std::function<std::optional<Error>(const cache::Listing&)> no_points = {};
  // `rm` drops a cutout from the cache, and `rmdir` a spec from the list, so that `rm -r` of the directory works.
  // false: EROFS.
  bool removable = false;
};

// DIRECTORY/cutout.
NodePtr make_listing_cutouts(Context& context, DatasetLister lister);
// Whether a cutout of DIRECTORY was ever used. From memory, except for the first call.
bool has_used_cutouts(Context& context, const std::string& directory_path, std::optional<uid_t> owner);

// datasets/<dp_id>/cutout.
NodePtr make_dataset_cutouts(const DatasetPlace& place);
bool may_offer_cutouts(const DatasetPlace& place, const client::Links* links);

// The dataset whose file is a cutout of `parent`.
client::Dataset cutout_of(const client::Dataset& parent, const client::CutoutSpec& spec);

}  // namespace esofs::fs
