// Catalog: listings, links and rows of the archive, from the MetadataStore if they are known, else from the archive.
//
//   shapes   a listing is an immutable snapshot of one query's answer; a refresh makes a new one beside it
//   errors   those of client::Archive. A failed query is remembered for some seconds and fails again without a request.
//   threads  thread-safe. Functions that take a Done never block on the network: they answer at once if the answer is
//            known, else from the query lane (client/base/ask.h). Equal questions at one time are one request.
//   source   cache/README.md, "Metadata on disk"
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cache/listings/listing.h"
#include "cache/store/associations_record.h"
#include "cache/store/metadata_store.h"
#include "client/archive.h"
#include "client/base/ask.h"
#include "client/base/clock.h"
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
    std::chrono::seconds failure_memory{10};  // this long a failed request is answered with its failure
    std::size_t batch_rows = 4096;  // of an answer that are in memory before they are written, twice
    bool sweep = true;  // removes leftovers of earlier processes; false: another catalog of this process does
    std::function<std::int64_t()> now = system_seconds;  // since 1970
  };

  // archive, store and queries (the lane) outlive the catalog.
  static Result<std::unique_ptr<Catalog>> create(const Config& config, client::Archive& archive,
                                                 MetadataStore& store, Lane& queries);
  virtual ~Catalog() = default;

  // The snapshot of a query. At once if there is one; past its ttl a refresh runs in the background. If there is none: when
  // the query has been answered. Cancelling leaves the query running.
  virtual Cancel listing(const QuerySpec& query, Done<std::shared_ptr<const Listing>> done) = 0;
  // The same, but if the answer was kept in a file that is gone since, only when the query has been answered again.
  virtual Cancel listing_with_result(const QuerySpec& query, Done<std::shared_ptr<const Listing>> done) {
    return listing(query, std::move(done));
  }
  // The snapshot, if there is one. No network, starts nothing.
  virtual std::shared_ptr<const Listing> known_listing(const QuerySpec& query) = 0;
  // From memory and LMDB.
  virtual QueryState state(const QuerySpec& query) = 0;
  // The next look asks the archive again; the old snapshot stays until the answer is here.
  virtual void refresh(const QuerySpec& query) = 0;
  // The answer of a listing in another format: a local file that never changes, made from the kept answer at the first
  // request. ENODATA: the answer was not kept; ENOSPC … while making it.
  virtual Cancel result(const std::shared_ptr<const Listing>& listing, client::TableFormat format,
                        Done<std::filesystem::path> done) = 0;
  // The same, if it is there. No work.
  virtual std::optional<std::filesystem::path> known_result(const Listing& listing,
                                                            client::TableFormat format) = 0;
  // No saved query needs this one any more: everything kept of it may be deleted.
  virtual void forget(const QuerySpec& query) = 0;

  // The DataLink answer of a dataset. ENOENT if the archive says that there is no such dataset.
  virtual Cancel links(const client::Dataset& dataset, Done<std::shared_ptr<const client::Links>> done) = 0;
  virtual std::shared_ptr<const client::Links> known_links(const client::Dataset& dataset) = 0;

  // What can be cut out of a dataset: by its DataLink answer, else by the profile. known_…: no network; nullopt: not known.
  virtual Cancel cutout_offer(const client::Dataset& dataset, Done<client::CutoutOffer> done) = 0;
  virtual std::optional<client::CutoutOffer> known_cutout_offer(const client::Dataset& dataset) = 0;

  // Where the file of a dataset is, or, of one with dataset.cutout, the request that makes it.
  virtual Cancel source(const client::Dataset& dataset, Done<client::FileSource> done) = 0;
  virtual std::optional<client::FileSource> known_source(const client::Dataset& dataset) = 0;

  // Asks in the background where the files of these datasets are, many by one request if the archive answers such requests.
  // Whoever asks source() meanwhile waits for the same answer.
  virtual void prepare_sources(const std::vector<client::Dataset>& /*datasets*/, const Cause& /*cause*/) {}

  // Forgets the URL of a file if it is old and has parameters, which may have expired (signatures, tokens). Then returns
  // true, and source() asks again.
  virtual bool forget_source(const client::Dataset& dataset) = 0;

  // Keeps the source of a file that the DataLink answer of another dataset names, unless a source within its ttl is known.
  // Writes to LMDB; no network.
  virtual void learn_source(const client::Dataset& dataset, const client::FileSource& source) = 0;
  // Replaces the known source, because the file's own answer contradicts it.
  virtual void correct_source(const client::Dataset& dataset, const client::FileSource& source) = 0;

  // All files of the product `id`. ENOTSUP, at once, if the archive has no table of them.
  using ProductFiles = std::vector<client::ProductFile>;
  virtual Cancel product_files(const std::string& id, Done<std::shared_ptr<const ProductFiles>> done) = 0;
  virtual std::shared_ptr<const ProductFiles> known_product_files(const std::string& id) = 0;

  // The row of an id in the archive's own table. ENOENT: no such row.
  virtual Cancel row(const std::string& id, Done<std::shared_ptr<const NamedRow>> done) = 0;

  // The calibrations of an observation. ENOENT if the archive names none for this dataset.
  virtual Cancel associations(const client::Dataset& dataset, client::CalibrationMode mode,
                              Done<std::shared_ptr<const AssociationsRecord>> done) = 0;
  virtual std::shared_ptr<const AssociationsRecord> known_associations(const client::Dataset& dataset,
                                                                       client::CalibrationMode mode) = 0;
  // Their tree, an XML document as the server sent it. ENODATA if there is none.
  virtual Cancel association_tree(const client::Dataset& dataset, client::CalibrationMode mode,
                                  Done<std::string> done) = 0;
  // True if a request may find some, by known answers and the profile.
  virtual bool has_associations(const client::Dataset& dataset) = 0;
  // The asynchronous jobs of the archive; null if it has none.
  virtual std::shared_ptr<Jobs> jobs() = 0;

  // Where a named object is. ENOENT: no catalogue knows the name; another error says nothing about it. name: with blanks.
  virtual Cancel resolve(const std::string& name, Done<client::SkyPosition> done) = 0;
  virtual std::optional<client::SkyPosition> known_position(const std::string& name) = 0;

  // The listings with datasets that are here, of whatever query, the latest first, at most `most`. No request.
  virtual std::vector<std::shared_ptr<const Listing>> known_listings(std::size_t most) = 0;

  // Directories visited lately, for listings that cannot be complete: newest last, at most `most`.
  virtual void visited(const std::string& kind, const std::string& name) = 0;
  virtual std::vector<std::string> visits(const std::string& kind, std::size_t most) = 0;
  virtual void forget_visit(const std::string& kind, const std::string& name) = 0;
};

}  // namespace esofs::cache
