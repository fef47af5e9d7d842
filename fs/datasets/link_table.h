// LinkTable: the files of one directory below datasets/<dp_id>/, made from DataLink answers.
//
//   shapes   built once, from answers that are already here
//   threads  immutable: thread-safe
//   source   DataLink 1.1 section 3.2; ESO's lists of progenitors: client/ESO.md, "Terms"
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "cache/catalog.h"
#include "client/model/model.h"
#include "fs/tree/names.h"

namespace esofs::fs {

using LinksPtr = std::shared_ptr<const client::Links>;
using ProductFilesPtr = std::shared_ptr<const cache::Catalog::ProductFiles>;

// What a row leads to.
enum class LinkKind : std::uint8_t {
  kNone,     // no file: a service, an error
  kFile,     // the file
  kDataset,  // the DataLink answer of another dataset: its file is meant
  kList  // a DataLink answer with further rows of the same dataset, by its URL or by a service that the row names
};

// The directory of #this rows, if an answer has more of them than the dataset's own file.
inline constexpr std::string_view kThisDirectory = "this";

// The directory of a row's file: kThisDirectory for #this, else link_directory().
std::string directory_of(const client::Link& link);

// id: of the dataset whose answer holds the row.
LinkKind kind_of_link(const client::Links& links, const client::Link& link, const std::string& id,
                      const client::Identifiers& ids);

// True if a row leads to a file or to further rows.
bool leads_somewhere(const client::Links& links, const client::Link& link);

// The dataset whose file a link leads to: one of the archive if the URL holds its id, else one that only its URL names.
// REQUIRES: kind is kFile or kDataset.
client::Dataset dataset_of_link(const client::Link& link, LinkKind kind, const client::Identifiers& ids);

// False for a dataset that only its URL names.
bool named_by_archive(const client::Dataset& dataset);

class LinkTable {
 public:
  struct Entry {
    std::string name;        // shown
    std::string other_name;  // can be looked up too; "" none
    client::Link link;       // unknown members are filled in from the product's files
    LinkKind kind;
    client::Dataset dataset;
  };
  struct Source {
    std::string id;  // of the dataset
    std::string directory;
    std::vector<LinksPtr> documents;  // the dataset's own first
    ProductFilesPtr product_files;    // nullptr: not known
  };

  LinkTable(Source source, const client::Identifiers& ids, NameStyle style);

  const Source& source() const noexcept { return source_; }
  const std::vector<Entry>& entries() const noexcept { return entries_; }
  // By either name or its portable form; nullptr: none.
  const Entry* find(const std::string& name) const;
  // The sentences of the directory's error rows.
  const std::vector<std::string>& errors() const noexcept { return errors_; }
  // False: the answers have no row for this directory, not even an error.
  bool has_rows() const noexcept { return has_rows_; }
  // True if the answers do not give the type or the length of some file that the product's table may describe.
  bool leaves_open() const noexcept { return leaves_open_; }

 private:
  void add(client::Link link, LinkKind kind, const client::Identifiers& ids);
  void add_product_files(const client::Identifiers& ids);
  void give_names(NameStyle style);

  const Source source_;
  std::vector<Entry> entries_;
  std::vector<std::string> errors_;
  std::unordered_map<std::string, std::size_t> by_name_;  // portable name → entry
  bool has_rows_ = false;
  bool leaves_open_ = false;
};

using LinkTablePtr = std::shared_ptr<const LinkTable>;

// The URLs of further answers that the rows of this directory lead to.
std::vector<std::string> lists_in(const client::Links& links, const std::string& directory,
                                  const std::string& id, const client::Identifiers& ids);

}  // namespace esofs::fs
