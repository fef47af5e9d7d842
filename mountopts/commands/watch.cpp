#include "mountopts/commands/watch.h"

#include <pwd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <iostream>
#include <map>
#include <sstream>
#include <stop_token>
#include <vector>

#include "client/base/clock.h"
#include "client/base/iso_time.h"
#include "client/base/pause.h"
#include "client/base/text.h"
#include "mountopts/commands/exit_code.h"
#include "mountopts/commands/mount_status.h"
#include "mountopts/mount_table.h"
#include "mountopts/units.h"

namespace esofs::mountopts {
namespace {

using nlohmann::json;
using std::chrono::steady_clock;

constexpr std::chrono::seconds kPeriod{2};
constexpr const char* kHome = "\033[H";
constexpr const char* kToEndOfLine = "\033[K";
constexpr const char* kToEndOfScreen = "\033[J";
constexpr std::size_t kNarrow = 80;
constexpr std::size_t kMostReaders = 5;  // that a line names

// {} if it is none, as of a daemon of an earlier version.
json object_in(const json& document, const char* key) {
  const auto found = document.is_object() ? document.find(key) : document.end();
  return document.is_object() && found != document.end() && found->is_object() ? *found : json::object();
}

json array_in(const json& document, const char* key) {
  const auto found = document.is_object() ? document.find(key) : document.end();
  return document.is_object() && found != document.end() && found->is_array() ? *found : json::array();
}

std::uint64_t number_in(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_integer()) return 0;
  return found->is_number_unsigned()
             ? found->get<std::uint64_t>()
             : static_cast<std::uint64_t>(std::max<std::int64_t>(0, found->get<std::int64_t>()));
}

std::string text_in(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? printable(found->get<std::string>()) : "";
}

std::string rate_text(double rate) { return human_bytes(static_cast<std::uint64_t>(rate)) + "/s"; }

std::string user_name(uid_t user) {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> buffer{};
  if (::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
    return "user " + std::to_string(user);
  return found->pw_name;
}

std::string program_of(const json& doing, uid_t user) {
  const std::string name = text_in(doing, "program");
  std::string text = (name.empty() ? "process " : name + "[") + std::to_string(number_in(doing, "pid")) +
                     (name.empty() ? "" : "]");
  const auto by = static_cast<uid_t>(number_in(doing, "uid"));
  return by == user ? text : text + " of " + user_name(by);
}

// "45%  " of a file of which some is in the cache.
std::string share_of(const json& doing) {
  const std::uint64_t size = number_in(doing, "size");
  if (size == 0) return "";
  const std::uint64_t cached = std::min(number_in(doing, "cached_bytes"), size);
  return std::to_string(static_cast<int>(100.0 * static_cast<double>(cached) / static_cast<double>(size))) +
         "% of " + human_bytes(size) + "  ";
}

std::string hits_text(const WatchRates& rates) {
  return rates.hits_percent ? std::to_string(*rates.hits_percent) + "% from the cache" : "nothing was wanted";
}

std::string rates_text(const WatchRates& rates) {
  if (!rates.known) return "the rates follow with the next look";
  return rate_text(rates.received) + " received, " + rate_text(rates.served) + " served, " + hits_text(rates);
}

std::string lane_text(const json& document, const char* name) {
  const auto lane = object_in(document, name);
  return std::to_string(number_in(lane, "running")) + " running, " +
         std::to_string(number_in(lane, "queued")) + " queued";
}

std::string cut(const std::string& line, std::size_t width) {
  return line.size() <= width ? line : line.substr(0, width > 0 ? width - 1 : 0) + "~";
}

// The end of a path says more than its beginning.
std::string end_of(const std::string& path, std::size_t width) {
  return path.size() <= width ? path : "~" + path.substr(path.size() - std::max<std::size_t>(width, 1) + 1);
}

std::size_t width_of_terminal() {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kNarrow;
}

// Over what is there, so that nothing flickers.
void redraw(const std::string& text) {
  std::istringstream lines(text);
  std::string screen = kHome;
  for (std::string line; std::getline(lines, line);) screen += line + kToEndOfLine + "\r\n";
  std::cout << screen << kToEndOfScreen << std::flush;
}

struct Look {
  json document;
  steady_clock::time_point at;
};

// One look at all mounts. looks: the ones before, by mountpoint.
std::string look_at(const std::vector<MountEntry>& mounts, std::map<std::string, Look>& looks,
                    bool terminal) {
  const auto statuses = read_mount_statuses(mounts);
  const auto now = steady_clock::now();
  const std::string time = client::iso_time_text(system_seconds());
  std::string text;
  for (std::size_t i = 0; i < mounts.size(); ++i) {
    const auto& place = mounts[i].mountpoint;
    if (!statuses[i]) {
      const bool anothers = statuses[i].error().code() == EACCES;
      text += (terminal ? "" : time + " ") +
              (anothers ? place + ": another user's mount" : "esofs: " + statuses[i].error().what()) + "\n";
      continue;
    }
    const json& document = statuses[i]->document;
    const auto before = looks.find(place);
    const auto rates = before == looks.end()
                           ? WatchRates{}
                           : rates_between(before->second.document, document,
                                           std::chrono::duration<double>(now - before->second.at).count());
    text += terminal ? watch_lines(place, document, rates, width_of_terminal(), ::getuid())
                     : watch_line(time, place, document, rates) + "\n";
    looks[place] = {document, now};
  }
  return text;
}

}  // namespace

WatchRates rates_between(const json& before, const json& now, double seconds) {
  const auto grown = [&](const char* object, const char* key) {
    const std::uint64_t then = number_in(object_in(before, object), key);
    const std::uint64_t here = number_in(object_in(now, object), key);
    return static_cast<double>(here > then ? here - then : 0);  // less: another daemon
  };
  WatchRates rates;
  if (seconds <= 0) return rates;
  rates.known = true;
  rates.received = grown("cache", "fetched_bytes") / seconds;
  rates.served = grown("filesystem", "served_bytes") / seconds;
  const double hits = grown("cache", "hits");
  const double all = hits + grown("cache", "misses");
  if (all > 0) rates.hits_percent = static_cast<int>(100 * hits / all);
  return rates;
}

std::string watch_lines(const std::string& mountpoint, const json& document, const WatchRates& rates,
                        std::size_t width, uid_t user) {
  std::vector<std::string> lines{
      mountpoint + "  " + text_in(document, "title"), "  rates     " + rates_text(rates),
      "  transfers " + lane_text(document, "transfers") + "; queries " + lane_text(document, "queries"),
      "  cache     " + human_bytes(number_in(object_in(document, "cache"), "bytes")) + " of " +
          human_bytes(number_in(object_in(document, "cache"), "max_bytes"))};
  if (const auto problem = text_in(object_in(document, "cache"), "problem"); !problem.empty())
    lines.push_back("  PROBLEM   " + problem);
  const char* beginning = "  reading   ";
  const auto tree = object_in(document, "filesystem");
  for (const auto& doing : array_in(tree, "activity")) {
    if (!doing.is_object()) continue;
    const std::string who = beginning + program_of(doing, user) + "  " + share_of(doing);
    const std::string since = number_in(doing, "size") == 0 ? "  since " + text_in(doing, "since") : "";
    const std::size_t room = width - std::min(width, who.size() + since.size());
    lines.push_back(who + end_of(text_in(doing, "path"), room) + since);
    beginning = "            ";
  }
  beginning = "  running   ";
  for (const auto& query : array_in(document, "running_queries")) {
    if (!query.is_object()) continue;
    lines.push_back(beginning + text_in(query, "path") + "  since " + text_in(query, "since") + ", " +
                    std::to_string(number_in(query, "rows")) + " rows so far");
    beginning = "            ";
  }
  if (const auto errors = number_in(tree, "errors"); errors > 0)
    lines.push_back("  errors    " + std::to_string(errors) + ", see " + mountpoint + "/.esofs/errors");
  std::string text;
  for (const auto& line : lines) text += cut(line, width) + "\n";
  return text;
}

std::string watch_line(const std::string& time, const std::string& mountpoint, const json& document,
                       const WatchRates& rates) {
  const auto running = array_in(document, "running_queries");
  std::string text = time + " " + mountpoint + ": " + rates_text(rates) + "; transfers " +
                     lane_text(document, "transfers") + "; queries " + lane_text(document, "queries");
  const auto activity = array_in(object_in(document, "filesystem"), "activity");
  std::size_t readers = 0;
  for (const auto& doing : activity) {
    if (!doing.is_object()) continue;
    if (++readers <= kMostReaders)
      text += "; " + program_of(doing, ::getuid()) + " reads " + share_of(doing) + text_in(doing, "path");
  }
  if (readers > kMostReaders) text += "; and " + std::to_string(readers - kMostReaders) + " more";
  for (const auto& query : running)
    if (query.is_object()) text += "; " + text_in(query, "path") + " runs since " + text_in(query, "since");
  if (const auto problem = text_in(object_in(document, "cache"), "problem"); !problem.empty())
    text += "; PROBLEM: " + problem;
  return text + "; errors " + std::to_string(number_in(object_in(document, "filesystem"), "errors"));
}

int run_watch(const std::string& only) {
  const bool terminal = ::isatty(STDOUT_FILENO) == 1;
  std::map<std::string, Look> looks;
  if (terminal) std::cout << kHome << kToEndOfScreen;
  for (;;) {
    auto mounts = esofs_mounts();
    if (!mounts) {
      std::cerr << "esofs: " << mounts.error().what() << '\n';
      return exit_code(mounts.error());
    }
    if (!only.empty()) {
      std::erase_if(*mounts, [&only](const MountEntry& mount) { return mount.mountpoint != only; });
      // A bind of a whole tree is at another place of the table.
      const auto there = esofs_mount_at(only);
      if (mounts->empty() && there && *there) mounts->push_back(**there);
      if (mounts->empty()) {
        std::cerr << "esofs: " << only << ": no esofs is mounted there\n";
        return kNoMount;
      }
    }
    std::string text = look_at(*mounts, looks, terminal);
    if (mounts->empty()) text = "No esofs is mounted.\n";
    if (terminal) {
      redraw(text);
    } else {
      std::cout << text << std::flush;
    }
    if (!std::cout) return kFailed;
    (void)pause(kPeriod, std::stop_token());
  }
}

}  // namespace esofs::mountopts
