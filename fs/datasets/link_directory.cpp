#include "fs/datasets/link_directory.h"

#include <algorithm>
#include <cerrno>
#include <set>
#include <string_view>

#include "client/base/in_turn.h"
#include "client/model/identifiers.h"
#include "client/services/service_error.h"
#include "fs/datasets/dataset_file.h"
#include "fs/datasets/link_file.h"
#include "fs/datasets/link_terms.h"

namespace esofs::fs {
namespace {

// Further answers of one directory: ESO has one, ALMA one for each package. The limit ends circles.
constexpr std::size_t kMostLists = 64;
constexpr std::size_t kMostErrorsReported = 10;

// Collects the answers for one directory, one after another.
class Gathering {
 public:
  Gathering(const DatasetPlace& place, std::string directory)
      : place_(place), directory_(std::move(directory)) {}

  void add(LinksPtr links) {
    for (auto& url : lists_in(*links, directory_, place_.dataset.id, place_.context.ids())) {
      if (seen_.size() < kMostLists && seen_.insert(url).second) open_.push_back(std::move(url));
    }
    documents_.push_back(std::move(links));
  }
  // The next list to ask for.
  std::optional<client::Dataset> next() {
    if (open_.empty()) return std::nullopt;
    client::Dataset list = place_.dataset;
    list.access_url = std::move(open_.back());
    list.access = client::AccessKind::kDataLink;
    open_.pop_back();
    return list;
  }
  LinkTablePtr table(ProductFilesPtr files) const {
    return std::make_shared<LinkTable>(
        LinkTable::Source{place_.dataset.id, directory_, documents_, std::move(files)}, place_.context.ids(),
        place_.context.config().names);
  }
  const DatasetPlace& place() const noexcept { return place_; }
  const std::string& directory() const noexcept { return directory_; }

 private:
  const DatasetPlace place_;
  const std::string directory_;
  std::vector<LinksPtr> documents_;
  std::vector<std::string> open_;
  std::set<std::string> seen_;
};

// The table; the product's files fill in what the answers leave open.
Cancel finish(const std::shared_ptr<Gathering>& gathering, Done<LinkTablePtr> done) {
  LinkTablePtr table = gathering->table(nullptr);
  if (gathering->directory() != "auxiliary" || !table->leaves_open()) {
    done(std::move(table));
    return {};
  }
  const auto& place = gathering->place();
  return place.context.catalog().product_files(
      place.dataset.id,
      AskedBy(done.cause(), [gathering, table, done = done.take()](Result<ProductFilesPtr> files) {
        // They are an addition that most archives do not have; without them DataLink alone is shown.
        if (!files && files.error().code() == EINTR) return done(files.error());
        done(files ? gathering->table(*files) : table);
      }));
}

Cancel gather(const std::shared_ptr<Gathering>& gathering, Done<LinkTablePtr> done) {
  const auto list = gathering->next();
  if (!list) return finish(gathering, std::move(done));
  return in_turn<LinksPtr, LinkTablePtr>(
      [&](Done<LinksPtr> links) {
        return gathering->place().context.catalog().links(*list, std::move(links));
      },
      [gathering](LinksPtr links, Done<LinkTablePtr> all) {
        gathering->add(std::move(links));
        return gather(gathering, std::move(all));
      },
      std::move(done));
}

// An open directory over a table; nodes are made when they are visited.
class TableHandle : public DirectoryHandle {
 public:
  TableHandle(DatasetPlace place, LinkTablePtr table) : place_(std::move(place)), table_(std::move(table)) {}
  Result<void> entries(std::uint64_t offset, const std::function<bool(const Entry&)>& visit) override {
    const auto& all = table_->entries();
    const NameStyle style = place_.context.config().names;
    for (std::uint64_t i = offset; i < all.size(); ++i) {
      const auto& entry = all[i];
      if (!visit(
              {shown_name(entry.name, style), i + 1, link_file(place_, entry, table_->source().directory)}))
        break;
    }
    return {};
  }
  std::uint64_t size() const override { return table_->entries().size(); }

