#include "mountopts/commands/why_command.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <system_error>
#include <tuple>
#include <utility>

#include "client/base/clock.h"
#include "client/base/iso_time.h"
#include "client/base/pause.h"
#include "client/base/unique_fd.h"
#include "mountopts/commands/printed.h"
#include "mountopts/credential_options.h"
#include "mountopts/mount_table.h"
#include "mountopts/probe.h"

namespace esofs::mountopts {
namespace {

namespace stdfs = std::filesystem;

constexpr std::size_t kMostAttribute = 64UL << 10U;
constexpr std::size_t kMostEarlier = 3;
constexpr std::int64_t kFresh = 600;                      // seconds
constexpr int kMostErrno = 133;                           // of Linux
constexpr const char* kStillAsked = "still being asked";  // of user.esofs.near and user.esofs.note
constexpr std::chrono::seconds kNearPatience{10};
constexpr std::chrono::milliseconds kNearPause{50};

struct Explained {
  std::string path;  // the part of the given path at which it fails
  int code = 0;      // 0: it can be read
  std::string sentence;
  std::string advice;
  bool shows_none = false;           // a directory of datasets without one
  bool has_note = false;             // it can be read, but is of little use
  std::vector<std::string> earlier;  // lines of .esofs/errors
};

// "ENOENT '30as' is no radius": the sentence without the name of the errno.
std::string without_errno(const std::string& text, int code) {
  const char* name = ::strerrorname_np(code);
  const std::string beginning = name == nullptr ? std::string() : std::string(name) + " ";
  return !beginning.empty() && text.starts_with(beginning) ? text.substr(beginning.size()) : text;
}

// The place of the mount table that holds the path, the innermost one first.
Result<std::optional<MountEntry>> innermost_place(const stdfs::path& path) {
  auto places = esofs_places();
  if (!places) return places.error();
  std::optional<MountEntry> best;
  for (auto& place : *places) {
    const bool holds = path == place.mountpoint || path.string().starts_with(place.mountpoint + "/");
    if (holds && (!best || place.mountpoint.size() >= best->mountpoint.size())) best = std::move(place);
  }
  return best;
}

// Which errno opening and reading the path gives, as a program would see it.
int try_to_read(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return errno;
  if (S_ISLNK(status.st_mode)) return 0;
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return errno;
  if (S_ISDIR(status.st_mode)) return 0;
  std::array<char, 1> byte{};
  return ::pread(file.get(), byte.data(), byte.size(), 0) < 0 ? errno : 0;
}

std::string errors_of(const std::string& mountpoint) {
  const auto text = Probe(read_whole_file, mountpoint + "/.esofs/errors").answer(probe_deadline());
  return text ? *text : std::string();
}

// The last lines of a path that say something else than `sentence`.
std::vector<std::string> earlier_lines(const std::string& errors, const std::string& below,
                                       const std::string& sentence) {
  std::vector<std::string> lines;
  std::istringstream all(errors);
  for (std::string line; std::getline(all, line);) {
    const bool same = !sentence.empty() && line.find(sentence) != std::string::npos;
    if (!same && line.find(" " + below + " ") != std::string::npos) lines.push_back(line);
  }
  if (lines.size() > kMostEarlier)
    lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(kMostEarlier));
  return lines;
}

int errno_of(const std::string& name) {
  for (int code = 1; code <= kMostErrno; ++code) {
    if (errno_label(code) == name) return code;
  }
  return 0;
}

// An attribute for which the mount may ask the archive: user.esofs.near, why a directory shows no dataset; user.esofs.note, why
// it is of little use.
std::string awaited_attribute(const std::string& path, const std::string& name) {
  const auto end = std::chrono::steady_clock::now() + kNearPatience;
  while (true) {
    std::string near = attribute_of(path, name);
    const auto asked = near.find(kStillAsked);
    if (asked == std::string::npos || std::chrono::steady_clock::now() > end) return near;
    (void)pause(kNearPause, {});
  }
}

// An empty sentence: the mount did not say.
std::pair<int, std::string> refused_name(const std::string& directory, const std::string& name, int code) {
  const std::string told = attribute_of(directory, "user.esofs.why." + name);
  return {code, without_errno(told, code)};
}

// The sentence has the name as it can be written, so that nobody needs a listing.
bool has_right_form(const std::string& sentence) {
  for (const char* words : {"did you mean ", "; write ", " is not of the form "}) {
    if (sentence.find(words) != std::string::npos) return true;
  }
  return false;
}

std::string advice_on(const Explained& found, const std::string& archive) {
  const bool cutout = found.path.find("/cutout/") != std::string::npos;
  if ((found.code == ENODATA || found.code == ENOTSUP) && !cutout) return {};
  if (found.code == EROFS) return {};  // it cannot be made here, as its sentence says
  if (found.code == ENOENT && has_right_form(found.sentence)) return {};
  return advice_for(found.code, archive);
}

// The first part of a path of a mount that cannot be looked up, else all of it.
Explained looked_up(const MountEntry& place, const stdfs::path& path) {
  Explained found;
  found.path = place.mountpoint;
  for (const auto& part : path.lexically_relative(place.mountpoint)) {
    if (part == "." || part.empty()) continue;
    const std::string directory = found.path;
    found.path += "/" + part.string();
    struct stat status {};
    if (::lstat(found.path.c_str(), &status) == 0) continue;
    std::tie(found.code, found.sentence) = refused_name(directory, part.string(), errno);
    break;
  }
  return found;
}

Explained explained(const MountEntry& place, const stdfs::path& path) {
  Explained found;
  found.path = place.mountpoint;
  const auto alive = Probe(look_at_filesystem, place.mountpoint).answer(probe_deadline());
  if (!alive) {
    found.code = alive.error().code();
    if (found.code == ENOTCONN) found.sentence = "the daemon of this mount has died";
    if (found.code == ETIMEDOUT) found.sentence = "the daemon of this mount does not answer";
    found.advice = "run `esofs unmount " + place.mountpoint + "`, and mount it again";
    return found;
  }
  const std::string errors = errors_of(place.mountpoint);  // before this process adds to them
  found = looked_up(place, path);
  const std::string root = place.root == "/" ? std::string() : place.root;
  const std::string below = root + found.path.substr(place.mountpoint.size());
  if (const auto refused = refused_making(errors, below, system_seconds()); found.code == ENOENT && refused)
    std::tie(found.code, found.sentence) = *refused;
  if (found.code == 0) {
    found.code = try_to_read(found.path);
    if (found.code != 0) found.sentence = sentence_of(found.path, found.code);
    const std::string near = awaited_attribute(found.path, "user.esofs.near");
    if (!near.empty()) found.sentence += (found.sentence.empty() ? "" : "; ") + near;
    found.shows_none = found.code == 0 && !near.empty();
    if (found.code == 0 && near.empty()) {
      const std::string note = awaited_attribute(found.path, "user.esofs.note");
      found.has_note = !note.empty() && note.find(kStillAsked) == std::string::npos;
      if (found.has_note) found.sentence = note;
    }
  }
  const bool offline = found.sentence.find("-o offline") != std::string::npos;
  if (found.code != 0) found.advice = offline ? "mount without -o offline" : advice_on(found, place.source);
  found.earlier = earlier_lines(errors, below, found.sentence);
  return found;
}

struct PathOfMount {
  MountEntry place;
  stdfs::path path;
};

Result<PathOfMount> on_mount(const std::string& given) {
  std::error_code failed;
  stdfs::path path = stdfs::absolute(given, failed).lexically_normal();
  if (failed) return Error(failed.value(), given + ": " + failed.message());
  if (!path.has_filename()) path = path.parent_path();
  auto place = innermost_place(path);
  if (place && !*place) {  // through symbolic links outside of the mount
    const auto real = stdfs::weakly_canonical(path, failed);
    if (!failed) path = real;
    place = innermost_place(path);
  }
  if (!place) return place.error();
  if (!*place) return Error(ENXIO, given + ": is on no esofs mount");
  return PathOfMount{**place, path};
}

Result<Explained> explained(const std::string& given) {
  const auto found = on_mount(given);
  if (!found) return found.error();
  return explained(found->place, found->path);
}

void print(const Explained& found) {
  std::cout << found.path << ": ";
  if (found.code == 0) {
    std::cout << (found.shows_none ? "it can be read, but shows no dataset\n"
                  : found.has_note ? "it can be read, but see why\n"
                                   : "it can be read\n");
  } else {
    std::cout << errno_label(found.code) << " (" << std::generic_category().message(found.code) << ")\n";
  }
  if (!found.sentence.empty()) std::cout << "  why         " << found.sentence << '\n';
  if (!found.advice.empty()) std::cout << "  what to do  " << found.advice << '\n';
  for (const auto& line : found.earlier) std::cout << "  before      " << line << '\n';
}

nlohmann::ordered_json as_json(const std::string& asked, const Explained& found) {
  nlohmann::ordered_json object;
  object["asked"] = asked;
  object["path"] = found.path;
  object["errno"] =
      found.code == 0 ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(errno_label(found.code));
  object["why"] = found.sentence;
  object["what_to_do"] = found.advice;
  object["before"] = found.earlier;
  return object;
}

// Of a path on no mount.
Explained not_explained(const std::string& asked, const Error& error) {
  Explained found;
  std::error_code unknown;
  found.path = stdfs::absolute(asked, unknown).lexically_normal();
  found.code = error.code();
  found.sentence = error.what();
  return found;
}

}  // namespace

