#include "fs/datasets/dataset_nodes.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <functional>
#include <set>
#include <utility>
#include <vector>

#include "cache/listings/entry_name.h"
#include "client/base/in_turn.h"
#include "client/base/safe_name.h"
#include "client/model/identifiers.h"
#include "client/services/dataset_reader.h"
#include "fs/datasets/link_directory.h"
#include "fs/datasets/link_file_names.h"
#include "fs/datasets/link_terms.h"
#include "fs/tree/names.h"

namespace esofs::fs {
namespace {

constexpr std::size_t kMostVisits = 1000;

// Two spellings of one name: the archive's and the portable one.
bool same(const std::string& name, const std::string& archives) {
  return name == archives || name == portable_name(archives);
}

// The name of the dataset's directory: its own files are named after it.
std::string stem_of(const DatasetPlace& place) { return place.path.substr(place.path.rfind('/') + 1); }

// Whether the dataset's DataLink answer may bring `name`.
bool may_be_there_later(const std::string& name) {
  const auto sections = dataset_sections();
  return may_name_a_term(name) || std::any_of(sections.begin(), sections.end(),
                                              [&name](const auto& section) { return section.name == name; });
}

// Where a dataset's own file is. ENOENT: it has none, but files may belong to it.
struct OwnFile {
  Result<client::FileSource> source;
};

// How many listings are searched beside those of saved queries.
constexpr std::size_t kMostListings = 200;

using ListingPtr = std::shared_ptr<const cache::Listing>;
using Finding = std::function<Result<std::optional<cache::Listing::Entry>>(const cache::Listing&)>;

std::optional<KnownDataset> found_in(const ListingPtr& listing, const Finding& finding) {
  const auto entry = finding(*listing);
  if (!entry || !*entry) return std::nullopt;
  const auto& dataset = (*entry)->dataset;
  return KnownDataset{dataset, RowReference{listing, (*entry)->row},
                      cache::directory_name((*entry)->name, dataset.extension)};
}

// Searches the listings that are here already. No network.
class ListingSearch {
 public:
  ListingSearch(Context& context, KnownQueries& queries) : context_(context) {
    for (const auto& question : queries.questions()) {
      if (auto listing = context.catalog().known_listing(question)) saved_.push_back(std::move(listing));
    }
  }

  std::optional<KnownDataset> by_id(const std::string& id) {
    return find([&id](const cache::Listing& listing) { return listing.find_id(id); });
  }
  std::optional<KnownDataset> by_directory(const std::string& name) {
    return find([&name](const cache::Listing& listing) { return listing.find_directory(name); });
  }

 private:
  // By the saved query whose listing knows most about it, else by any other listing.
  std::optional<KnownDataset> find(const Finding& finding) {
    std::optional<KnownDataset> known;
    for (const auto& listing : saved_) {
      auto found = found_in(listing, finding);
      if (found && (!known || knowledge_of(found->row) > knowledge_of(known->row))) known = std::move(found);
    }
    if (known) return known;
    for (const auto& listing : others())
      if (auto found = found_in(listing, finding)) return found;
    return std::nullopt;
  }

  // Listings of queries that are not saved; needed only if ids have no form of their own.
  const std::vector<ListingPtr>& others() {
    if (!others_)
      others_ = context_.ids().known_by_form() ? std::vector<ListingPtr>()
                                               : context_.catalog().known_listings(kMostListings);
    return *others_;
  }

