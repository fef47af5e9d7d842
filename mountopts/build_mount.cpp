#include "mountopts/build_mount.h"

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>
#include <vector>

#include "cache/catalog.h"
#include "cache/file_cache.h"
#include "cache/metadata_store.h"
#include "client/base/lane.h"
#include "client/http_archive.h"
#include "fs/filesystem.h"
#include "fs/fuse_session.h"
#include "fs/timer.h"

namespace esofs::mountopts {
namespace {

using std::chrono::steady_clock;

// The user's own: nobody else reads what a cache holds or which queries were saved.
Result<void> private_directory(const std::filesystem::path& path) {
  std::error_code failed;
  std::filesystem::create_directories(path.parent_path(), failed);
  if (!failed && ::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    failed = std::error_code(errno, std::generic_category());
  }
  if (failed) return Error(failed.value(), path.string() + ": " + failed.message());
  return {};
}

client::HttpSettings http_settings(const Options& options) {
  client::HttpSettings settings;
  settings.limits.connect = options.connect_timeout;
  settings.limits.first_byte = options.first_byte_timeout;
  settings.limits.stall = options.stall_timeout;
  settings.limits.attempts = options.attempts;
  settings.cutout = options.cutout_timeout;
  settings.proxy = options.proxy;
  settings.ca_file = options.cacert;
  settings.user_agent = "esofs/" ESOFS_VERSION;
  settings.offline = options.offline;
  return settings;
}

cache::FileCache::Config file_cache_config(const Options& options) {
  cache::FileCache::Config config;
  config.directory = options.cache_dir / "content";
  config.max_bytes = options.cache_size;
  config.reserve_bytes = options.cache_reserve;
  config.unpack = options.unpack;
  config.memory_bytes = options.memory;
  config.read_ahead_bytes = options.prefetch;
  return config;
}

std::string lane_json(const Lane& lane) {
  const auto load = lane.load();
  return nlohmann::json{
      {"running", load.running}, {"waiting", load.waiting}, {"queued", load.queued}, {"most", lane.width()}}
      .dump();
}

std::string cache_json(const cache::FileCache::Usage& usage) {
  return nlohmann::json{
      {"bytes", usage.bytes},   {"max_bytes", usage.max_bytes},         {"hits", usage.hits},
      {"misses", usage.misses}, {"fetched_bytes", usage.fetched_bytes}, {"requests", usage.requests}}
      .dump();
}

class Built : public BuiltMount {
 public:
  Built(const Options& options, const client::Profile& profile)
      : archive_(client::HttpArchive::make(profile, http_settings(options))),
        transfers_("transfer", options.transfers),
        queries_("query", options.queries) {}

  Result<void> open(const Options& options, const client::Profile& profile, const std::string& archive,
                    const std::string& mountpoint) {
    for (const auto& directory : {options.cache_dir, options.config_dir, options.state_dir}) {
      auto made = private_directory(directory);
      if (!made) return made;
    }
    cache::MetadataStore::Config store_config;
    store_config.directory = options.cache_dir;
    auto store = cache::MetadataStore::open(std::move(store_config));
    if (!store) return store.error().at("the cache of metadata");
    store_ = std::move(*store);

    cache::Catalog::Config catalog_config;
    catalog_config.results_dir = options.cache_dir / "results";
    auto catalog = cache::Catalog::create(std::move(catalog_config), *archive_, *store_, queries_);
    if (!catalog) return catalog.error().at("the catalogue of listings");
    catalog_ = std::move(*catalog);

    auto files =
        cache::FileCache::create(file_cache_config(options), *archive_, *store_, *catalog_, transfers_);
    if (!files) return files.error().at("the cache of file content");
    files_ = std::move(*files);

    filesystem_ =
        std::make_unique<fs::Filesystem>(fs_config(options, profile, archive), *catalog_, *files_, timer_);
    auto session = fs::FuseSession::mount(*filesystem_, timer_, session_config(options, archive, mountpoint));
    if (!session) return session.error();
    session_ = std::move(*session);
    return {};
  }

  Result<void> run() override { return session_->run(); }

