#include "fs/queries/result_nodes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "client/base/in_turn.h"
#include "client/base/unique_fd.h"
#include "client/tables/table_export.h"
#include "fs/queries/header_nodes.h"
#include "fs/queries/position_table.h"
#include "fs/queries/summary_text.h"
#include "fs/tree/error_log.h"
#include "fs/tree/plain_nodes.h"

namespace esofs::fs {
namespace {

using ListingPtr = std::shared_ptr<const cache::Listing>;

constexpr const char* kSummaryName = "summary.txt";
constexpr std::uint64_t kUnknownEstimate = 1U << 20U;
constexpr std::uint64_t kMostRowsInMemory =
    50'000;  // made into a table in memory at once, in some tenths of a second
// FITS pads strings to the longest of their column; a reader that trusts stat before open must not stop too early.
constexpr std::uint64_t kEstimateFactor = 2;

constexpr const char* kTruncated = "user.esofs.truncated";
constexpr const char* kRows = "user.esofs.rows";
constexpr const char* kService = "user.esofs.service";
constexpr const char* kUrl = "user.esofs.url";
constexpr const char* kError = "user.esofs.error";

// A file on the local disk that never changes: the kept answer of one snapshot.
class LocalFile : public cache::OpenFile {
 public:
  LocalFile(UniqueFd fd, std::uint64_t size, std::string version, ListingPtr keeps)
      : fd_(std::move(fd)), size_(size), version_(std::move(version)), keeps_(std::move(keeps)) {}

  Cancel read(std::uint64_t offset, std::size_t size, Done<Bytes> done) override {
    done(read_now(offset, size));
    return {};
  }
  std::uint64_t size() const noexcept override { return size_; }
  const std::string& version() const noexcept override { return version_; }

 private:
  Result<Bytes> read_now(std::uint64_t offset, std::size_t size) const {
    if (offset >= size_) return Bytes{};
    Bytes bytes(std::min<std::uint64_t>(size, size_ - offset));
    std::size_t have = 0;
    while (have < bytes.size()) {
      const ssize_t got =
          ::pread(fd_.get(), bytes.data() + have, bytes.size() - have, static_cast<off_t>(offset + have));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return Error(EIO, "reading the kept answer: " + std::generic_category().message(errno));
      if (got == 0) return Error(EIO, "the kept answer is shorter than it was");
      have += static_cast<std::size_t>(got);
    }
    return bytes;
  }

  const UniqueFd fd_;
  const std::uint64_t size_;
  const std::string version_;
  const ListingPtr keeps_;
};

Result<FileHandle> handle_of(UniqueFd fd, const ListingPtr& listing, const std::string& what) {
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0)
    return Error(EIO, "opening " + what + ": " + std::generic_category().message(errno));
  return FileHandle{std::make_shared<LocalFile>(std::move(fd), static_cast<std::uint64_t>(status.st_size),
                                                listing->id(), listing)};
}

Result<FileHandle> open_local(const std::filesystem::path& path, const ListingPtr& listing) {
  return handle_of(UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), listing, path.string());
}

// Whether all forms are made of the rows of an answer that was not kept as the server sent it.
bool made_of_rows(const cache::Listing& listing) {
  return !listing.result_kept() && listing.rows() <= kMostRowsInMemory;
}

Result<FileHandle> open_rows(const ListingPtr& listing, AnswerForm form, bool truncated) {
  const client::ExportRows rows{listing->columns(), listing->rows(),
                                [&](std::uint64_t number) { return listing->row(number); }};
  auto made = form ? client::export_in_memory(rows, *form) : client::votable_in_memory(rows, truncated);
  if (!made) return made.error().at("making a table of the answer");
  return handle_of(*std::move(made), listing, "a table in memory");
}

Cancel open_form(cache::Catalog& catalog, const cache::QuerySpec& query, const ListingPtr& listing,
                 AnswerForm form, Done<FileHandle> done) {
  if (made_of_rows(*listing)) {
    done(open_rows(listing, form, catalog.state(query).truncated));
    return {};
  }
  if (form) {
    return catalog.result(
        listing, *form,
        AskedBy(done.cause(), [listing, done = done.take()](const Result<std::filesystem::path>& path) {
          if (!path) return done(path.error());
          done(open_local(*path, listing));
        }));
  }
  if (const auto file = listing->result_file()) {
    done(open_local(*file, listing));
  } else if (listing->result_kept()) {
    done(Error(EAGAIN, "the answer of this query has just been removed from the cache; look again"));
  } else {
    done(listing->not_kept());
  }
  return {};
}

// table/result.csv and the like.
class QueryResult : public AnswerFile {
 public:
  QueryResult(Context& context, QueryDirectoryPtr directory, AnswerForm form, std::string name)
      : AnswerFile(context, form), directory_(std::move(directory)), name_(std::move(name)) {}
  std::string identity() const override { return name_ + ':' + directory_->identity(); }
  std::string path() const override { return directory_->path() + "/table/" + name_; }

