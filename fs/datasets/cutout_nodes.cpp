#include "fs/datasets/cutout_nodes.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "client/base/safe_name.h"
#include "client/http/url.h"
#include "client/model/cutout_fault.h"
#include "client/model/identifiers.h"
#include "client/services/datalink.h"
#include "fs/datasets/cutout_file.h"
#include "fs/datasets/cutout_readme.h"
#include "fs/tree/names.h"
#include "fs/tree/plain_nodes.h"

namespace esofs::fs {
namespace {

using client::CutoutSpec;
using ListingPtr = DatasetLister::ListingPtr;

constexpr std::string_view kSuffix = ".fits";
constexpr std::size_t kMostSpecs = 1000;
constexpr std::size_t kMostLookedAt = 10;  // files whose offers are looked at by user.esofs.note
// The largest estimate that is shown for a cutout.
constexpr std::uint64_t kLargestEstimate = 256ULL << 20U;

std::string visits_of_listing(const std::string& directory_path, std::optional<uid_t> owner) {
  return "cutouts of " + (owner ? "uid " + std::to_string(*owner) + " " : std::string()) + directory_path;
}
std::string visits_of_dataset(const std::string& id) { return "cutouts of dataset " + id; }

// --- the cutouts of a dataset ---

// datasets/<dp_id>/cutout, and the directory of an ancillary file in it.
class DatasetCutouts : public Node {
 public:
  DatasetCutouts(Context& context, client::Dataset dataset, RowReference row, std::string path, bool own)
      : context_(context),
        dataset_(std::move(dataset)),
        row_(std::move(row)),
        path_(std::move(path)),
        own_(own) {}

  std::string identity() const override { return "cutouts:" + path_; }
  std::string path() const override { return path_; }
  Knowledge knowledge() const override { return knowledge_of(row_); }
  NodeType type() const override { return NodeType::kDirectory; }
  Attributes attributes() override {
    return {NodeType::kDirectory, 0555, 0, true, dataset_mtime(dataset_), kLongTimeout, kShortTimeout};
  }

  Cancel lookup(const std::string& name, Done<Found> done) override {
    if (name == kReadmeName) {
      done(Found{readme()});
    } else if (const auto spec = spec_of(name)) {
      done(possible(*spec) ? Found{file(name, *spec)} : Found{nullptr, kAbsentInListing});
    } else if (NodePtr other = ancillary(name)) {
      done(Found{std::move(other)});
    } else {
      done(Found{nullptr,
                 never_a_name(name) || name.ends_with(kSuffix) ? kAbsentByGrammar : kAbsentInListing});
    }
    return {};
  }

  Absence absence(const std::string& name) override {
    const bool has_suffix = name.ends_with(kSuffix);
    if (const auto spec = spec_of(name)) {
      const auto offer = context_.catalog().known_cutout_offer(dataset_);
      const auto checked = offer ? client::check_cutout(*spec, *offer) : Result<void>();
      return {checked ? std::string() : checked.error().what(), true};
    }
    const std::string stem = has_suffix ? name.substr(0, name.size() - kSuffix.size()) : name;
    std::string fault = client::cutout_fault(stem);
    if (fault.empty()) fault = "a cutout is a FITS file: write " + stem + std::string(kSuffix);
    return {fault, true};
  }

  Cancel open_directory(Done<std::shared_ptr<DirectoryHandle>> done) override {
    FixedDirectory::Entries entries{{kReadmeName, readme()}};
    for (const auto& other : ancillaries())
      entries.emplace_back(shown_name(safe_name(other.id), context_.config().names), directory(other));
    for (const std::string& name : context_.catalog().visits(visits_of_dataset(dataset_.id), kMostSpecs)) {
      const auto spec = spec_of(name);
      if (spec && possible(*spec)) entries.emplace_back(name, file(name, *spec));
    }
    done(std::shared_ptr<DirectoryHandle>(std::make_shared<EntriesHandle>(std::move(entries))));
    return {};
  }

