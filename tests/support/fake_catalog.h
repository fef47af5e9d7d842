// FakeCatalog: a catalog without an archive. Queries, links and rows answer with what a test has added. It holds, fails
// and counts.
//
//   threads  thread-safe
#pragma once

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cache/catalog.h"
#include "client/base/safe_name.h"
#include "tests/support/held_asks.h"

namespace esofs::tests {

class FakeListing : public cache::Listing {
 public:
  std::string name = "listing-1";
  std::vector<client::Column> listing_columns;
  std::vector<Entry> listing_entries;
  std::vector<client::Row> listing_rows;
  std::optional<std::filesystem::path> file;
  bool truncated = false;
  bool names_ids = true;

  // Adds a dataset with a row of one column, "dp_id".
  void add(const std::string& id, std::uint64_t estimate = 300'000, std::int64_t mtime = 1'500'000'000) {
    if (listing_columns.empty()) {
      listing_columns.emplace_back();
      listing_columns.back().name = "dp_id";
    }
    client::Dataset dataset;
    dataset.id = id;
    dataset.estimate_bytes = estimate;
    dataset.mtime = mtime;
    listing_entries.push_back({listing_rows.size(), id + ".fits", dataset});
    listing_rows.push_back({client::Value{id}});
  }

  std::uint64_t rows() const override { return listing_rows.size(); }
  std::uint64_t datasets() const override { return listing_entries.size(); }
  const std::vector<client::Column>& columns() const override { return listing_columns; }
  std::string id() const override { return name; }
  Result<void> entries(std::uint64_t from, const std::function<bool(const Entry&)>& visit) const override {
    for (const Entry& entry : listing_entries) {
      if (entry.row >= from && !visit(entry)) break;
    }
    return {};
  }
  Result<std::optional<Entry>> find(std::string_view wanted) const override {
    for (const Entry& entry : listing_entries) {
      if (entry.name == wanted || portable_name(entry.name) == wanted) return std::optional<Entry>(entry);
    }
    return std::optional<Entry>();
  }
  Result<client::Row> row(std::uint64_t row) const override { return listing_rows.at(row); }
  std::optional<std::filesystem::path> result_file() const override { return file; }
};

class FakeCatalog : public cache::Catalog {
 public:
  // For whom it was asked last.
  Cause last_cause() const { return asks_.last_cause(); }
  // Sets the answer to `adql`, which becomes known with the first listing().
  void put(const std::string& adql, std::shared_ptr<FakeListing> listing) {
    const std::scoped_lock lock(mutex_);
    answers_.insert_or_assign(adql, std::move(listing));
    failures_.erase(adql);
  }
  void fail(const std::string& adql, Error error) {
    const std::scoped_lock lock(mutex_);
    failures_.insert_or_assign(adql, std::move(error));
  }
  void put_source(const std::string& id, client::FileSource source) {
    const std::scoped_lock lock(mutex_);
    sources_.insert_or_assign(id, std::move(source));
  }
  void put_links(const std::string& id, std::string document) {
    client::Links links;
    links.document = std::move(document);
    put_links(id, std::move(links));
  }
  // key: the id of a dataset, or the URL of a list. Links become known when they are first asked for.
  void put_links(const std::string& key, client::Links links) {
    const std::scoped_lock lock(mutex_);
    links_.insert_or_assign(key, std::make_shared<const client::Links>(std::move(links)));
  }
  void put_product_files(const std::string& id, ProductFiles files) {
    const std::scoped_lock lock(mutex_);
    product_files_.insert_or_assign(id, std::make_shared<const ProductFiles>(std::move(files)));
  }
  std::map<std::string, client::FileSource> learnt() const {  // by dataset id
    const std::scoped_lock lock(mutex_);
    return learnt_;
  }
  // The calibrations of a dataset; they become known with the first associations().
  void put_associations(const std::string& id, client::CalibrationMode mode, client::Associations found) {
    auto record = std::make_shared<cache::AssociationsRecord>();
    record->fetched_at = 1'600'000'000;
    record->value = std::move(found);
    const std::scoped_lock lock(mutex_);
    associations_.insert_or_assign({id, mode}, std::move(record));
  }
  // Sets the cutouts of every dataset; nullopt: not known. By default there are none.
  void put_offer(std::optional<client::CutoutOffer> offer) {
    const std::scoped_lock lock(mutex_);
    offer_ = std::move(offer);
  }
  void put_row(const std::string& id, cache::NamedRow row) {
    const std::scoped_lock lock(mutex_);
    rows_.insert_or_assign(id, std::make_shared<const cache::NamedRow>(std::move(row)));
  }

