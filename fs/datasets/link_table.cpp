#include "fs/datasets/link_table.h"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "cache/listings/entry_name.h"
#include "client/base/names_given.h"
#include "client/base/safe_name.h"
#include "client/base/text.h"
#include "client/http/url.h"
#include "client/model/identifiers.h"
#include "client/services/datalink.h"
#include "client/services/service_fields.h"
#include "fs/datasets/link_file_names.h"
#include "fs/datasets/link_terms.h"
#include "fs/tree/names.h"

namespace esofs::fs {
namespace {

// Begins the id of a file that only its URL names; no archive's ids hold a blank.
constexpr const char* kByUrl = "link ";

// The plain form of a packed file is larger than the length that the link announces.
constexpr std::uint64_t kUnpackedFactor = 6;

bool holds(const std::string& text, std::string_view part) {
  const auto same = [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); };
  return std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end();
}

// The name by which the archive would deliver the file.
std::string archive_name(const LinkTable::Entry& entry, const std::string& id) {
  const auto& extension = entry.dataset.extension;
  if (named_by_archive(entry.dataset)) return entry.dataset.id + extension;
  std::string name = name_in_url(entry.link.access_url);
  const std::string packed = packed_suffix(name);
  if (extension == ".fits" && packed.size() > extension.size())
    name.resize(name.size() - packed.size() + extension.size());
  if (!name.empty() && (extension.empty() || ends_with_any_case(name, extension))) return name;
  const std::string by_url = id_in_url(entry.link.access_url);
  return cache::entry_stem(by_url.empty() ? id : by_url) + extension;
}

}  // namespace

std::string directory_of(const client::Link& link) {
  return client::has_semantics(link, "this") ? std::string(kThisDirectory) : link_directory(link.semantics);
}

bool leads_somewhere(const client::Links& links, const client::Link& link) {
  return link.error_message.empty() &&
         (!link.access_url.empty() || !client::further_links(links, link).empty());
}

LinkKind kind_of_link(const client::Links& links, const client::Link& link, const std::string& id,
                      const client::Identifiers& ids) {
  if (!link.error_message.empty()) return LinkKind::kNone;
  if (link.access_url.empty())
    return client::further_links(links, link).empty() ? LinkKind::kNone : LinkKind::kList;
  const bool datalink = client::is_datalink_type(link.content_type);
  if (datalink && client::has_semantics(link, "this")) return LinkKind::kList;
  if (!datalink && !link.content_type.empty() && !holds(link.content_type, "x-votable+xml"))
    return LinkKind::kFile;
  const client::KnownUrl url = ids.known_url(link.access_url);
  if (url.kind != client::AccessKind::kDataLink) return datalink ? LinkKind::kDataset : LinkKind::kFile;
  if (holds(url.rest, "eso_download=")) return LinkKind::kFile;
  return !url.rest.empty() || url.id == id ? LinkKind::kList : LinkKind::kDataset;
}

client::Dataset dataset_of_link(const client::Link& link, LinkKind kind, const client::Identifiers& ids) {
  const client::KnownUrl url = ids.known_url(link.access_url);
  const auto access = kind == LinkKind::kDataset ? client::AccessKind::kDataLink : client::AccessKind::kFile;
  client::Dataset dataset;
  if (url.kind == access && !url.id.empty() && url.rest.empty()) {
    dataset = ids.dataset(url.id);
  } else {
    dataset.id = kByUrl + client::name_of_url(link.access_url);
    dataset.access_url = link.access_url;
    dataset.access = access;
  }
  if (kind == LinkKind::kFile) dataset.extension = link_extension(link);
  dataset.estimate_bytes = link.content_length.value_or(0);
  if (holds(link.content_type, "compress")) dataset.estimate_bytes *= kUnpackedFactor;
  return dataset;
}

bool named_by_archive(const client::Dataset& dataset) { return !dataset.id.starts_with(kByUrl); }

