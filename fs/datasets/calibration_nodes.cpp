#include "fs/datasets/calibration_nodes.h"

#include <cerrno>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "client/base/guarded.h"
#include "client/base/names_given.h"
#include "client/base/safe_name.h"
#include "fs/datasets/calibration_status.h"
#include "fs/datasets/dataset_file.h"
#include "fs/tree/names.h"
#include "fs/tree/plain_nodes.h"
#include "fs/tree/timer.h"

namespace esofs::fs {
namespace {

using client::CalibrationMode;
using Answer = std::shared_ptr<const cache::AssociationsRecord>;

constexpr const char* kTreeName = "associations.xml";

std::string directory_name(CalibrationMode mode) { return mode == CalibrationMode::kRaw ? "raw" : "master"; }

// The files of one answer, under safe names that differ also in their portable form.
class NamedFiles {
 public:
  explicit NamedFiles(Answer answer) : answer_(std::move(answer)) {
    NamesGiven given;
    for (const char* ours : {kStatusName, kTreeName}) given.reserve(ours);
    for (const auto& file : answer_->value.files) {
      std::string name = given.give(file.name);
      by_name_.emplace(portable_name(name), names_.size());
      names_.push_back(std::move(name));
    }
  }

  const Answer& answer() const { return answer_; }
  const std::vector<std::string>& names() const { return names_; }
  const client::CalibrationFile& file(std::size_t place) const { return answer_->value.files[place]; }
  // names().size(): none.
  std::size_t find(const std::string& name) const {
    const auto found = by_name_.find(portable_name(name));
    if (found == by_name_.end()) return names_.size();
    const std::string& shown = names_[found->second];
    return name == shown || name == portable_name(shown) ? found->second : names_.size();
  }
  // Whether the archive has a tree to ask for.
  bool tree() const { return !names_.empty() || !answer_->value.tree.empty(); }

 private:
  const Answer answer_;
  std::vector<std::string> names_;
  std::unordered_map<std::string, std::size_t> by_name_;  // portable name → place
};

class CalibrationDirectory : public Node {
 public:
  CalibrationDirectory(Context& context, client::Dataset dataset, CalibrationMode mode, std::string path)
      : context_(context), dataset_(std::move(dataset)), mode_(mode), path_(std::move(path)) {}

  std::string identity() const override {
    return "calibrations:" + directory_name(mode_) + ":" + dataset_.id;
  }
  std::string path() const override { return path_; }
  NodeType type() const override { return NodeType::kDirectory; }
  Attributes attributes() override {
    return {NodeType::kDirectory, 0555, 0, true, dataset_mtime(dataset_), kLongTimeout, kLongTimeout};
  }
  Cancel lookup(const std::string& name, Done<Found> done) override;
  Cancel open_directory(Done<std::shared_ptr<DirectoryHandle>> done) override;

 private:
  using Files = std::shared_ptr<const NamedFiles>;

  // Names are made once per answer.
  Files named(const Answer& answer) const {
    auto last = last_->lock();
    if (!*last || (*last)->answer() != answer) *last = std::make_shared<const NamedFiles>(answer);
    return *last;
  }
  static NodePtr file(Context& context, const std::string& base, const NamedFiles& files, std::size_t place) {
    const auto& file = files.file(place);
    const auto form = file.fits ? cache::Form::kPlain : cache::Form::kDelivered;
    return std::make_shared<DatasetFile>(context, file.dataset, form, base + "/" + files.names()[place],
                                         RowReference{});
  }
  static Found found(Context& context, const std::string& base, const NamedFiles& files,
                     const std::string& name) {
    const std::size_t place = files.find(name);
    if (place == files.names().size()) return {nullptr, kAbsentInListing};
    return {file(context, base, files, place)};
  }
  NodePtr status() const;
  NodePtr tree() const;

