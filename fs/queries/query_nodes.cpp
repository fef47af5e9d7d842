#include "fs/queries/query_nodes.h"

#include <sys/stat.h>

#include <cerrno>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "client/base/safe_name.h"
#include "fs/datasets/cutout_nodes.h"
#include "fs/datasets/dataset_file.h"
#include "fs/queries/near_misses.h"
#include "fs/queries/position_table.h"
#include "fs/queries/query_files.h"
#include "fs/queries/result_nodes.h"
#include "fs/queries/saved_query.h"
#include "fs/queries/scratch_names.h"
#include "fs/queries/user_places.h"
#include "fs/tree/names.h"
#include "fs/tree/plain_nodes.h"

namespace esofs::fs {
namespace {

using ListingPtr = std::shared_ptr<const cache::Listing>;

// Offsets from here on are rows of the listing; below it are the local entries.
constexpr std::uint64_t kFirstRow = 1U << 20U;

NodePtr entry_node(Context& context, const QueryDirectory& directory, const ListingPtr& listing,
                   const cache::Listing::Entry& entry) {
  const bool readable = context.names().style() == NameStyle::kReadable;
  const std::string name = readable ? context.names().shown(*listing, entry) : entry.name;
  return std::make_shared<DatasetFile>(context, entry.dataset, cache::Form::kPlain,
                                       directory.path() + "/" + name, RowReference{listing, entry.row});
}

Result<Found> find_entry(Context& context, const QueryDirectory& directory, const ListingPtr& listing,
                         const std::string& name) {
  auto entry = context.names().find(*listing, name);
  if (!entry) return entry.error().at(directory.path() + "/" + name);
  if (!*entry) return Found{nullptr, kAbsentInListing};
  return Found{entry_node(context, directory, listing, **entry)};
}

NodePtr cutouts(Context& context, const QueryDirectoryPtr& directory) {
  DatasetLister lister;
  lister.identity = directory->identity();
  lister.owner = directory->owner();
  lister.path = [directory] { return directory->path(); };
  lister.known = [&context, directory]() -> ListingPtr {
    const auto spec = directory->listed_spec();
    return spec && !spec->adql.empty() ? context.catalog().known_listing(*spec) : nullptr;
  };
  lister.ask = [&context, directory](Done<ListingPtr> done) -> Cancel {
    const auto spec = directory->listed_spec();
    if (spec && !spec->adql.empty()) return context.catalog().listing(*spec, std::move(done));
    done(spec ? Error(ENOENT, directory->path() + " has no query") : spec.error());
    return {};
  };
  lister.hidden = [directory](const std::string& name) { return directory->hidden(name); };
  lister.removable = !directory->is_fixed();
  if (directory->is_fixed()) return make_listing_cutouts(context, std::move(lister));
  CutoutPoints points = [directory, kept = std::make_shared<KeptMatch>()](const cache::Listing& listing,
                                                                          std::uint64_t number) {
    std::vector<CutoutPoint> found;
    const auto row = listing.row(number);
    if (!row) return found;
    const auto match = kept->of(*directory, listing);
    for (const auto& each : match->of(*row)) {
      const Position& position = match->positions()[each.position];
      found.push_back({position.label, {position.ra_deg, position.dec_deg}});
    }
    return found;
  };
  lister.points = [directory, points = std::move(points)] {
    return directory->positions().empty() ? CutoutPoints() : points;
  };
  lister.no_points = placing_fault;
  return make_listing_cutouts(context, std::move(lister));
}

constexpr const char* kWhatCanBeWritten =
    "only query.adql and positions.csv can be written here; keep notes elsewhere";

// `esofs why` waits for as long as this ends the attribute.
constexpr const char* kStillAsked = "; what is near is still being asked";

bool asks(const Result<cache::QuerySpec>& spec) { return spec && !spec->adql.empty(); }

// A query directory held open: the local files, each as it is when it is given out, then the rows of one snapshot.
class QueryHandle : public DirectoryHandle {
 public:
  QueryHandle(Context& context, QueryDirectoryPtr directory, const ListingPtr& listing)
      : context_(context), directory_(std::move(directory)), node_(context, directory_) {
    if (auto spec = directory_->spec()) asked_ = *std::move(spec);
    *snapshot_.lock() = {node_.local_entries(), listing};
  }