std::optional<std::pair<int, std::string>> refused_making(const std::string& errors, const std::string& path,
                                                          std::int64_t now) {
  std::optional<std::pair<int, std::string>> last;
  std::istringstream all(errors);
  for (std::string line; std::getline(all, line);) {
    const auto end_of_time = line.find(' ');
    const auto end = line.rfind(" (");
    if (end == std::string::npos || line.compare(end_of_time + 1, path.size() + 1, path + " ") != 0) continue;
    const auto time = client::parse_iso_time(line.substr(0, end_of_time));
    if (!time || now - *time > kFresh) continue;
    const std::string operation = line.substr(end + 2, line.find(' ', end + 2) - end - 2);
    if (operation != "mkdir" && operation != "create" && operation != "symlink" && operation != "rename")
      continue;
    const auto begin = end_of_time + 1 + path.size() + 1;
    const std::string text = line.substr(begin, end > begin ? end - begin : 0);
    const int code = errno_of(text.substr(0, text.find(' ')));
    if (code != 0) last.emplace(code, without_errno(text, code));
  }
  return last;
}

std::string sentence_of_absence(const std::string& path) {
  const auto found = on_mount(path);
  return found ? looked_up(found->place, found->path).sentence : std::string();
}

std::string attribute_of(const std::string& path, const std::string& name) {
  std::string value(kMostAttribute, '\0');
  const ssize_t size = ::lgetxattr(path.c_str(), name.c_str(), value.data(), value.size());
  value.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return value;
}

