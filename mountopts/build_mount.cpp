#include "mountopts/build_mount.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "cache/catalog.h"
#include "cache/content/callers.h"
#include "cache/content/file_cache.h"
#include "cache/sizes/announced_sizes.h"
#include "cache/store/inode_numbers.h"
#include "cache/store/metadata_store.h"
#include "cache/walks/files_ahead.h"
#include "client/base/iso_time.h"
#include "client/base/lane.h"
#include "client/http/traffic.h"
#include "client/http_archive.h"
#include "client/login/credentials.h"
#include "client/model/identifiers.h"
#include "fs/datasets/dataset_file.h"
#include "fs/kernel/filesystem.h"
#include "fs/kernel/fuse_session.h"
#include "fs/kernel/inode_table.h"
#include "fs/root.h"
#include "fs/tree/context.h"
#include "fs/tree/timer.h"
#include "mountopts/caller_login.h"
#include "mountopts/credential_options.h"
#include "mountopts/disks.h"
#include "mountopts/shared_archive.h"
#include "mountopts/slow_steps.h"

namespace esofs::mountopts {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kMostPrograms = 20;  // that status.json lists

Result<void> make_directory(const std::filesystem::path& path) {
  std::error_code failed;
  std::filesystem::create_directories(path.parent_path(), failed);
  if (!failed && ::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    failed = std::error_code(errno, std::generic_category());
  }
  if (failed) return Error(failed.value(), path.string() + ": " + failed.message());
  return {};
}

// The disk takes nothing. A mount without what would be kept on it is better than none.
bool disk_refuses(const Error& error) {
  const int code = error.code();
  return code == ENOSPC || code == EDQUOT || code == EROFS || code == EFBIG || code == EIO;
}

// A directory of the user alone: nobody else can read the kept data, or add data that the archive never sent.
Result<void> private_directory(const std::filesystem::path& path) {
  if (auto made = make_directory(path); !made) return made;
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0)
    return Error(errno, path.string() + ": " + std::generic_category().message(errno));
  if (!S_ISDIR(status.st_mode))
    return Error(ENOTDIR, path.string() + ": " + std::generic_category().message(ENOTDIR));
  if ((status.st_mode & S_IWOTH) != 0)
    return Error(EACCES,
                 path.string() + " can be written by everybody: not used; run chmod o-w " + path.string());
  if (status.st_uid != ::geteuid() && status.st_uid != 0 && ::geteuid() != 0)
    return Error(EACCES, path.string() + " belongs to another user: not used");
  return {};
}

// EINVAL, as for every wrong option.
Error wrong_directory(const char* option, const Error& error) {
  return Error(EINVAL, error.what()).at(std::string("option '") + option + "'");
}

// Returns why the disk does not take the cache's directories, if so. warnings: the same of the others, one sentence each.
Result<std::optional<Error>> make_directories(const Options& options, std::vector<std::string>& warnings) {
  constexpr const char* kCache = "cache_dir";
  std::optional<Error> refused;
  // A disk for scratch files may be everybody's; what lies on it is not.
  if (auto made = make_directory(options.cache_dir); !made) {
    if (!disk_refuses(made.error())) return wrong_directory(kCache, made.error());
    refused = made.error();
  }
  for (const auto& [option, directory] :
       {std::pair(kCache, options.cache_dir / "meta"), std::pair(kCache, options.cache_dir / "content"),
        std::pair(kCache, options.cache_dir / "results"), std::pair("config_dir", options.config_dir),
        std::pair("state_dir", options.state_dir)}) {
    auto made = private_directory(directory);
    if (made) continue;
    if (!disk_refuses(made.error())) return wrong_directory(option, made.error());
    const bool of_cache = directory.parent_path() == options.cache_dir;
    if (of_cache)
      refused = refused.value_or(made.error());
    else
      warnings.push_back("nothing can be saved: " + made.error().what());
  }
  return refused;
}

