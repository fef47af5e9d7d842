#include "fs/root.h"

#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "cache/content/caller_files.h"
#include "client/base/safe_name.h"
#include "fs/browse/browse_nodes.h"
#include "fs/browse/browse_state.h"
#include "fs/datasets/dataset_nodes.h"
#include "fs/jobs/job_nodes.h"
#include "fs/queries/query_nodes.h"
#include "fs/readme.h"
#include "fs/tables/table_nodes.h"
#include "fs/tree/plain_nodes.h"

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
  FixedDirectory::Entries entries{
      {"README.txt", std::make_shared<FixedText>("/README.txt", time, readme_text(config_))},
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

}  // namespace esofs::fs