 private:
  const DatasetPlace place_;
  const LinkTablePtr table_;
};

void report_errors(Context& context, const std::string& path, const LinkTable& table) {
  const auto& errors = table.errors();
  for (std::size_t i = 0; i < std::min(errors.size(), kMostErrorsReported); ++i)
    context.errors().add(context.now(), path, client::link_error(errors[i], "of its DataLink answer"));
}

}  // namespace

Attributes LinkDirectory::attributes() {
  return {NodeType::kDirectory, 0555, 0, true, dataset_mtime(place_.dataset), kLongTimeout, kLongTimeout};
}

LinkTablePtr LinkDirectory::known_table() const {
  auto& catalog = place_.context.catalog();
  const LinksPtr links = catalog.known_links(place_.dataset);
  if (!links) return nullptr;
  LinkTablePtr kept = *kept_->lock();
  if (kept && kept->source().documents.front()->document == links->document) return kept;
  Gathering gathering(place_, directory_);
  gathering.add(links);
  while (const auto list = gathering.next()) {
    LinksPtr further = catalog.known_links(*list);
    if (!further) return nullptr;
    gathering.add(std::move(further));
  }
  LinkTablePtr table = gathering.table(nullptr);
  if (directory_ == "auxiliary" && table->leaves_open()) {
    const ProductFilesPtr files = catalog.known_product_files(place_.dataset.id);
    if (!files) return nullptr;
    table = gathering.table(files);
  }
  *kept_->lock() = table;
  return table;
}

Cancel LinkDirectory::ask_table(Done<LinkTablePtr> done) const {
  return in_turn<LinksPtr, LinkTablePtr>(
      [this](Done<LinksPtr> links) { return links_if_any(place_, std::move(links)); },
      [place = place_, directory = directory_, kept = kept_](LinksPtr links, Done<LinkTablePtr> answered) {
        if (!links) {
          answered(Error(ENOENT, place.path + " has no DataLink answer"));
          return Cancel();
        }
        const LinkTablePtr before = *kept->lock();
        if (before && before->source().documents.front()->document == links->document) {
          answered(before);
          return Cancel();
        }
        auto gathering = std::make_shared<Gathering>(place, directory);
        gathering->add(std::move(links));
        return gather(gathering, AskedBy(answered.cause(),
                                         [kept, answered = answered.take()](Result<LinkTablePtr> table) {
                                           if (table) *kept->lock() = *table;
                                           answered(std::move(table));
                                         }));
      },
      std::move(done));
}

Cancel LinkDirectory::lookup(const std::string& name, Done<Found> done) {
  const auto answer = [place = place_, directory = directory_, name](const LinkTable& table) {
    const auto* entry = table.find(name);
    return entry ? Found{link_file(place, *entry, directory)} : Found{nullptr, kAbsentInListing};
  };
  if (const LinkTablePtr table = known_table()) {
    done(answer(*table));
    return {};
  }
  return with_deadline<LinkTablePtr>(
      place_.context.timer(), place_.context.config().lookup_wait,
      Error(EAGAIN, path() + "/" + name + ": the archive has not said yet what is there"),
      [this](Done<LinkTablePtr> answered) { return ask_table(std::move(answered)); },
      AskedBy(done.cause(), [answer, done = done.take()](Result<LinkTablePtr> table) {
        if (!table && table.error().code() == ENOENT) return done(Found{nullptr, kAbsentInListing});
        if (!table) return done(table.error());
        done(answer(**table));
      }));
}

Cancel LinkDirectory::open_directory(Done<std::shared_ptr<DirectoryHandle>> done) {
  return with_deadline<LinkTablePtr>(
      place_.context.timer(), place_.context.config().query_wait,
      Error(EAGAIN, "the archive has not answered yet; look again"),
      [this](Done<LinkTablePtr> answered) { return ask_table(std::move(answered)); },
      AskedBy(done.cause(), [place = place_, path = path(), directory = directory_,
                             done = done.take()](Result<LinkTablePtr> table) {
        if (!table) return done(table.error());
        const LinkTable& found = **table;
        if (!found.has_rows()) return done(Error(ENOENT, "the dataset has nothing in " + directory));
        if (found.entries().empty() && !found.errors().empty())
          return done(client::link_error(found.errors().front(), "of its DataLink answer"));
        report_errors(place.context, path, found);
        place.context.catalog().visited(kVisitKind, place.dataset.id);
        done(std::shared_ptr<DirectoryHandle>(std::make_shared<TableHandle>(place, *table)));
      }));
}

std::vector<std::string> link_directories(const client::Links& links) {
  std::set<std::string> found;
  std::size_t this_rows = 0;
  for (const auto& link : links.rows) {
    if (link.error_message.empty() && !leads_somewhere(links, link)) continue;
    std::string directory = directory_of(link);
    if (directory != kThisDirectory)
      found.insert(std::move(directory));
    else if (link.error_message.empty() && ++this_rows == 2)  // the first is the dataset's own file
      found.emplace(kThisDirectory);
  }
  found.erase("");
  std::vector<std::string> directories;
  for (const auto known : kLinkDirectories) {
    if (found.erase(std::string(known)) > 0) directories.emplace_back(known);
  }
  directories.insert(directories.end(), found.begin(), found.end());
  return directories;
}

bool has_link_directory(const client::Links& links, const std::string& directory) {
  std::size_t wanted = directory == kThisDirectory ? 2 : 1;
  return std::any_of(links.rows.begin(), links.rows.end(), [&](const client::Link& link) {
    const bool counts =
        leads_somewhere(links, link) || (!link.error_message.empty() && directory != kThisDirectory);
    return counts && directory_of(link) == directory && --wanted == 0;
  });
}

}  // namespace esofs::fs
