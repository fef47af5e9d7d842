// StillCatalog: a Catalog that knows only the sources of files, for tests of the FileCache.
#pragma once

#include <cerrno>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cache/catalog.h"
#include "client/base/guarded.h"

namespace esofs::tests {

class StillCatalog : public cache::Catalog {
 public:
  // Without an entry, access_url is the source of a dataset.
  void put_source(const std::string& id, client::FileSource source) {
    (*sources_.lock())[id] = std::move(source);
  }
  // The source after the present one is forgotten.
  void put_newer_source(const std::string& id, client::FileSource source) {
    (*newer_.lock())[id] = std::move(source);
  }
  int source_count() { return *asked_.lock(); }
  // The next question for a source gets no answer until it is cancelled.
  void hang_next_source() { *hang_next_.lock() = true; }

  bool forget_source(const client::Dataset& dataset) override {
    auto newer = newer_.lock();
    const auto at = newer->find(dataset.id);
    if (at == newer->end()) return false;
    put_source(dataset.id, at->second);
    newer->erase(at);
    return true;
  }

  void correct_source(const client::Dataset& dataset, const client::FileSource& source) override {
    put_source(dataset.id, source);
  }

  Cancel source(const client::Dataset& dataset, Done<client::FileSource> done) override {
    ++*asked_.lock();
    if (std::exchange(*hang_next_.lock(), false))
      return [done = std::move(done)] { done(Error(EINTR, "interrupted")); };
    auto known = known_source(dataset);
    done(known ? Result<client::FileSource>(*known) : Error(ENOENT, "no such dataset"));
    return {};
  }
  std::optional<client::FileSource> known_source(const client::Dataset& dataset) override {
    auto sources = sources_.lock();
    const auto at = sources->find(dataset.id);
    if (at != sources->end()) return at->second;
    if (dataset.access_url.empty()) return std::nullopt;
    return client::FileSource{dataset.access_url, std::nullopt, "", ""};
  }

  Cancel listing(const cache::QuerySpec& /*query*/,
                 Done<std::shared_ptr<const cache::Listing>> done) override {
    return not_here(done);
  }
  std::shared_ptr<const cache::Listing> known_listing(const cache::QuerySpec& /*query*/) override {
    return nullptr;
  }
  cache::QueryState state(const cache::QuerySpec& /*query*/) override { return {}; }
  void refresh(const cache::QuerySpec& /*query*/) override {}
  void forget(const cache::QuerySpec& /*query*/) override {}
  Cancel links(const client::Dataset& /*dataset*/, Done<std::shared_ptr<const client::Links>> done) override {
    return not_here(done);
  }
  std::shared_ptr<const client::Links> known_links(const client::Dataset& /*dataset*/) override {
    return nullptr;
  }
  Cancel row(const std::string& /*id*/, Done<std::shared_ptr<const cache::NamedRow>> done) override {
    return not_here(done);
  }
  Cancel result(const std::shared_ptr<const cache::Listing>& /*listing*/, client::TableFormat /*format*/,
                Done<std::filesystem::path> done) override {
    return not_here(done);
  }
  std::optional<std::filesystem::path> known_result(const cache::Listing& /*listing*/,
                                                    client::TableFormat /*format*/) override {
    return std::nullopt;
  }
  Cancel cutout_offer(const client::Dataset& /*dataset*/, Done<client::CutoutOffer> done) override {
    done(client::CutoutOffer());
    return {};
  }
  std::optional<client::CutoutOffer> known_cutout_offer(const client::Dataset& /*dataset*/) override {
    return client::CutoutOffer();
  }
  void learn_source(const client::Dataset& /*dataset*/, const client::FileSource& /*source*/) override {}
  Cancel product_files(const std::string& /*id*/, Done<std::shared_ptr<const ProductFiles>> done) override {
    return not_here(done);
  }
  std::shared_ptr<const ProductFiles> known_product_files(const std::string& /*id*/) override {
    return nullptr;
  }
  using AssociationsPtr = std::shared_ptr<const cache::AssociationsRecord>;
  Cancel associations(const client::Dataset& /*dataset*/, client::CalibrationMode /*mode*/,
                      Done<AssociationsPtr> done) override {
    return not_here(done);
  }
  AssociationsPtr known_associations(const client::Dataset& /*dataset*/,
                                     client::CalibrationMode /*mode*/) override {
    return nullptr;
  }
  Cancel association_tree(const client::Dataset& /*dataset*/, client::CalibrationMode /*mode*/,
                          Done<std::string> done) override {
    return not_here(done);
  }
  bool has_associations(const client::Dataset& /*dataset*/) override { return false; }
  std::shared_ptr<cache::Jobs> jobs() override { return nullptr; }
  Cancel resolve(const std::string& /*name*/, Done<client::SkyPosition> done) override {
    return not_here(done);
  }
  std::optional<client::SkyPosition> known_position(const std::string& /*name*/) override {
    return std::nullopt;
  }
  std::vector<std::shared_ptr<const cache::Listing>> known_listings(std::size_t /*most*/) override {
    return {};
  }
  void forget_visit(const std::string& /*kind*/, const std::string& /*name*/) override {}
  void visited(const std::string& /*kind*/, const std::string& /*name*/) override {}
  std::vector<std::string> visits(const std::string& /*kind*/, std::size_t /*most*/) override { return {}; }

 private:
  template <class T>
  static Cancel not_here(const Done<T>& done) {
    done(Error(ENOSYS, "not here"));
    return {};
  }

  Guarded<std::map<std::string, client::FileSource>> sources_;
  Guarded<std::map<std::string, client::FileSource>> newer_;
  Guarded<int> asked_{0};
  Guarded<bool> hang_next_{false};
};

}  // namespace esofs::tests