LinkTable::LinkTable(Source source, const client::Identifiers& ids, NameStyle style)
    : source_(std::move(source)) {
  std::unordered_set<std::string_view> seen;  // a URL that is given twice is one file
  for (const auto& document : source_.documents) {
    for (const auto& link : document->rows) {
      if (directory_of(link) != source_.directory) continue;
      const LinkKind kind = kind_of_link(*document, link, source_.id, ids);
      has_rows_ = has_rows_ || kind != LinkKind::kNone || !link.error_message.empty();
      if (!link.error_message.empty()) errors_.push_back(link.error_message);
      if (kind != LinkKind::kFile && kind != LinkKind::kDataset) continue;
      if (seen.insert(link.access_url).second) add(link, kind, ids);
    }
  }
  add_product_files(ids);
  give_names(style);
}

void LinkTable::add(client::Link link, LinkKind kind, const client::Identifiers& ids) {
  client::Dataset dataset = dataset_of_link(link, kind, ids);
  if (source_.product_files) {
    const auto& files = *source_.product_files;
    const auto file =
        std::find_if(files.begin(), files.end(), [&dataset](const auto& f) { return f.id == dataset.id; });
    if (file != files.end()) {
      if (link.eso_category.empty()) link.eso_category = file->category;
      if (link.eso_origfile.empty()) link.eso_origfile = file->original_name;
      if (dataset.extension.empty()) dataset.extension = link_extension(link);
      if (dataset.extension.empty()) dataset.extension = file->extension;
      if (dataset.estimate_bytes == 0) dataset.estimate_bytes = file->estimate_bytes;
    }
  } else if (kind == LinkKind::kFile && named_by_archive(dataset)) {
    leaves_open_ = leaves_open_ || dataset.extension.empty() || dataset.estimate_bytes == 0;
  }
  entries_.push_back({"", "", std::move(link), kind, std::move(dataset)});
}

// The files that no row names.
void LinkTable::add_product_files(const client::Identifiers& ids) {
  if (!source_.product_files) return;
  std::unordered_set<std::string> here{source_.id};
  for (const auto& entry : entries_) here.insert(entry.dataset.id);
  for (const auto& file : *source_.product_files) {
    if (!ids.valid(file.id) || !here.insert(file.id).second) continue;
    client::Link link;
    link.id = source_.id;
    link.access_url = file.access_url;
    link.semantics = "#auxiliary";
    link.eso_origfile = file.original_name;
    link.eso_category = file.category;
    client::Dataset dataset = ids.dataset(file.id);
    if (!file.extension.empty()) dataset.extension = file.extension;
    dataset.estimate_bytes = file.estimate_bytes;
    const LinkKind kind = file.access_url.empty() ? LinkKind::kDataset : LinkKind::kFile;
    entries_.push_back({"", "", std::move(link), kind, std::move(dataset)});
  }
}

void LinkTable::give_names(NameStyle style) {
  NamesGiven names;
  const bool by_authors = style == NameStyle::kOriginal;
  const auto name_of = [&](const Entry& entry, bool authors) {
    return authors ? entry.link.eso_origfile : archive_name(entry, source_.id);
  };
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    Entry& entry = entries_[i];
    std::string wanted = name_of(entry, by_authors);
    if (wanted.empty()) wanted = name_of(entry, !by_authors);
    entry.name = names.give(wanted);
    by_name_.emplace(portable_name(entry.name), i);
  }
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    Entry& entry = entries_[i];
    const std::string other = name_of(entry, !by_authors);
    if (other.empty() || portable_name(safe_name(other)) == portable_name(entry.name)) continue;
    entry.other_name = names.give(other);
    by_name_.emplace(portable_name(entry.other_name), i);
  }
}

const LinkTable::Entry* LinkTable::find(const std::string& name) const {
  const std::string portable = portable_name(name);
  const auto found = by_name_.find(portable);
  if (found == by_name_.end()) return nullptr;
  const Entry& entry = entries_[found->second];
  return name == portable || name == entry.name || name == entry.other_name ? &entry : nullptr;
}

std::vector<std::string> lists_in(const client::Links& links, const std::string& directory,
                                  const std::string& id, const client::Identifiers& ids) {
  std::vector<std::string> urls;
  for (const auto& link : links.rows) {
    if (directory_of(link) != directory || kind_of_link(links, link, id, ids) != LinkKind::kList) continue;
    urls.push_back(link.access_url.empty() ? client::further_links(links, link) : link.access_url);
  }
  return urls;
}

}  // namespace esofs::fs
