// `esofs status --watch`: what a mount does, as it changes.
//
//   shapes   a document is that of .esofs/status.json
//   units    bytes a second
//   threads  plain functions
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace esofs::mountopts {

// What has changed between two looks.
struct WatchRates {
  double received = 0;              // from the archive
  double served = 0;                // to programs
  std::optional<int> hits_percent;  // of the chunks that were wanted; nullopt: none was
  bool known = false;               // false at the first look, which has nothing to compare with
};
WatchRates rates_between(const nlohmann::json& before, const nlohmann::json& now, double seconds);

// Lines for a terminal of this width: the rates, what is read by whom, and the queries that run. user: whose name is not said.
std::string watch_lines(const std::string& mountpoint, const nlohmann::json& document,
                        const WatchRates& rates, std::size_t width, uid_t user);

// The same in one line, for files and pipes.
std::string watch_line(const std::string& time, const std::string& mountpoint, const nlohmann::json& document,
                       const WatchRates& rates);

// Looks every two seconds, at every mount or at the one at `only`, until the program is ended or the mount is gone. Returns
// the exit code.
int run_watch(const std::string& only);

}  // namespace esofs::mountopts
