#include "mountopts/options.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "client/base/nearest.h"
#include "client/base/text.h"
#include "mountopts/memory_limit.h"
#include "mountopts/units.h"

namespace esofs::mountopts {
namespace {

using nlohmann::json;

struct Row {
  OptionHelp help;
  std::function<Result<void>(Options&, std::string_view)> set;
  std::function<json(const Options&)> show;
};

// Of the environment, else of the account: batch systems set no HOME.
std::string home_directory() {
  // Read at the start of the program, before there is any other thread.
  const char* home = std::getenv("HOME");  // NOLINT(concurrency-mt-unsafe)
  if (home != nullptr && home[0] == '/') return home;
  const struct passwd* account = ::getpwuid(::getuid());  // NOLINT(concurrency-mt-unsafe)
  const bool known = account != nullptr && account->pw_dir != nullptr && account->pw_dir[0] == '/';
  return known ? account->pw_dir : "/";
}

Error bad_value(std::string_view wanted, std::string_view text) {
  return {EINVAL, "'" + std::string(text) + "' is not " + std::string(wanted)};
}

Row bytes(std::string name, std::string initial, std::uint64_t Options::*member, std::uint64_t least,
          std::string help) {
  return {{std::move(name), "size", std::move(initial), std::move(help)},
          [member, least](Options& o, std::string_view text) -> Result<void> {
            auto value = parse_bytes(text);
            if (!value) return value.error();
            if (*value < least) return bad_value("at least " + shown_bytes(least), text);
            o.*member = *value;
            return {};
          },
          [member](const Options& o) -> json { return shown_bytes(o.*member); }};
}

Row memory(std::string name, std::uint64_t Options::*member, std::uint64_t least, std::string help) {
  Row row = bytes(std::move(name), "auto", member, least, std::move(help));
  row.help.unit = "size|auto";
  row.set = [member, set = row.set](Options& o, std::string_view text) -> Result<void> {
    if (text != "auto") return set(o, text);
    o.*member = usual_memory(memory_limit());
    return {};
  };
  return row;
}

Row duration(std::string name, std::string initial, std::chrono::milliseconds Options::*member,
             std::chrono::milliseconds least, std::string help) {
  return {{std::move(name), "time", std::move(initial), std::move(help)},
          [member, least](Options& o, std::string_view text) -> Result<void> {
            auto value = parse_duration(text);
            if (!value) return value.error();
            if (*value < least) return bad_value("at least " + shown_duration(least), text);
            o.*member = *value;
            return {};
          },
          [member](const Options& o) -> json { return shown_duration(o.*member); }};
}

template <class Number>
Row number(std::string name, std::string initial, Number Options::*member, Number least, Number most,
           std::string help) {
  return {{std::move(name), "number", std::move(initial), std::move(help)},
          [member, least, most](Options& o, std::string_view text) -> Result<void> {
            Number value{};
            const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
            if (failed != std::errc() || end != text.data() + text.size() || value < least || value > most) {
              return bad_value("a whole number from " + std::to_string(least) + " to " + std::to_string(most),
                               text);
            }
            o.*member = value;
            return {};
          },
          [member](const Options& o) -> json { return o.*member; }};
}

Row flag(std::string name, bool Options::*member, std::string help) {
  return {{std::move(name), "yes|no", "no", std::move(help)},
          [member](Options& o, std::string_view text) -> Result<void> {
            if (text.empty() || text == "yes" || text == "true" || text == "1" || text == "on") {
              o.*member = true;
            } else if (text == "no" || text == "false" || text == "0" || text == "off") {
              o.*member = false;
            } else {
              return bad_value("yes or no", text);
            }
            return {};
          },
          [member](const Options& o) -> json { return o.*member; }};
}

// "~/…" is in the user's home directory: a shell leaves it as it is in "-o a=b,c=~/d", and a configuration has no shell.
std::string in_home(std::string_view path) {
  const bool meant = path == "~" || path.starts_with("~/");
  return meant ? home_directory() + std::string(path.substr(1)) : std::string(path);
}

Row path(std::string name, std::string initial, std::filesystem::path Options::*member, std::string help) {
  return {{std::move(name), "path", std::move(initial), std::move(help)},
          [member](Options& o, std::string_view text) -> Result<void> {
            const std::string place = in_home(text);
            if (!place.starts_with('/')) return bad_value("an absolute path", text);
            o.*member = std::filesystem::path(place).lexically_normal();
            return {};
          },
          [member](const Options& o) -> json { return (o.*member).string(); }};
}

// A URL may hold a password, and be written wrongly: what is shown has none.
std::string without_user_info(const std::string& url) {
  const auto scheme = url.find("://");
  const auto at = url.rfind('@');
  if (scheme == std::string::npos || at == std::string::npos || at < scheme) return url;
  return url.substr(0, scheme + 3) + "***" + url.substr(at);
}

// A command may have secrets in its words: that there is one is all that is shown.
Row command(std::string name, std::string Options::*member, std::string help) {
  return {{std::move(name), "command", "", std::move(help)},
          [member](Options& o, std::string_view text) -> Result<void> {
            o.*member = std::string(text);
            return {};
          },
          [member](const Options& o) -> json { return (o.*member).empty() ? "" : "***"; }};
}

Row text(std::string name, std::string unit, std::string initial, std::string Options::*member,
         std::function<Result<void>(std::string_view)> check, std::string help) {
  return {{std::move(name), std::move(unit), std::move(initial), std::move(help)},
          [member, check = std::move(check)](Options& o, std::string_view value) -> Result<void> {
            std::string given = in_home(value);
            auto ok = check(given);
            if (!ok) return ok.error();
            o.*member = std::move(given);
            return {};
          },
          [member](const Options& o) -> json { return without_user_info(o.*member); }};
}

Row choice(std::string name, std::string initial, const std::vector<std::string>& words,
           std::function<void(Options&, std::size_t)> set, std::function<std::size_t(const Options&)> get,
           std::string help) {
  std::string unit;
  for (const auto& word : words) unit += (unit.empty() ? "" : "|") + word;
  return {{std::move(name), unit, std::move(initial), std::move(help)},
          [words, unit, set = std::move(set)](Options& o, std::string_view value) -> Result<void> {
            const auto at = std::find(words.begin(), words.end(), value);
            if (at == words.end()) return bad_value("one of " + unit, value);
            set(o, static_cast<std::size_t>(at - words.begin()));
            return {};
          },
          [words, get = std::move(get)](const Options& o) -> json { return words[get(o)]; }};
}

Result<void> readable_file(std::string_view value) {
  std::error_code ignored;
  if (!value.empty() && !value.starts_with('/')) return bad_value("an absolute path", value);
  if (value.empty() || std::filesystem::is_regular_file(std::filesystem::path(value), ignored)) return {};
  return Error(EINVAL, "'" + std::string(value) + "' is not a file");
}

Result<void> log_place(std::string_view value) {
  if (value == "stderr" || value == "syslog" || value.starts_with('/')) return {};
  return bad_value("stderr, syslog or the absolute path of a file", value);
}

// Of what is refused only the scheme is repeated: the rest may hold a password.
Result<void> proxy_url(std::string_view value) {
  constexpr std::array<std::string_view, 6> kSchemes{"http",    "https",  "socks4",
                                                     "socks4a", "socks5", "socks5h"};
  const auto end = value.find("://");
  if (value.empty()) return {};
  if (end == std::string_view::npos) return Error(EINVAL, "it is not a URL such as http://proxy:3128");
  const std::string scheme = lower(value.substr(0, end));
  if (std::find(kSchemes.begin(), kSchemes.end(), scheme) != kSchemes.end()) return {};
  const bool shown = scheme.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789+-.") == std::string::npos;
  return Error(EINVAL, "a proxy by " + (shown ? scheme : "this scheme") +
                           ":// is unknown; there are http, https, socks4, socks4a, socks5 and socks5h");
}

const std::vector<std::string>& log_levels() {
  static const std::vector<std::string> levels{"trace", "debug", "info", "warn", "error", "off"};
  return levels;
}

const std::vector<Row>& rows() {
  using std::chrono::milliseconds;
  constexpr std::uint64_t kMiB = 1U << 20U;
  constexpr auto kAnyRows = std::numeric_limits<std::uint64_t>::max();
  static const std::vector<Row> all{
      path("cache_dir", "~/.cache/esofs", &Options::cache_dir, "where listings and file content are kept"),
      path("config_dir", "~/.config/esofs", &Options::config_dir,
           "where saved queries, templates of browse/ and profiles are kept"),
      path("state_dir", "~/.local/state/esofs", &Options::state_dir, "where the log and sessions are kept"),
      bytes("cache_size", "20G", &Options::cache_size, 64 * kMiB, "most disk space for file content"),
      bytes("cache_reserve", "1G", &Options::cache_reserve, 0, "disk space that the cache leaves free"),
      memory("memory", &Options::memory, 8 * kMiB,
             "most memory for file content; auto: 64M, or an eighth of the memory of a control group with a "
             "limit"),
      bytes("readahead", "32K", &Options::readahead, 0,
            "most that the kernel reads ahead; more wastes network when only headers are read"),
      bytes("prefetch", "128M", &Options::prefetch, 0, "most that is requested ahead of a sequential reader"),
      number("transfers", "16", &Options::transfers, 1, 64, "most downloads at once"),
      number("queries", "4", &Options::queries, 1, 16, "most TAP and DataLink requests at once"),
      number("attempts", "4", &Options::attempts, 1, 20, "attempts of a request before it fails"),
      duration("connect_timeout", "15s", &Options::connect_timeout, milliseconds(100),
               "for a connection to a server"),
      duration("first_byte_timeout", "1m", &Options::first_byte_timeout, milliseconds(100),
               "for a server to begin its answer to a download"),
      duration("stall_timeout", "30s", &Options::stall_timeout, milliseconds(100),
               "for a download without one byte"),
      duration("cutout_timeout", "10m", &Options::cutout_timeout, milliseconds(100),
               "for the archive to begin the answer to a cutout, all attempts together"),
      duration("query_wait", "1m", &Options::query_wait, milliseconds(0),
               "how long ls waits for a query; the query continues"),
      duration("ttl", "24h", &Options::ttl, milliseconds(0), "age at which a listing is asked for again"),
      number("maxrec", "0", &Options::maxrec, std::uint64_t{0}, kAnyRows,
             "rows of a query without a maxrec directive; 0: the archive's default"),
      choice(
          "names", "archive", {"archive", "safe", "original", "readable"},
          [](Options& o, std::size_t i) { o.names = static_cast<fs::NameStyle>(i); },
          [](const Options& o) { return static_cast<std::size_t>(o.names); },
          "file names: as the archive writes them; safe: without characters such as ':'; original: files "
          "below a dataset as their authors named them; readable: in listings by target, instrument, "
          "wavelengths "
          "and date"),
      choice(
          "unpack", "all", {"none", "Z", "all"},
          [](Options& o, std::size_t i) { o.unpack = static_cast<cache::Unpack>(i); },
          [](const Options& o) { return static_cast<std::size_t>(o.unpack); },
          "compressed files that are shown as plain FITS; Z: .Z, .gz and .bz2; all: .fz too"),
      choice(
          "sizes", "estimate", {"estimate", "exact"},
          [](Options& o, std::size_t i) { o.exact_sizes = i == 1; },
          [](const Options& o) { return static_cast<std::size_t>(o.exact_sizes ? 1 : 0); },
          "of files that were never opened; exact: stat asks the archive for them, for programs that look at "
          "the size before they open"),
      choice(
          "inodes", "64", {"32", "64"}, [](Options& o, std::size_t i) { o.short_inodes = i == 0; },
          [](const Options& o) { return static_cast<std::size_t>(o.short_inodes ? 0 : 1); },
          "bits of inode numbers; 32 for old programs of 32 bits, which cannot open anything else"),
      flag("list_xattrs", &Options::list_xattrs, "list the user.eso.* and user.esofs.* attributes"),
      flag("offline", &Options::offline, "make no request; what the cache holds stays readable"),
      flag("allow_other", &Options::allow_other, "let other users see the mount"),
      text("proxy", "url", "", &Options::proxy, proxy_url, "HTTP proxy; empty: as the environment says"),
      text("cacert", "path", "", &Options::cacert, readable_file,
           "certificate authorities; empty: the system's"),
      path("credentials", "", &Options::credentials,
           "a file of names and passwords in netrc form, instead of a login and of ~/.netrc"),
      path("token_file", "", &Options::token_file,
           "a file that holds a token; it is read again whenever it changes"),
      command("token_command", &Options::token_command,
              "a command that prints a token; it runs when one is needed"),
      flag("authorised_tap", &Options::authorised_tap,
           "queries carry the token too, and list what it opens; they are slower"),
      flag("share_private", &Options::share_private,
           "other users (allow_other) may read what needed the login"),
      choice(
          "identity", "mount", {"mount", "caller"},
          [](Options& o, std::size_t i) { o.caller_identity = i == 1; },
          [](const Options& o) { return static_cast<std::size_t>(o.caller_identity ? 1 : 0); },
          "whose logins, queries and jobs: the mounting user's, or each user's own (mounted by root, with "
          "allow_other)"),
      flag("plain_http_credentials", &Options::plain_http_credentials,
           "send credentials over http, without TLS, to other machines too"),
      text("log", "place", "~/.local/state/esofs/esofs.log", &Options::log, log_place,
           "a file, stderr or syslog"),
      choice(
          "log_level", "info", log_levels(), [](Options& o, std::size_t i) { o.log_level = log_levels()[i]; },
          [](const Options& o) {
            const auto at = std::find(log_levels().begin(), log_levels().end(), o.log_level);
            return static_cast<std::size_t>(at - log_levels().begin());
          },
          "how much is logged"),
  };
  return all;
}

// What mount(8), fstab and libfuse have of their own. Those of the second list are accepted and ignored.
// mount.fuse adds "suid" and "dev" by itself: an archive has neither programs of root nor devices.
constexpr std::array<std::string_view, 12> kFuseOptions{"allow_root", "auto_unmount", "ro",     "rw",
                                                        "nosuid",     "nodev",        "noexec", "exec",
                                                        "noatime",    "atime",        "sync",   "dirsync"};
constexpr std::array<std::string_view, 14> kIgnoredOptions{
    "defaults", "auto",    "noauto",   "user",       "nouser",     "users",
    "nofail",   "_netdev", "relatime", "norelatime", "nodiratime", "default_permissions",
    "suid",     "dev"};

std::vector<std::string> valid_names() {
  std::vector<std::string> names;
  for (const auto& row : rows()) names.push_back(row.help.name);
  names.insert(names.end(), kFuseOptions.begin(), kFuseOptions.end());
  names.emplace_back("fsname");
  return names;
}

Error unknown(std::string_view name) {
  const std::string near = nearest(name, valid_names());
  return {EINVAL, "unknown option '" + std::string(name) + "'" +
                      (near.empty() ? "" : " (did you mean '" + near + "'?)")};
}

const Row* find_row(std::string_view name) {
  const auto at =
      std::find_if(rows().begin(), rows().end(), [name](const Row& row) { return row.help.name == name; });
  return at == rows().end() ? nullptr : &*at;
}

bool belongs_to_fuse(std::string_view name) {
  return std::find(kFuseOptions.begin(), kFuseOptions.end(), name) != kFuseOptions.end();
}

bool belongs_to_mount(std::string_view name) {
  return std::find(kIgnoredOptions.begin(), kIgnoredOptions.end(), name) != kIgnoredOptions.end() ||
         name.starts_with("x-") || name.starts_with("comment");
}

Result<void> apply_one(Options& options, std::string_view name, std::optional<std::string_view> value) {
  if (const Row* row = find_row(name)) {
    if (!value && row->help.unit != "yes|no") {
      return Error(EINVAL, "option '" + std::string(name) + "' needs a value: " + std::string(name) + "=" +
                               row->help.unit);
    }
    auto set = row->set(options, value.value_or(""));
    if (!set) return set.error().at("option '" + std::string(name) + "'");
    return {};
  }
  if (!value && belongs_to_fuse(name)) {
    options.fuse.emplace_back(name);
    return {};
  }
  if (value && name == "fsname") {
    options.fuse.push_back("fsname=" + std::string(*value));
    return {};
  }
  if (belongs_to_mount(name)) return {};
  return unknown(name);
}

std::vector<std::string> split_commas(std::string_view text) {
  std::vector<std::string> parts(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == ',') {
      parts.back() += ',';
      ++i;
    } else if (text[i] == ',') {
      parts.emplace_back();
    } else {
      parts.back() += text[i];
    }
  }
  return parts;
}

Error not_for_the_file(std::string_view name) {
  if (name != "fsname" && !belongs_to_fuse(name) && !belongs_to_mount(name)) return unknown(name);
  return {EINVAL, "option '" + std::string(name) + "' belongs to -o or /etc/fstab, not to this file"};
}

// JSON values are read like texts, but a flag must be a boolean, and a text must not be a number.
Result<std::string> json_as_text(const Row& row, const json& value) {
  const std::string& unit = row.help.unit;
  const bool quantity = unit.starts_with("size") || unit == "time" || unit == "number";
  if (unit == "yes|no") {
    if (value.is_boolean()) return std::string(value.get<bool>() ? "yes" : "no");
    return Error(EINVAL, "must be true or false");
  }
  if (value.is_string() && unit != "number") return value.get<std::string>();
  if (quantity && value.is_number_unsigned()) return value.dump();
  if (unit == "time" && value.is_number()) return value.dump();
  if (unit == "number") return Error(EINVAL, "must be a whole number");
  return Error(EINVAL, quantity ? "must be a number or a text with a unit" : "must be a text");
}

std::filesystem::path xdg(const char* variable, const char* below_home) {
  // Read once at the start of the program, before there is any other thread.
  const char* value = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe)
  if (value != nullptr && value[0] == '/') return std::filesystem::path(value) / "esofs";
  return std::filesystem::path(home_directory()) / below_home / "esofs";
}

}  // namespace