  Result<void> entries(std::uint64_t offset, const std::function<bool(const Entry&)>& visit) override {
    const Snapshot shown = *snapshot_.lock();
    for (std::uint64_t i = offset; i < shown.local.size(); ++i) {
      const std::string& name = shown.local[i].first;
      const NodePtr now = node_.local_entry(name);
      if (now && !visit({name, i + 1, now})) return {};
    }
    if (!shown.listing || directory_->removed()) return {};
    const std::uint64_t from = offset < kFirstRow ? 0 : offset - kFirstRow;
    return shown.listing->entries(from, [&](const cache::Listing::Entry& entry) {
      std::string name = context_.names().shown(*shown.listing, entry);
      if (directory_->hidden(name)) return true;
      return visit({std::move(name), kFirstRow + entry.row + 1,
                    entry_node(context_, *directory_, shown.listing, entry)});
    });
  }
  std::uint64_t size() const override {
    const auto snapshot = snapshot_.lock();
    return snapshot->local.size() + (snapshot->listing ? snapshot->listing->datasets() : 0);
  }
  void rewind() override {
    const auto spec = directory_->spec();
    const bool asked = asks(spec);
    ListingPtr listing = asked ? context_.catalog().known_listing(*spec) : nullptr;
    auto local = node_.local_entries();
    auto snapshot = snapshot_.lock();
    // Of a query that is being refreshed, the answer that was shown stays.
    if (!listing && asked && spec->adql == asked_.adql) listing = snapshot->listing;
    *snapshot = {std::move(local), std::move(listing)};
  }

