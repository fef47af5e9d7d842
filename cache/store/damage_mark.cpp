#include "cache/store/damage_mark.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <fstream>
#include <mutex>
#include <sstream>
#include <utility>

namespace esofs::cache {
namespace {

constexpr const char* kName = "damaged";

// --- the handler: it has nothing but globals ---

struct Watched {
  std::atomic<int> directory{-1};  // -1: free
  std::atomic<std::uintptr_t> begin{0};
  std::atomic<std::uintptr_t> end{0};
};
std::array<Watched, 8> watched;  // more stores than a process opens at once, except in tests
std::array<struct sigaction, 2> before;
constexpr std::array<int, 2> kSignals{SIGBUS, SIGSEGV};

void mark(int directory) noexcept {
  const int fd = ::openat(directory, kName, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd >= 0) ::close(fd);
}

// Returns, and the instruction is tried again: then the previous handler gets the signal.
void on_fault(int signal, siginfo_t* info, void* /*context*/) {
  const int saved = errno;
  const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
  for (const Watched& store : watched) {
    const int directory = store.directory;
    if (directory >= 0 && store.begin <= address && address < store.end) mark(directory);
  }
  ::sigaction(signal, &before[signal == SIGBUS ? 0 : 1], nullptr);
  errno = saved;
}

void install_handlers() {
  struct sigaction action {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO;
  for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &action, &before[i]);
}

int take_slot(int directory) {
  static std::once_flag installed;
  std::call_once(installed, install_handlers);
  for (std::size_t i = 0; i < watched.size(); ++i) {
    int unused = -1;
    if (watched[i].directory.compare_exchange_strong(unused, directory)) return static_cast<int>(i);
  }
  return -1;
}

// LMDB aborts when this returns.
void on_assertion(MDB_env* env, const char* message) {
  static_cast<const DamageMark*>(mdb_env_get_userctx(env))->set();
  spdlog::critical("the metadata store is damaged, the next mount begins a new one: {}", message);
  spdlog::default_logger()->flush();
}

}  // namespace

std::pair<std::uintptr_t, std::uintptr_t> map_of(const std::filesystem::path& directory) {
  struct stat file {};
  if (::stat((directory / "data.mdb").c_str(), &file) != 0) return {};
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::istringstream words(line);
    std::string skipped;
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    ino_t inode = 0;
    char dash = 0;
    words >> std::hex >> begin >> dash >> end >> skipped >> skipped >> skipped >> std::dec >> inode;
    if (words && inode == file.st_ino) return {begin, end};
  }
  return {};
}

DamageMark::DamageMark(const std::filesystem::path& directory)
    : path_(directory),
      directory_(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
      slot_(directory_ ? take_slot(directory_.get()) : -1) {}

DamageMark::~DamageMark() {
  if (slot_ < 0) return;
  Watched& mine = watched[static_cast<std::size_t>(slot_)];
  mine.begin = mine.end = 0;
  mine.directory = -1;
}

void DamageMark::watch(MDB_env* env) {
  mdb_env_set_userctx(env, this);
  mdb_env_set_assert(env, on_assertion);
  if (slot_ < 0) return;
  Watched& mine = watched[static_cast<std::size_t>(slot_)];
  const auto [begin, end] = map_of(path_);
  mine.begin = begin;
  mine.end = end;
}

void DamageMark::set() const noexcept {
  if (directory_) mark(directory_.get());
}

bool DamageMark::is_set(const std::filesystem::path& directory) {
  return ::access((directory / kName).c_str(), F_OK) == 0;
}

}  // namespace esofs::cache
