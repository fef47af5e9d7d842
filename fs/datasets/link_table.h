// LinkTable: the files of one directory below datasets/<dp_id>/, from the DataLink answers that tell of them.
//
//   shapes   built once from answers that are here, then only read
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

// What a row's access_url leads to.
enum class LinkKind : std::uint8_t {
  kNone,     // no file: a service, an error
  kFile,     // the file
  kDataset,  // the DataLink answer of another dataset, whose file is meant
  kList  // a DataLink answer with further rows of the same dataset, by its URL or by a service that the row names
};

// The directory of the files of #this rows, where an answer names more of them than the dataset's own file.
inline constexpr std::string_view kThisDirectory = "this";

// The directory of a row's file: link_directory() of its semantics, and kThisDirectory of #this.
std::string directory_of(const client::Link& link);

// id: of the dataset whose answer the row is in.
LinkKind kind_of_link(const client::Links& links, const client::Link& link, const std::string& id,
                      const IdGrammar& ids);

// True where a row leads to a file, or to further rows.
bool leads_somewhere(const client::Links& links, const client::Link& link);

// The dataset whose file a link leads to, of kind kFile or kDataset: one of the archive where its URL tells which, else one
// that is known by its URL alone.
client::Dataset dataset_of_link(const client::Link& link, LinkKind kind, const IdGrammar& ids);

// False for a dataset that is known by its URL alone.
bool named_by_archive(const client::Dataset& dataset);

class LinkTable {
 public:
  struct Entry {
    std::string name;        // shown
    std::string other_name;  // can be looked up too; "" none
    client::Link link;       // what was unknown is filled in from the product's files, as far as they tell
    LinkKind kind;
    client::Dataset dataset;
  };
  struct Source {
    std::string id;  // of the dataset
    std::string directory;
    std::vector<LinksPtr> documents;  // the dataset's own first
    ProductFilesPtr product_files;    // nullptr: not asked for
  };

  LinkTable(Source source, const IdGrammar& ids, NameStyle style);

  const Source& source() const noexcept { return source_; }
  const std::vector<Entry>& entries() const noexcept { return entries_; }
  // By either name, as it is or in its portable form; nullptr: none.
  const Entry* find(const std::string& name) const;
  // The sentences of the directory's error rows.
  const std::vector<std::string>& errors() const noexcept { return errors_; }
  // False: the dataset has nothing of the kind, not even an error.
  bool has_rows() const noexcept { return has_rows_; }
  // True where the answers do not tell of some file what kind it is, or how long, and the product's table might.
  bool leaves_open() const noexcept { return leaves_open_; }

 private:
  void add(client::Link link, LinkKind kind, const IdGrammar& ids);
  void add_product_files(const IdGrammar& ids);
  void give_names(NameStyle style);

  const Source source_;
  std::vector<Entry> entries_;
  std::vector<std::string> errors_;
  std::unordered_map<std::string, std::size_t> by_name_;  // portable name → entry
  bool has_rows_ = false;
  bool leaves_open_ = false;
};

using LinkTablePtr = std::shared_ptr<const LinkTable>;

// The lists of further rows that a document's rows of this directory lead to.
std::vector<std::string> lists_in(const client::Links& links, const std::string& directory,
                                  const std::string& id, const IdGrammar& ids);

}  // namespace esofs::fs