 private:
  static std::optional<CutoutSpec> spec_of(std::string_view name) {
    if (!name.ends_with(kSuffix)) return std::nullopt;
    return client::parse_cutout_spec(name.substr(0, name.size() - kSuffix.size()));
  }

  bool possible(const CutoutSpec& spec) const {
    const auto offer = context_.catalog().known_cutout_offer(dataset_);
    return !offer || client::check_cutout(spec, *offer).has_value();
  }

  NodePtr file(const std::string& name, const CutoutSpec& spec) const {
    return std::make_shared<CutoutFile>(context_, cutout_of(dataset_, spec), path_ + "/" + name, row_,
                                        Visit{visits_of_dataset(dataset_.id), name});
  }

  NodePtr readme() const {
    return std::make_shared<MadeText>(
        identity() + "/" + kReadmeName, path_ + "/" + kReadmeName, dataset_mtime(dataset_),
        [&catalog = context_.catalog(), dataset = dataset_](Done<std::string> done) {
          return catalog.cutout_offer(
              dataset,
              AskedBy(done.cause(), [id = dataset.id, done = done.take()](Result<client::CutoutOffer> offer) {
                if (!offer) return done(offer.error());
                done(cutout_readme(id, *offer));
              }));
        });
  }

  // The FITS files that belong to the dataset and have an id of the archive, if its links are here.
  std::vector<client::Dataset> ancillaries() const {
    std::vector<client::Dataset> found;
    const auto links = own_ ? context_.catalog().known_links(dataset_) : nullptr;
    const auto& ids = context_.ids();
    if (!links) return found;
    for (const auto& link : links->rows) {
      const std::string id = client::last_part(link.access_url);
      const bool fits = link.content_type.find("fits") != std::string::npos;
      if (!client::has_semantics(link, "auxiliary") || !fits || !ids.valid(id)) continue;
      client::Dataset other = ids.dataset(id);
      if (!link.eso_datalink.empty()) {
        other.access_url = link.eso_datalink;
        other.access = client::AccessKind::kDataLink;
      }
      other.estimate_bytes = link.content_length.value_or(0);
      found.push_back(std::move(other));
    }
    return found;
  }

  NodePtr directory(const client::Dataset& other) const {
    return std::make_shared<DatasetCutouts>(context_, other, RowReference{},
                                            path_ + "/" + safe_name(other.id), false);
  }

  // While the links are not here, every id may be one.
  NodePtr ancillary(const std::string& name) const {
    const auto& ids = context_.ids();
    const auto id = own_ ? id_of_name(name, ids) : std::nullopt;
    if (!id || *id == dataset_.id || !ids.known_by_form()) return nullptr;
    if (!context_.catalog().known_links(dataset_)) return directory(ids.dataset(*id));
    for (const auto& other : ancillaries()) {
      if (portable_name(other.id) == portable_name(*id)) return directory(other);
    }
    return nullptr;
  }

  Context& context_;
  const client::Dataset dataset_;
  const RowReference row_;
  const std::string path_;
  const bool own_;  // of the dataset itself
};

// --- the cutouts of a listing ---

// What the nodes below one cutout/ share.
struct Cutouts {
  Context& context;
  DatasetLister lister;

  std::string path() const { return lister.path() + "/cutout"; }
  std::string visits() const { return visits_of_listing(lister.path(), lister.owner); }
  CutoutPoints points() const { return lister.points ? lister.points() : CutoutPoints(); }
  bool hides(const std::string& name) const { return lister.hidden && lister.hidden(name); }
};
using CutoutsPtr = std::shared_ptr<const Cutouts>;

struct Use {
  CutoutsPtr cutouts;
  std::string name;  // of the directory, as the user typed it
  CutoutUse use;
  CutoutPoints points;

