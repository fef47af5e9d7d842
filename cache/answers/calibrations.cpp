#include "cache/answers/calibrations.h"

#include <cerrno>
#include <utility>

#include "client/services/calselector.h"

namespace esofs::cache {

using client::CalibrationMode;
using client::Dataset;

struct Calibrations::Parts {
  client::Archive& archive;
  std::shared_ptr<Answers<LinksRecord>> links;
  std::shared_ptr<Answers<AssociationsRecord>> answers;

  std::string key(const Dataset& dataset, CalibrationMode mode) const {
    return archive.identity() + '\n' + dataset.id + '\n' + client::mode_name(mode);
  }

  // The URL, from known answers and the profile; "" none.
  std::string known_url(const Dataset& dataset, CalibrationMode mode) const {
    const auto links_url = archive.links_url(dataset);
    const auto known = links_url.empty() ? nullptr : links->known(links_url);
    std::string url = known ? client::calselector_url(known->value, mode) : std::string();
    return url.empty() ? archive.associations_url(dataset, mode) : url;
  }

  Result<std::string> url(const Dataset& dataset, CalibrationMode mode, Lane::Turn& turn) const {
    if (auto url = known_url(dataset, mode); !url.empty()) return url;
    if (const auto links_url = archive.links_url(dataset); !links_url.empty()) {
      const Login login{archive.user()};
      auto found = archive.links(links_url, turn);
      if (!found) return found.error();
      const auto url = client::calselector_url(*found, mode);
      links->keep(links_url, login, {0, std::move(*found)});
      if (!url.empty()) return url;
    }
    return Error(ENOENT, "the archive tells no calibrations of " + dataset.id);
  }

  Result<AssociationsRecord> fetch(const Dataset& dataset, CalibrationMode mode, Lane::Turn& turn) const {
    auto from = url(dataset, mode, turn);
    if (!from) return from.error();
    auto found = archive.associations(*from, dataset.id, turn);
    if (!found) return found.error();
    return AssociationsRecord{0, std::move(*from), std::move(*found)};
  }

  Result<AssociationsRecord> fetch_tree(const Dataset& dataset, CalibrationMode mode,
                                        Lane::Turn& turn) const {
    auto list = answers->known(key(dataset, mode));
    if (!list) {
      const Login login{archive.user()};
      auto fetched = fetch(dataset, mode, turn);
      if (!fetched) return fetched.error();
      list = answers->keep(key(dataset, mode), login, std::move(*fetched));
    }
    AssociationsRecord tree;
    tree.url = list->value.tree_url;
    tree.value.tree = list->value.tree;
    if (!tree.value.tree.empty()) return tree;
    if (tree.url.empty()) return Error(ENODATA, "the archive has no association tree of " + dataset.id);
    auto found = archive.associations(tree.url, dataset.id, turn);
    if (!found) return found.error();
    if (found->tree.empty())
      return Error(ENODATA, found->messages.empty() ? "the archive sent no association tree of " + dataset.id
                                                    : found->messages.front());
    tree.value.tree = std::move(found->tree);
    return tree;
  }
};

Calibrations::Calibrations(client::Archive& archive, MetadataStore& store, Lane& lane,
                           const Answers<AssociationsRecord>::Policy& policy,
                           std::shared_ptr<Answers<LinksRecord>> links)
    : parts_(std::make_shared<Parts>(
          Parts{archive, std::move(links),
                std::make_shared<Answers<AssociationsRecord>>(Shelf::kCalibs, store, lane, policy)})) {}

Cancel Calibrations::list(const Dataset& dataset, CalibrationMode mode, Done<Answer> done) {
  auto fetch = [parts = parts_, dataset, mode](Lane::Turn& turn) {
    return parts->fetch(dataset, mode, turn);
  };
  return parts_->answers->ask(parts_->key(dataset, mode), std::move(fetch), std::move(done));
}

Calibrations::Answer Calibrations::known_list(const Dataset& dataset, CalibrationMode mode) {
  return parts_->answers->known(parts_->key(dataset, mode));
}

Cancel Calibrations::tree(const Dataset& dataset, CalibrationMode mode, Done<std::string> done) {
  auto fetch = [parts = parts_, dataset, mode](Lane::Turn& turn) {
    return parts->fetch_tree(dataset, mode, turn);
  };
  return parts_->answers->ask(parts_->key(dataset, mode) + "\ntree", std::move(fetch),
                              AskedBy(done.cause(), [done = done.take()](const Result<Answer>& record) {
                                if (!record) return done(record.error());
                                done((*record)->value.tree);
                              }));
}

bool Calibrations::expected(const Dataset& dataset) {
  const auto links_url = parts_->archive.links_url(dataset);
  const auto known = links_url.empty() ? nullptr : parts_->links->known(links_url);
  for (const auto mode : {CalibrationMode::kRaw, CalibrationMode::kMaster}) {
    // A known answer is more certain than a pattern.
    const bool named = known ? !client::calselector_url(known->value, mode).empty()
                             : !parts_->archive.associations_url(dataset, mode).empty();
    if (named || known_list(dataset, mode)) return true;
  }
  return false;
}

}  // namespace esofs::cache