  void put_position(const std::string& name, client::SkyPosition position) {
    const std::scoped_lock lock(mutex_);
    positions_.insert_or_assign(name, std::move(position));
  }
  // Sets the answer of every listing in this form, which is made when it is first asked for.
  void put_result(client::TableFormat format, std::filesystem::path path) {
    const std::scoped_lock lock(mutex_);
    results_.insert_or_assign(format, std::move(path));
  }

  // The query is shown as one that runs.
  void run(const std::string& adql) {
    const std::scoped_lock lock(mutex_);
    running_.insert(adql);
  }

  void hold() { asks_.hold(); }                  // until release(), only what is known is answered
  void release() { asks_.release(); }            // … until here
  void release_once() { asks_.release_once(); }  // answers what is held, and holds what comes later
  std::size_t waiting() const { return asks_.waiting(); }
  int asked() const { return locked(asked_); }  // requests that a real catalog would have sent
  int refreshes() const { return locked(refreshes_); }
  int forgotten() const { return locked(forgotten_); }

  Cancel listing(const cache::QuerySpec& query, Done<std::shared_ptr<const cache::Listing>> done) override {
    if (auto known = known_listing(query)) {
      done(known);
      return {};
    }
    count();
    return asks_.ask<std::shared_ptr<const cache::Listing>>(
        [this, adql = query.adql]() -> Result<std::shared_ptr<const cache::Listing>> {
          const std::scoped_lock lock(mutex_);
          if (auto failure = failures_.find(adql); failure != failures_.end()) return failure->second;
          auto answer = answers_.find(adql);
          if (answer == answers_.end()) return Error(EINVAL, "no such table");
          known_.insert(adql);
          return std::shared_ptr<const cache::Listing>(answer->second);
        },
        std::move(done));
  }
  std::shared_ptr<const cache::Listing> known_listing(const cache::QuerySpec& query) override {
    const std::scoped_lock lock(mutex_);
    return known_.contains(query.adql) ? answers_.at(query.adql) : nullptr;
  }
  cache::QueryState state(const cache::QuerySpec& query) override {
    cache::QueryState state;
    const std::scoped_lock lock(mutex_);
    if (auto failure = failures_.find(query.adql); failure != failures_.end()) state.error = failure->second;
    state.running = running_.contains(query.adql);
    state.known = known_.contains(query.adql);
    if (state.known) {
      state.rows = state.datasets = answers_.at(query.adql)->rows();
      state.names_datasets = answers_.at(query.adql)->names_ids;
      state.truncated = answers_.at(query.adql)->truncated;
      state.fetched_at = 1'600'000'000;
    }
    return state;
  }
  void refresh(const cache::QuerySpec& query) override {
    const std::scoped_lock lock(mutex_);
    ++refreshes_;
    known_.erase(query.adql);
  }
  void forget(const cache::QuerySpec& query) override {
    const std::scoped_lock lock(mutex_);
    ++forgotten_;
    known_.erase(query.adql);
  }

  Cancel result(const std::shared_ptr<const cache::Listing>& /*listing*/, client::TableFormat format,
                Done<std::filesystem::path> done) override {
    return asks_.ask<std::filesystem::path>(
        [this, format]() -> Result<std::filesystem::path> {
          const std::scoped_lock lock(mutex_);
          const auto found = results_.find(format);
          if (found == results_.end()) return Error(ENOSPC, "no room for another form");
          made_.insert(format);
          return found->second;
        },
        std::move(done));
  }
  std::optional<std::filesystem::path> known_result(const cache::Listing& /*listing*/,
                                                    client::TableFormat format) override {
    const std::scoped_lock lock(mutex_);
    return made_.contains(format) ? std::optional(results_.at(format)) : std::nullopt;
  }