  Context& context_;
  std::vector<ListingPtr> saved_;
  std::optional<std::vector<ListingPtr>> others_;
};

// nullopt: `id` is not of this archive.
std::optional<KnownDataset> known_dataset(Context& context, ListingSearch& search, const std::string& id) {
  const auto& ids = context.ids();
  if (auto listed = search.by_id(id)) return listed;
  if (!ids.known_by_form() || !ids.valid(id)) return std::nullopt;
  return KnownDataset{ids.dataset(id), RowReference{}, cache::entry_stem(id)};
}

// Corrects the extension by what the archive says about the file: an id alone is taken for that of a FITS file, but a preview
// is a .png; and a package is not FITS, whatever a listing calls it.
DatasetPlace with_type(DatasetPlace place, const std::optional<client::FileSource>& source) {
  if (!source || place.dataset.extension != ".fits") return place;
  const std::string package = client::package_extension(
      source->content_type, source->original_name.empty() ? source->url : source->original_name);
  if (!package.empty()) {
    place.dataset.extension = package;
    return place;
  }
  if (place.row.listing) return place;
  client::Link file;
  file.access_url = source->url;
  file.content_type = source->content_type;
  file.eso_origfile = source->original_name;
  if (const std::string extension = link_extension(file); !extension.empty())
    place.dataset.extension = extension;
  return place;
}

// "<id>.png": only the archive can tell whether the file is of that kind.
bool may_be_of_another_type(const DatasetPlace& place, const std::string& name) {
  const std::string stem = stem_of(place) + ".";
  const bool of_the_file = name.starts_with(stem) || name.starts_with(portable_name(stem));
  if (!of_the_file) return false;
  if (!client::package_extension("", name).empty()) return true;
  return !place.row.listing && name.find('.', stem.size()) == std::string::npos && may_name_a_dataset(name);
}

}  // namespace

std::optional<KnownDataset> dataset_in_listings(Context& context, KnownQueries& queries,
                                                const std::string& id) {
  return ListingSearch(context, queries).by_id(id);
}

// --- DatasetsNode ---

Attributes DatasetsNode::attributes() {
  return {NodeType::kDirectory, 0555, 0, true, context_.mounted_at(), kLongTimeout, kLongTimeout};
}

NodePtr DatasetsNode::node(KnownDataset known) const {
  return std::make_shared<DatasetNode>(
      DatasetPlace{context_, queries_, known.dataset, std::move(known.row), "/datasets/" + known.directory});
}

NodePtr DatasetsNode::find(const std::string& name) const {
  if (name.starts_with('.')) return nullptr;
  ListingSearch search(context_, queries_);
  if (auto listed = search.by_directory(name)) return node(*std::move(listed));
  if (never_a_name(name)) return nullptr;
  if (name.find('_') != std::string::npos) {
    // The visited id is the one of which `name` is the portable form.
    for (const std::string& id : context_.catalog().visits(kVisitKind, kMostVisits)) {
      if (!same(name, cache::entry_stem(id))) continue;
      auto visited = known_dataset(context_, search, id);
      return visited ? node(*std::move(visited)) : nullptr;
    }
  }
  if (!context_.ids().known_by_form()) return nullptr;
  const auto id = id_of_name(name, context_.ids());
  return id ? node({context_.ids().dataset(*id), RowReference{}, cache::entry_stem(*id)}) : nullptr;
}

Cancel DatasetsNode::lookup(const std::string& name, Done<Found> done) {
  NodePtr found = find(name);
  // A later listing may name it.
  const bool may_come = !context_.ids().known_by_form() && !name.starts_with('.');
  const auto absent = may_come ? kAbsentInListing : kAbsentByGrammar;
  done(found ? Found{std::move(found)} : Found{nullptr, absent});
  return {};
}

Absence DatasetsNode::absence(const std::string& name) {
  // IRAF and CFITSIO try keywords of headers.
  const bool keyword = name.size() <= 8 && std::all_of(name.begin(), name.end(), [](unsigned char c) {
                         return std::isupper(c) != 0 || std::isdigit(c) != 0 || c == '-' || c == '_';
                       });
  const std::string shown = "'" + safe_name(name) + "'";
  if (!context_.ids().known_by_form())
    return {"no listing has named a dataset " + shown + "; list the query that finds it first", !keyword};
  if (name.ends_with(".fits"))
    return {shown + " is the name of a file: it is in the directory of its identifier, without .fits", true};
  if (context_.config().names == NameStyle::kReadable)
    return {shown +
                " is no identifier of this archive: datasets/ takes the one that `getfattr -n user.eso.dp_id "
                "FILE` gives, whatever name a file is shown under",
            !keyword};
  return {shown +
              " is no identifier of this archive: they look like the names of files in queries/, without "
              "their extension",
          !keyword};
}

Cancel DatasetsNode::open_directory(Done<std::shared_ptr<DirectoryHandle>> done) {
  FixedDirectory::Entries entries;
  std::set<std::string> names;
  ListingSearch search(context_, queries_);
  for (const std::string& id : context_.catalog().visits(kVisitKind, kMostVisits)) {
    auto visited = known_dataset(context_, search, id);
    if (!visited) continue;
    std::string name = shown_name(visited->directory, context_.config().names);
    if (names.insert(name).second) entries.emplace_back(std::move(name), node(*std::move(visited)));
  }
  done(std::shared_ptr<DirectoryHandle>(std::make_shared<EntriesHandle>(std::move(entries))));
  return {};
}

// --- DatasetNode ---

Attributes DatasetNode::attributes() {
  return {NodeType::kDirectory, 0555, 0, true, dataset_mtime(place_.dataset), kLongTimeout, kLongTimeout};
}

std::string DatasetNode::plain_name() const { return safe_name(stem_of(place_) + place_.dataset.extension); }

// By the last download, else the id with the suffix of the original name.
std::string DatasetNode::delivered_name(const std::optional<client::FileSource>& source) const {
  const auto facts = place_.context.files().facts(place_.dataset, cache::Form::kDelivered);
  if (!facts.delivered_name.empty()) {
    std::string name = safe_name(facts.delivered_name);
    const std::string stem = stem_of(place_);
    if (name.starts_with(stem)) return name;
    // The name of its producer, or another id: only its suffix counts.
    const std::string suffix = packed_suffix(name);
    return suffix.empty() ? std::string() : safe_name(stem + suffix);
  }
  if (!source) return {};
  const std::string suffix = packed_suffix(source->original_name);
  return suffix.empty() ? std::string() : safe_name(stem_of(place_) + suffix);
}

NodePtr DatasetNode::file(cache::Form form, const std::string& name) const {
  return std::make_shared<DatasetFile>(place_.context, place_.dataset, form, path() + "/" + name, place_.row);
}

NodePtr DatasetNode::section(const std::string& name) const {
  const LinksPtr links = place_.context.catalog().known_links(place_.dataset);
  const auto sections = dataset_sections();
  const auto found = std::find_if(sections.begin(), sections.end(),
                                  [&name](const DatasetSection& section) { return section.name == name; });
  if (found == sections.end()) return link_section(name, links);
  return !links || found->has(place_, links.get()) ? found->make(place_) : nullptr;
}

// A directory of links, by the answer if it is here, else by its name alone.
NodePtr DatasetNode::link_section(const std::string& name, const LinksPtr& links) const {
  const bool well_known =
      std::find(kLinkDirectories.begin(), kLinkDirectories.end(), name) != kLinkDirectories.end();
  if (!well_known && !may_name_a_term(name)) return nullptr;
  if (links ? !has_link_directory(*links, name) : !well_known) return nullptr;
  return std::make_shared<LinkDirectory>(place_, name);
}

// A directory named after a term that is not well known: only the answer shows whether it exists.
Cancel DatasetNode::lookup_term(const std::string& name, Done<Found> done) {
  return with_deadline<LinksPtr>(
      place_.context.timer(), place_.context.config().lookup_wait,
      Error(EAGAIN, path() + "/" + name + ": the archive has not said yet what belongs to this dataset"),
      [this](Done<LinksPtr> answered) { return links_if_any(place_, std::move(answered)); },
      AskedBy(done.cause(), [place = place_, name, done = done.take()](Result<LinksPtr> links) {
        if (!links) return done(links.error());
        if (!*links || !has_link_directory(**links, name)) return done(Found{nullptr, kAbsentInListing});
        done(Found{std::make_shared<LinkDirectory>(place, name)});
      }));
}

Cancel DatasetNode::lookup(const std::string& name, Done<Found> done) {
  const auto source = place_.context.catalog().known_source(place_.dataset);
  if (auto typed = with_type(place_, source); typed.dataset.extension != place_.dataset.extension)
    return DatasetNode(std::move(typed)).lookup(name, std::move(done));
  const std::string plain = plain_name();
  const std::string delivered = delivered_name(source);
  const std::string suffix = packed_suffix(name);
  const std::string stem = stem_of(place_);
  if (same(name, plain)) {
    done(Found{file(cache::Form::kPlain, plain)});
  } else if (NodePtr node = section(name)) {
    done(Found{std::move(node)});
  } else if (!delivered.empty() && same(name, delivered)) {
    done(Found{file(cache::Form::kDelivered, delivered)});
  } else if (may_name_a_term(name) && !place_.context.catalog().known_links(place_.dataset)) {
    return lookup_term(name, std::move(done));
  } else if (!source && may_be_of_another_type(place_, name)) {
    return lookup_delivered(name, std::move(done));
  } else if (suffix.empty() || !same(name.substr(0, name.size() - suffix.size()), stem) ||
             !delivered.empty() || source) {
    const bool by_grammar = suffix.empty() && !may_be_there_later(name);
    done(Found{nullptr, by_grammar ? kAbsentByGrammar : kAbsentInListing});
  } else {
    return lookup_delivered(name, std::move(done));
  }
  return {};
}

Absence DatasetNode::absence(const std::string& name) {
  return {"the archive names no '" + safe_name(name) + "' of this dataset; ls shows what it names", false};
}

Cancel DatasetNode::lookup_delivered(const std::string& name, Done<Found> done) {
  return with_deadline<client::FileSource>(
      place_.context.timer(), place_.context.config().lookup_wait,
      Error(EAGAIN, path() + "/" + name + ": the archive has not said yet how it delivers this file"),
      [this](Done<client::FileSource> answered) {
        return place_.context.catalog().source(place_.dataset, std::move(answered));
      },
      AskedBy(done.cause(), [place = place_, name, done = done.take()](Result<client::FileSource> answer) {
        if (!answer) return done(answer.error());
        const DatasetNode typed(with_type(place, *answer));
        if (same(name, typed.plain_name()))
          return done(Found{typed.file(cache::Form::kPlain, typed.plain_name())});
        const std::string now_known = typed.delivered_name(*answer);
        if (now_known.empty() || !same(name, now_known)) return done(Found{nullptr, kAbsentInListing});
        done(Found{std::make_shared<DatasetFile>(place.context, place.dataset, cache::Form::kDelivered,
                                                 place.path + "/" + now_known, place.row)});
      }));
}

Cancel DatasetNode::open_directory(Done<std::shared_ptr<DirectoryHandle>> done) {
  using Handle = std::shared_ptr<DirectoryHandle>;
  const auto ask = [place = place_](Done<Contents> answered) {
    return in_turn<OwnFile, Contents>(
        [&place](Done<OwnFile> own) {
          return place.context.catalog().source(
              place.dataset, AskedBy(own.cause(), [own = own.take()](Result<client::FileSource> source) {
                const bool answer = source || source.error().code() == ENOENT;
                if (!answer) return own(source.error());
                own(OwnFile{std::move(source)});
              }));
        },
        [place](OwnFile own, Done<Contents> both) {
          return links_if_any(
              place,
              AskedBy(both.cause(), [own = std::move(own), both = both.take()](Result<LinksPtr> links) {
                if (!links) return both(links.error());
                const bool others = *links && !link_directories(**links).empty();
                if (!own.source && !others) return both(own.source.error());
                both(Contents{own.source ? std::optional(*own.source) : std::nullopt, *links});
              }));
        },
        std::move(answered));
  };
  return with_deadline<Contents>(
      place_.context.timer(), place_.context.config().query_wait,
      Error(EAGAIN, "the archive has not answered yet; look again"), ask,
      AskedBy(done.cause(), [place = place_, done = done.take()](Result<Contents> contents) {
        if (!contents) return done(contents.error());
        place.context.catalog().visited(kVisitKind, place.dataset.id);
        DatasetPlace typed = with_type(place, contents->source);
        if (!contents->source) typed.dataset.extension.clear();
        const DatasetNode node(std::move(typed));
        done(Handle(std::make_shared<EntriesHandle>(node.entries(*contents))));
      }));
}

FixedDirectory::Entries DatasetNode::entries(const Contents& contents) const {
  const NameStyle style = place_.context.config().names;
  const std::string plain = plain_name();
  FixedDirectory::Entries entries;
  if (contents.source) {
    entries.emplace_back(shown_name(plain, style), file(cache::Form::kPlain, plain));
    const std::string delivered = delivered_name(contents.source);
    if (!delivered.empty() && delivered != plain)
      entries.emplace_back(shown_name(delivered, style), file(cache::Form::kDelivered, delivered));
  }
  const auto add = [&entries](std::string name, NodePtr node) {
    const auto same_entry = [&name](const auto& entry) { return entry.first == name; };
    if (node && std::none_of(entries.begin(), entries.end(), same_entry))
      entries.emplace_back(std::move(name), std::move(node));
  };
  for (const auto& section : dataset_sections()) {
    if (section.has(place_, contents.links.get())) add(std::string(section.name), section.make(place_));
  }
  if (!contents.links) return entries;
  for (const auto& directory : link_directories(*contents.links))
    add(directory, std::make_shared<LinkDirectory>(place_, directory));
  return entries;
}

}  // namespace esofs::fs