Options default_options() {
  Options options;
  for (const auto& row : rows()) {
    if (row.help.initial.empty() || row.help.initial.starts_with('~')) continue;
    auto set = row.set(options, row.help.initial);
    assert(set);
    (void)set;
  }
  options.cache_dir = xdg("XDG_CACHE_HOME", ".cache");
  options.config_dir = xdg("XDG_CONFIG_HOME", ".config");
  options.state_dir = xdg("XDG_STATE_HOME", ".local/state");
  return options;
}

std::vector<OptionHelp> option_help() {
  std::vector<OptionHelp> help;
  for (const auto& row : rows()) help.push_back(row.help);
  return help;
}

Result<void> apply_text(Options& options, std::string_view text) {
  for (const auto& part : split_commas(text)) {
    if (part.empty()) continue;
    const auto equals = part.find('=');
    const std::string_view name = std::string_view(part).substr(0, equals);
    std::optional<std::string_view> value;
    if (equals != std::string::npos) value = std::string_view(part).substr(equals + 1);
    auto applied = apply_one(options, name, value);
    if (!applied) return applied;
  }
  return {};
}

Result<void> apply_json(Options& options, const std::string& text, const std::string& where) {
  json document;
  try {
    document = json::parse(text, nullptr, true, true);
  } catch (const json::parse_error& error) {
    return Error(EINVAL, where + ": not JSON (line " + std::to_string(line_at(text, error.byte)) + ")");
  }
  if (!document.is_object()) return Error(EINVAL, where + ": must be an object of options");
  for (const auto& [name, value] : document.items()) {
    const Row* row = find_row(name);
    if (row == nullptr) return not_for_the_file(name).at(where);
    auto as_text = json_as_text(*row, value);
    if (!as_text) return as_text.error().at(where + ": option '" + name + "'");
    auto set = row->set(options, *as_text);
    if (!set) return set.error().at(where + ": option '" + name + "'");
  }
  return {};
}

json shown_options(const Options& options) {
  json shown = json::object();
  for (const auto& row : rows()) shown[row.help.name] = row.show(options);
  shown["fuse"] = options.fuse;
  return shown;
}

}  // namespace esofs::mountopts