nlohmann::ordered_json lane_json(const Lane& lane) {
  const auto load = lane.load();
  return {
      {"running", load.running}, {"waiting", load.waiting}, {"queued", load.queued}, {"most", lane.width()}};
}

nlohmann::ordered_json cache_json(const cache::FileCache::Usage& usage) {
  return {{"bytes", usage.bytes},   {"max_bytes", usage.max_bytes},         {"hits", usage.hits},
          {"misses", usage.misses}, {"fetched_bytes", usage.fetched_bytes}, {"requests", usage.requests}};
}

nlohmann::ordered_json ahead_json(const cache::FileCache::Usage& usage) {
  return {{"asked_bytes", usage.ahead_asked},
          {"used_bytes", usage.ahead_used},
          {"dropped_bytes", usage.ahead_dropped}};
}

nlohmann::ordered_json evicted_json(const cache::Evicted& evicted) {
  const auto count = [](const cache::Evicted::Count& counted) -> nlohmann::ordered_json {
    return {{"segments", counted.segments}, {"bytes", counted.bytes}};
  };
  return {{"for_cache_size", count(evicted.for_quota)}, {"for_cache_reserve", count(evicted.for_room)}};
}

nlohmann::ordered_json retries_json(const client::Traffic& traffic, const cache::FileCache::Usage& usage) {
  auto retries = nlohmann::ordered_json::object();
  for (const auto& [reason, count] : traffic.retries()) retries[reason] = count;
  if (usage.resumed > 0) retries["a transfer broke off"] = usage.resumed;
  return retries;
}

nlohmann::ordered_json programs_json(const client::Traffic& traffic, std::optional<uid_t> user) {
  auto programs = nlohmann::ordered_json::array();
  for (const auto& program : traffic.programs(user, kMostPrograms))
    programs.push_back({{"program", program.name}, {"requests", program.requests}, {"bytes", program.bytes}});
  return programs;
}

nlohmann::ordered_json files_ahead_json(const cache::FilesAhead& ahead) {
  const auto counters = ahead.counters();
  return {{"opened", counters.opened},
          {"asked", counters.asked},
          {"used", counters.used},
          {"dropped", counters.dropped}};
}

// The login; null if the archive's hosts are not known, so that nobody can log in, and if each user has a login of his own.
std::shared_ptr<client::Credentials> credentials_of(const Options& options, const client::Profile& profile,
                                                    const std::string& archive) {
  if (profile.credential_hosts.empty() || options.caller_identity) return nullptr;
  client::Credentials::Config config = credentials_config(options);
  config.login_command = login_command(archive);
  return std::make_shared<client::Credentials>(std::move(config), profile, http_settings(options));
}

std::unique_ptr<client::Archive> archive_of(const Options& options, const client::Profile& profile,
                                            std::shared_ptr<client::Credentials> credentials,
                                            std::shared_ptr<client::Traffic> traffic) {
  client::HttpSettings settings = http_settings(options);
  settings.authoriser = std::move(credentials);
  settings.traffic = std::move(traffic);
  if (options.caller_identity) return std::make_unique<SharedArchive>(profile, std::move(settings));
  return client::HttpArchive::make(profile, std::move(settings));
}

nlohmann::ordered_json login_json(client::Credentials& credentials) {
  const auto status = credentials.status();
  return {{"state", client::state_name(status.state)},
          {"user", status.user},
          {"source", status.source},
          {"kept", status.kept},
          {"until", status.expires > 0 ? client::iso_time_text(status.expires) : ""},
          {"renews", status.renews},
          {"problem", status.problem}};
}