  std::string path() const { return cutouts->path() + "/" + name; }
  std::vector<CutoutPart> parts(const ListingPtr& listing, cache::Listing::Entry entry) const {
    entry.name = cutouts->context.names().shown(*listing, entry);
    return cutout_parts(use, points, *listing, entry);
  }
  NodePtr file(const ListingPtr& listing, const cache::Listing::Entry& entry, const CutoutPart& part) const {
    return std::make_shared<CutoutFile>(cutouts->context, cutout_of(entry.dataset, part.spec),
                                        path() + "/" + part.name, RowReference{listing, entry.row},
                                        Visit{cutouts->visits(), name});
  }
  // With the fault of a listing without positions.
  Result<ListingPtr> checked(Result<ListingPtr> listing) const {
    const auto& no_points = cutouts->lister.no_points;
    const auto fault = listing && !use.spec && no_points ? no_points(**listing) : std::nullopt;
    return fault ? Result<ListingPtr>(fault->at(path())) : std::move(listing);
  }
  bool shows(const cache::Listing::Entry& entry) const {
    return entry.dataset.extension == kSuffix && !cutouts->hides(entry.name);
  }
  struct Wanted {
    cache::Listing::Entry entry;
    CutoutPart part;
  };
  Result<std::optional<Wanted>> part_of(const ListingPtr& listing, const std::string& wanted) const {
    auto& names = cutouts->context.names();
    auto entry = names.find(*listing, wanted);
    const bool whole = entry && *entry;
    if (entry && !*entry && !use.spec) entry = names.find(*listing, cutout_parent(wanted));
    if (!entry) return entry.error().at(path() + "/" + wanted);
    if (!*entry || !shows(**entry)) return std::optional<Wanted>();
    const auto all = parts(listing, **entry);
    // The label follows the last "__", whichever name of the file is before it.
    const auto label = [](const std::string& file) {
      return portable_name(file.substr(file.rfind("__") + 1));
    };
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& part) {
      return whole || (cutout_parent(part.name) != part.name && label(part.name) == label(wanted));
    });
    return found == all.end() ? std::optional<Wanted>() : std::optional(Wanted{**entry, *found});
  }
  Result<Found> find(const ListingPtr& listing, const std::string& wanted) const {
    if (const auto good = checked(listing); !good) return good.error();
    auto found = part_of(listing, wanted);
    if (!found) return found.error();
    if (!*found) return Found{nullptr, kAbsentInListing};
    return Found{file(listing, (*found)->entry, (*found)->part)};
  }
};

class UseHandle : public DirectoryHandle {
 public:
  UseHandle(Use use, ListingPtr listing) : use_(std::move(use)), listing_(std::move(listing)) {}
  // An offset is the row and the part of it.
  Result<void> entries(std::uint64_t offset, const std::function<bool(const Entry&)>& visit) override {
    const std::uint64_t from = offset / kMostCutoutPoints;
    return listing_->entries(from, [&](const cache::Listing::Entry& entry) {
      if (!use_.shows(entry)) return true;
      const auto parts = use_.parts(listing_, entry);
      for (std::size_t i = entry.row == from ? offset % kMostCutoutPoints : 0; i < parts.size(); ++i) {
        const std::uint64_t next = entry.row * kMostCutoutPoints + i + 1;
        if (!visit({parts[i].name, next, use_.file(listing_, entry, parts[i])})) return false;
      }
      return true;
    });
  }
  std::uint64_t size() const override { return listing_->datasets(); }

 private:
  const Use use_;
  const ListingPtr listing_;
};

// DIRECTORY/cutout/<spec>
class UseNode : public Node {
 public:
  explicit UseNode(Use use) : use_(std::move(use)) {}
  std::string identity() const override {
    return "cutouts:" + use_.cutouts->lister.identity + ":" + use_.name;
  }
  std::string path() const override { return use_.path(); }
  bool varies() const override { return !use_.use.spec; }  // with the positions
  NodeType type() const override { return NodeType::kDirectory; }
  Attributes attributes() override {
    const auto time = use_.cutouts->context.mounted_at();
    return {NodeType::kDirectory, 0555, 0, true, time, kShortTimeout, kShortTimeout};
  }
  Cancel lookup(const std::string& name, Done<Found> done) override;
  Cancel open_directory(Done<std::shared_ptr<DirectoryHandle>> done) override;
  Result<void> remove(const std::string& name) override;
  std::optional<std::string> xattr(const std::string& name) override;
  Absence absence(const std::string& name) override {
    return {"the query has no file " + safe_name(name) + " of which a part could be cut out", false};
  }