 protected:
  Result<cache::QuerySpec> spec() const override { return directory_->spec(); }

 private:
  const QueryDirectoryPtr directory_;
  const std::string name_;
};

class TableNode : public Node {
 public:
  TableNode(Context& context, QueryDirectoryPtr directory)
      : context_(context), directory_(std::move(directory)) {}
  std::string identity() const override { return "table:" + directory_->identity(); }
  std::string path() const override { return directory_->path() + "/table"; }
  NodeType type() const override { return NodeType::kDirectory; }
  Attributes attributes() override {
    // Only its removal is possible, so that `rm -r` of the query goes through.
    return {NodeType::kDirectory, 0555, 0, true, directory_->mtime(), kShortTimeout, kShortTimeout};
  }
  Cancel lookup(const std::string& name, Done<Found> done) override {
    const auto form = form_of(name);
    if (NodePtr text = directory_->hidden(hidden_name(name)) ? nullptr : text_of(name)) {
      done(Found{std::move(text)});
      return {};
    }
    if (NodePtr headers = form ? nullptr : make_headers_node(context_, directory_, name);
        headers && !directory_->hidden(hidden_name(name))) {
      done(Found{std::move(headers)});
      return {};
    }
    // One that is not shown can still be opened, to learn why it was not kept.
    done(form && !directory_->hidden(hidden_name(name)) && has_query() ? Found{result(*form, name)}
                                                                       : Found{nullptr, kAbsentInListing});
    return {};
  }
  Absence absence(const std::string& name) override {
    std::vector<std::string> names{kSummaryName, "headers.csv", "headers.fits", "headers.vot"};
    for (const auto& [extension, form] : answer_forms()) names.push_back("result" + extension);
    return absence_among(name, names);
  }
  Cancel open_directory(Done<std::shared_ptr<DirectoryHandle>> done) override {
    FixedDirectory::Entries entries;
    for (const auto& [extension, form] : answer_forms()) {
      const std::string name = "result" + extension;
      if (shown(name)) entries.emplace_back(name, result(form, name));
    }
    for (const char* name : {kSummaryName, kPositionTableName}) {
      NodePtr text = directory_->hidden(hidden_name(name)) ? nullptr : text_of(name);
      if (name == kPositionTableName && positions_refused()) text = nullptr;
      if (text) entries.emplace_back(name, std::move(text));
    }
    for (const auto& name : headers_used(context_, *directory_)) {
      if (!directory_->hidden(hidden_name(name)))
        entries.emplace_back(name, make_headers_node(context_, directory_, name));
    }
    done(std::shared_ptr<DirectoryHandle>(std::make_shared<EntriesHandle>(std::move(entries))));
    return {};
  }
  Result<void> remove(const std::string& name) override {
    if (!directory_->emptied()) return Node::remove(name);
    if (!form_of(name) && !text_of(name) && !make_headers_node(context_, directory_, name))
      return Error(ENOENT, path() + " has no " + name);
    directory_->hide(hidden_name(name));
    return {};
  }

 private:
  static std::optional<AnswerForm> form_of(const std::string& name) {
    const auto split = split_answer_name(name);
    return split && split->first == "result" ? std::optional<AnswerForm>(split->second) : std::nullopt;
  }
  static std::string hidden_name(const std::string& name) { return "table/" + name; }
  bool has_query() const { return directory_->listed_spec().has_value(); }
  // False if the answer is known and there is nothing to make it of: a copy of the whole directory must not fail at it.
  bool shown(const std::string& name) const {
    if (directory_->hidden(hidden_name(name))) return false;
    const auto spec = directory_->listed_spec();
    if (!spec) return false;
    const auto listing = context_.catalog().known_listing(*spec);
    return !listing || listing->result_kept() || made_of_rows(*listing);
  }
  // The same of positions.csv.
  bool positions_refused() const {
    const auto spec = directory_->spec();
    const auto listing = spec ? context_.catalog().known_listing(*spec) : nullptr;
    return listing && position_fault(context_, *spec, *listing).has_value();
  }
  using Render = std::function<Result<std::string>(const cache::QuerySpec&, const cache::Listing&)>;
  // What is made of the rows of the answer; nullptr: no such file.
  NodePtr text_of(const std::string& name) const {
    if (name == kSummaryName)
      return rendered(name,
                      [&names = context_.names()](const cache::QuerySpec&, const cache::Listing& listing) {
                        return summary_text(listing, names);
                      });
    const bool positions = name == kPositionTableName && !directory_->positions().empty();
    if (!positions) return nullptr;
    return rendered(name, [directory = directory_, &context = context_](const cache::QuerySpec& spec,
                                                                        const cache::Listing& listing) {
      const auto fault = position_fault(context, spec, listing);
      if (fault) return Result<std::string>(*fault);
      return position_table(listing, position_match(*directory, listing), context.names());
    });
  }
  NodePtr rendered(const std::string& name, Render render) const {
    const bool summary = name == kSummaryName;
    return std::make_shared<MadeText>(
        (summary ? "summary:" : "table " + name + ":") + directory_->identity(), path() + "/" + name,
        std::max(directory_->mtime(), context_.mounted_at()),
        [&context = context_, directory = directory_,
         render = std::move(render)](Done<std::string> done) -> Cancel {
          const auto spec = directory->spec();
          if (!spec || spec->adql.empty()) {
            done(spec ? Error(ENODATA, directory->path() + ": there is no query") : spec.error());
            return {};
          }
          return with_deadline<ListingPtr>(
              context.timer(), context.config().query_wait,
              Error(EAGAIN, directory->path() + ": the query has not been answered yet"),
              [&](Done<ListingPtr> answered) {
                return context.catalog().listing(*spec, std::move(answered));
              },
              AskedBy(done.cause(),
                      [render, spec = *spec, done = done.take()](const Result<ListingPtr>& listing) {
                        if (!listing) return done(listing.error());
                        done(render(spec, **listing));
                      }));
        });
  }
  NodePtr result(AnswerForm form, const std::string& name) const {
    return std::make_shared<QueryResult>(context_, directory_, form, name);
  }

