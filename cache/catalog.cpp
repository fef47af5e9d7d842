#include "cache/catalog.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "cache/answers/answers.h"
#include "cache/answers/calibrations.h"
#include "cache/answers/jobs.h"
#include "cache/answers/visited.h"
#include "cache/listings/entry_name.h"
#include "cache/listings/exports.h"
#include "cache/listings/queries.h"
#include "client/base/safe_name.h"

namespace esofs::cache {
namespace {

// No signed URL expires sooner.
constexpr std::chrono::seconds kGoodFor{60};

// Takes the first row of a table.
class FirstRow final : public client::TableSink {
 public:
  Result<void> bytes(std::span<const std::byte>) override { return {}; }
  Result<void> columns(const std::vector<client::Column>& columns) override {
    found.columns = columns;
    return {};
  }
  Result<void> row(std::span<const client::Value> row) override {
    if (!any) found.row.assign(row.begin(), row.end());
    any = true;
    return {};
  }
  void job_started(const std::string&) override {}
  void restart() override {
    found = {};
    any = false;
  }

  NamedRowRecord found;
  bool any = false;
};

// A part of an answer, which keeps the whole alive.
std::shared_ptr<const client::Links> links_of(std::shared_ptr<const LinksRecord> record) {
  if (!record) return nullptr;
  const client::Links* links = &record->value;
  return {std::move(record), links};
}

std::shared_ptr<const Catalog::ProductFiles> files_of(std::shared_ptr<const ProductFilesRecord> record) {
  if (!record) return nullptr;
  const Catalog::ProductFiles* files = &record->files;
  return {std::move(record), files};
}

bool has_answer(const std::shared_ptr<const client::Links>& links) {
  return links && !(links->document.empty() && links->rows.empty() && links->services.empty());
}

class StoredCatalog final : public Catalog {
 public:
  StoredCatalog(const Config& config, client::Archive& archive, MetadataStore& store, Lane& lane)
      : archive_(archive),
        lane_(lane),
        queries_(std::make_shared<Queries>(
            Queries::Config{config.results_dir, config.failure_memory, config.now, config.batch_rows},
            archive, store, lane)),
        links_(std::make_shared<Answers<LinksRecord>>(Shelf::kLinks, store, lane,
                                                      policy<LinksRecord>(config, archive))),
        sources_(std::make_shared<Answers<SourceRecord>>(Shelf::kSources, store, lane,
                                                         policy<SourceRecord>(config, archive))),
        rows_(std::make_shared<Answers<NamedRowRecord>>(Shelf::kIdRows, store, lane,
                                                        policy<NamedRowRecord>(config, archive))),
        calibrations_(archive, store, lane, policy<AssociationsRecord>(config, archive), links_),
        product_files_(std::make_shared<Answers<ProductFilesRecord>>(
            Shelf::kProductFiles, store, lane, policy<ProductFilesRecord>(config, archive))),
        positions_(std::make_shared<Answers<PositionRecord>>(
            Shelf::kPositions, store, lane,
            typename Answers<PositionRecord>::Policy{config.positions_ttl, config.failure_memory,
                                                     config.now})),
        exports_(std::make_shared<Exports>(lane, config.failure_memory, config.now)),
        jobs_(std::make_shared<Jobs>(archive, store, lane, config.now)),
        visited_(std::make_shared<Visited>(store, archive.identity())),
        now_(config.now) {
    if (config.sweep) queries_->sweep_soon();  // what a process that died has left
  }
  ~StoredCatalog() override { visited_->flush(); }
  StoredCatalog(const StoredCatalog&) = delete;
  StoredCatalog& operator=(const StoredCatalog&) = delete;

