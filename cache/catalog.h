// Catalog: listings, links and rows of the archive, from the MetadataStore where they are known, else by asking.
//
//   shapes   a listing is an immutable snapshot of one query's answer; a refresh makes a new one beside it
//   errors   those of client::Archive. A failed query is remembered for some seconds and told again without a request.
//   threads  thread-safe. Functions that take a Done never block on the network: they answer at once where the answer is
//            known, else from the query lane (client/base/ask.h). Equal questions at one time are one request.
//   source   cache/README.md, "Metadata on disk"
#pragma once

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "cache/listings/listing.h"
#include "cache/store/associations_record.h"
#include "cache/store/metadata_store.h"
#include "client/archive.h"
#include "client/base/ask.h"
#include "client/base/lane.h"
#include "client/base/result.h"
#include "client/model/model.h"
#include "client/tables/table_format.h"

namespace esofs::cache {

class Jobs;

// A row with its columns: metadata.json, user.eso.* attributes.
struct NamedRow {
  std::vector<client::Column> columns;
  client::Row row;
};

class Catalog {
 public:
  struct Config {
    std::filesystem::path results_dir;  // result.vot files
    std::chrono::seconds links_ttl{24 * 3600};
    std::chrono::seconds positions_ttl{90 * 24 * 3600};  // of named objects: they hardly move
    std::chrono::seconds failure_memory{10};  // a failed question is answered with its failure for so long
    bool sweep =
        true;  // removes what earlier processes have left; false: another catalog of this process does
    // What is asked of the clock; tests replace it.
    std::function<std::int64_t()> now;  // seconds since 1970; empty: the system's
  };

  // archive, store and queries (the lane) outlive the catalog.
  static Result<std::unique_ptr<Catalog>> create(Config config, client::Archive& archive,
                                                 MetadataStore& store, Lane& queries);
  virtual ~Catalog() = default;

  // The snapshot of a query. At once where there is one: within its ttl as it is, past it as it is while a refresh runs in
  // the background. Where there is none: when the query has been answered. Cancelling leaves the query running.
  virtual Cancel listing(const QuerySpec& query, Done<std::shared_ptr<const Listing>> done) = 0;
  // The snapshot, if there is one. No network, starts nothing.
  virtual std::shared_ptr<const Listing> known_listing(const QuerySpec& query) = 0;
  // From memory and LMDB.
  virtual QueryState state(const QuerySpec& query) = 0;
  // The next look asks the archive anew; until the answer is here the old snapshot stays.
  virtual void refresh(const QuerySpec& query) = 0;
  // The answer of a listing in another format, a local file that never changes; made from the answer kept when it is first
  // asked for. ENODATA: the answer was not kept; ENOSPC … from making it.
  virtual Cancel result(const std::shared_ptr<const Listing>& /*listing*/, client::TableFormat /*format*/,
                        Done<std::filesystem::path> done) {
    return answered(std::move(done), Error(ENOTSUP, "this catalog makes no other formats"));
  }
  // The same, if it is there. No work.
  virtual std::optional<std::filesystem::path> known_result(const Listing& /*listing*/,
                                                            client::TableFormat /*format*/) {
    return std::nullopt;
  }
  // Everything kept of a query that no saved query has any more may go.
  virtual void forget(const QuerySpec& query) = 0;

  // The DataLink answer of a dataset. ENOENT where the archive says that there is no such dataset.
  virtual Cancel links(const client::Dataset& dataset, Done<std::shared_ptr<const client::Links>> done) = 0;
  virtual std::shared_ptr<const client::Links> known_links(const client::Dataset& dataset) = 0;

  // What can be cut out of a dataset: by its DataLink answer, else by the profile. known_…: no network; nullopt: not known.
  virtual Cancel cutout_offer(const client::Dataset&, Done<client::CutoutOffer> done) {
    return answered(std::move(done), client::CutoutOffer());
  }
  virtual std::optional<client::CutoutOffer> known_cutout_offer(const client::Dataset&) {
    return client::CutoutOffer();
  }