 private:
  struct Snapshot {
    FixedDirectory::Entries local;
    ListingPtr listing;
  };
  Context& context_;
  const QueryDirectoryPtr directory_;
  QueryNode node_;
  cache::QuerySpec asked_;
  mutable Guarded<Snapshot> snapshot_;
};

}  // namespace

// --- QueriesNode ---

NodePtr QueriesNode::for_user(uid_t user) {
  if (users_ == nullptr || user == context_.config().uid) return nullptr;
  return std::make_shared<QueriesNode>(context_, users_->of(user).queries, nullptr, &queries_);
}

Attributes QueriesNode::attributes() {
  const mode_t permissions = varies() ? S_ISVTX | 0777 : 0755;
  return {NodeType::kDirectory, permissions, 0, true, context_.mounted_at(), kLongTimeout, kShortTimeout};
}

Result<NodePtr> QueriesNode::entry(SavedQueries& queries, const std::string& name) const {
  auto query = queries.find(name);
  if (!query) return query.error();
  return *query ? std::make_shared<QueryNode>(context_, *query) : text_of(queries, name);
}

Cancel QueriesNode::lookup(const std::string& name, Done<Found> done) {
  auto found = entry(queries_, name);
  if (found && !*found && offered_ != nullptr) found = entry(*offered_, name);
  if (!found)
    done(found.error().at("/queries/" + name));
  else
    done(Found{*found, *found ? 0 : kShortTimeout});
  return {};
}

Cancel QueriesNode::open_directory(Done<std::shared_ptr<DirectoryHandle>> done) {
  using Queries = std::vector<QueryDirectoryPtr>;
  const auto nodes = [&context = context_](const Queries& all, const Queries& more) {
    std::map<std::string, NodePtr> by_name;
    for (const auto* queries : {&all, &more}) {
      for (const auto& query : *queries)
        by_name.try_emplace(query->name(), std::make_shared<QueryNode>(context, query));
    }
    return FixedDirectory::Entries(by_name.begin(), by_name.end());
  };
  // Of a user's own, only opening the directory looks at the disk.
  auto list = [nodes, &saved = queries_, offered = offered_] {
    auto all = saved.folder().home != nullptr ? Result<Queries>(saved.known()) : saved.list();
    return nodes(all ? *all : saved.known(), offered != nullptr ? offered->known() : Queries());
  };
  auto now = [&context = context_, &saved = queries_, offered = offered_](const std::string& name,
                                                                          const NodePtr&) -> NodePtr {
    auto query = saved.peek(name);
    if (!query && offered != nullptr) query = offered->peek(name);
    return query ? std::make_shared<QueryNode>(context, std::move(query)) : nullptr;
  };
  const auto own = queries_.list();
  const auto others = own && offered_ != nullptr ? offered_->list() : Result<Queries>(Queries());
  if (!own || !others) {
    done(own ? others.error() : own.error());
    return {};
  }
  done(std::shared_ptr<DirectoryHandle>(
      std::make_shared<ChangingHandle>(nodes(*own, *others), std::move(list), std::move(now))));
  return {};
}

// mkdir and `cp` look a new name up first, so that nothing here is a slip.
Absence QueriesNode::absence(const std::string& name) {
  if (const auto good = check_query_name(name); !good) return {good.error().what(), false};
  std::vector<std::string> names;
  for (const auto& query : queries_.known()) names.push_back(query->name());
  for (const auto& query : offered_ != nullptr ? offered_->known() : std::vector<QueryDirectoryPtr>())
    names.push_back(query->name());
  Absence absence = absence_among(name, names);
  return {absence.sentence + "; to make it, " + how_to_make_query(name), false};
}

// NAME.adql is the text of the query NAME; nullptr: there is no such query, or it has no text.
NodePtr QueriesNode::text_of(SavedQueries& queries, const std::string& name) const {
  if (!name.ends_with(kAdqlExtension)) return nullptr;
  const auto query = queries.find(name.substr(0, name.size() - kAdqlExtension.size()));
  auto file = query && *query ? (*query)->file(std::string(kQueryFile)) : nullptr;
  return file ? make_text_node(context_, *query, std::move(file), std::string(kQueryFile)) : nullptr;
}

Result<NodePtr> QueriesNode::create(const std::string& name) {
  if (!name.ends_with(kAdqlExtension))
    return Error(EROFS,
                 "queries/ holds queries only: " + how_to_make_query(name) + "; keep other files elsewhere");
  const std::string own = name.substr(0, name.size() - kAdqlExtension.size());
  auto query = queries_.find(own);
  if (!query) return query.error();
  if (!*query) query = queries_.make(own);
  if (!query) return query.error();
  auto file = (*query)->file(std::string(kQueryFile));
  if (!file) {
    auto created = (*query)->create(std::string(kQueryFile));
    if (!created) return created.error();
    file = *std::move(created);
  }
  return make_text_node(context_, *query, std::move(file), std::string(kQueryFile));
}

// Whether `name` can be changed here: it is not what the administrator offers.
Result<void> QueriesNode::check_own(const std::string& name, const std::string& operation) {
  if (offered_ == nullptr) return {};
  const auto own = queries_.find(name);
  const auto offered = offered_->find(name);
  if (!own || *own || !offered || !*offered) return {};
  return Error(EACCES, operation + " /queries/" + name + ": the administrator offers it to all users");
}

Result<NodePtr> QueriesNode::make_directory(const std::string& name) {
  auto query = queries_.make(name);
  if (!query) return query.error();
  return NodePtr(std::make_shared<QueryNode>(context_, *query));
}

Cancel QueriesNode::remove_directory(const std::string& name, Done<void> done) {
  const auto own = check_own(name, "rmdir");
  const auto removed = own ? queries_.remove(name) : Result<QueryDirectoryPtr>(own.error());
  if (!removed) {
    done(removed.error());
    return {};
  }
  const auto spec = (*removed)->spec();
  if (spec && !spec->adql.empty() && !queries_.asked_by_another(*spec, **removed))
    context_.catalog().forget(*spec);
  done({});
  return {};
}

Result<void> QueriesNode::rename(const std::string& name, Node& to, const std::string& to_name, bool) {
  if (to.identity() != identity())
    return Error(EROFS, "a query can be renamed, but not moved out of queries/");
  if (auto own = check_own(name, "rename"); !own) return own;
  return queries_.rename(name, to_name);
}

// --- QueryNode ---

namespace {

Error advised(const Error& error, const std::string& adql) {
  const std::string text = error.code() == EINVAL ? advice(adql) : std::string();
  return text.empty() ? error : Error(error.code(), error.what() + "; " + text);
}

}  // namespace

Attributes QueryNode::attributes() {
  Attributes shown{NodeType::kDirectory, 0755, 0, true, directory_->mtime(), kShortTimeout, kShortTimeout};
  shown.linked = !directory_->removed();
  shown.owner = directory_->owner();
  return shown;
}

NodePtr QueryNode::local_entry(const std::string& name) const {
  if (directory_->removed()) return nullptr;
  if (auto file = directory_->file(name)) return make_text_node(context_, directory_, std::move(file), name);
  if (directory_->hidden(name)) return nullptr;
  if (name == kStatusName) return make_status_node(context_, directory_);
  const bool for_answers = name == kTableName || name == kCutoutName;
  if (!for_answers || !asks(directory_->listed_spec())) return nullptr;
  return name == kTableName ? make_table_node(context_, directory_) : cutouts(context_, directory_);
}

Cancel QueryNode::lookup(const std::string& name, Done<Found> done) {
  // A program that has made the directory creates the file, perhaps with O_EXCL.
  if (name == kQueryFile && context_.made_directories().empty_for(identity(), done.cause(), context_.now())) {
    done(Found{nullptr, 0});
    return {};
  }
  if (auto local = local_entry(name)) {
    done(Found{std::move(local)});
    return {};
  }
  const auto spec = directory_->listed_spec();
  if (directory_->removed() || directory_->hidden(name) || name == kQueryFile || !asks(spec)) {
    done(Found{nullptr, 0});
  } else if (const auto listing = context_.catalog().known_listing(*spec)) {
    done(find_entry(context_, *directory_, listing, name));
  } else if (!may_name_a_dataset(name) || directory_->emptied()) {
    done(Found{nullptr, never_a_name(name) ? kAbsentByGrammar : kAbsentInListing});
  } else {
    return with_deadline<ListingPtr>(
        context_.timer(), context_.config().lookup_wait,
        Error(EAGAIN, path() + "/" + name + ": the query has not been answered yet; list its directory"),
        [&](Done<ListingPtr> answered) { return context_.catalog().listing(*spec, std::move(answered)); },
        AskedBy(done.cause(), [&context = context_, directory = directory_, name,
                               done = done.take()](Result<ListingPtr> answer) {
          if (!answer) return done(answer.error());
          done(find_entry(context, *directory, *answer, name));
        }));
  }
  return {};
}

Absence QueryNode::absence(const std::string& name) {
  const auto spec = directory_->spec();
  if (!spec) return {"the query does not run: " + spec.error().what(), false};
  if (spec->adql.empty()) return {"the query is empty: write its query.adql", false};
  const auto listing = context_.catalog().known_listing(*spec);
  if (!listing) return {"the query has not been answered yet; list its directory", false};
  if (directory_->hidden(name)) return {"it was removed; touch query.adql brings it back", false};
  return {"the answer of this query names no file '" + safe_name(name) + "', among " +
              std::to_string(listing->rows()) +
              " rows; other names that can be here are query.adql, status.txt, table/ and cutout/" +
              (directory_->is_fixed() || name.find(".fits") != std::string::npos
                   ? ""
                   : std::string("; ") + kWhatCanBeWritten),
          false};
}

std::vector<std::pair<std::string, NodePtr>> QueryNode::local_entries() const {
  FixedDirectory::Entries entries;
  const auto add = [&](const std::string& name) {
    if (auto node = local_entry(name)) entries.emplace_back(name, std::move(node));
  };
  for (const auto& [name, file] : directory_->files()) add(name);
  add(kStatusName);
  if (!asks(directory_->spec())) return entries;
  add(kTableName);
  // Before anything was cut out there is nothing to see in it, nor to copy; it can be entered all the same.
  if (has_used_cutouts(context_, path(), directory_->owner())) add(kCutoutName);
  return entries;
}

Cancel QueryNode::open_directory(Done<std::shared_ptr<DirectoryHandle>> done) {
  // `cp -r` of a query copies its text, and the archive is not asked for anything.
  if (context_.made_directories().lists_source(done.cause(), context_.now())) {
    FixedDirectory::Entries texts;
    for (const std::string_view name : {kQueryFile, kPositionsFile}) {
      if (auto node = local_entry(std::string(name))) texts.emplace_back(name, std::move(node));
    }
    done(std::shared_ptr<DirectoryHandle>(std::make_shared<EntriesHandle>(std::move(texts))));
    return {};
  }
  const auto spec = directory_->spec();
  if (!spec) {
    done(spec.error());
    return {};
  }
  if (spec->adql.empty() || directory_->removed()) {
    done(std::shared_ptr<DirectoryHandle>(std::make_shared<QueryHandle>(context_, directory_, nullptr)));
    return {};
  }
  return with_deadline<ListingPtr>(
      context_.timer(), context_.config().query_wait,
      Error(EAGAIN, "the query has not been answered yet; it continues, see status.txt and look again"),
      [&](Done<ListingPtr> answered) { return context_.catalog().listing(*spec, std::move(answered)); },
      AskedBy(done.cause(), [&context = context_, directory = directory_, spec = *spec, cause = done.cause(),
                             done = done.take()](Result<ListingPtr> listing) {
        if (listing) {
          done(std::shared_ptr<DirectoryHandle>(std::make_shared<QueryHandle>(context, directory, *listing)));
        } else {
          done(advised(listing.error(), spec.adql));
        }
        if (!directory->is_fixed()) ask_near_misses(context, spec, cause);
      }));
}

// Why no dataset is shown although the query was answered.
std::optional<std::string> QueryNode::xattr(const std::string& name) {
  const auto spec = directory_->spec();
  if (name != "user.esofs.near" || !asks(spec)) return Node::xattr(name);
  const auto state = context_.catalog().state(*spec);
  std::vector<std::string> sentences = near_misses(context_, *spec);
  if (state.known && !state.error && state.rows == 0)
    sentences.insert(sentences.begin(), "the answer has no rows");
  if (std::string unnamed = unnamed_datasets(context_, *spec); !unnamed.empty())
    sentences.push_back(std::move(unnamed));
  std::string text;
  for (const auto& sentence : sentences) text += (text.empty() ? "" : "; ") + sentence;
  const bool asked = !directory_->is_fixed() && (state.error || (state.known && state.rows == 0));
  if (asked && awaits_near_misses(context_, *spec)) text += kStillAsked;
  return text.empty() ? std::nullopt : std::optional(text);
}

Result<void> QueryNode::check_new_name(const std::string& name) const {
  if (name == kQueryFile || scratch_name(name) || (name == kPositionsFile && directory_->listed())) return {};
  if (directory_->is_fixed()) return Error(EROFS, "nothing can be written here: it is made from a template");
  return Error(EROFS, kWhatCanBeWritten);
}

Result<NodePtr> QueryNode::create(const std::string& name) {
  if (auto good = check_new_name(name); !good) return good.error();
  auto file = directory_->file(name);
  if (!file) {
    auto created = directory_->create(name);
    if (!created) return created.error();
    file = *created;
  }
  return make_text_node(context_, directory_, std::move(file), name);
}

Result<NodePtr> QueryNode::make_symlink(const std::string& name, const std::string& target) {
  if (auto good = check_new_name(name); !good) return good.error();
  if (name == kQueryFile || name == kPositionsFile) return Error(EPERM, name + " must be a plain file");
  if (directory_->file(name)) return Error(EEXIST, path() + "/" + name + " exists");
  auto created = directory_->create(name, target);
  if (!created) return created.error();
  return make_text_node(context_, directory_, *created, name);
}

Error QueryNode::not_removable(const std::string& name) const {
  return {EROFS, path() + "/" + name + ": the archive's files stay; rmdir and rm -r remove the whole query"};
}

// `rm -r` unlinks query.adql first. What it finds then must go, or a query could not be removed; the archive keeps its files.
Result<void> QueryNode::remove(const std::string& name) {
  if (name == kPositionsFile && directory_->file(name)) {
    auto removed = directory_->remove_positions();
    if (removed) forget_replaced(context_, *directory_);
    return removed;
  }
  if (directory_->remove(name)) return {};
  if (!directory_->emptied()) return not_removable(name);
  if (name == kTableName || name == kCutoutName)
    return Error(EISDIR, path() + "/" + name + " is a directory");
  directory_->hide(name);
  return {};
}

Cancel QueryNode::remove_directory(const std::string& name, Done<void> done) {
  if (name != kTableName && name != kCutoutName) {
    done(Error(ENOTDIR, path() + "/" + name + " is not a directory"));
  } else if (!directory_->emptied()) {
    done(not_removable(name));
  } else {
    directory_->hide(name);
    done({});
  }
  return {};
}

Result<void> QueryNode::rename(const std::string& name, Node& to, const std::string& to_name, bool replace) {
  const bool ours = directory_->file(name) != nullptr;
  if (!ours) return Error(EROFS, path() + "/" + name + ": the archive's files cannot be renamed");
  if (to.identity() != identity()) return Error(EXDEV, path() + "/" + name + " cannot leave its query");
  if (auto good = check_new_name(to_name); !good) return good;
  auto renamed = directory_->rename(name, to_name, replace);
  if (renamed) forget_replaced(context_, *directory_);
  return renamed;
}

Result<void> QueryNode::change(const Change&) {
  return {};
}  // chmod, chown and touch of the directory: nothing to keep

Error QueryNode::refusal(const std::string& operation) const {
  if (operation.starts_with("link") || operation.starts_with("mknod"))
    return {EPERM, operation + " " + path() + ": a query has plain files only"};
  if (operation.starts_with("mkdir"))
    return directory_->is_fixed() ? Node::refusal(operation) : Error(EROFS, kWhatCanBeWritten);
  return {ENOTSUP, operation + " " + path() + ": not in a query"};
}

}  // namespace esofs::fs
