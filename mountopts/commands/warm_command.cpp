#include "mountopts/commands/warm_command.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <iostream>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "client/base/cause.h"
#include "client/base/guarded.h"
#include "client/base/unique_fd.h"
#include "fs/datasets/header_text.h"
#include "mountopts/commands/mount_status.h"
#include "mountopts/commands/mountpoint.h"
#include "mountopts/commands/printed.h"
#include "mountopts/commands/progress.h"
#include "mountopts/commands/why_command.h"
#include "mountopts/mount_table.h"
#include "mountopts/units.h"

namespace esofs::mountopts {
namespace {

namespace stdfs = std::filesystem;

constexpr std::size_t kBufferBytes = 1U << 20U;
constexpr std::uint64_t kMostOffset = std::numeric_limits<off_t>::max();
constexpr int kJobs = 4;
constexpr int kSmallJobs = 16;  // of headers and sizes: as many as a mount downloads at once

Error told(const std::string& path, int code) {
  return {code, path + ": " + std::generic_category().message(code)};
}

bool within(const std::string& path, const MountEntry& mount) {
  return path == mount.mountpoint || path.starts_with(mount.mountpoint + "/");
}

// The place of the mount table that `path` is below, a part of a tree that is bound somewhere else included.
Result<std::optional<MountEntry>> esofs_place_of(const std::string& path) {
  const auto places = esofs_places();
  if (!places) return places.error();
  const auto place = std::find_if(places->begin(), places->end(),
                                  [&path](const auto& mount) { return within(path, mount); });
  return place == places->end() ? std::nullopt : std::optional(*place);
}

// Files of datasets have this attribute, texts that esofs makes have not.
bool is_dataset_file(const stdfs::path& path) {
  return ::getxattr(path.c_str(), "user.esofs.cached_bytes", nullptr, 0) >= 0;
}

// What a path of the command line stands for.
struct Gathered {
  std::deque<stdfs::path> files;
  // Only if sizes are wanted: tables and texts that are made when they are opened.
  bool sizes = false;
  std::vector<stdfs::path> texts;
  std::vector<std::pair<stdfs::path, Error>> failures;  // directories that cannot be listed
  bool left = false;                                    // directories below it that nobody asked for
};

// A program that goes through a query's directory goes through its table/.
bool holds_tables(const stdfs::path& directory) { return directory.filename() == "table"; }

// One that cannot be listed, as a query that fails, does not keep the others from being gathered.
void gather(const stdfs::path& directory, bool recursive, Gathered& gathered) {
  std::error_code failed;
  std::vector<stdfs::path> below;
  stdfs::directory_iterator entries(directory, failed);
  for (; !failed && entries != stdfs::directory_iterator(); entries.increment(failed)) {
    const auto& path = entries->path();
    std::error_code unknown;
    if (entries->is_symlink(unknown)) continue;
    if (entries->is_directory(unknown)) {
      below.push_back(path);
    } else if (is_dataset_file(path)) {
      gathered.files.push_back(path);
    } else if (gathered.sizes && attribute_of(path, "user.esofs.size_state") == "estimated") {
      gathered.texts.push_back(path);
    }
  }
  if (failed) gathered.failures.emplace_back(directory, told(directory.string(), failed.value()));
  for (const auto& path : below) {
    const bool tables = holds_tables(path);
    if (recursive || (gathered.sizes && tables))
      gather(path, recursive, gathered);
    else
      gathered.left = gathered.left || !tables;
  }
}

// An open makes the size exact, for as long as the version lasts.
Result<void> learn_size(const stdfs::path& path, std::atomic<std::uint64_t>& bytes) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) return told(path.string(), errno);
  bytes += static_cast<std::uint64_t>(status.st_size);
  return {};
}

// bytes: grows while the file is read.
Result<void> read_all(const stdfs::path& path, std::vector<std::byte>& buffer,
                      std::atomic<std::uint64_t>& bytes) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return told(path.string(), errno);
  while (true) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return told(path.string(), errno);
    if (got == 0) {
      // In the kernel's cache it would only push out what others read.
      (void)::posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED);
      return {};
    }
    bytes += static_cast<std::uint64_t>(got);
  }
}

