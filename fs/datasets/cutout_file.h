// CutoutFile: one cutout, wherever it is in the tree.
//
//   shapes   its identity is the dataset and the canonical spec, so its inode number and its cache are the same everywhere
//   threads  thread-safe
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fs/datasets/dataset_file.h"
#include "fs/tree/context.h"

namespace esofs::fs {

// A name that its directory lists once it was used.
struct Visit {
  std::string kind;
  std::string name;
};

class CutoutFile : public DatasetFile {
 public:
  // cutout: from cutout_of().
  CutoutFile(Context& context, const client::Dataset& cutout, std::string path, RowReference row, Visit visit)
      : DatasetFile(context, cutout, cache::Form::kPlain, std::move(path), std::move(row)),
        visit_(std::move(visit)) {}

  std::string identity() const override { return "file:cutout:" + dataset().id + ":" + dataset().cutout; }
  // It exists because DataLink offers it, so it is as private as the links.
  bool dataset_file() const override { return false; }
  Cancel open(std::optional<uid_t> user, bool truncate, Done<FileHandle> done) override {
    context().catalog().visited(visit_.kind, visit_.name);
    return DatasetFile::open(user, truncate, std::move(done));
  }
  // Also user.esofs.cutout, the canonical spec.
  std::optional<std::string> xattr(const std::string& name) override {
    return name == kSpecAttribute ? dataset().cutout : DatasetFile::xattr(name);
  }
  std::vector<std::string> xattr_names() override {
    auto names = DatasetFile::xattr_names();
    names.emplace_back(kSpecAttribute);
    return names;
  }

 private:
  static constexpr const char* kSpecAttribute = "user.esofs.cutout";

  const Visit visit_;
};

}  // namespace esofs::fs
