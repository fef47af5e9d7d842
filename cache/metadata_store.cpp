// Opening the store: the directory, the lock of this process, the environment, the format number.
#include "cache/metadata_store.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <system_error>
#include <utility>

#include "cache/lmdb_store.h"

namespace esofs::cache {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFormat = "1";  // of shelves and keys; the values have their own (cache/records.h)
constexpr std::string_view kUserPrefix = "meta.user-";
constexpr unsigned kReaders = 1000;  // transactions at one time, of all processes
constexpr std::uint64_t kLeastMapBytes = 1ULL << 20U;
constexpr std::uint64_t kTruncatedBytes =
    1ULL << 20U;  // pages never written may be missing at the end of a sound file

constexpr std::array<const char*, kShelves> kNames{
    "listings", "entries", "names",   "rows",         "links",        "sources",   "files",
    "idrows",   "visited", "numbers", "associations", "productfiles", "positions", "jobs"};

Error system_error(int code, const std::string& step) {
  return Error(code, std::generic_category().message(code)).at(step);
}

Result<UniqueFd> locked_file(const fs::path& path, int operation) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) return system_error(errno, "opening " + path.string());
  if (::flock(fd.get(), operation) != 0) return system_error(errno, "locking " + path.string());
  return fd;
}

// Removes what processes that died have left behind. A lock that can be had has no owner.
void remove_dead_users(const fs::path& directory) {
  std::error_code failed;
  for (const auto& file : fs::directory_iterator(directory, failed)) {
    if (file.path().filename().string().rfind(kUserPrefix, 0) != 0) continue;
    if (locked_file(file.path(), LOCK_EX | LOCK_NB)) ::unlink(file.path().c_str());
  }
}

// What LMDB says of opening the environment in `directory`: a code, and the environment where it is 0.
int open_env(const fs::path& directory, std::uint64_t map_bytes, LmdbEnv& env) {
  MDB_env* made = nullptr;
  if (const int code = mdb_env_create(&made); code != 0) return code;
  env.reset(made);
  mdb_env_set_maxdbs(made, static_cast<MDB_dbi>(kShelves) + 1);
  mdb_env_set_maxreaders(made, kReaders);
  mdb_env_set_mapsize(made, std::max(map_bytes, kLeastMapBytes));
  // Without the sync of the meta page a power failure may lose the last commit, never the database.
  return mdb_env_open(made, directory.c_str(), MDB_NOTLS | MDB_NORDAHEAD | MDB_NOMETASYNC, 0600);
}

// LMDB would die of SIGBUS in a file that was cut.
bool truncated(MDB_env* env, const fs::path& directory) {
  MDB_envinfo info{};
  MDB_stat page{};
  mdb_env_info(env, &info);
  mdb_env_stat(env, &page);
  struct stat file {};
  if (::stat((directory / "data.mdb").c_str(), &file) != 0) return true;
  const std::uint64_t used = (info.me_last_pgno + 1) * page.ms_psize;
  return static_cast<std::uint64_t>(file.st_size) + kTruncatedBytes < used;
}

int open_shelves(MDB_env* env, unsigned txn_flags, unsigned dbi_flags, LmdbStore::Handles& shelves,
                 std::string& format) {
  LmdbTxn txn;
  if (const int code = begin_txn(env, txn_flags, txn); code != 0) return code;
  MDB_dbi head = 0;
  if (const int code = mdb_dbi_open(txn.get(), "esofs", dbi_flags, &head); code != 0) return code;
  MDB_val key = value_of("format");
  MDB_val value = value_of(kFormat);
  int code = mdb_get(txn.get(), head, &key, &value);
  if (code == MDB_NOTFOUND && dbi_flags != 0) {
    value = value_of(kFormat);
    code = mdb_put(txn.get(), head, &key, &value, 0);
  }
  if (code != 0) return code;
  format = text_of(value);
  if (format != kFormat) return 0;
  for (std::size_t i = 0; i < kShelves; ++i) {
    code = mdb_dbi_open(txn.get(), kNames[i], dbi_flags, &shelves[i]);
    if (code != 0) return code;
  }
  return commit_txn(std::move(txn));
}