constexpr std::size_t kFitsBlock = 2880;

// Reads header after header, and no data.
Result<void> read_headers(const stdfs::path& path, std::atomic<std::uint64_t>& bytes) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return told(path.string(), errno);
  (void)::posix_fadvise(file.get(), 0, 0, POSIX_FADV_RANDOM);
  fs::HeaderCards cards;
  std::string block(kFitsBlock, '\0');
  for (std::uint64_t at = 0;;) {
    const ssize_t got = ::pread(file.get(), block.data(), block.size(), static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return told(path.string(), errno);
    bytes += static_cast<std::uint64_t>(got);
    if (static_cast<std::size_t>(got) < block.size()) return {};
    at += block.size();
    const auto step = cards.take(block);
    if (step == fs::HeaderCards::Step::kNotAHeader) return {};
    if (step != fs::HeaderCards::Step::kHduEnds) continue;
    (void)cards.take_text();
    const auto data = cards.data_bytes();
    if (!data || *data > kMostOffset - at) return {};
    at += *data;
  }
}

// The size of a file of which the cache holds all; nullopt for others.
std::optional<std::uint64_t> kept_bytes(const stdfs::path& path) {
  struct stat status {};
  const bool kept = attribute_of(path, "user.esofs.size_state") == "exact" &&
                    ::stat(path.c_str(), &status) == 0 &&
                    attribute_of(path, "user.esofs.cached_bytes") == std::to_string(status.st_size);
  return kept ? std::optional(static_cast<std::uint64_t>(status.st_size)) : std::nullopt;
}

// Bytes that the cache of the mount of `path` may hold; the largest number if the mount does not say.
std::uint64_t most_kept(const std::string& given) {
  const auto path = mount_path(given);
  constexpr auto kUnknown = std::numeric_limits<std::uint64_t>::max();
  if (!path) return kUnknown;
  const auto place = esofs_place_of(*path);
  if (!place || !*place) return kUnknown;
  const auto status = read_mount_status((*place)->mountpoint);
  if (!status) return kUnknown;
  const auto cache = status->document.find("cache");
  const bool known = cache != status->document.end() && cache->is_object();
  return known ? cache->value("max_bytes", kUnknown) : kUnknown;
}

Result<void> gather_path(const std::string& given, const stdfs::path& path, bool recursive,
                         Gathered& gathered) {
  std::error_code failed;
  const auto status = stdfs::status(path, failed);
  if (failed || !stdfs::exists(status)) return told(given, failed ? failed.value() : ENOENT);
  if (stdfs::is_directory(status))
    gather(path, recursive, gathered);
  else
    gathered.files.emplace_back(path);
  return {};
}

struct Work {
  explicit Work(const WarmCommand& the_command) : command(the_command) {}

  const WarmCommand& command;
  Guarded<std::deque<stdfs::path>> files;
  ProgressCounts counts;
  std::atomic<std::uint64_t> failed = 0;
  Guarded<std::vector<std::pair<std::string, Error>>> failures;  // by path
};

void tell(Work& work, const std::string& path, const Error& error) {
  ++work.failed;
  auto failures = work.failures.lock();
  failures->emplace_back(path, error);
  if (!work.command.as_json) std::cerr << "esofs: " + error.what() + "\n" << std::flush;
}

// The error with what the mount says of it.
Error with_sentence(const Error& error, const std::string& path) {
  const std::string sentence = sentence_of(path, error.code());
  return sentence.empty() ? error : Error(error.code(), error.what() + ": " + sentence);
}

// The same of a path of the command line, which may be missing.
Error of_given(const std::string& given, const Result<std::string>& path, const Error& error) {
  const std::string absent = sentence_of_absence(given);
  if (!absent.empty()) return {error.code(), told(given, error.code()).what() + ": " + absent};
  return path ? with_sentence(error, *path) : error;
}

Result<void> warm(Work& work, const stdfs::path& path, std::vector<std::byte>& buffer) {
  if (const auto kept = kept_bytes(path)) {
    work.counts.bytes += *kept;
    work.counts.kept_bytes += *kept;
    ++work.counts.kept_files;
    return {};
  }
  if (work.command.sizes) return learn_size(path, work.counts.bytes);
  if (work.command.headers) return read_headers(path, work.counts.bytes);
  return read_all(path, buffer, work.counts.bytes);
}

