#include "fs/tree.h"

#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "client/base/safe_name.h"
#include "fs/browse_nodes.h"
#include "fs/browse_state.h"
#include "fs/caller_files.h"
#include "fs/dataset_nodes.h"
#include "fs/job_nodes.h"
#include "fs/plain_nodes.h"
#include "fs/query_nodes.h"
#include "fs/table_nodes.h"

namespace esofs::fs {
namespace {

Config with_clock(Config config) {
  if (!config.now)
    config.now = [] {
      const auto now = std::chrono::system_clock::now().time_since_epoch();
      return std::chrono::duration_cast<std::chrono::seconds>(now).count();
    };
  return config;
}

std::string line(std::string text) { return text.ends_with('\n') ? std::move(text) : std::move(text) + "\n"; }

std::string status_json(const Config& config, const std::function<std::string()>& own,
                        const std::string& browse, std::int64_t mounted_at) {
  nlohmann::ordered_json status = nlohmann::ordered_json::object();
  status["archive"] = config.archive_name;
  status["version"] = config.version;
  status["mounted"] = iso_time(mounted_at);
  const auto add = [&status](const std::string& key, const std::string& text) {
    auto parsed = nlohmann::ordered_json::parse(text, nullptr, false);
    status[key] = parsed.is_discarded() ? nlohmann::ordered_json(text) : std::move(parsed);
  };
  if (own) add("filesystem", own());
  for (const auto& [key, text] : config.status) add(key, text());
  add("browse", browse);
  return status.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

cache::QuerySpec defaults_of(const Config& config) {
  cache::QuerySpec defaults;
  defaults.maxrec = config.default_maxrec;
  defaults.ttl = config.default_ttl;
  return defaults;
}

std::unique_ptr<JobDirectories> make_jobs(cache::Catalog& catalog, const Config& config) {
  auto jobs = catalog.jobs();
  if (!jobs) return nullptr;
  const auto texts =
      config.queries_dir.parent_path() / "jobs" / portable_name(safe_name(config.archive_name));
  return std::make_unique<JobDirectories>(std::move(jobs), texts, config.now, defaults_of(config));
}

}  // namespace

Tree::Tree(Config config, cache::Catalog& catalog, cache::FileCache& files, Timer& timer,
           std::function<std::string()> status)
    : config_(with_clock(std::move(config))),
      catalog_(catalog),
      files_(files),
      timer_(timer),
      status_(std::move(status)),
      mounted_at_(config_.now()),
      queries_(QueryStore(config_.queries_dir), config_.now, defaults_of(config_)),
      jobs_(make_jobs(catalog, config_)),
      browse_(std::make_unique<BrowseState>(config_.browse, [this](const Error& problem) {
        errors_.add(now(), "/browse/.templates", problem);
      })) {}

Tree::~Tree() = default;

Cancel Tree::open_file(std::optional<uid_t> user, const client::Dataset& dataset, cache::Form form,
                       Done<std::shared_ptr<cache::OpenFile>> done) const {
  if (user && config_.callers != nullptr) return config_.callers->open(*user, dataset, form, std::move(done));
  return files_.open(dataset, form, std::move(done));
}

cache::FileFacts Tree::facts(const client::Dataset& dataset, cache::Form form) const {
  cache::FileFacts facts = files_.facts(dataset, form);
  if (facts.exact || config_.callers == nullptr) return facts;
  if (const auto size = config_.callers->known_size(dataset, form)) {
    facts.size = *size;
    facts.exact = true;
  }
  return facts;
}

cache::QuerySpec Tree::query_defaults() const { return defaults_of(config_); }

NodePtr Tree::make_root() {
  const std::int64_t time = mounted_at_;
  const auto live = [](const std::string& path, std::function<LiveText::Rendered()> render) {
    return std::make_shared<LiveText>("text:" + path, path, std::move(render));
  };
  auto control = std::make_shared<FixedDirectory>(
      "/.esofs", time,
      FixedDirectory::Entries{
          {"status.json", live("/.esofs/status.json",
                               [this] {
                                 return LiveText::Rendered{
                                     status_json(config_, status_, browse_status(*this), mounted_at_),
                                     mounted_at_};
                               })},
          {"errors", live("/.esofs/errors",
                          [this] {
                            return LiveText::Rendered{errors_text(), mounted_at_};
                          })},
          {"config.json",
           std::make_shared<FixedText>("/.esofs/config.json", time, line(config_.config_json))},
          {"version", std::make_shared<FixedText>("/.esofs/version", time, line(config_.version))}});
  // A further kind of directory is one more line here.
  FixedDirectory::Entries entries{{"README.txt", std::make_shared<FixedText>("/README.txt", time, readme())},
                                  {"queries", std::make_shared<QueriesNode>(*this)},
                                  {"browse", make_browse_node(*this)},
                                  {"datasets", std::make_shared<DatasetsNode>(*this)}};
  if (auto jobs = make_jobs_node(*this)) entries.emplace_back("jobs", std::move(jobs));
  if (!config_.tap_services.empty()) entries.emplace_back("tables", make_tables_node(*this));
  entries.emplace_back(".esofs", std::move(control));
  return std::make_shared<FixedDirectory>("/", time, std::move(entries));
}

std::string Tree::errors_text() const {
  std::string text = errors_.text();
  if (const auto notice = config_.notice ? config_.notice() : std::nullopt)
    text += iso_time(now()) + " now: " + *notice + "\n";
  return text;
}

std::string Tree::readme() const {
  std::string text = config_.archive_title.empty() ? config_.archive_name : config_.archive_title;
  text += ", mounted by esofs as a read-only drive.\n\n";
  text +=
      "queries/NAME/    a saved query; its directory lists the datasets that the answer names\n"
      "    mkdir queries/ngc253\n"
      "    echo \"SELECT * FROM ivoa.ObsCore WHERE target_name='NGC253'\" > queries/ngc253/query.adql\n"
      "    ls -l queries/ngc253            runs the query\n"
      "    cat queries/ngc253/status.txt   phase, rows, complete or truncated, last error\n"
      "    queries/ngc253/table/result.vot the answer as the server sent it; also .csv .tsv .json .fits "
      ".txt\n"
      "    touch queries/ngc253/query.adql asks again; rmdir queries/ngc253 removes the query\n"
      "  query.adql may begin with directives:\n"
      "    -- service: NAME    -- maxrec: 100000    -- mode: sync|async|auto    -- ttl: 1h\n\n"
      "browse/          the same without writing ADQL; browse/README.txt tells the forms, such as\n"
      "    ls browse/object/NGC_253/phase3    ls browse/cone/83.82_-5.39_10arcmin/raw\n"
      "  your own queries with placeholders: *.adql in the directory browse/ of your configuration\n\n"
      "datasets/ID/     everything known of one dataset; any identifier can be looked up, visited ones are "
      "listed\n"
      "    ID.fits          the file, always plain FITS; beside it the file as delivered, where that is "
      "another\n"
      "    metadata.json    its row in the archive's table\n"
      "    calibrations/raw/, calibrations/master/   of raw observations: the calibration files, "
      "associations.xml,\n"
      "                     and status.txt: complete, certified, messages, master answered as raw\n"
      "    header.txt       the headers of all its HDUs, one card a line\n"
      "    links.vot, links.json   its DataLink answer\n"
      "    preview/ auxiliary/ progenitors/ derived/ documentation/   what the answer names, where it does\n"
      "    night_log.txt    of raw frames\n"
      "    getfattr -n user.eso.origfile FILE tells the name that a file had before it was archived\n"
      "    cutout/SPEC.fits a part of it, cut out by the archive; cutout/README.txt says what it offers. "
      "SPEC is\n"
      "      circle_RA_DEC_RADIUS or band_LO_HI or both joined by __: "
      "circle_11.888_-25.288_30arcsec__band_480nm_500nm\n"
      "    queries/NAME/cutout/SPEC/ID.fits: the same of every dataset of a query\n\n"
      "tables/SERVICE/SCHEMA/TABLE/        columns.csv, description.txt, sample.csv: what can be asked for\n"
      "    cone/RA_DEC_RADIUS.csv          a catalogue around a position: 53.1_-27.8_30arcsec.csv\n"
      "    night/YYYY-MM-DD.csv            ambient conditions from noon to noon, UTC\n"
      "                                    also .tsv .json .fits .txt .vot; .status.txt: complete or "
      "truncated\n\n"
      "jobs/SERVICE/NAME/    an asynchronous job\n"
      "    mkdir jobs/SERVICE/NAME; cp my.adql jobs/SERVICE/NAME/query.adql; echo RUN > "
      "jobs/SERVICE/NAME/phase\n"
      "    phase            what it is doing; RUN and ABORT can be written\n"
      "    executionduration, destruction   seconds and a time; can be written\n"
      "    results/         its files, as the server sent them; error.txt: why it failed; job.xml\n"
      "    rmdir jobs/SERVICE/NAME deletes the job on the server\n\n"
      ".esofs/          status.json, errors (the last failures, with their causes), config.json, version\n\n"
      "Before a file is opened its size may be an estimate; from the first open on it is exact.\n"
      "getfattr -n user.eso.COLUMN FILE gives a column of its row; user.esofs.url, size_state, "
      "cached_bytes,\n"
      "version and error tell its state.\n";
  text +=
      "\nFiles before their release need a login: `esofs login`, then read on; user.eso.obs_release_date "
      "says "
      "until when.\n";
  if (config_.callers != nullptr)
    text +=
        "Every user of this mount has a login of his own: `esofs login --no-keyring`, which keeps it in the "
        "home "
        "directory.\n";
  if (!config_.limits.empty()) text += "\nLimits of this archive:\n";
  for (const std::string& limit : config_.limits) text += "  " + limit + "\n";
  return text;
}

}  // namespace esofs::fs