  Cancel listing(const QuerySpec& query, Done<std::shared_ptr<const Listing>> done) override {
    return queries_->listing(query, std::move(done));
  }
  Cancel listing_with_result(const QuerySpec& query, Done<std::shared_ptr<const Listing>> done) override {
    return queries_->listing_with_result(query, std::move(done));
  }
  std::shared_ptr<const Listing> known_listing(const QuerySpec& query) override {
    return queries_->known_listing(query);
  }
  QueryState state(const QuerySpec& query) override { return queries_->state(query); }
  void refresh(const QuerySpec& query) override { queries_->refresh(query); }
  void forget(const QuerySpec& query) override { queries_->forget(query); }
  Cancel result(const std::shared_ptr<const Listing>& listing, client::TableFormat format,
                Done<std::filesystem::path> done) override {
    return exports_->make(listing, format, std::move(done));
  }
  std::optional<std::filesystem::path> known_result(const Listing& listing,
                                                    client::TableFormat format) override {
    return Exports::made(listing, format);
  }

  Cancel links(const client::Dataset& dataset, Done<std::shared_ptr<const client::Links>> done) override;
  std::shared_ptr<const client::Links> known_links(const client::Dataset& dataset) override;
  Cancel cutout_offer(const client::Dataset& dataset, Done<client::CutoutOffer> done) override;
  std::optional<client::CutoutOffer> known_cutout_offer(const client::Dataset& dataset) override;
  Cancel source(const client::Dataset& dataset, Done<client::FileSource> done) override;
  std::optional<client::FileSource> known_source(const client::Dataset& dataset) override;
  void prepare_sources(const std::vector<client::Dataset>& datasets, const Cause& cause) override;
  bool forget_source(const client::Dataset& dataset) override;
  void learn_source(const client::Dataset& dataset, const client::FileSource& source) override;
  void correct_source(const client::Dataset& dataset, const client::FileSource& source) override;
  Cancel product_files(const std::string& id, Done<std::shared_ptr<const ProductFiles>> done) override;
  std::shared_ptr<const ProductFiles> known_product_files(const std::string& id) override {
    return files_of(product_files_->known(id_key(id)));
  }
  Cancel row(const std::string& id, Done<std::shared_ptr<const NamedRow>> done) override;

  Cancel associations(const client::Dataset& dataset, client::CalibrationMode mode,
                      Done<std::shared_ptr<const AssociationsRecord>> done) override {
    return calibrations_.list(dataset, mode, std::move(done));
  }
  std::shared_ptr<const AssociationsRecord> known_associations(const client::Dataset& dataset,
                                                               client::CalibrationMode mode) override {
    return calibrations_.known_list(dataset, mode);
  }
  Cancel association_tree(const client::Dataset& dataset, client::CalibrationMode mode,
                          Done<std::string> done) override {
    return calibrations_.tree(dataset, mode, std::move(done));
  }
  bool has_associations(const client::Dataset& dataset) override { return calibrations_.expected(dataset); }
  Cancel resolve(const std::string& name, Done<client::SkyPosition> done) override;
  std::optional<client::SkyPosition> known_position(const std::string& name) override;
  std::shared_ptr<Jobs> jobs() override { return jobs_->services().empty() ? nullptr : jobs_; }

  std::vector<std::shared_ptr<const Listing>> known_listings(std::size_t most) override {
    return queries_->known_listings(most);
  }

  void visited(const std::string& kind, const std::string& name) override {
    if (!visited_->add(kind, name)) return;
    lane_.submit([visited = visited_](Lane::Turn&) { visited->flush(); });
  }
  std::vector<std::string> visits(const std::string& kind, std::size_t most) override {
    return visited_->latest(kind, most);
  }
  void forget_visit(const std::string& kind, const std::string& name) override {
    visited_->forget(kind, name);
    lane_.submit([visited = visited_](Lane::Turn&) { visited->flush(); });
  }