  Cancel links(const client::Dataset& dataset, Done<std::shared_ptr<const client::Links>> done) override {
    if (auto known = known_links(dataset)) {
      done(std::move(known));
      return {};
    }
    count();
    return asks_.ask<std::shared_ptr<const client::Links>>(
        [this, key = links_key(dataset)] {
          auto links = find(links_, key);
          const std::scoped_lock lock(mutex_);
          if (links) known_links_.insert(key);
          return links;
        },
        std::move(done));
  }
  std::shared_ptr<const client::Links> known_links(const client::Dataset& dataset) override {
    const std::string key = links_key(dataset);
    const std::scoped_lock lock(mutex_);
    return known_links_.contains(key) ? links_.at(key) : nullptr;
  }
  bool forget_source(const client::Dataset& /*dataset*/) override { return false; }
  void correct_source(const client::Dataset& /*dataset*/, const client::FileSource& /*source*/) override {}
  std::shared_ptr<cache::Jobs> jobs() override { return nullptr; }
  std::vector<std::shared_ptr<const cache::Listing>> known_listings(std::size_t /*most*/) override {
    return {};
  }
  std::shared_ptr<const ProductFiles> known_product_files(const std::string& /*id*/) override {
    return nullptr;
  }
  void learn_source(const client::Dataset& dataset, const client::FileSource& source) override {
    const std::scoped_lock lock(mutex_);
    learnt_.insert_or_assign(dataset.id, source);
  }
  Cancel product_files(const std::string& id, Done<std::shared_ptr<const ProductFiles>> done) override {
    count();
    return asks_.ask<std::shared_ptr<const ProductFiles>>([this, id] { return find(product_files_, id); },
                                                          std::move(done));
  }

  Cancel source(const client::Dataset& dataset, Done<client::FileSource> done) override {
    if (auto known = known_source(dataset)) {
      done(*known);
      return {};
    }
    count();
    return asks_.ask<client::FileSource>(
        [this, id = dataset.id] {
          auto source = find(sources_, id);
          const std::scoped_lock lock(mutex_);
          if (source) known_sources_.insert(id);
          return source;
        },
        std::move(done));
  }
  std::optional<client::FileSource> known_source(const client::Dataset& dataset) override {
    const std::scoped_lock lock(mutex_);
    if (!known_sources_.contains(dataset.id)) return std::nullopt;
    return sources_.at(dataset.id);
  }

  Cancel cutout_offer(const client::Dataset& dataset, Done<client::CutoutOffer> done) override {
    count();
    return asks_.ask<client::CutoutOffer>(
        [this, dataset]() -> Result<client::CutoutOffer> {
          if (auto offer = known_cutout_offer(dataset)) return *offer;
          return Error(ENOENT, "no such dataset");
        },
        std::move(done));
  }
  std::optional<client::CutoutOffer> known_cutout_offer(const client::Dataset& /*dataset*/) override {
    const std::scoped_lock lock(mutex_);
    return offer_;
  }

  Cancel row(const std::string& id, Done<std::shared_ptr<const cache::NamedRow>> done) override {
    count();
    return asks_.ask<std::shared_ptr<const cache::NamedRow>>([this, id] { return find(rows_, id); },
                                                             std::move(done));
  }