  Context& context_;
  const client::Dataset dataset_;
  const CalibrationMode mode_;
  const std::string path_;
  const std::shared_ptr<Guarded<Files>> last_ = std::make_shared<Guarded<Files>>();
};

NodePtr CalibrationDirectory::status() const {
  return std::make_shared<MadeText>(
      identity() + ":status", path_ + "/" + kStatusName, dataset_mtime(dataset_),
      [&context = context_, dataset = dataset_, mode = mode_](Done<std::string> done) {
        return with_deadline<Answer>(
            context.timer(), context.config().query_wait,
            Error(EAGAIN, "the archive has not answered yet; look again"),
            [&](Done<Answer> answered) {
              return context.catalog().associations(dataset, mode, std::move(answered));
            },
            AskedBy(done.cause(), [dataset, mode, done = done.take()](const Result<Answer>& answer) {
              if (!answer && answer.error().code() == EINTR) return done(answer.error());
              done(calibration_status(dataset, mode, answer));
            }));
      });
}

NodePtr CalibrationDirectory::tree() const {
  return std::make_shared<MadeText>(
      identity() + ":tree", path_ + "/" + kTreeName, dataset_mtime(dataset_),
      [&catalog = context_.catalog(), dataset = dataset_, mode = mode_](Done<std::string> done) {
        return catalog.association_tree(dataset, mode, std::move(done));
      });
}

Cancel CalibrationDirectory::lookup(const std::string& name, Done<Found> done) {
  const Answer known = context_.catalog().known_associations(dataset_, mode_);
  if (name == kStatusName) {
    done(Found{status()});
  } else if (name == kTreeName) {
    done(!known || named(known)->tree() ? Found{tree()} : Found{nullptr, kAbsentInListing});
  } else if (known) {
    done(found(context_, path_, *named(known), name));
  } else if (never_a_name(name) || !name.ends_with(".fits")) {
    done(Found{nullptr, kAbsentInListing});
  } else {
    return with_deadline<Answer>(
        context_.timer(), context_.config().lookup_wait,
        Error(EAGAIN, path_ + "/" + name + ": the archive has not said yet which calibrations there are"),
        [&](Done<Answer> answered) {
          return context_.catalog().associations(dataset_, mode_, std::move(answered));
        },
        AskedBy(done.cause(),
                [&context = context_, base = path_, name, done = done.take()](const Result<Answer>& answer) {
                  if (!answer) return done(answer.error());
                  done(found(context, base, NamedFiles(*answer), name));
                }));
  }
  return {};
}

Cancel CalibrationDirectory::open_directory(Done<std::shared_ptr<DirectoryHandle>> done) {
  return with_deadline<Answer>(
      context_.timer(), context_.config().query_wait,
      Error(EAGAIN, "the archive has not answered yet; look again"),
      [&](Done<Answer> answered) {
        return context_.catalog().associations(dataset_, mode_, std::move(answered));
      },
      AskedBy(done.cause(), [&context = context_, base = path_, status_node = status(),
                             tree_node = this->tree(), done = done.take()](const Result<Answer>& answer) {
        if (!answer) return done(answer.error());
        const NamedFiles files(*answer);
        FixedDirectory::Entries entries;
        entries.reserve(files.names().size() + 2);
        for (std::size_t i = 0; i < files.names().size(); ++i)
          entries.emplace_back(shown_name(files.names()[i], context.config().names),
                               file(context, base, files, i));
        if (files.tree()) entries.emplace_back(kTreeName, tree_node);
        entries.emplace_back(kStatusName, status_node);
        done(std::shared_ptr<DirectoryHandle>(std::make_shared<EntriesHandle>(std::move(entries))));
      }));
}

}  // namespace

bool has_calibrations(Context& context, const client::Dataset& dataset) {
  return context.catalog().has_associations(dataset);
}

NodePtr make_calibrations(Context& context, const client::Dataset& dataset, const std::string& path) {
  FixedDirectory::Entries entries;
  for (const auto mode : {CalibrationMode::kMaster, CalibrationMode::kRaw}) {
    const std::string name = directory_name(mode);
    entries.emplace_back(name,
                         std::make_shared<CalibrationDirectory>(context, dataset, mode, path + "/" + name));
  }
  return std::make_shared<FixedDirectory>(path, dataset_mtime(dataset), std::move(entries));
}

}  // namespace esofs::fs
