// netrc files: a user's name and password for a host.
//
//   shapes   words separated by white space: machine HOST, or default, then login NAME, password WORD, account WORD; a word may
//            stand in double quotes, with \" and \\, within its line; macdef runs to an empty line; # begins a comment at the
//            beginning of a word
//   source   ftp(1), curl(1) --netrc
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace esofs::client {

struct NetrcEntry {
  std::string machine;  // "": default
  std::string login;
  std::string password;
};

std::vector<NetrcEntry> parse_netrc(std::string_view text);

// The first entry with a password of one of `hosts`, the earlier host winning; with_default: else the default entry.
std::optional<NetrcEntry> find_netrc(const std::vector<NetrcEntry>& entries,
                                     const std::vector<std::string>& hosts, bool with_default);

}  // namespace esofs::client
