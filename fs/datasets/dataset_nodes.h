// The nodes of datasets/: every dataset of the archive, by its identifier.
//
// A dataset that a listing names is found by the name that it has there, without its extension.
//
//   datasets/<dp_id>/<dp_id>.fits      the plain file
//   datasets/<dp_id>/<delivered name>  the file as the archive delivers it, if that differs
//   datasets/<dp_id>/…                 what lies beside it: dataset_sections.h and link_terms.h
//
// A lookup is answered by the grammar of the name; only the delivered name of a packed file (.fits.Z, .fits.gz, .fits.fz, .tar)
// may ask the archive, for lookup_wait. datasets/ lists what was visited lately.
//
//   errors   ENOENT if the archive says that there is no such dataset; else those of the request
//   threads  thread-safe
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "fs/datasets/dataset_file.h"
#include "fs/datasets/dataset_sections.h"
#include "fs/tree/context.h"
#include "fs/tree/node.h"
#include "fs/tree/plain_nodes.h"

namespace esofs::fs {

class DatasetsNode : public Node {
 public:
  DatasetsNode(Context& context, KnownQueries& queries) : context_(context), queries_(queries) {}
  std::string identity() const override { return "dir:/datasets"; }
  std::string path() const override { return "/datasets"; }
  NodeType type() const override { return NodeType::kDirectory; }
  Attributes attributes() override;
  Cancel lookup(const std::string& name, Done<Found> done) override;
  Cancel open_directory(Done<std::shared_ptr<DirectoryHandle>> done) override;
  Absence absence(const std::string& name) override;

 private:
  NodePtr find(const std::string& name) const;
  NodePtr node(KnownDataset known) const;

  Context& context_;
  KnownQueries& queries_;
};

class DatasetNode : public Node {
 public:
  explicit DatasetNode(DatasetPlace place) : place_(std::move(place)) {}
  std::string identity() const override { return "dataset:" + place_.dataset.id; }
  std::string path() const override { return place_.path; }
  Knowledge knowledge() const override { return knowledge_of(place_.row); }
  NodeType type() const override { return NodeType::kDirectory; }
  Attributes attributes() override;
  Cancel lookup(const std::string& name, Done<Found> done) override;
  Cancel open_directory(Done<std::shared_ptr<DirectoryHandle>> done) override;
  Absence absence(const std::string& name) override;

 private:
  // What the archive says about the dataset, for `ls`.
  struct Contents {
    std::optional<client::FileSource> source;  // of its own file; nullopt: it has none
    LinksPtr links;                            // nullptr: it has none
  };

  std::string plain_name() const;
  // The name under which the archive delivers the file; "" unknown.
  std::string delivered_name(const std::optional<client::FileSource>& source) const;
  NodePtr file(cache::Form form, const std::string& name) const;
  NodePtr section(const std::string& name) const;  // nullptr: none of that name
  NodePtr link_section(const std::string& name, const LinksPtr& links) const;
  Cancel lookup_delivered(const std::string& name, Done<Found> done);
  Cancel lookup_term(const std::string& name, Done<Found> done);
  FixedDirectory::Entries entries(const Contents& contents) const;

  const DatasetPlace place_;
};

// Searches the listings that are here already for a dataset by its id. No network.
std::optional<KnownDataset> dataset_in_listings(Context& context, KnownQueries& queries,
                                                const std::string& id);

}  // namespace esofs::fs
