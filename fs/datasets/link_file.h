// LinkFile: the file that a DataLink row leads to. If its URL holds an id of the archive, it is the file of datasets/<id>/, with
// the same inode number and the same cache.
//
//   errors   of open: EACCES for a URL that is neither http nor https; else those of DatasetFile
//   threads  thread-safe
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fs/datasets/dataset_file.h"
#include "fs/datasets/dataset_sections.h"
#include "fs/datasets/link_table.h"
#include "fs/tree/node.h"

namespace esofs::fs {

// Its attributes user.eso.{origfile,category,description,semantics,content_type} are those of the row.
class LinkFile : public DatasetFile {
 public:
  // dataset: of dataset_of_link(), or of a listing. path: in the mounted tree.
  LinkFile(Context& context, client::Link link, LinkKind kind, client::Dataset dataset, RowReference row,
           std::string path);
  Knowledge knowledge() const override {
    Knowledge known = DatasetFile::knowledge();
    known.link = true;
    return known;
  }
  Cancel open(std::optional<uid_t> user, bool truncate, Done<FileHandle> done) override;
  std::optional<std::string> xattr(const std::string& name) override;
  std::vector<std::string> xattr_names() override;

 private:
  const client::Link link_;
  const LinkKind kind_;
};

// The LinkFile of an entry, with what listings know about its dataset.
NodePtr link_file(const DatasetPlace& place, const LinkTable::Entry& entry, const std::string& directory);

}  // namespace esofs::fs