class Built : public BuiltMount {
 public:
  Built(const Options& options, const client::Profile& profile, const std::string& archive)
      : credentials_(credentials_of(options, profile, archive)),
        archive_(archive_of(options, profile, credentials_, traffic_)),
        transfers_("transfer", options.transfers),
        // Several kinds of questions may go to one service that hangs.
        queries_("query", options.queries, 16 * options.queries, 4 * options.queries),
        logins_("login", kLogins) {}
  ~Built() override {
    session_.reset();  // so that a home directory inside the mount fails, and nobody waits for it
    if (root_) root_->end();
    if (files_ahead_) files_ahead_->end();
    if (callers_) callers_->end();
  }
  Built(const Built&) = delete;
  Built& operator=(const Built&) = delete;

  Result<void> open(const Options& options, const client::Profile& profile, const std::string& archive,
                    const std::string& mountpoint, std::function<void()> on_hangup) {
    SlowSteps steps;
    steps.step("opening the cache in " + options.cache_dir.string());
    const auto cache_refused = make_directories(options, warnings_);
    if (!cache_refused) return cache_refused.error();
    if (auto opened = open_store(options, *cache_refused); !opened) return opened;

    steps.step("reading what the cache knows of listings");
    cache::Catalog::Config catalog_config;
    catalog_config.results_dir = options.cache_dir / "results";
    // A row of ObsCore takes some 4 KB, and the same again while it is written.
    catalog_config.batch_rows = std::clamp<std::size_t>(options.memory / (16U << 10U), 256, 4096);
    // Nothing is asked, so that nothing has to be spared; what failed with a network says nothing of today.
    if (options.offline) catalog_config.failure_memory = std::chrono::seconds(0);
    auto catalog = cache::Catalog::create(catalog_config, *archive_, *store_, queries_);
    if (!catalog) return catalog.error().at("the catalogue of listings");
    catalog_ = std::move(*catalog);

    steps.step("looking at the content that the cache holds");
    auto files =
        cache::FileCache::create(file_cache_config(options), *archive_, *store_, *catalog_, transfers_);
    if (!files) return files.error().at("the cache of file content");
    files_ = std::move(*files);

    cache::FilesAhead::Config ahead;
    ahead.most_bytes = options.prefetch;
    ahead.most_files =
        options.offline || options.prefetch == 0 ? 0 : static_cast<std::size_t>(options.transfers);
    if (!options.short_inodes) {
      ahead.inode = [](const client::Dataset& dataset, cache::Form form) {
        return fs::usual_number(fs::file_identity(dataset, form));
      };
    }
    files_ahead_ = cache::FilesAhead::create(ahead, *files_, *catalog_);

    if (options.caller_identity) callers_ = make_callers(options, profile);

    steps.step("mounting on " + mountpoint);
    context_ =
        std::make_unique<fs::Context>(fs_config(options, profile, archive), *catalog_, *files_, timer_);
    root_ = std::make_unique<fs::Root>(*context_);
    filesystem_ = std::make_unique<fs::Filesystem>(*context_, root_->node());
    auto session = fs::FuseSession::mount(*filesystem_, timer_,
                                          session_config(options, archive, mountpoint, std::move(on_hangup)));
    if (!session) return session.error();
    session_ = std::move(*session);
    if (!credentials_) return {};
    steps.step("looking for a login");
    const auto notice = credentials_->notice();
    const std::string problem = notice ? *notice : credentials_->status().problem;
    if (!problem.empty()) warnings_.push_back(problem);
    return {};
  }

  const std::vector<std::string>& warnings() const override { return warnings_; }
  Result<void> run() override { return session_->run(); }

 private:
  static constexpr int kLogins = 8;  // users whose files are checked at once

  // refused: why the cache's directories cannot be made, if so.
  Result<void> open_store(const Options& options, const std::optional<Error>& refused) {
    cache::MetadataStore::Config config;
    config.directory = options.cache_dir;
    const auto open = [&]() -> Result<std::unique_ptr<cache::MetadataStore>> {
      if (refused) return *refused;
      return cache::MetadataStore::open(config);
    };
    auto store = open();
    if (!store && !disk_refuses(store.error())) return store.error().at("the cache of metadata");
    if (!store) {
      store_refused_ = "what is learnt of the archive is forgotten with this mount: " + store.error().what();
      warnings_.push_back(store_refused_);
    }
    store_ = store ? std::move(*store) : cache::MetadataStore::in_memory();
    return {};
  }

