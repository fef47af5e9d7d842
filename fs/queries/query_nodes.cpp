#include "fs/queries/query_nodes.h"

#include <cerrno>
#include <optional>

#include "fs/datasets/cutout_nodes.h"
#include "fs/datasets/dataset_file.h"
#include "fs/queries/query_files.h"
#include "fs/queries/result_nodes.h"
#include "fs/queries/saved_query.h"
#include "fs/tree/names.h"
#include "fs/tree/plain_nodes.h"

namespace esofs::fs {
namespace {

using ListingPtr = std::shared_ptr<const cache::Listing>;

// Offsets from here on are rows of the listing; below it are the local entries.
constexpr std::uint64_t kFirstRow = 1U << 20U;

NodePtr entry_node(Context& context, const QueryDirectory& directory, const ListingPtr& listing,
                   const cache::Listing::Entry& entry) {
  return std::make_shared<DatasetFile>(context, entry.dataset, cache::Form::kPlain,
                                       directory.path() + "/" + entry.name, RowReference{listing, entry.row});
}

Result<Found> find_entry(Context& context, const QueryDirectory& directory, const ListingPtr& listing,
                         const std::string& name) {
  auto entry = listing->find(name);
  if (!entry) return entry.error().at(directory.path() + "/" + name);
  if (!*entry) return Found{nullptr, kAbsentInListing};
  return Found{entry_node(context, directory, listing, **entry)};
}

NodePtr cutouts(Context& context, const QueryDirectoryPtr& directory) {
  DatasetLister lister;
  lister.identity = directory->identity();
  lister.path = [directory] { return directory->path(); };
  lister.known = [&context, directory]() -> ListingPtr {
    const auto spec = directory->spec();
    return spec && !spec->adql.empty() ? context.catalog().known_listing(*spec) : nullptr;
  };
  lister.ask = [&context, directory](Done<ListingPtr> done) -> Cancel {
    const auto spec = directory->spec();
    if (spec && !spec->adql.empty()) return context.catalog().listing(*spec, std::move(done));
    done(spec ? Error(ENOENT, directory->path() + " has no query") : spec.error());
    return {};
  };
  lister.hidden = [directory](const std::string& name) { return directory->hidden(name); };
  lister.removable = !directory->is_fixed();
  return make_listing_cutouts(context, std::move(lister));
}

// A query directory held open: the local files as they were, then the rows of one snapshot.
class QueryHandle : public DirectoryHandle {
 public:
  QueryHandle(Context& context, QueryDirectoryPtr directory, FixedDirectory::Entries local,
              ListingPtr listing)
      : context_(context),
        directory_(std::move(directory)),
        local_(std::move(local)),
        listing_(std::move(listing)) {}

  Result<void> entries(std::uint64_t offset, const std::function<bool(const Entry&)>& visit) override {
    for (std::uint64_t i = offset; i < local_.size(); ++i) {
      if (!visit({local_[i].first, i + 1, local_[i].second})) return {};
    }
    if (!listing_) return {};
    const std::uint64_t from = offset < kFirstRow ? 0 : offset - kFirstRow;
    return listing_->entries(from, [&](const cache::Listing::Entry& entry) {
      std::string name = shown_name(entry.name, context_.config().names);
      if (directory_->hidden(name)) return true;
      return visit(
          {std::move(name), kFirstRow + entry.row + 1, entry_node(context_, *directory_, listing_, entry)});
    });
  }
  std::uint64_t size() const override { return local_.size() + (listing_ ? listing_->datasets() : 0); }

