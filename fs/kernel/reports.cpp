#include "fs/kernel/reports.h"

#include <spdlog/spdlog.h>

#include <cctype>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>
#include <utility>

#include "client/base/safe_name.h"
#include "fs/tree/error_log.h"
#include "fs/tree/names.h"

namespace esofs::fs {
namespace {

constexpr std::size_t kMostLast = 4096;

// proc(5): the words that a process was started with, and its working directory.
struct CallPlace {
  std::vector<std::string> words;
  std::string directory;
};

CallPlace place_of(pid_t process) {
  const std::filesystem::path folder = "/proc/" + std::to_string(process);
  CallPlace place;
  std::ifstream file(folder / "cmdline", std::ios::binary);
  for (std::string word; std::getline(file, word, '\0');) place.words.push_back(word);
  std::error_code failed;
  place.directory = std::filesystem::read_symlink(folder / "cwd", failed).string();
  return place;
}

// How well a path of the tree fits to what a process says of itself.
int fit(const std::string& path, const CallPlace& place) {
  const std::string folder = path.substr(0, path.rfind('/'));
  int best = place.directory.ends_with(folder) ? 2 : 0;
  for (std::string_view word : place.words) {
    if (word.ends_with(path)) return 3;  // an absolute path
    while (word.starts_with("./")) word.remove_prefix(2);
    const bool several_parts = word.find('/') != std::string_view::npos;
    if (several_parts &&
        (path.ends_with("/" + std::string(word)) || folder.ends_with("/" + std::string(word))))
      best = 3;
  }
  return best;
}

// A file or directory that somebody wanted to make in the wrong place. Names that editors and desktops try are not.
bool refused_new_name(const std::string& name, const Cause& cause, int code) {
  const bool makes = cause.operation == Operation::kCreate || cause.operation == Operation::kMkdir;
  if (code != EROFS || !makes || name.empty() || name.ends_with('~')) return false;
  const bool number = name.find_first_not_of("0123456789") == std::string::npos;  // of vim
  return std::isalnum(static_cast<unsigned char>(name.front())) != 0 && !number;
}

}  // namespace

Cancel why_absent(const NodePtr& directory, const std::string& name, Done<std::string> done) {
  return directory->lookup(
      name, AskedBy(done.cause(), [directory, name, done = done.take()](Result<Found> found) {
        const auto told = [&done](const Error& error) {
          done(errno_name(error.code()) + " " + error.what());
        };
        if (!found) return told(found.error());
        if (found->node) return done(std::string());
        const std::string sentence = directory->absence(name).sentence;
        told(Error(ENOENT, sentence.empty() ? "there is no '" + safe_name(name) + "' here" : sentence));
      }));
}

std::string path_used(const std::vector<std::string>& latest_first, pid_t process) {
  if (latest_first.size() == 1 || process == 0) return latest_first.front();
  const CallPlace place = place_of(process);
  const std::string* best = &latest_first.front();
  int best_fit = 0;
  for (const auto& path : latest_first) {
    const int now = fit(path, place);
    if (now <= best_fit) continue;
    best = &path;
    best_fit = now;
  }
  return *best;
}

void Reports::failed(std::uint64_t ino, const std::string& name, const Cause& cause, const Error& error) {
  const int code = error.code();
  // Of a file that is listed, "not there" and "no data" are what the archive says of it.
  const bool told = name.empty() && (code == ENOENT || code == ENODATA || code == ENOTSUP);
  const bool absent = code == ENOENT && !name.empty();
  if (!absent && code != EINTR && code != ERANGE) remember(key(ino, cause.user), name, error);
  if (told || refused_new_name(name, cause, code) || ErrorLog::worth_a_line(code))
    add_line(ino, name, cause, error);
}

void Reports::absent(std::uint64_t ino, const std::string& name, const Cause& cause, Node& directory) {
  if (tried_by_programs(name)) return;
  const Absence absence = directory.absence(name);
  if (!absence.slip || absence.sentence.empty()) return;
  const Error error(ENOENT, absence.sentence);
  remember(key(ino, cause.user), name, error);
  add_line(ino, name, cause, error);
}

void Reports::add_line(std::uint64_t ino, const std::string& name, const Cause& cause, const Error& error) {
  const auto paths = inodes_.paths(ino, cause.user);
  std::string path = paths.empty() ? "inode " + std::to_string(ino) : path_used(paths, cause.pid);
  if (!name.empty()) path += (path.ends_with('/') ? "" : "/") + safe_name(name);
  const Cause named = cause.named();
  if (context_.errors().add(context_.now(), path, error, named)) log(path, named, error);
}

void Reports::log(const std::string& path, const Cause& cause, const Error& error) {
  const auto [line, omitted] = limit_.add(context_.now(), cause.user);
  for (const auto& [user, count] : omitted)
    spdlog::warn("{} more failures of uid {} were not written to this log", count, user);
  const bool shown = line != LogLimit::Line::kNone;
  spdlog::log(shown ? spdlog::level::warn : spdlog::level::debug, "{}: {} {} ({})", path,
              errno_name(error.code()), error.what(), cause.text());
  if (line == LogLimit::Line::kLast)
    spdlog::warn("uid {} fails often: its next failures within {} s are only counted", cause.user,
                 LogLimit::kWithin);
}

Reports::Key Reports::key(std::uint64_t ino, uid_t user) const {
  const Config& config = context_.config();
  if (config.users_dir.empty()) return {ino, 0};
  return {ino, user == Cause::kNoUser ? config.uid : user};
}

void Reports::remember(Key key, const std::string& name, const Error& error) {
  std::string text =
      errno_name(error.code()) + " " + (name.empty() ? "" : safe_name(name) + ": ") + error.what();
  auto last = last_.lock();
  const bool known = last->by_number.contains(key);
  last->by_number[key] = {std::move(text), !name.empty()};
  if (known) return;
  last->oldest_first.push_back(key);
  if (last->oldest_first.size() <= kMostLast) return;
  last->by_number.erase(last->oldest_first.front());
  last->oldest_first.pop_front();
}

void Reports::opened(std::uint64_t ino, uid_t user) {
  auto last = last_.lock();
  const auto found = last->by_number.find(key(ino, user));
  if (found != last->by_number.end() && !found->second.of_name) found->second.text.clear();
}

std::optional<std::string> Reports::last(std::uint64_t ino, uid_t user) const {
  auto last = last_.lock();
  const auto found = last->by_number.find(key(ino, user));
  if (found == last->by_number.end() || found->second.text.empty()) return std::nullopt;
  return found->second.text;
}

}  // namespace esofs::fs