  std::unique_ptr<cache::Callers> make_callers(const Options& options, const client::Profile& profile) {
    cache::Callers::Config config;
    config.archive_identity = archive_->identity();
    config.make_login =
        [services = CallerServices{options, profile, *store_, transfers_, queries_, traffic_}](uid_t user) {
          return make_caller_login(services, user);
        };
    return std::make_unique<cache::Callers>(std::move(config), *files_, *store_, logins_);
  }

  cache::FileCache::Usage usage() const {
    auto usage = files_->usage();
    if (!callers_) return usage;
    usage.add_done(callers_->usage());
    return usage;
  }

  using StatusMembers = decltype(fs::Config::status);

  fs::Config fs_config(const Options& options, const client::Profile& profile, const std::string& archive) {
    fs::Config config;
    config.archive_name = profile.name;
    config.archive_title = profile.title;
    for (const auto& service : profile.tap) config.tap_services.push_back(service.name);
    config.limits = profile.limits;
    config.calibrations = !profile.calselector_url.empty();
    config.login = !profile.credential_hosts.empty();
    config.query_wait = options.query_wait;
    config.default_maxrec = options.maxrec;
    config.default_ttl = std::chrono::ceil<std::chrono::seconds>(options.ttl);
    config.names = options.names;
    config.list_xattrs = options.list_xattrs;
    config.queries_dir = options.config_dir / "queries";
    if (options.caller_identity) config.users_dir = options.state_dir / "users";
    config.browse = browse_config(options, profile);
    config.uid = ::getuid();
    config.gid = ::getgid();
    config.version = "esofs " ESOFS_VERSION;
    config.config_json = shown_options(options).dump(2) + "\n";
    config.ids = std::make_shared<const client::Identifiers>(profile);
    config.status = status_members(options, profile, archive);
    config.programs = [this](std::optional<uid_t> user) { return programs_json(*traffic_, user); };
    config.allow_other = options.allow_other || std::find(options.fuse.begin(), options.fuse.end(),
                                                          "allow_root") != options.fuse.end();
    config.share_private = options.share_private;
    want_sizes(config, options, profile);
    config.callers = callers_.get();
    config.files_ahead = files_ahead_.get();
    if (options.short_inodes) inode_numbers_ = std::make_unique<cache::InodeNumbers>(*store_);
    config.inode_numbers = inode_numbers_.get();
    if (credentials_) {
      config.notice = [this] { return credentials_->notice(); };
      config.private_links = [this, url = profile.datalink_pattern] {
        return !archive_->identity_for(url).empty();
      };
      if (options.authorised_tap)
        config.private_listings = [this] { return !archive_->query_identity("").empty(); };
    }
    return config;
  }

  // Without the option nobody checks an announced size.
  void want_sizes(fs::Config& config, const Options& options, const client::Profile& profile) {
    config.exact_sizes = options.offline       ? fs::ExactSizes::kNever
                         : options.exact_sizes ? fs::ExactSizes::kAlways
                                               : fs::ExactSizes::kOfOverlays;
    if (config.exact_sizes == fs::ExactSizes::kAlways && !profile.sizes_table.empty())
      announced_sizes_ =
          std::make_unique<cache::AnnouncedSizes>(profile.sizes_table, *archive_, *store_, queries_);
    config.announced_sizes = announced_sizes_.get();
    config.sizes_ahead = static_cast<std::size_t>(options.transfers);
  }