 private:
  fs::Config fs_config(const Options& options, const client::Profile& profile, const std::string& archive) {
    fs::Config config;
    config.archive_name = profile.name;
    config.archive_title = profile.title;
    config.archive_identity = archive_->identity();
    for (const auto& service : profile.tap) config.tap_services.push_back(service.name);
    config.query_wait = options.query_wait;
    config.default_maxrec = options.maxrec;
    config.default_ttl = std::chrono::ceil<std::chrono::seconds>(options.ttl);
    config.names = options.safe_names       ? fs::NameStyle::kSafe
                   : options.original_names ? fs::NameStyle::kOrigfile
                                            : fs::NameStyle::kOriginal;
    config.list_xattrs = options.list_xattrs;
    config.queries_dir = options.config_dir / "queries";
    config.browse = browse_config(options, profile);
    config.uid = ::getuid();
    config.gid = ::getgid();
    config.version = "esofs " ESOFS_VERSION;
    config.config_json = shown_options(options).dump(2) + "\n";
    config.ids.valid = [this](const std::string& id) { return archive_->valid_id(id); };
    config.ids.known_url = [this](const std::string& url) { return archive_->known_url(url); };
    config.ids.dataset = [this](const std::string& id) { return archive_->dataset(id); };
    const auto text = [](const std::string& value) {
      return [json = nlohmann::json(value).dump()] { return json; };
    };
    config.status = {
        {"pid", [pid = std::to_string(::getpid())] { return pid; }},
        {"version", text(ESOFS_VERSION)},
        {"archive", text(archive)},
        {"profile", text(profile.name)},
        {"title", text(profile.title)},
        {"offline", [offline = options.offline] { return std::string(offline ? "true" : "false"); }},
        {"uptime_s",
         [started = steady_clock::now()] {
           return std::to_string(
               std::chrono::duration_cast<std::chrono::seconds>(steady_clock::now() - started).count());
         }},
        {"cache", [this] { return cache_json(files_->usage()); }},
        {"transfers", [this] { return lane_json(transfers_); }},
        {"queries", [this] { return lane_json(queries_); }},
    };
    return config;
  }

  static fs::BrowseConfig browse_config(const Options& options, const client::Profile& profile) {
    fs::BrowseConfig config;
    config.templates_dir = options.config_dir / "browse";
    config.eso_tables = profile.raw_table == "dbo.raw" && profile.obscore_id_column == "dp_id";
    config.ssap = !profile.ssap_url.empty();
    config.resolver = !profile.resolver_url.empty();
    config.obscore_table = profile.obscore_table;
    return config;
  }

  static fs::SessionConfig session_config(const Options& options, const std::string& archive,
                                          const std::string& mountpoint) {
    fs::SessionConfig config;
    config.mountpoint = mountpoint;
    config.fuse_options = {"subtype=esofs", "fsname=" + archive};
    config.fuse_options.insert(config.fuse_options.end(), options.fuse.begin(), options.fuse.end());
    if (options.allow_other) config.fuse_options.emplace_back("allow_other");
    config.readahead_bytes = static_cast<std::uint32_t>(options.readahead);
    return config;
  }

  // In the order in which they need each other. The lanes end first of what asks the archive: their jobs use the rest.
  std::unique_ptr<client::Archive> archive_;
  std::unique_ptr<cache::MetadataStore> store_;
  fs::ThreadTimer timer_;
  std::unique_ptr<cache::Catalog> catalog_;
  std::unique_ptr<cache::FileCache> files_;
  std::unique_ptr<fs::Filesystem> filesystem_;
  std::unique_ptr<fs::FuseSession> session_;
  Lane transfers_;
  Lane queries_;
};

}  // namespace

Result<std::unique_ptr<BuiltMount>> BuiltMount::build(const Options& options, const client::Profile& profile,
                                                      const std::string& archive,
                                                      const std::string& mountpoint) {
  auto mount = std::make_unique<Built>(options, profile);
  auto opened = mount->open(options, profile, archive, mountpoint);
  if (!opened) return opened.error();
  return std::unique_ptr<BuiltMount>(std::move(mount));
}

}  // namespace esofs::mountopts
