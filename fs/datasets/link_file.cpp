#include "fs/datasets/link_file.h"

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "client/base/text.h"
#include "client/http/url.h"
#include "fs/datasets/dataset_nodes.h"

namespace esofs::fs {
namespace {

constexpr std::string_view kPrefix = "user.eso.";

}  // namespace

LinkFile::LinkFile(Context& context, client::Link link, LinkKind kind, client::Dataset dataset,
                   RowReference row, std::string path)
    : DatasetFile(context, std::move(dataset), cache::Form::kPlain, std::move(path), std::move(row)),
      link_(std::move(link)),
      kind_(kind) {}

Cancel LinkFile::open(std::optional<uid_t> user, bool truncate, Done<FileHandle> done) {
  const std::string& url = link_.access_url;
  if (!url.empty() && !begins_with_any_case(url, "http://") && !begins_with_any_case(url, "https://")) {
    done(Error(EACCES, "the archive links to " + client::shown_url(url) +
                           ", and esofs follows links to http and https only"));
    return {};
  }
  if (kind_ == LinkKind::kFile && !url.empty())
    context().catalog().learn_source(dataset(),
                                     {url, link_.content_length, link_.content_type, link_.eso_origfile});
  return DatasetFile::open(user, truncate, std::move(done));
}

std::optional<std::string> LinkFile::xattr(const std::string& name) {
  const auto if_any = [](const std::string& text) {
    return text.empty() ? std::nullopt : std::optional<std::string>(text);
  };
  if (name == "user.esofs.url") {
    auto known = DatasetFile::xattr(name);
    return known ? known : if_any(client::shown_url(link_.access_url));
  }
  if (name.starts_with(kPrefix)) {
    std::string key = name.substr(kPrefix.size());
    if (key.starts_with("eso_")) key.erase(0, 4);
    if (key == "origfile") return if_any(link_.eso_origfile);
    if (key == "category") return if_any(link_.eso_category);
    if (key == "description") return if_any(link_.description);
    if (key == "semantics") return if_any(link_.semantics);
    if (key == "content_type") return if_any(link_.content_type);
  }
  return DatasetFile::xattr(name);
}

std::vector<std::string> LinkFile::xattr_names() {
  std::vector<std::string> names = DatasetFile::xattr_names();
  for (const char* key : {"origfile", "category", "description", "semantics", "content_type"}) {
    std::string name = std::string(kPrefix) + key;
    if (xattr(name) && std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(std::move(name));
  }
  return names;
}

NodePtr link_file(const DatasetPlace& place, const LinkTable::Entry& entry, const std::string& directory) {
  client::Dataset dataset = entry.dataset;
  RowReference row;
  auto known = named_by_archive(dataset) ? dataset_in_listings(place.context, place.queries, dataset.id)
                                         : std::nullopt;
  if (known) {
    known->dataset.extension = dataset.extension;
    dataset = std::move(known->dataset);
    row = std::move(known->row);
  }
  return std::make_shared<LinkFile>(place.context, entry.link, entry.kind, std::move(dataset), std::move(row),
                                    place.path + "/" + directory + "/" + entry.name);
}

}  // namespace esofs::fs