 private:
  template <class Record>
  static typename Answers<Record>::Policy policy(const Config& config, client::Archive& archive) {
    return {config.links_ttl, config.failure_memory, config.now,
            [&archive] { return Login{archive.user()}; }};
  }
  std::string id_key(const std::string& id) const { return archive_.identity() + '\n' + id; }
  // The URL that describes the services of a dataset, and whether only an answer can show it; "": none.
  struct Described {
    std::string url;
    bool to_be_found = false;
  };
  Described described(const client::Dataset& dataset) const;
  std::function<Result<LinksRecord>(Lane::Turn&)> links_fetch(const client::Dataset& dataset,
                                                              const Described& where);
  Cancel services(const client::Dataset& dataset, Done<std::shared_ptr<const client::Links>> done);
  Answers<SourceRecord>::Fetch source_fetch(const client::Dataset& dataset) const;
  // An archive whose ids are not known may give one id to several files.
  std::string source_key(const client::Dataset& dataset) const {
    return id_key(archive_.valid_id(dataset.id) ? dataset.id : dataset.access_url);
  }

  client::Archive& archive_;
  Lane& lane_;
  std::shared_ptr<Queries> queries_;
  std::shared_ptr<Answers<LinksRecord>> links_;
  std::shared_ptr<Answers<SourceRecord>> sources_;
  std::shared_ptr<Answers<NamedRowRecord>> rows_;
  Calibrations calibrations_;
  std::shared_ptr<Answers<ProductFilesRecord>> product_files_;
  std::shared_ptr<Answers<PositionRecord>> positions_;
  std::shared_ptr<Exports> exports_;
  std::shared_ptr<Jobs> jobs_;
  std::shared_ptr<Visited> visited_;
  const std::function<std::int64_t()> now_;
};

// If only a URL is known, one request shows whether it is DataLink, and brings the answer.
std::function<Result<LinksRecord>(Lane::Turn&)> StoredCatalog::links_fetch(const client::Dataset& dataset,
                                                                           const Described& where) {
  if (!where.to_be_found)
    return [&archive = archive_, url = where.url](Lane::Turn& turn) -> Result<LinksRecord> {
      auto found = archive.links(url, turn);
      if (!found) return found.error();
      return LinksRecord{0, std::move(*found)};
    };
  client::Dataset file = dataset;
  file.cutout.clear();
  return [&archive = archive_, sources = sources_, key = source_key(file),
          file](Lane::Turn& turn) -> Result<LinksRecord> {
    const Login login{archive.user()};
    auto located = archive.locate(file, turn);
    if (!located) return located.error();
    sources->keep(key, login, {0, std::move(located->source)});
    return LinksRecord{0, std::move(located->links).value_or(client::Links())};
  };
}

Cancel StoredCatalog::links(const client::Dataset& dataset, Done<std::shared_ptr<const client::Links>> done) {
  return services(dataset, AskedBy(done.cause(), [id = dataset.id, done = done.take()](
                                                     Result<std::shared_ptr<const client::Links>> links) {
                    if (links && !has_answer(*links)) return done(Error(ENOENT, id + " has no DataLink"));
                    done(std::move(links));
                  }));
}

std::shared_ptr<const client::Links> StoredCatalog::known_links(const client::Dataset& dataset) {
  const std::string url = described(dataset).url;
  auto links = url.empty() ? nullptr : links_of(links_->known(url));
  return has_answer(links) ? links : nullptr;
}

StoredCatalog::Described StoredCatalog::described(const client::Dataset& dataset) const {
  if (std::string url = archive_.links_url(dataset); !url.empty()) return {std::move(url), false};
  if (dataset.access == client::AccessKind::kFile) return {};
  return {dataset.access_url, true};
}

// The DataLink answer that describes the dataset's services; null or without a document: it has none.
Cancel StoredCatalog::services(const client::Dataset& dataset,
                               Done<std::shared_ptr<const client::Links>> done) {
  const Described where = described(dataset);
  if (where.url.empty()) {
    done(std::shared_ptr<const client::Links>());
    return {};
  }
  return links_->ask(
      where.url, links_fetch(dataset, where),
      AskedBy(done.cause(), [done = done.take()](const Result<std::shared_ptr<const LinksRecord>>& record) {
        if (!record) return done(record.error());
        done(links_of(*record));
      }));
}

Cancel StoredCatalog::cutout_offer(const client::Dataset& dataset, Done<client::CutoutOffer> done) {
  return services(dataset, AskedBy(done.cause(), [&archive = archive_, dataset, done = done.take()](
                                                     Result<std::shared_ptr<const client::Links>> links) {
                    if (!links) return done(links.error());
                    done(archive.cutout_offer(dataset, links->get()));
                  }));
}

std::optional<client::CutoutOffer> StoredCatalog::known_cutout_offer(const client::Dataset& dataset) {
  const Described where = described(dataset);
  if (where.url.empty()) return archive_.cutout_offer(dataset, nullptr);
  const auto links = links_of(links_->known(where.url));
  return links ? std::optional(archive_.cutout_offer(dataset, links.get())) : std::nullopt;
}

Cancel StoredCatalog::source(const client::Dataset& dataset, Done<client::FileSource> done) {
  if (!dataset.cutout.empty()) {
    return services(dataset, AskedBy(done.cause(), [&archive = archive_, dataset, done = done.take()](
                                                       Result<std::shared_ptr<const client::Links>> links) {
                      if (!links) return done(links.error());
                      done(archive.cutout_source(dataset, links->get()));
                    }));
  }
  return sources_->ask(
      source_key(dataset), source_fetch(dataset),
      AskedBy(done.cause(), [done = done.take()](const Result<std::shared_ptr<const SourceRecord>>& record) {
        if (!record) return done(record.error());
        done((*record)->value);
      }));
}

Answers<SourceRecord>::Fetch StoredCatalog::source_fetch(const client::Dataset& dataset) const {
  return [&archive = archive_, links = links_, dataset,
          where = described(dataset)](Lane::Turn& turn) -> Result<SourceRecord> {
    const Login login{archive.user()};
    auto located = archive.locate(dataset, turn);
    if (!located) return located.error();
    // That a URL was found to be the file itself is an answer, too.
    if (where.to_be_found || (located->links && !where.url.empty()))
      links->keep(where.url, login, {0, std::move(located->links).value_or(client::Links())});
    return SourceRecord{0, std::move(located->source)};
  };
}

void StoredCatalog::prepare_sources(const std::vector<client::Dataset>& datasets, const Cause& cause) {
  std::vector<client::Dataset> together;
  std::vector<std::string> keys;
  std::vector<Answers<SourceRecord>::Fetch> each;
  for (const auto& dataset : datasets) {
    if (dataset.is_cutout() || !archive_.located_together(dataset)) continue;
    together.push_back(dataset);
    keys.push_back(source_key(dataset));
    each.push_back(source_fetch(dataset));
  }
  if (together.size() < 2) return;
  const auto many = [&archive = archive_, together](const std::vector<std::size_t>& places,
                                                    Lane::Turn& turn) {
    std::vector<client::Dataset> wanted;
    wanted.reserve(places.size());
    for (const std::size_t place : places) wanted.push_back(together[place]);
    Answers<SourceRecord>::Many found(places.size());
    auto located = archive.locate_together(wanted, turn);
    for (std::size_t i = 0; located && i < std::min(found.size(), located->size()); ++i) {
      if ((*located)[i]) found[i] = SourceRecord{0, *std::move((*located)[i])};
    }
    return found;
  };
  sources_->ask_many(
      keys, many, [each](std::size_t place) { return each[place]; }, cause);
}

std::optional<client::FileSource> StoredCatalog::known_source(const client::Dataset& dataset) {
  if (!dataset.cutout.empty()) {
    const std::string url = described(dataset).url;
    const auto links = url.empty() ? nullptr : links_of(links_->known(url));
    if (!links && !url.empty()) return std::nullopt;
    auto source = archive_.cutout_source(dataset, links.get());
    return source ? std::optional<client::FileSource>(std::move(*source)) : std::nullopt;
  }
  const auto record = sources_->known(source_key(dataset));
  return record ? std::optional<client::FileSource>(record->value) : std::nullopt;
}

bool StoredCatalog::forget_source(const client::Dataset& dataset) {
  const std::string key = source_key(dataset);
  const auto record = sources_->known(key);
  const bool its_own = !record || record->value.url == dataset.access_url;
  if (its_own || record->value.url.find('?') == std::string::npos) return false;
  if (recent(record->fetched_at, now_(), kGoodFor)) return false;
  sources_->expire(key);
  if (const std::string url = described(dataset).url; !url.empty()) links_->expire(url);
  return true;
}

void StoredCatalog::learn_source(const client::Dataset& dataset, const client::FileSource& source) {
  if (!sources_->fresh(source_key(dataset)))
    sources_->keep(source_key(dataset), Login{archive_.user()}, {0, source});
}

void StoredCatalog::correct_source(const client::Dataset& dataset, const client::FileSource& source) {
  sources_->keep(source_key(dataset), Login{archive_.user()}, {0, source});
}

Cancel StoredCatalog::product_files(const std::string& id, Done<std::shared_ptr<const ProductFiles>> done) {
  auto fetch = [&archive = archive_, id](Lane::Turn& turn) -> Result<ProductFilesRecord> {
    auto files = archive.product_files(id, turn);
    if (!files) return files.error();
    return ProductFilesRecord{0, *std::move(files)};
  };
  return product_files_->ask(
      id_key(id), std::move(fetch),
      AskedBy(done.cause(),
              [done = done.take()](const Result<std::shared_ptr<const ProductFilesRecord>>& record) {
                if (!record) return done(record.error());
                done(files_of(*record));
              }));
}

Cancel StoredCatalog::row(const std::string& id, Done<std::shared_ptr<const NamedRow>> done) {
  if (!archive_.valid_id(id)) {
    done(Error(ENOENT, "no identifier of this archive: " + id));
    return {};
  }
  const std::string own_id = archive_.dataset(id).id;  // as the archive spells it
  auto fetch = [&archive = archive_, own_id](Lane::Turn& turn) -> Result<NamedRowRecord> {
    FirstRow first;
    auto summary = archive.query(archive.row_query(own_id), first, turn);
    if (!summary) return summary.error();
    if (!first.any) return Error(ENOENT, "the archive has no row of " + own_id);
    return std::move(first.found);
  };
  return rows_->ask(id_key(own_id), std::move(fetch),
                    AskedBy(done.cause(), [done = done.take()](
                                              const Result<std::shared_ptr<const NamedRowRecord>>& record) {
                      if (!record) return done(record.error());
                      done(std::make_shared<const NamedRow>(NamedRow{(*record)->columns, (*record)->row}));
                    }));
}

Cancel StoredCatalog::resolve(const std::string& name, Done<client::SkyPosition> done) {
  auto fetch = [&archive = archive_, name](Lane::Turn& turn) -> Result<PositionRecord> {
    auto found = archive.resolve(name, turn);
    if (!found) return found.error();
    return PositionRecord{0, std::move(*found)};
  };
  return positions_->ask(
      id_key(name), std::move(fetch),
      AskedBy(done.cause(),
              [done = done.take()](const Result<std::shared_ptr<const PositionRecord>>& record) {
                if (!record) return done(record.error());
                done((*record)->value);
              }));
}

std::optional<client::SkyPosition> StoredCatalog::known_position(const std::string& name) {
  const auto record = positions_->known(id_key(name));
  return record ? std::optional<client::SkyPosition>(record->value) : std::nullopt;
}

}  // namespace

Result<std::unique_ptr<Catalog>> Catalog::create(const Config& config, client::Archive& archive,
                                                 MetadataStore& store, Lane& queries) {
  std::error_code failed;
  std::filesystem::create_directories(config.results_dir, failed);
  if (failed) spdlog::warn("answers are not kept in {}: {}", config.results_dir.string(), failed.message());
  return std::unique_ptr<Catalog>(std::make_unique<StoredCatalog>(config, archive, store, queries));
}

}  // namespace esofs::cache
