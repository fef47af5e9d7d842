// The directories of datasets/<dp_id>/ that hold what DataLink names: preview/, auxiliary/, progenitors/, derived/,
// documentation/, and one for each further kind of semantics. Opening one asks for the DataLink answer and for the further
// answers that its rows lead to.
//
//   errors   ENOENT: the dataset has no such rows. If all rows are errors, the first one is the error
//   threads  thread-safe
//   source   DataLink 1.1; client/ESO.md, "DataLink"
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/base/guarded.h"
#include "fs/datasets/dataset_sections.h"
#include "fs/datasets/link_table.h"
#include "fs/tree/node.h"

namespace esofs::fs {

class LinkDirectory : public Node {
 public:
  LinkDirectory(DatasetPlace place, std::string directory)
      : place_(std::move(place)), directory_(std::move(directory)) {}
  std::string identity() const override { return "links:" + place_.dataset.id + "/" + directory_; }
  std::string path() const override { return place_.path + "/" + directory_; }
  Knowledge knowledge() const override { return {}; }  // it remembers its table
  NodeType type() const override { return NodeType::kDirectory; }
  Attributes attributes() override;
  Cancel lookup(const std::string& name, Done<Found> done) override;
  Cancel open_directory(Done<std::shared_ptr<DirectoryHandle>> done) override;

 private:
  using Kept = Guarded<LinkTablePtr>;

  LinkTablePtr known_table() const;  // nullptr: not without asking
  Cancel ask_table(Done<LinkTablePtr> done) const;

  const DatasetPlace place_;
  const std::string directory_;
  const std::shared_ptr<Kept> kept_ = std::make_shared<Kept>();  // shared with answers under way
};

// The directories that an answer has files for, in the order in which they are listed.
std::vector<std::string> link_directories(const client::Links& links);
bool has_link_directory(const client::Links& links, const std::string& directory);

}  // namespace esofs::fs