void learn_texts(Work& work, const std::vector<stdfs::path>& texts) {
  std::atomic<std::uint64_t> bytes = 0;
  for (const auto& path : texts) {
    const auto learnt = learn_size(path, bytes);
    if (!learnt) tell(work, path.string(), with_sentence(learnt.error(), path));
  }
}

void read_files(Work& work) {
  std::vector<std::byte> buffer(kBufferBytes);
  for (;;) {
    stdfs::path path;
    {
      auto files = work.files.lock();
      if (files->empty()) return;
      path = std::move(files->front());
      files->pop_front();
    }
    if (const auto read = warm(work, path, buffer)) {
      ++work.counts.files;
    } else {
      tell(work, path.string(), with_sentence(read.error(), path));
    }
  }
}

// As far as sizes are known without an open.
std::uint64_t bytes_of(const std::deque<stdfs::path>& files) {
  std::uint64_t bytes = 0;
  struct stat status {};
  for (const auto& file : files)
    bytes += ::stat(file.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
  return bytes;
}

void print_outcome(Work& work) {
  auto failed = nlohmann::ordered_json::array();
  const auto failures = work.failures.lock();
  for (const auto& [path, error] : *failures) {
    const std::string& said = error.what();
    const std::string why = said.starts_with(path + ": ") ? said.substr(path.size() + 2) : said;
    failed.push_back({{"path", path}, {"errno", errno_label(error.code())}, {"why", why}});
  }
  print_document({{"files", work.counts.files.load()},
                  {"bytes", work.counts.bytes.load()},
                  {"failed", std::move(failed)}});
}

}  // namespace

Result<void> run_warm(const WarmCommand& command) {
  ::prctl(PR_SET_NAME, kWarmProgram);  // so that the mount knows for what it fetches
  Gathered found;
  found.sizes = command.sizes;
  Work work(command);
  for (const auto& given : command.paths) {
    const auto path = mount_path(given);
    const auto place = path ? esofs_place_of(*path) : path.error();
    if (place && !*place) return Error(ENXIO, given + ": is on no esofs mount");
    const auto gathered = place ? gather_path(given, *path, command.recursive, found) : place.error();
    if (!gathered) tell(work, given, of_given(given, path, gathered.error()));
    for (const auto& [directory, error] : std::exchange(found.failures, {}))
      tell(work, directory.string(), with_sentence(error, directory));
  }
  const bool whole = !command.sizes && !command.headers;
  const int jobs = command.jobs > 0 ? command.jobs : whole ? kJobs : kSmallJobs;
  const auto readers = std::min<std::size_t>(static_cast<std::size_t>(jobs), found.files.size());
  work.counts.all_files = found.files.size();
  if (whole) work.counts.all_bytes = bytes_of(found.files);
  *work.files.lock() = std::move(found.files);
  {
    const Progress progress(work.counts);
    std::vector<std::jthread> threads;
    threads.reserve(readers);
    for (std::size_t i = 0; i < readers; ++i) threads.emplace_back([&work] { read_files(work); });
  }
  learn_texts(work, found.texts);
  if (command.as_json) {
    print_outcome(work);
  } else {
    std::cout << (command.sizes     ? "sizes of "
                  : command.headers ? "headers of "
                                    : "read ")
              << work.counts.files << " files, " << human_bytes(work.counts.bytes)
              << (work.counts.all_files == 0 && found.left ? "; -r reads the directories below" : "") << '\n';
  }
  const std::uint64_t room = most_kept(command.paths.front());
  if (whole && work.counts.bytes > room)
    std::cerr << "esofs: the cache keeps " << human_bytes(room)
              << " (-o cache_size), so that what was read first is gone again\n";
  if (work.failed > 0)
    return Error(
        EIO, std::to_string(work.failed) + (work.failed == 1 ? " path" : " paths") + " could not be read");
  return {};
}

}  // namespace esofs::mountopts