  // Where the file of a dataset is, or, of one with dataset.cutout, the request that makes it.
  virtual Cancel source(const client::Dataset& dataset, Done<client::FileSource> done) = 0;
  virtual std::optional<client::FileSource> known_source(const client::Dataset& dataset) = 0;

  // Forgets where a file is, where that was learnt some time ago by a URL with parameters, which may have been good for a
  // while only (signatures, tokens): true, and source() asks anew.
  virtual bool forget_source(const client::Dataset& /*dataset*/) { return false; }

  // Where a file is, as a DataLink answer says that was asked for something else: spares asking again. Kept unless an answer
  // within its ttl is here. Writes to LMDB; no network.
  virtual void learn_source(const client::Dataset& /*dataset*/, const client::FileSource& /*source*/) {}
  // What an answer of the file itself has told of it, in place of what was known.
  virtual void correct_source(const client::Dataset& /*dataset*/, const client::FileSource& /*source*/) {}

  // All files of the product `id`. ENOTSUP, at once, where the archive has no table of them.
  using ProductFiles = std::vector<client::ProductFile>;
  virtual Cancel product_files(const std::string& id, Done<std::shared_ptr<const ProductFiles>> done) {
    return answered(std::move(done), Error(ENOTSUP, "no table of the files of a product: " + id));
  }
  virtual std::shared_ptr<const ProductFiles> known_product_files(const std::string& /*id*/) {
    return nullptr;
  }

  // What the archive's own table says of an id. ENOENT: no such row.
  virtual Cancel row(const std::string& id, Done<std::shared_ptr<const NamedRow>> done) = 0;

  // The calibrations of an observation. ENOENT where the archive tells none of this dataset.
  virtual Cancel associations(const client::Dataset& dataset, client::CalibrationMode mode,
                              Done<std::shared_ptr<const AssociationsRecord>> done) {
    (void)mode;
    return answered(std::move(done), Error(ENOTSUP, "no calibrations are known of " + dataset.id));
  }
  virtual std::shared_ptr<const AssociationsRecord> known_associations(const client::Dataset& dataset,
                                                                       client::CalibrationMode mode) {
    (void)dataset, (void)mode;
    return nullptr;
  }
  // Their tree, an XML document as the server sent it. ENODATA where there is none.
  virtual Cancel association_tree(const client::Dataset& dataset, client::CalibrationMode mode,
                                  Done<std::string> done) {
    (void)mode;
    return answered(std::move(done), Error(ENOTSUP, "no calibrations are known of " + dataset.id));
  }
  // Whether it is worth asking: by known answers and the profile.
  virtual bool has_associations(const client::Dataset& dataset) {
    (void)dataset;
    return false;
  }
  // The asynchronous jobs of the archive; null where it has none.
  virtual std::shared_ptr<Jobs> jobs() { return nullptr; }

  // Where a named object is. ENOENT: no catalogue knows the name; another error says nothing about it. name: with blanks.
  virtual Cancel resolve(const std::string& name, Done<client::SkyPosition> done) {
    return answered(std::move(done), Error(ENOTSUP, "names of objects are not resolved: " + name));
  }
  virtual std::optional<client::SkyPosition> known_position(const std::string&) { return std::nullopt; }

  // The listings with datasets that are here, of whatever query, the latest first, at most `most`. No request.
  virtual std::vector<std::shared_ptr<const Listing>> known_listings(std::size_t most) {
    (void)most;
    return {};
  }

  // Directories visited lately, for listings that cannot be complete: newest last, at most `most`.
  virtual void visited(const std::string& kind, const std::string& name) = 0;
  virtual std::vector<std::string> visits(const std::string& kind, std::size_t most) = 0;
  virtual void forget_visit(const std::string& kind, const std::string& name) {
    static_cast<void>(kind), static_cast<void>(name);
  }

 private:
  template <class T>
  static Cancel answered(Done<T>&& done, std::type_identity_t<Result<T>> answer) {
    done(std::move(answer));
    return {};
  }
};

}  // namespace esofs::cache