std::string errno_label(int code) {
  const char* name = ::strerrorname_np(code);
  return name == nullptr ? "errno " + std::to_string(code) : name;
}

// The attribute may hold an older failure of another errno, which then explains nothing.
std::string sentence_of(const std::string& path, int code) {
  const std::string told = attribute_of(path, "user.esofs.error");
  const auto end = told.find(' ');
  const bool named = end != std::string::npos && told.starts_with('E') &&
                     told.find_first_of("abcdefghijklmnopqrstuvwxyz") > end;
  if (named && told.substr(0, end) != errno_label(code)) return {};
  return without_errno(told, code);
}

std::string advice_for(int code, const std::string& archive) {
  const std::string doctor = "`esofs doctor " + archive + "`";
  switch (code) {
    case ENOENT:
      return "list the directory above it for the names that are there; README.txt at the top describes the "
             "tree";
    case EACCES:
      return "run `" + login_command(archive) +
             "` if the data are yours; else wait until they are released: `getfattr -n "
             "user.eso.obs_release_date` of the file says when";
    case EAGAIN:
      return "the archive is still at work: look again; status.txt in the directory says how far it is";
    case EINVAL:
      return "correct what is named, in query.adql or in the path; status.txt in the directory says more";
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ECONNREFUSED:
      return "see that the network is there, and run " + doctor + "; what the cache holds can still be read";
    case ETIMEDOUT:
    case EIO:
      return "try again; if it stays, run " + doctor;
    case ESTALE:
      return "the file changed at the archive: close it and open it again";
    case EROFS:
      return "copy it to a directory of your own, and change the copy";
    case ENODATA:
    case ENOTSUP:
      return "README.txt in the cutout/ directory of the dataset says what can be cut out";
    case ENOSPC:
      return "make room on the disk of the cache, or give another one with -o cache_dir";
    case EDQUOT:
      return "remove what you do not need any more from queries/ and jobs/";
    case ENAMETOOLONG:
      return "shorten the name";
    case ENOTDIR:
      return "this is a file: leave out what follows its name";
    default:
      return {};
  }
}

Result<void> run_why(const WhyCommand& command) {
  auto all = nlohmann::ordered_json::array();
  std::size_t failed = 0;
  std::optional<Error> outside;
  for (const auto& path : command.paths) {
    const auto found = explained(path);
    if (!found) {
      if (outside) std::cerr << "esofs: " << outside->what() << '\n';
      outside = found.error();
    } else if (found->code != 0) {
      ++failed;
    }
    if (command.as_json) {
      all.push_back(as_json(path, found ? *found : not_explained(path, found.error())));
    } else if (found) {
      print(*found);
    }
  }
  if (command.as_json) print_document(all);
  if (outside) return *outside;
  if (failed == 0) return {};
  return Error(EIO, std::to_string(failed) + (failed == 1 ? " path" : " paths") + " cannot be read");
}

}  // namespace esofs::mountopts
