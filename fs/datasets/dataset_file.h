// DatasetFile: the file of one dataset, plain or as delivered, wherever it is in the tree.
//
//   shapes   its identity is the dataset and the form, so its inode number and its cache are the same everywhere
//   threads  thread-safe
//   source   fs/SEMANTICS.md, "Files of the archive"
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cache/catalog.h"
#include "cache/content/file_cache.h"
#include "fs/tree/context.h"
#include "fs/tree/node.h"

namespace esofs::fs {

inline constexpr const char* kVisitKind = "datasets";  // of the catalog's visits

// The row of a listing through which a node was reached; listing == nullptr: none.
struct RowReference {
  std::shared_ptr<const cache::Listing> listing;
  std::uint64_t row = 0;

  // Nodes outlive logins: a row that another login has shown does not count.
  bool shown() const { return listing && listing->shown(); }
};

// Of two rows the one with more columns knows more (Node::knowledge()).
inline Knowledge knowledge_of(const RowReference& row) {
  if (!row.shown()) return {.renewed = true};
  return {.renewed = true, .row = true, .columns = row.listing->columns().size()};
}

// What a dataset's file is, for ever (Node::identity()). An extension other than .fits is part of it: an id alone may have been
// taken for the wrong kind of file.
std::string file_identity(const client::Dataset& dataset, cache::Form form);

class DatasetFile : public Node {
 public:
  DatasetFile(Context& context, client::Dataset dataset, cache::Form form, std::string path, RowReference row)
      : context_(context),
        dataset_(std::move(dataset)),
        form_(form),
        path_(std::move(path)),
        row_(std::move(row)) {}

  std::string identity() const override { return file_identity(dataset_, form_); }
  std::string path() const override { return path_; }
  Knowledge knowledge() const override { return knowledge_of(row_); }
  NodeType type() const override { return NodeType::kFile; }
  bool dataset_file() const override { return true; }
  const client::Dataset* dataset_of_file() const override { return &dataset_; }
  Attributes attributes() override;
  Cancel open(std::optional<uid_t> user, bool truncate, Done<FileHandle> done) override;
  std::optional<std::string> xattr(const std::string& name) override;
  std::vector<std::string> xattr_names() override;

 protected:
  Context& context() const noexcept { return context_; }
  const client::Dataset& dataset() const noexcept { return dataset_; }

 private:
  std::optional<std::string> row_value(const std::string& column) const;

  Context& context_;
  const client::Dataset dataset_;
  const cache::Form form_;
  const std::string path_;
  const RowReference row_;
};

// A dataset, the row by which a listing names it, and the name of its directory below datasets/.
struct KnownDataset {
  client::Dataset dataset;
  RowReference row;
  std::string directory;
};

// When the dataset was made or changed, by the archive or the id, else a fixed date; never before 1980.
std::int64_t dataset_mtime(const client::Dataset& dataset);

}  // namespace esofs::fs
