// CutoutFile: one cutout, wherever it shows up in the tree; and the README.txt that says what can be cut out.
//
//   shapes   its identity is the dataset and the canonical spec, so its inode number and its cache are the same everywhere
//   threads  thread-safe
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "client/model/cutout_spec.h"
#include "fs/datasets/dataset_file.h"
#include "fs/tree/context.h"
#include "fs/tree/node.h"

namespace esofs::fs {

// A name to be listed from now on, once it was used.
struct Visit {
  std::string kind;
  std::string name;
};

class CutoutFile : public Node {
 public:
  // cutout: from cutout_of().
  CutoutFile(Context& context, const client::Dataset& cutout, std::string path, RowReference row, Visit visit)
      : context_(context),
        identity_("file:cutout:" + cutout.id + ":" + cutout.cutout),
        spec_(cutout.cutout),
        file_(context, cutout, cache::Form::kPlain, std::move(path), std::move(row)),
        visit_(std::move(visit)) {}

  std::string identity() const override { return identity_; }
  std::string path() const override { return file_.path(); }
  Knowledge knowledge() const override { return file_.knowledge(); }
  NodeType type() const override { return NodeType::kFile; }
  Attributes attributes() override { return file_.attributes(); }
  Cancel open(bool truncate, Done<std::shared_ptr<FileHandle>> done) override {
    return open_as(std::nullopt, truncate, std::move(done));
  }
  Cancel open_as(std::optional<uid_t> user, bool truncate, Done<std::shared_ptr<FileHandle>> done) override {
    context_.catalog().visited(visit_.kind, visit_.name);
    return file_.open_as(user, truncate, std::move(done));
  }
  // Beside those of every file: user.esofs.cutout, the canonical spec.
  std::optional<std::string> xattr(const std::string& name) override {
    return name == kSpecAttribute ? spec_ : file_.xattr(name);
  }
  std::vector<std::string> xattr_names() override {
    auto names = file_.xattr_names();
    names.emplace_back(kSpecAttribute);
    return names;
  }

 private:
  static constexpr const char* kSpecAttribute = "user.esofs.cutout";

  Context& context_;
  const std::string identity_;
  const std::string spec_;
  DatasetFile file_;
  const Visit visit_;
};

// The text of README.txt.
std::string cutout_readme(const std::string& id, const client::CutoutOffer& offer);

}  // namespace esofs::fs