 private:
  const Use use_;
};

Cancel UseNode::lookup(const std::string& name, Done<Found> done) {
  if (const auto listing = use_.cutouts->lister.known()) {
    done(use_.find(listing, name));
    return {};
  }
  if (!may_name_a_dataset(name)) {
    done(Found{nullptr, kAbsentByGrammar});
    return {};
  }
  auto& context = use_.cutouts->context;
  return with_deadline<ListingPtr>(
      context.timer(), context.config().lookup_wait,
      Error(EAGAIN, path() + "/" + name + ": the listing is not here yet; list its directory"),
      use_.cutouts->lister.ask,
      AskedBy(done.cause(), [use = use_, name, done = done.take()](Result<ListingPtr> listing) {
        if (!listing) return done(listing.error());
        done(use.find(*listing, name));
      }));
}

Cancel UseNode::open_directory(Done<std::shared_ptr<DirectoryHandle>> done) {
  auto& context = use_.cutouts->context;
  return with_deadline<ListingPtr>(
      context.timer(), context.config().query_wait,
      Error(EAGAIN, path() + ": the listing is not here yet; look again"), use_.cutouts->lister.ask,
      AskedBy(done.cause(), [use = use_, done = done.take()](const Result<ListingPtr>& answer) {
        const auto listing = use.checked(answer);
        if (!listing) return done(listing.error());
        use.cutouts->context.catalog().visited(use.cutouts->visits(), use.name);
        done(std::shared_ptr<DirectoryHandle>(std::make_shared<UseHandle>(use, *listing)));
      }));
}

// user.esofs.note: why no file has such a part, by the offers of the first ones, which are asked for. Not why a file fails.
std::optional<std::string> UseNode::xattr(const std::string& name) {
  const auto listing = name == "user.esofs.note" && use_.use.spec ? use_.cutouts->lister.known() : nullptr;
  if (!listing) return Node::xattr(name);
  auto& catalog = use_.cutouts->context.catalog();
  std::size_t looked = 0;
  bool possible = false;
  bool asked = false;
  std::string fault;
  const auto visited = listing->entries(0, [&](const cache::Listing::Entry& entry) {
    if (!use_.shows(entry)) return true;
    const auto offer = catalog.known_cutout_offer(entry.dataset);
    const auto checked = offer ? client::check_cutout(*use_.use.spec, *offer) : Result<void>();
    possible = offer && checked;
    if (!offer) {
      asked = true;
      (void)catalog.cutout_offer(entry.dataset, AskedBy(Cause(), [](const Result<client::CutoutOffer>&) {}));
    } else if (!checked && fault.empty()) {
      fault = checked.error().what();
    }
    return !possible && ++looked < kMostLookedAt;
  });
  if (!visited || possible) return std::nullopt;
  if (asked) return "what can be cut out is still being asked";
  if (looked == 0) return "the query has no FITS file of which a part could be cut out";
  return "no part can be cut out of " +
         (looked < kMostLookedAt ? "these files" : "the first " + std::to_string(looked) + " files") + ": " +
         fault;
}

// The archive keeps the dataset. The cutout is dropped from the cache, and made again when it is read again.
Result<void> UseNode::remove(const std::string& name) {
  if (!use_.cutouts->lister.removable) return Node::remove(name);
  const auto listing = use_.cutouts->lister.known();
  const auto found = listing ? use_.part_of(listing, name) : Result<std::optional<Use::Wanted>>(std::nullopt);
  if (!found) return found.error();
  if (!*found) return Error(ENOENT, path() + " has no " + name);
  const auto cutout = cutout_of((*found)->entry.dataset, (*found)->part.spec);
  const auto evicted = use_.cutouts->context.files().evict(cutout);
  return evicted || evicted.error().code() == EBUSY ? Result<void>() : evicted;
}

