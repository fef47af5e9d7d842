// Options of a mount: one table of name, unit, default, check and help, used by `-o`, by the JSON configuration and by
// --help alike.
//
//   shapes   a value is text in `-o` and a JSON string, number or boolean in the configuration
//   errors   EINVAL with the option's name, its value, and the nearest valid name for an unknown one
//   threads  plain data
//   source   mountopts/OPTIONS.md
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "cache/content/file_cache.h"
#include "client/base/result.h"
#include "fs/tree/names.h"

namespace esofs::mountopts {

struct Options {
  std::filesystem::path cache_dir;   // ~/.cache/esofs
  std::filesystem::path config_dir;  // ~/.config/esofs
  std::filesystem::path state_dir;   // ~/.local/state/esofs
  std::uint64_t cache_size = 0;      // bytes
  std::uint64_t cache_reserve = 0;   // bytes
  std::uint64_t memory = 0;          // bytes
  std::uint64_t readahead = 0;       // bytes the kernel reads ahead
  std::uint64_t prefetch = 0;        // bytes asked of the archive ahead of a sequential reader
  std::uint64_t maxrec = 0;          // rows; 0: the archive's default
  int transfers = 0;
  int queries = 0;
  int attempts = 0;
  std::chrono::milliseconds connect_timeout{};
  std::chrono::milliseconds first_byte_timeout{};
  std::chrono::milliseconds stall_timeout{};
  std::chrono::milliseconds cutout_timeout{};
  std::chrono::milliseconds query_wait{};
  std::chrono::milliseconds ttl{};
  bool exact_sizes = false;   // stat(2) asks the archive for sizes that are estimated
  bool short_inodes = false;  // of 32 bits
  fs::NameStyle names = fs::NameStyle::kArchive;
  cache::Unpack unpack = cache::Unpack::kAll;
  bool list_xattrs = false;
  bool offline = false;
  bool allow_other = false;
  std::string proxy;
  std::string cacert;
  std::filesystem::path credentials;  // netrc form; empty: ~/.netrc
  std::filesystem::path token_file;
  std::string token_command;
  bool authorised_tap = false;
  bool share_private = false;
  bool caller_identity = false;  // each user's own login instead of the mounting user's
  bool plain_http_credentials = false;
  std::string log;  // a file, "stderr" or "syslog"
  std::string log_level;
  std::vector<std::string> fuse;  // options handed to libfuse and mount(2) as they are
};

struct OptionHelp {
  std::string name;
  std::string unit;  // "size", "time", "number", "path", "yes|no", "archive|safe", …
  std::string initial;
  std::string help;
};

// Every option with its default. The paths follow the XDG variables of the environment.
Options default_options();

// The table, for --help and OPTIONS.md.
std::vector<OptionHelp> option_help();

// One `-o` argument: "cache_size=20G,allow_other". A backslash before a comma makes it part of the value.
Result<void> apply_text(Options& options, std::string_view text);

// The JSON configuration: an object of option names. `where` names the file in errors.
Result<void> apply_json(Options& options, const std::string& text, const std::string& where);

// The options as JSON, for .esofs/config.json.
nlohmann::json shown_options(const Options& options);

}  // namespace esofs::mountopts
