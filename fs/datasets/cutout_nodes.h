// The nodes of cutouts: files that the archive's cutout service makes when they are opened.
//
//   datasets/<dp_id>/cutout/<spec>.fits        a cutout of one dataset; README.txt says what can be cut out of it
//   datasets/<dp_id>/cutout/<ancillary id>/    the same of a file that belongs to it (#auxiliary of its DataLink answer)
//   DIRECTORY/cutout/<spec>/<dp_id>.fits       a cutout of every dataset that DIRECTORY lists
//
// <spec> is what client/model/cutout_spec.h reads. A lookup is answered by the grammar of the name, and by what the dataset is known
// to offer; cutout/ lists the specs used so far. Equal specs are one file, whatever their names.
//
//   errors   ENOENT on lookup for a spec that the dataset is known not to offer; on open EINVAL, ENODATA and
//            ENOTSUP (client/services/soda.h). In the directory of a listing they all come on open
//   threads  thread-safe
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cache/catalog.h"
#include "client/model/cutout_spec.h"
#include "fs/datasets/dataset_sections.h"
#include "fs/tree/context.h"
#include "fs/tree/node.h"

namespace esofs::fs {

// A directory that lists datasets. The functions are called from any thread and must not wait.
struct DatasetLister {
  using ListingPtr = std::shared_ptr<const cache::Listing>;
  std::string identity;               // of the directory
  std::function<std::string()> path;  // of the directory, now
  std::function<ListingPtr()> known;  // its listing, as far as it is here; nullptr
  std::function<Cancel(Done<ListingPtr>)> ask;
  std::function<bool(const std::string& name)> hidden = {};  // names that `rm` took away; empty: none
  // `rm` of a cutout drops what is kept of it, and `rmdir` of a spec its name, so that `rm -r` of the directory goes
  // through; false: EROFS.
  bool removable = false;
};

// DIRECTORY/cutout.
NodePtr make_listing_cutouts(Context& context, DatasetLister lister);
// Whether anything was ever cut out of DIRECTORY. From memory, but for the first time.
bool has_used_cutouts(Context& context, const std::string& directory_path);

// datasets/<dp_id>/cutout.
NodePtr make_dataset_cutouts(const DatasetPlace& place);
bool may_offer_cutouts(const DatasetPlace& place, const client::Links* links);

// The dataset whose file is a cutout of `parent`.
client::Dataset cutout_of(const client::Dataset& parent, const client::CutoutSpec& spec);

}  // namespace esofs::fs
