// Opening the store: the directory, the lock of this process, the environment, the format number.
#include "cache/store/metadata_store.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <system_error>
#include <utility>
#include <vector>

#include "cache/store/lmdb_store.h"
#include "cache/store/memory_store.h"

namespace esofs::cache {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFormat =
    "1";  // of shelves and keys; the values have their own (cache/store/records.h)
constexpr std::string_view kUserPrefix = "meta.user-";
constexpr unsigned kReaders = 1000;  // transactions at one time, of all processes
constexpr std::uint64_t kLeastMapBytes = 1ULL << 20U;
constexpr std::uint64_t kTruncatedBytes =
    1ULL << 20U;  // pages never written may be missing at the end of a sound file
constexpr std::uint64_t kMostInMemory = 256ULL << 20U;
constexpr off_t kLockBytes = 64'128;  // of lock.mdb, for kReaders

constexpr std::array<const char*, kShelves> kNames{
    "listings", "entries", "names",        "rows",         "links",     "sources", "files", "idrows",
    "visited",  "numbers", "associations", "productfiles", "positions", "jobs",    "inodes"};

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

// Opens the environment in `directory`. Returns LMDB's code; env is set if it is 0.
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

// LMDB writes to lock.mdb through a map, and would die of SIGBUS if the disk had no room for it.
Result<void> reserve_lock_file(const fs::path& directory) {
  const fs::path path = directory / "lock.mdb";
  const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  struct stat state {};
  if (!fd || ::fstat(fd.get(), &state) != 0) return system_error(errno, "opening " + path.string());
  if (state.st_blocks * 512 >= kLockBytes) return {};
  if (const int code = ::posix_fallocate(fd.get(), 0, kLockBytes); code != 0)
    return system_error(code, "making " + path.string());
  return {};
}

// Looks at every record of the shelves and at what is said of free pages. MDB_CORRUPTED: one ends at `end` or beyond.
int read_all(MDB_env* env, std::uintptr_t end) {
  LmdbTxn txn;
  if (const int code = begin_txn(env, MDB_RDONLY, txn); code != 0) return code;
  std::vector<MDB_dbi> databases{0};  // that of the free pages
  for (const char* name : kNames) {
    MDB_dbi database = 0;
    const int code = mdb_dbi_open(txn.get(), name, 0, &database);
    if (code == MDB_NOTFOUND) continue;
    if (code != 0) return code;
    databases.push_back(database);
  }
  for (const MDB_dbi database : databases) {
    LmdbCursor cursor;
    if (const int code = open_cursor(txn.get(), database, cursor); code != 0) return code;
    MDB_val key{};
    MDB_val value{};
    int code = mdb_cursor_get(cursor.get(), &key, &value, MDB_FIRST);
    for (; code == 0; code = mdb_cursor_get(cursor.get(), &key, &value, MDB_NEXT))
      if (reinterpret_cast<std::uintptr_t>(value.mv_data) + value.mv_size > end) return MDB_CORRUPTED;
    if (code != MDB_NOTFOUND) return code;
  }
  return 0;
}

// Whether all of a store is in the first `bytes` of its file. A process of its own finds out, since LMDB ends that which meets
// a page of another kind.
bool sound(const fs::path& directory, std::uint64_t map_bytes, std::uint64_t bytes) {
  const pid_t child = ::fork();
  if (child == 0) {
    LmdbEnv env;
    int code = open_env(directory, map_bytes, env);
    if (code == 0) {
      mdb_env_set_assert(env.get(), [](MDB_env*, const char*) { ::_exit(1); });
      code = read_all(env.get(), map_of(directory).first + bytes);
    }
    ::_exit(code == 0 ? 0 : 1);
  }
  int status = 0;
  while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// How many bytes of the pages that the store has used are missing at the end of its file.
std::uint64_t missing_bytes(MDB_env* env, const fs::path& file) {
  MDB_envinfo info{};
  MDB_stat page{};
  mdb_env_info(env, &info);
  mdb_env_stat(env, &page);
  const std::uint64_t used = (info.me_last_pgno + 1) * page.ms_psize;
  std::error_code failed;
  const std::uint64_t size = fs::file_size(file, failed);
  return failed ? used : used - std::min(used, size);
}

// LMDB would die of SIGBUS in a file that was cut. One from which only pages may be missing that were never written is made
// as long as it must be, and is looked through: empty pages are harmless where nothing leads to them.
bool was_cut(LmdbEnv& env, const fs::path& directory, std::uint64_t map_bytes) {
  const fs::path file = directory / "data.mdb";
  const std::uint64_t missing = missing_bytes(env.get(), file);
  if (missing == 0) return false;
  if (missing > kTruncatedBytes) return true;
  std::error_code failed;
  const std::uint64_t here = fs::file_size(file, failed);
  if (!failed) fs::resize_file(file, here + missing, failed);
  return failed || !sound(directory, map_bytes, here);
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
  std::unique_ptr<DamageMark> damage;
  LmdbEnv env;
  LmdbStore::Handles shelves{};
};

// nullopt: the environment must be set aside, `why` says why.
Result<std::optional<Opened>> open_meta(const fs::path& directory, std::uint64_t map_bytes,
                                        std::string& why) {
  if (DamageMark::is_set(directory)) {
    why = "it is damaged";
    return std::optional<Opened>();
  }
  Opened opened;
  opened.damage = std::make_unique<DamageMark>(directory);
  int code = open_env(directory, map_bytes, opened.env);
  // Where address space is limited a smaller map does.
  while (code == ENOMEM && map_bytes > (64U << 20U)) code = open_env(directory, map_bytes /= 4, opened.env);
  if (code == 0 && was_cut(opened.env, directory, map_bytes)) {
    why = "its file was cut";
    return std::optional<Opened>();
  }
  if (code == 0) opened.damage->watch(opened.env.get());
  std::string format;
  if (code == 0) code = mdb_reader_check(opened.env.get(), nullptr);
  // Usually there is nothing to create, and then this does not wait for the writes of others.
  if (code == 0) code = open_shelves(opened.env.get(), MDB_RDONLY, 0, opened.shelves, format);
  if (code == MDB_MAP_RESIZED) {
    code = mdb_env_set_mapsize(opened.env.get(), 0);
    opened.damage->watch(opened.env.get());
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

std::string_view shelf_name(Shelf shelf) { return kNames.at(static_cast<std::size_t>(shelf)); }

std::unique_ptr<MetadataStore> MetadataStore::in_memory() {
  return std::make_unique<MemoryStore>(kMostInMemory);
}

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
    if (auto reserved = reserve_lock_file(meta); !reserved) return reserved.error();
    auto opened = open_meta(meta, config.map_bytes, why);
    if (!opened) return opened.error();
    if (*opened) {
      return std::unique_ptr<MetadataStore>(
          std::make_unique<LmdbStore>(std::move((*opened)->env), std::move((*opened)->damage),
                                      (*opened)->shelves, std::move(*user), user_path));
    }
    if (attempt > 0)
      return Error(EIO, "a new metadata store in " + meta.string() + " cannot be read: " + why);
    spdlog::warn("the metadata in {} are set aside and begun anew: {}", meta.string(), why);
    if (auto aside = set_aside(meta); !aside) return aside.error();
  }
}

}  // namespace esofs::cache