 private:
  Context& context_;
  const QueryDirectoryPtr directory_;
  const FixedDirectory::Entries local_;
  const ListingPtr listing_;
};

}  // namespace

// --- QueriesNode ---

Attributes QueriesNode::attributes() {
  return {NodeType::kDirectory, 0755, 0, true, context_.mounted_at(), kLongTimeout, kShortTimeout};
}

Cancel QueriesNode::lookup(const std::string& name, Done<Found> done) {
  auto query = queries_.find(name);
  if (!query) {
    done(query.error().at("/queries/" + name));
  } else if (!*query) {
    done(Found{nullptr, kShortTimeout});
  } else {
    done(Found{std::make_shared<QueryNode>(context_, *query)});
  }
  return {};
}

Cancel QueriesNode::open_directory(Done<std::shared_ptr<DirectoryHandle>> done) {
  auto queries = queries_.list();
  if (!queries) {
    done(queries.error());
    return {};
  }
  FixedDirectory::Entries entries;
  for (const auto& query : *queries)
    entries.emplace_back(query->name(), std::make_shared<QueryNode>(context_, query));
  done(std::shared_ptr<DirectoryHandle>(std::make_shared<EntriesHandle>(std::move(entries))));
  return {};
}

Result<NodePtr> QueriesNode::create(const std::string& name) {
  return Error(
      EROFS, "queries/ holds directories only: mkdir queries/NAME, then write queries/NAME/query.adql (not " +
                 name + ")");
}

Result<NodePtr> QueriesNode::make_directory(const std::string& name) {
  auto query = queries_.make(name);
  if (!query) return query.error();
  return NodePtr(std::make_shared<QueryNode>(context_, *query));
}

Result<void> QueriesNode::remove_directory(const std::string& name) {
  auto removed = queries_.remove(name);
  if (!removed) return removed.error();
  const auto spec = (*removed)->spec();
  if (spec && !spec->adql.empty() && !queries_.asked_by_another(*spec, **removed))
    context_.catalog().forget(*spec);
  return {};
}

Result<void> QueriesNode::rename(const std::string& name, Node& to, const std::string& to_name, bool) {
  if (to.identity() != identity())
    return Error(EROFS, "a query can be renamed, but not moved out of queries/");
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
  return {NodeType::kDirectory, 0755, 0, true, directory_->mtime(), kShortTimeout, kShortTimeout};
}

Cancel QueryNode::lookup(const std::string& name, Done<Found> done) {
  if (auto file = directory_->file(name)) {
    done(Found{make_text_node(context_, directory_, std::move(file), name)});
    return {};
  }
  const auto spec = directory_->spec();
  const bool asks = spec && !spec->adql.empty();
  if (directory_->removed() || directory_->hidden(name) || name == kQueryFile) {
    done(Found{nullptr, 0});
  } else if (name == kStatusName) {
    done(Found{make_status_node(context_, directory_)});
  } else if (!asks) {
    done(Found{nullptr, 0});
  } else if (name == kTableName) {
    done(Found{make_table_node(context_, directory_)});
  } else if (name == kCutoutName) {
    done(Found{cutouts(context_, directory_)});
  } else if (const auto listing = context_.catalog().known_listing(*spec)) {
    done(find_entry(context_, *directory_, listing, name));
  } else if (!may_name_a_dataset(name)) {
    done(Found{nullptr, never_a_name(name) ? kAbsentByGrammar : kAbsentInListing});
  } else {
    return with_deadline<ListingPtr>(
        context_.timer(), context_.config().lookup_wait,
        Error(EAGAIN, path() + "/" + name + ": the query has not been answered yet; list its directory"),
        [&](Done<ListingPtr> answered) { return context_.catalog().listing(*spec, std::move(answered)); },
        [&context = context_, directory = directory_, name,
         done = std::move(done)](Result<ListingPtr> answer) {
          if (!answer) return done(answer.error());
          done(find_entry(context, *directory, *answer, name));
        });
  }
  return {};
}

std::vector<std::pair<std::string, NodePtr>> QueryNode::local_entries() const {
  FixedDirectory::Entries entries;
  if (directory_->removed()) return entries;
  for (const auto& [name, file] : directory_->files())
    entries.emplace_back(name, make_text_node(context_, directory_, file, name));
  if (!directory_->hidden(kStatusName))
    entries.emplace_back(kStatusName, make_status_node(context_, directory_));
  const auto spec = directory_->spec();
  if (spec && !spec->adql.empty() && !directory_->hidden(kTableName))
    entries.emplace_back(kTableName, make_table_node(context_, directory_));
  // Before anything was cut out there is nothing to see in it, nor to copy; it can be entered all the same.
  if (spec && !spec->adql.empty() && !directory_->hidden(kCutoutName) && has_used_cutouts(context_, path()))
    entries.emplace_back(kCutoutName, cutouts(context_, directory_));
  return entries;
}

Cancel QueryNode::open_directory(Done<std::shared_ptr<DirectoryHandle>> done) {
  const auto spec = directory_->spec();
  if (!spec) {
    done(spec.error());
    return {};
  }
  if (spec->adql.empty() || directory_->removed()) {
    done(std::shared_ptr<DirectoryHandle>(
        std::make_shared<QueryHandle>(context_, directory_, local_entries(), nullptr)));
    return {};
  }
  return with_deadline<ListingPtr>(
      context_.timer(), context_.config().query_wait,
      Error(EAGAIN, "the query has not been answered yet; it goes on, see status.txt and look again"),
      [&](Done<ListingPtr> answered) { return context_.catalog().listing(*spec, std::move(answered)); },
      [&context = context_, directory = directory_, local = local_entries(), adql = spec->adql,
       done = std::move(done)](Result<ListingPtr> listing) {
        if (!listing) return done(advised(listing.error(), adql));
        done(std::shared_ptr<DirectoryHandle>(
            std::make_shared<QueryHandle>(context, directory, local, *listing)));
      });
}

Result<void> QueryNode::check_new_name(const std::string& name) const {
  if (name == kStatusName || name == kTableName || name == kCutoutName || may_name_a_dataset(name))
    return Error(EROFS, path() + "/" + name + ": the names of the archive's files cannot be written");
  return {};
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
  if (name == kQueryFile) return Error(EPERM, "query.adql must be a plain file");
  if (directory_->file(name)) return Error(EEXIST, path() + "/" + name + " exists");
  auto created = directory_->create(name, target);
  if (!created) return created.error();
  return make_text_node(context_, directory_, *created, name);
}

// Whatever `rm -r` finds here must go, or a query could not be removed; the archive keeps its files.
Result<void> QueryNode::remove(const std::string& name) {
  if (directory_->remove(name)) return {};
  if (name == kTableName || name == kCutoutName)
    return Error(EISDIR, path() + "/" + name + " is a directory");
  directory_->hide(name);
  return {};
}

Result<void> QueryNode::remove_directory(const std::string& name) {
  if (name != kTableName && name != kCutoutName)
    return Error(ENOTDIR, path() + "/" + name + " is not a directory");
  directory_->hide(name);
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
  if (operation.starts_with("mkdir")) return Node::refusal(operation);
  return {ENOTSUP, operation + " " + path() + ": not in a query"};
}

}  // namespace esofs::fs