  using AssociationsPtr = std::shared_ptr<const cache::AssociationsRecord>;
  Cancel associations(const client::Dataset& dataset, client::CalibrationMode mode,
                      Done<AssociationsPtr> done) override {
    if (auto known = known_associations(dataset, mode)) {
      done(known);
      return {};
    }
    count();
    return asks_.ask<AssociationsPtr>(
        [this, key = std::pair(dataset.id, mode)]() -> Result<AssociationsPtr> {
          const std::scoped_lock lock(mutex_);
          auto found = associations_.find(key);
          if (found == associations_.end()) return Error(EACCES, "no calibrations for you");
          known_associations_.insert(key);
          return found->second;
        },
        std::move(done));
  }
  AssociationsPtr known_associations(const client::Dataset& dataset, client::CalibrationMode mode) override {
    const std::scoped_lock lock(mutex_);
    const auto key = std::pair(dataset.id, mode);
    return known_associations_.contains(key) ? associations_.at(key) : nullptr;
  }
  Cancel association_tree(const client::Dataset& dataset, client::CalibrationMode mode,
                          Done<std::string> done) override {
    count();
    return asks_.ask<std::string>(
        [this, key = std::pair(dataset.id, mode)]() -> Result<std::string> {
          const std::scoped_lock lock(mutex_);
          auto found = associations_.find(key);
          if (found == associations_.end()) return Error(ENODATA, "no tree");
          return found->second->value.tree;
        },
        std::move(done));
  }
  bool has_associations(const client::Dataset& dataset) override {
    const std::scoped_lock lock(mutex_);
    return associations_.contains({dataset.id, client::CalibrationMode::kRaw}) ||
           associations_.contains({dataset.id, client::CalibrationMode::kMaster});
  }
  Cancel resolve(const std::string& name, Done<client::SkyPosition> done) override {
    if (auto known = known_position(name)) {
      done(*known);
      return {};
    }
    count();
    return asks_.ask<client::SkyPosition>(
        [this, name] {
          auto position = find(positions_, name);
          const std::scoped_lock lock(mutex_);
          if (position) known_positions_.insert(name);
          return position;
        },
        std::move(done));
  }
  std::optional<client::SkyPosition> known_position(const std::string& name) override {
    const std::scoped_lock lock(mutex_);
    if (!known_positions_.contains(name)) return std::nullopt;
    return positions_.at(name);
  }

  void visited(const std::string& kind, const std::string& name) override {
    const std::scoped_lock lock(mutex_);
    std::erase(visits_[kind], name);
    visits_[kind].push_back(name);
  }
  void forget_visit(const std::string& kind, const std::string& name) override {
    const std::scoped_lock lock(mutex_);
    std::erase(visits_[kind], name);
  }
  std::vector<std::string> visits(const std::string& kind, std::size_t most) override {
    const std::scoped_lock lock(mutex_);
    auto all = visits_[kind];
    if (all.size() > most) all.erase(all.begin(), all.end() - static_cast<std::ptrdiff_t>(most));
    return all;
  }

 private:
  static std::string links_key(const client::Dataset& dataset) {
    const bool by_url = dataset.access == client::AccessKind::kDataLink && !dataset.access_url.empty();
    return by_url ? dataset.access_url : dataset.id;
  }
  void count() {
    const std::scoped_lock lock(mutex_);
    ++asked_;
  }
  int locked(const int& number) const {
    const std::scoped_lock lock(mutex_);
    return number;
  }
  template <class T>
  Result<T> find(const std::map<std::string, T>& map, const std::string& id) const {
    const std::scoped_lock lock(mutex_);
    auto found = map.find(id);
    if (found == map.end()) return Error(ENOENT, "no dataset " + id);
    return found->second;
  }

  mutable std::mutex mutex_;
  HeldAsks asks_;
  std::map<std::string, std::shared_ptr<FakeListing>> answers_;
  std::map<std::string, Error> failures_;
  std::set<std::string> known_;
  std::set<std::string> running_;
  std::map<client::TableFormat, std::filesystem::path> results_;
  std::set<client::TableFormat> made_;
  std::map<std::string, std::shared_ptr<const client::Links>> links_;
  std::set<std::string> known_links_;
  std::map<std::string, std::shared_ptr<const ProductFiles>> product_files_;
  std::map<std::string, client::FileSource> learnt_;
  std::map<std::string, client::FileSource> sources_;
  std::set<std::string> known_sources_;
  std::optional<client::CutoutOffer> offer_ = client::CutoutOffer();
  std::map<std::string, std::shared_ptr<const cache::NamedRow>> rows_;
  std::map<std::pair<std::string, client::CalibrationMode>, AssociationsPtr> associations_;
  std::set<std::pair<std::string, client::CalibrationMode>> known_associations_;
  std::map<std::string, client::SkyPosition> positions_;
  std::set<std::string> known_positions_;
  std::map<std::string, std::vector<std::string>> visits_;
  int asked_ = 0;
  int refreshes_ = 0;
  int forgotten_ = 0;
};

}  // namespace esofs::tests