  // The members of .esofs/status.json.
  StatusMembers status_members(const Options& options, const client::Profile& profile,
                               const std::string& archive) {
    const auto fixed = [](nlohmann::ordered_json value) {
      return [value = std::move(value)] { return value; };
    };
    StatusMembers members{
        {"filesystem", [this] { return filesystem_->status(); }},
        {"pid", fixed(::getpid())},
        {"version", fixed(ESOFS_VERSION)},
        {"archive", fixed(archive)},
        {"profile", fixed(profile.name)},
        {"title", fixed(profile.title)},
        {"offline", fixed(options.offline)},
        {"uptime_s",
         [started = steady_clock::now()] {
           return nlohmann::ordered_json(
               std::chrono::duration_cast<std::chrono::seconds>(steady_clock::now() - started).count());
         }},
        {"cache",
         [this, directory = options.cache_dir, reserve = options.cache_reserve] {
           const auto used = usage();
           auto cache = cache_json(used);
           std::string problem =
               store_refused_.empty() ? cache_disk_problem(directory, reserve, used.bytes) : store_refused_;
           cache["problem"] = std::move(problem);
           return cache;
         }},
        {"read_ahead", [this] { return ahead_json(usage()); }},
        {"evicted", [this] { return evicted_json(usage().evicted); }},
        {"retries", [this] { return retries_json(*traffic_, usage()); }},
        {"files_ahead", [this] { return files_ahead_json(*files_ahead_); }},
        {"transfers", [this] { return lane_json(transfers_); }},
        {"queries", [this] { return lane_json(queries_); }},
    };
    if (callers_)
      members.emplace_back("login", fixed(nlohmann::ordered_json::object({{"state", "each user's own"}})));
    if (credentials_) members.emplace_back("login", [this] { return login_json(*credentials_); });
    return members;
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
                                          const std::string& mountpoint, std::function<void()> on_hangup) {
    fs::SessionConfig config;
    config.mountpoint = mountpoint;
    config.on_hangup = std::move(on_hangup);
    config.fuse_options = {"subtype=esofs", "fsname=" + archive};
    config.fuse_options.insert(config.fuse_options.end(), options.fuse.begin(), options.fuse.end());
    if (options.allow_other) config.fuse_options.emplace_back("allow_other");
    config.readahead_bytes = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(options.readahead, std::numeric_limits<std::uint32_t>::max()));
    return config;
  }

  // In the order in which they need each other. The lanes end first of what asks the archive: their jobs use the rest.
  std::shared_ptr<client::Credentials> credentials_;
  const std::shared_ptr<client::Traffic> traffic_ = std::make_shared<client::Traffic>();
  std::unique_ptr<client::Archive> archive_;
  std::vector<std::string> warnings_;
  std::string store_refused_;  // why nothing is kept on the disk; "": it is
  std::unique_ptr<cache::MetadataStore> store_;
  std::unique_ptr<cache::InodeNumbers> inode_numbers_;
  std::unique_ptr<cache::AnnouncedSizes> announced_sizes_;  // null: not used
  fs::ThreadTimer timer_;
  std::unique_ptr<cache::Catalog> catalog_;
  std::shared_ptr<cache::FileCache> files_;
  std::shared_ptr<cache::FilesAhead> files_ahead_;
  std::unique_ptr<cache::Callers> callers_;  // null: all users have the mounting user's login
  std::unique_ptr<fs::Context> context_;
  std::unique_ptr<fs::Root> root_;
  std::unique_ptr<fs::Filesystem> filesystem_;
  std::unique_ptr<fs::FuseSession> session_;
  Lane transfers_;
  Lane queries_;
  Lane logins_;
};

}  // namespace

Result<std::unique_ptr<BuiltMount>> BuiltMount::build(const Options& options, const client::Profile& profile,
                                                      const std::string& archive,
                                                      const std::string& mountpoint,
                                                      std::function<void()> on_hangup) {
  auto mount = std::make_unique<Built>(options, profile, archive);
  auto opened = mount->open(options, profile, archive, mountpoint, std::move(on_hangup));
  if (!opened) return opened.error();
  return std::unique_ptr<BuiltMount>(std::move(mount));
}

}  // namespace esofs::mountopts