// DIRECTORY/cutout
class ListingCutouts : public Node {
 public:
  explicit ListingCutouts(CutoutsPtr cutouts) : cutouts_(std::move(cutouts)) {}
  std::string identity() const override { return "cutouts:" + cutouts_->lister.identity; }
  std::string path() const override { return cutouts_->path(); }
  NodeType type() const override { return NodeType::kDirectory; }
  Attributes attributes() override {
    return {NodeType::kDirectory, 0555,         0, true, cutouts_->context.mounted_at(),
            kShortTimeout,        kShortTimeout};
  }
  Cancel lookup(const std::string& name, Done<Found> done) override {
    const bool positions_may_come = cutouts_->lister.points && name.starts_with(kAround);
    auto made = use_of(name);
    done(made ? Found{*std::move(made)} : Found{nullptr, positions_may_come ? 0 : kAbsentByGrammar});
    return {};
  }
  Absence absence(const std::string& name) override {
    if (!name.ends_with(kSuffix)) return {cutout_use_fault(name, cutouts_->points()), true};
    return {"here a cutout is a directory, with the files of all datasets in it: write " +
                name.substr(0, name.size() - kSuffix.size()) + "/",
            true};
  }
  Cancel open_directory(Done<std::shared_ptr<DirectoryHandle>> done) override {
    FixedDirectory::Entries entries;
    for (const std::string& name : cutouts_->context.catalog().visits(cutouts_->visits(), kMostSpecs)) {
      if (auto made = use_of(name)) entries.emplace_back(name, *std::move(made));
    }
    done(std::shared_ptr<DirectoryHandle>(std::make_shared<EntriesHandle>(std::move(entries))));
    return {};
  }
  Cancel remove_directory(const std::string& name, Done<void> done) override {
    if (!cutouts_->lister.removable) return Node::remove_directory(name, std::move(done));
    const bool used = cutout_use(name, cutouts_->points()).has_value();
    if (used) cutouts_->context.catalog().forget_visit(cutouts_->visits(), name);
    done(used ? Result<void>() : Error(ENOENT, path() + " has no " + name));
    return {};
  }

 private:
  std::optional<NodePtr> use_of(const std::string& name) const {
    auto points = cutouts_->points();
    auto made = cutout_use(name, points);
    if (!made) return std::nullopt;
    return std::make_shared<UseNode>(Use{cutouts_, name, *std::move(made), std::move(points)});
  }

  const CutoutsPtr cutouts_;
};

}  // namespace

NodePtr make_listing_cutouts(Context& context, DatasetLister lister) {
  return std::make_shared<ListingCutouts>(
      std::make_shared<const Cutouts>(Cutouts{context, std::move(lister)}));
}

bool has_used_cutouts(Context& context, const std::string& directory_path, std::optional<uid_t> owner) {
  return !context.catalog().visits(visits_of_listing(directory_path, owner), 1).empty();
}

NodePtr make_dataset_cutouts(const DatasetPlace& place) {
  return std::make_shared<DatasetCutouts>(place.context, place.dataset, place.row, place.path + "/cutout",
                                          true);
}

bool may_offer_cutouts(const DatasetPlace& place, const client::Links* /*links*/) {
  const auto offer = place.context.catalog().known_cutout_offer(place.dataset);
  return !offer || offer->any;
}

client::Dataset cutout_of(const client::Dataset& parent, const client::CutoutSpec& spec) {
  client::Dataset cutout = parent;
  cutout.cutout = client::canonical_name(spec);
  cutout.extension = kSuffix;
  cutout.estimate_bytes = std::min(parent.estimate_bytes, kLargestEstimate);
  return cutout;
}

}  // namespace esofs::fs
