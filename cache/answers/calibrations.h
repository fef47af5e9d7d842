// Calibrations: the part of the Catalog that knows which calibrations belong to an observation.
//
// They are found by the observation's DataLink answer, if it is known; else by the profile's pattern; else by a request for the
// DataLink answer. Lists and trees are separate answers: a list of files needs no tree.
//
//   errors   those of client::Archive::associations; ENOENT if the archive names no calibrations for a dataset; ENODATA
//            for the tree of an observation that has none
//   threads  thread-safe; asks on the lane
#pragma once

#include <memory>
#include <string>

#include "cache/answers/answers.h"
#include "cache/store/associations_record.h"
#include "client/archive.h"

namespace esofs::cache {

class Calibrations {
 public:
  using Answer = std::shared_ptr<const AssociationsRecord>;

  // links: the shelf of DataLink answers. archive, store and lane outlive it.
  Calibrations(client::Archive& archive, MetadataStore& store, Lane& lane,
               const Answers<AssociationsRecord>::Policy& policy,
               std::shared_ptr<Answers<LinksRecord>> links);

  Cancel list(const client::Dataset& dataset, client::CalibrationMode mode, Done<Answer> done);
  Answer known_list(const client::Dataset& dataset, client::CalibrationMode mode);
  Cancel tree(const client::Dataset& dataset, client::CalibrationMode mode, Done<std::string> done);

  // Whether the archive may know calibrations of a dataset; without asking.
  bool expected(const client::Dataset& dataset);

 private:
  struct Parts;  // what the jobs need
  const std::shared_ptr<Parts> parts_;
};

}  // namespace esofs::cache
