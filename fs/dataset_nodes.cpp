#include "fs/dataset_nodes.h"

#include <algorithm>
#include <cerrno>

#include "client/base/safe_name.h"
#include "fs/names.h"
#include "fs/plain_nodes.h"
#include "fs/value_text.h"

namespace esofs::fs {
namespace {

constexpr std::size_t kMostVisits = 1000;
constexpr const char* kMetadataName = "metadata.json";
constexpr const char* kLinksName = "links.vot";

// Two spellings of one name: the archive's and the portable one.
bool same(const std::string& name, const std::string& archives) {
  return name == archives || name == portable_name(archives);
}

struct KnownDataset {
  client::Dataset dataset;
  RowReference row;
};

// A grammar that takes any name tells nothing: then only identifiers that some listing has named are datasets, or every
// file that IRAF looks for in its working directory would be one.
bool takes_anything(const IdGrammar& ids) { return !ids.valid || ids.valid("login.cl"); }

// Searches the listings that are here already for the dataset whose file is `name`.fits. No network.
std::optional<KnownDataset> in_listings(Tree& tree, const std::string& name) {
  for (const auto& query : tree.queries().known()) {
    const auto spec = query->spec();
    if (!spec || spec->adql.empty()) continue;
    const auto listing = tree.catalog().known_listing(*spec);
    if (!listing) continue;
    const auto entry = listing->find(name + ".fits");
    if (!entry || !*entry || !same(name, safe_name((*entry)->dataset.id))) continue;
    return KnownDataset{(*entry)->dataset, RowReference{listing, (*entry)->row}};
  }
  return std::nullopt;
}

// The name under which the archive delivers the file, as far as anybody knows: what the last download said, else the
// identifier with the suffix of the original name. "" unknown.
std::string delivered_name(Tree& tree, const client::Dataset& dataset,
                           const std::optional<client::FileSource>& source) {
  const auto facts = tree.files().facts(dataset, cache::Form::kDelivered);
  if (!facts.delivered_name.empty()) {
    std::string name = safe_name(facts.delivered_name);
    // Auxiliary files are delivered under identifiers of their own; a name without ours would mislead.
    const std::string suffix = packed_suffix(name);
    return name.starts_with(dataset.id) || suffix.empty() ? name : safe_name(dataset.id + suffix);
  }
  if (!source) return {};
  const std::string suffix = packed_suffix(source->original_name);
  return suffix.empty() ? std::string() : safe_name(dataset.id + suffix);
}

}  // namespace

// --- DatasetsNode ---

Attributes DatasetsNode::attributes() {
  return {NodeType::kDirectory, 0555, 0, true, tree_.mounted_at(), kLongTimeout, kLongTimeout};
}

NodePtr DatasetsNode::node(const std::string& id) const {
  const auto& ids = tree_.config().ids;
  if (auto known = in_listings(tree_, safe_name(id)))
    return std::make_shared<DatasetNode>(tree_, std::move(known->dataset), std::move(known->row));
  return ids.valid && ids.valid(id) ? std::make_shared<DatasetNode>(tree_, ids.dataset(id), RowReference{})
                                    : nullptr;
}

NodePtr DatasetsNode::find(const std::string& name) const {
  if (never_a_name(name)) return nullptr;
  if (auto known = in_listings(tree_, name))
    return std::make_shared<DatasetNode>(tree_, std::move(known->dataset), std::move(known->row));
  if (name.find('_') != std::string::npos) {
    // A visited identifier gives back what its portable form has lost.
    for (const std::string& id : tree_.catalog().visits(kVisitKind, kMostVisits)) {
      if (same(name, safe_name(id))) return node(id);
    }
  }
  if (takes_anything(tree_.config().ids)) return nullptr;
  const auto id = id_of_name(name, tree_.config().ids);
  return id ? std::make_shared<DatasetNode>(tree_, tree_.config().ids.dataset(*id), RowReference{}) : nullptr;
}

Cancel DatasetsNode::lookup(const std::string& name, Done<Found> done) {
  NodePtr found = find(name);
  done(found ? Found{std::move(found)} : Found{nullptr, kAbsentByGrammar});
  return {};
}

Cancel DatasetsNode::open_directory(Done<std::shared_ptr<DirectoryHandle>> done) {
  FixedDirectory::Entries entries;
  for (const std::string& id : tree_.catalog().visits(kVisitKind, kMostVisits)) {
    if (NodePtr visited = node(id))
      entries.emplace_back(shown_name(safe_name(id), tree_.config().names), std::move(visited));
  }
  done(std::shared_ptr<DirectoryHandle>(std::make_shared<EntriesHandle>(std::move(entries))));
  return {};
}

// --- DatasetNode ---

std::string DatasetNode::path() const { return "/datasets/" + safe_name(dataset_.id); }

Attributes DatasetNode::attributes() {
  return {NodeType::kDirectory, 0555, 0, true, dataset_mtime(dataset_), kLongTimeout, kLongTimeout};
}

std::string DatasetNode::plain_name() const { return safe_name(dataset_.id + dataset_.extension); }

NodePtr DatasetNode::file(cache::Form form, const std::string& name) const {
  return std::make_shared<DatasetFile>(tree_, dataset_, form, path() + "/" + name, row_);
}

NodePtr DatasetNode::metadata() const {
  return std::make_shared<MadeText>("metadata:" + dataset_.id, path() + "/" + kMetadataName,
                                    dataset_mtime(dataset_),
                                    [&catalog = tree_.catalog(), id = dataset_.id](Done<std::string> done) {
                                      using RowPtr = std::shared_ptr<const cache::NamedRow>;
                                      return catalog.row(id, [done = std::move(done)](Result<RowPtr> row) {
                                        if (!row) return done(row.error());
                                        done(row_json(**row));
                                      });
                                    });
}

NodePtr DatasetNode::links() const {
  return std::make_shared<MadeText>(
      "links.vot:" + dataset_.id, path() + "/" + kLinksName, dataset_mtime(dataset_),
      [&catalog = tree_.catalog(), dataset = dataset_](Done<std::string> done) {
        using LinksPtr = std::shared_ptr<const client::Links>;
        return catalog.links(dataset, [done = std::move(done)](Result<LinksPtr> links) {
          if (!links) return done(links.error());
          done((*links)->document);
        });
      });
}

Cancel DatasetNode::lookup(const std::string& name, Done<Found> done) {
  const std::string plain = plain_name();
  const auto source = tree_.catalog().known_source(dataset_);
  const std::string delivered = delivered_name(tree_, dataset_, source);
  const std::string suffix = packed_suffix(name);
  const std::string stem = safe_name(dataset_.id);
  if (same(name, plain)) {
    done(Found{file(cache::Form::kPlain, plain)});
  } else if (name == kMetadataName) {
    done(Found{metadata()});
  } else if (name == kLinksName) {
    done(Found{links()});
  } else if (!delivered.empty() && same(name, delivered)) {
    done(Found{file(cache::Form::kDelivered, delivered)});
  } else if (suffix.empty() || !same(name.substr(0, name.size() - suffix.size()), stem) ||
             !delivered.empty() || source) {
    done(Found{nullptr, suffix.empty() ? kAbsentByGrammar : kAbsentInListing});
  } else {
    return with_deadline<client::FileSource>(
        tree_.timer(), tree_.config().lookup_wait,
        Error(EAGAIN, path() + "/" + name + ": the archive has not said yet how it delivers this file"),
        [&](Done<client::FileSource> answered) {
          return tree_.catalog().source(dataset_, std::move(answered));
        },
        [&tree = tree_, dataset = dataset_, row = row_, base = path(), name,
         done = std::move(done)](Result<client::FileSource> answer) {
          if (!answer) return done(answer.error());
          const std::string now_known = delivered_name(tree, dataset, *answer);
          if (now_known.empty() || !same(name, now_known)) return done(Found{nullptr, kAbsentInListing});
          done(Found{std::make_shared<DatasetFile>(tree, dataset, cache::Form::kDelivered,
                                                   base + "/" + now_known, row)});
        });
  }
  return {};
}

Cancel DatasetNode::open_directory(Done<std::shared_ptr<DirectoryHandle>> done) {
  const std::string plain = plain_name();
  const NameStyle style = tree_.config().names;
  FixedDirectory::Entries entries{{shown_name(plain, style), file(cache::Form::kPlain, plain)},
                                  {kMetadataName, metadata()},
                                  {kLinksName, links()}};
  return with_deadline<client::FileSource>(
      tree_.timer(), tree_.config().query_wait, Error(EAGAIN, "the archive has not answered yet; look again"),
      [&](Done<client::FileSource> answered) {
        return tree_.catalog().source(dataset_, std::move(answered));
      },
      [&tree = tree_, dataset = dataset_, row = row_, base = path(), plain, style,
       entries = std::move(entries), done = std::move(done)](Result<client::FileSource> source) mutable {
        if (!source) return done(source.error());
        tree.catalog().visited(kVisitKind, dataset.id);
        const std::string delivered = delivered_name(tree, dataset, *source);
        if (!delivered.empty() && delivered != plain)
          entries.emplace(entries.begin() + 1, shown_name(delivered, style),
                          std::make_shared<DatasetFile>(tree, dataset, cache::Form::kDelivered,
                                                        base + "/" + delivered, row));
        done(std::shared_ptr<DirectoryHandle>(std::make_shared<EntriesHandle>(std::move(entries))));
      });
}

}  // namespace esofs::fs