  Context& context_;
  const QueryDirectoryPtr directory_;
};

}  // namespace

const std::vector<std::pair<std::string, AnswerForm>>& answer_forms() {
  static const auto forms = [] {
    std::vector<std::pair<std::string, AnswerForm>> made{{".vot", std::nullopt}};
    for (const auto format : client::kTableFormats) made.emplace_back(client::extension(format), format);
    return made;
  }();
  return forms;
}

std::optional<std::pair<std::string, AnswerForm>> split_answer_name(std::string_view name) {
  for (const auto& [extension, form] : answer_forms()) {
    if (name.size() > extension.size() && name.ends_with(extension))
      return std::pair{std::string(name.substr(0, name.size() - extension.size())), form};
  }
  return std::nullopt;
}

// --- AnswerFile ---

ListingPtr AnswerFile::known() const {
  const auto query = spec();
  return query && !query->adql.empty() ? context_.catalog().known_listing(*query) : nullptr;
}

Attributes AnswerFile::attributes() {
  Attributes attributes{NodeType::kFile, 0444, kUnknownEstimate, false, context_.mounted_at(),
                        kShortTimeout,   0};
  const auto listing = known();
  const auto answer = listing ? listing->result_file() : std::nullopt;
  struct stat status {};
  if (!answer || ::stat(answer->c_str(), &status) != 0) return attributes;
  attributes.mtime = status.st_mtim.tv_sec;
  attributes.size = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(status.st_size));
  if (form_) {
    attributes.size *= kEstimateFactor;
    const auto made = context_.catalog().known_result(*listing, *form_);
    if (!made || ::stat(made->c_str(), &status) != 0) return attributes;
    attributes.size = static_cast<std::uint64_t>(status.st_size);
  }
  attributes.exact = true;
  attributes.attr_timeout = kShortTimeout;
  return attributes;
}

Cancel AnswerFile::open(std::optional<uid_t>, bool, Done<FileHandle> done) {
  const auto query = spec();
  if (!query) {
    done(query.error().at(path()));
    return {};
  }
  auto& catalog = context_.catalog();
  return with_deadline<FileHandle>(
      context_.timer(), context_.config().query_wait,
      Error(EAGAIN, path() + ": the query has not been answered yet"),
      [&](Done<FileHandle> opened) {
        return in_turn<ListingPtr, FileHandle>(
            [&](Done<ListingPtr> listed) { return catalog.listing_with_result(*query, std::move(listed)); },
            [&catalog, query = *query, form = form_](const ListingPtr& listing, Done<FileHandle> made) {
              return open_form(catalog, query, listing, form, std::move(made));
            },
            std::move(opened));
      },
      AskedBy(done.cause(), [when_opened = when_opened(), done = done.take()](Result<FileHandle> handle) {
        if (handle && when_opened) when_opened();
        done(std::move(handle));
      }));
}

std::optional<std::string> AnswerFile::xattr(const std::string& name) {
  const auto query = spec();
  if (!query || query->adql.empty()) return std::nullopt;
  const auto state = context_.catalog().state(*query);
  if (name == kError)
    return state.error ? std::optional(errno_name(state.error->code()) + ' ' + state.error->what())
                       : std::nullopt;
  if (!state.known) return std::nullopt;
  if (name == kTruncated) return state.truncated ? "true" : "false";
  if (name == kRows) return std::to_string(state.rows);
  if (name == kService) return state.service;
  if (name == kUrl) return state.service_url;
  return std::nullopt;
}

std::vector<std::string> AnswerFile::xattr_names() {
  std::vector<std::string> names;
  for (const char* name : {kTruncated, kRows, kService, kUrl, kError}) {
    if (xattr(name)) names.emplace_back(name);
  }
  return names;
}

NodePtr make_table_node(Context& context, QueryDirectoryPtr directory) {
  return std::make_shared<TableNode>(context, std::move(directory));
}

}  // namespace esofs::fs
