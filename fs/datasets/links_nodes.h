// The directories of datasets/<dp_id>/ that hold what DataLink names: preview/, auxiliary/, progenitors/, derived/,
// documentation/, and one for each further kind of semantics; and the files in them.
//
// A file is the archive's file: the one that lies in datasets/<its id>/ too, with the same inode number and the same cache,
// where its URL tells its id. Lists that the archive keeps behind a link are asked for when the directory is opened.
//
//   errors   ENOENT: the dataset has nothing of the kind. A directory of nothing but error rows is their first sentence.
//   threads  thread-safe
//   source   DataLink 1.1; client/ESO.md, "DataLink"
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/base/guarded.h"
#include "fs/datasets/dataset_file.h"
#include "fs/datasets/dataset_sections.h"
#include "fs/datasets/link_table.h"
#include "fs/tree/node.h"

namespace esofs::fs {

// The file that a link leads to. Its attributes user.eso.{origfile,category,description,semantics,content_type} are the row's.
class LinkFile : public DatasetFile {
 public:
  // dataset: of dataset_of_link(), or better. path: in the mounted tree.
  LinkFile(Context& context, client::Link link, LinkKind kind, client::Dataset dataset, RowReference row,
           std::string path);
  Knowledge knowledge() const override {
    Knowledge known = DatasetFile::knowledge();
    known.link = true;
    return known;
  }
  Cancel open_as(std::optional<uid_t> user, bool truncate, Done<std::shared_ptr<FileHandle>> done) override;
  std::optional<std::string> xattr(const std::string& name) override;
  std::vector<std::string> xattr_names() override;

 private:
  const client::Link link_;
  const LinkKind kind_;
};

// A LinkFile of an entry, with what listings know of its dataset.
NodePtr link_file(const DatasetPlace& place, const LinkTable::Entry& entry, const std::string& directory);

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
