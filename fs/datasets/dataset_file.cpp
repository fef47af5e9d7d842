#include "fs/datasets/dataset_file.h"

#include <algorithm>
#include <string_view>

#include "cache/walks/files_ahead.h"
#include "client/base/text.h"
#include "client/http/url.h"
#include "fs/tree/names.h"
#include "fs/tree/value_text.h"

namespace esofs::fs {
namespace {

// IRAF refuses files from before 1980.
constexpr std::int64_t kEarliest = 315'619'200;  // 1980-01-02
constexpr std::int64_t kNoDate = 946'684'800;    // 2000-01-01: a date that never changes

constexpr std::string_view kRowPrefix = "user.eso.";
constexpr std::string_view kOwnPrefix = "user.esofs.";

// "/datasets/X/X.fits", and nothing deeper.
bool is_own_file(const std::string& path) {
  constexpr std::string_view kBegins = "/datasets/";
  return path.starts_with(kBegins) && std::count(path.begin() + kBegins.size(), path.end(), '/') == 1;
}

// An open file whose reads are told to a visit.
class VisitedFile : public cache::OpenFile {
 public:
  VisitedFile(std::shared_ptr<cache::OpenFile> file, std::shared_ptr<cache::FileVisit> visit)
      : file_(std::move(file)), visit_(std::move(visit)) {}
  Cancel read(std::uint64_t offset, std::size_t size, Done<cache::Bytes> done) override {
    visit_->read(offset, size);
    return file_->read(
        offset, size, AskedBy(done.cause(), [visit = visit_, done = done.take()](Result<cache::Bytes> bytes) {
          visit->moved();
          done(std::move(bytes));
        }));
  }
  bool at_hand(std::uint64_t offset, std::size_t size) override { return file_->at_hand(offset, size); }
  void ask_ahead(std::uint64_t offset, std::uint64_t size, const Cause& cause) override {
    file_->ask_ahead(offset, size, cause);
  }
  std::uint64_t size() const noexcept override { return file_->size(); }
  const std::string& version() const noexcept override { return file_->version(); }
  bool restricted() const noexcept override { return file_->restricted(); }
  std::string shared_version(const std::string& archive) const override {
    return file_->shared_version(archive);
  }

 private:
  const std::shared_ptr<cache::OpenFile> file_;
  const std::shared_ptr<cache::FileVisit> visit_;
};

}  // namespace

std::int64_t dataset_mtime(const client::Dataset& dataset) {
  if (dataset.mtime != 0) return std::max(dataset.mtime, kEarliest);
  const std::int64_t date = date_in_id(dataset.id);
  return date > 0 ? std::max(date, kEarliest) : kNoDate;
}

std::string file_identity(const client::Dataset& dataset, cache::Form form) {
  return (form == cache::Form::kPlain ? "file:plain:" : "file:delivered:") + dataset.id +
         (dataset.extension == ".fits" ? "" : " " + dataset.extension);
}

Attributes DatasetFile::attributes() {
  const cache::FileFacts facts = context_.facts(dataset_, form_);
  const std::int64_t mtime = facts.mtime > 0 ? std::max(facts.mtime, kEarliest) : dataset_mtime(dataset_);
  return {NodeType::kFile, 0444, facts.size, facts.exact, mtime, kLongTimeout, kLongTimeout};
}

Cancel DatasetFile::open(std::optional<uid_t> user, bool, Done<FileHandle> done) {
  // Only the first open of a file below datasets/ is a visit: further ones are not worth a write.
  if (is_own_file(path_) && !context_.facts(dataset_, form_).exact)
    context_.catalog().visited(kVisitKind, dataset_.id);
  cache::FilesAhead* ahead = context_.config().files_ahead;
  const auto visit = ahead != nullptr && row_.shown()
                         ? ahead->opened(row_.listing, row_.row, dataset_, form_, done.cause())
                         : std::shared_ptr<cache::FileVisit>();
  auto cancel = context_.open_file(
      user, dataset_, form_,
      AskedBy(done.cause(), [visit, done = done.take()](Result<std::shared_ptr<cache::OpenFile>> file) {
        if (!file) return done(file.error());
        if (!visit) return done(FileHandle{*std::move(file)});
        visit->answered((*file)->size());
        done(FileHandle{std::make_shared<VisitedFile>(*std::move(file), visit)});
      }));
  if (visit) visit->ask_ahead();
  return cancel;
}

std::optional<std::string> DatasetFile::row_value(const std::string& column) const {
  if (row_.listing && !row_.shown()) return std::nullopt;
  if (same_word(column, "obs_release_date") && !dataset_.release_date.empty()) return dataset_.release_date;
  if (!row_.listing) return std::nullopt;
  const auto& columns = row_.listing->columns();
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (!same_word(columns[i].name, column)) continue;
    const auto row = row_.listing->row(row_.row);
    if (!row || i >= row->size() || (*row)[i].null()) return std::nullopt;
    return value_text((*row)[i]);
  }
  return std::nullopt;
}

std::optional<std::string> DatasetFile::xattr(const std::string& name) {
  if (name.starts_with(kRowPrefix)) return row_value(name.substr(kRowPrefix.size()));
  if (!name.starts_with(kOwnPrefix)) return std::nullopt;
  const std::string key = name.substr(kOwnPrefix.size());
  const cache::FileFacts facts = context_.facts(dataset_, form_);
  const auto if_known = [](const std::string& text) {
    return text.empty() ? std::nullopt : std::optional<std::string>(text);
  };
  if (key == "url") return if_known(client::shown_url(facts.url));
  if (key == "size_state") return facts.exact ? "exact" : "estimated";
  if (key == "cached_bytes") return std::to_string(facts.cached_bytes);
  if (key == "version") return if_known(facts.version);
  if (key == "error") return facts.error ? std::optional<std::string>(facts.error->what()) : std::nullopt;
  return std::nullopt;
}

std::vector<std::string> DatasetFile::xattr_names() {
  std::vector<std::string> names;
  for (const char* key : {"url", "size_state", "cached_bytes", "version", "error"}) {
    std::string name = std::string(kOwnPrefix) + key;
    if (xattr(name)) names.push_back(std::move(name));
  }
  if (!row_.shown()) return names;
  const auto row = row_.listing->row(row_.row);
  const auto& columns = row_.listing->columns();
  for (std::size_t i = 0; row && i < columns.size() && i < row->size(); ++i) {
    if (!(*row)[i].null()) names.push_back(std::string(kRowPrefix) + columns[i].name);
  }
  return names;
}

}  // namespace esofs::fs