struct Opened {
  LmdbEnv env;
  LmdbStore::Handles shelves{};
};

// nullopt: the environment must be set aside, `why` says why.
Result<std::optional<Opened>> open_meta(const fs::path& directory, std::uint64_t map_bytes,
                                        std::string& why) {
  Opened opened;
  int code = open_env(directory, map_bytes, opened.env);
  // Where address space is limited a smaller map does.
  while (code == ENOMEM && map_bytes > (64U << 20U)) code = open_env(directory, map_bytes /= 4, opened.env);
  if (code == 0 && truncated(opened.env.get(), directory)) {
    why = "its file was cut";
    return std::optional<Opened>();
  }
  std::string format;
  if (code == 0) code = mdb_reader_check(opened.env.get(), nullptr);
  // Most times there is nothing to create, and then nobody else's write is waited for.
  if (code == 0) code = open_shelves(opened.env.get(), MDB_RDONLY, 0, opened.shelves, format);
  if (code == MDB_MAP_RESIZED) {
    code = mdb_env_set_mapsize(opened.env.get(), 0);
    if (code == 0) code = open_shelves(opened.env.get(), MDB_RDONLY, 0, opened.shelves, format);
  }
  if (code == MDB_NOTFOUND) code = open_shelves(opened.env.get(), 0, MDB_CREATE, opened.shelves, format);
  if (code == 0 && format != kFormat)
    why = "its format is " + format + ", this program writes " + std::string(kFormat);
  if (code != 0 && lmdb_unreadable(code)) why = mdb_strerror(code);
  if (!why.empty()) return std::optional<Opened>();
  if (code != 0) return lmdb_error(code, "opening " + directory.string());
  return std::optional<Opened>(std::move(opened));
}

Result<void> set_aside(const fs::path& directory) {
  const std::string base = directory.string() + ".old-" + std::to_string(std::time(nullptr));
  std::string target = base;
  std::error_code failed;
  for (int n = 2; fs::exists(target, failed); ++n) target = base + "-" + std::to_string(n);
  fs::rename(directory, target, failed);
  if (failed) return system_error(failed.value(), "setting " + directory.string() + " aside");
  return {};
}

Result<void> make_directory(const fs::path& directory) {
  std::error_code failed;
  if (directory.has_parent_path()) fs::create_directories(directory.parent_path(), failed);
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
    return system_error(errno, "making " + directory.string());
  return {};
}

}  // namespace

Result<std::unique_ptr<MetadataStore>> MetadataStore::open(const Config& config) {
  const fs::path& directory = config.directory;
  const fs::path meta = directory / "meta";
  if (auto made = make_directory(directory); !made) return made.error();

  // Held while opening, so that two processes do not both set an old store aside.
  auto opening = locked_file(directory / "meta.lock", LOCK_EX);
  if (!opening) return opening.error();
  remove_dead_users(directory);
  const fs::path user_path = directory / (std::string(kUserPrefix) + std::to_string(::getpid()));
  auto user = locked_file(user_path, LOCK_EX | LOCK_NB);
  if (!user && user.error().code() == EWOULDBLOCK)
    return Error(EBUSY, "this process has the metadata store in " + directory.string() + " open already");
  if (!user) return user.error();

  for (int attempt = 0;; ++attempt) {
    if (auto made = make_directory(meta); !made) return made.error();
    std::string why;
    auto opened = open_meta(meta, config.map_bytes, why);
    if (!opened) return opened.error();
    if (*opened) {
      return std::unique_ptr<MetadataStore>(std::make_unique<LmdbStore>(
          std::move((*opened)->env), (*opened)->shelves, std::move(*user), user_path));
    }
    if (attempt > 0)
      return Error(EIO, "a new metadata store in " + meta.string() + " cannot be read: " + why);
    spdlog::warn("the metadata in {} are set aside and begun anew: {}", meta.string(), why);
    if (auto aside = set_aside(meta); !aside) return aside.error();
  }
}

}  // namespace esofs::cache
