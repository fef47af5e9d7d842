// What a mounted tree is made with. Plain data; checked and filled in by mountopts.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/base/clock.h"
#include "fs/tree/names.h"

namespace esofs::client {
class Identifiers;
}

namespace esofs::cache {
class AnnouncedSizes;
class InodeNumbers;
class CallerFiles;
class FilesAhead;
}  // namespace esofs::cache

namespace esofs::fs {

// What browse/ needs to know of the archive, and the folder of the user's own templates.
struct BrowseConfig {
  std::filesystem::path templates_dir;  // *.adql; need not exist
  bool eso_tables = false;              // ivoa.ObsCore with ESO's columns, dbo.raw, util.*
  bool ssap = false;
  bool resolver = false;  // of object names
  std::string obscore_table = "ivoa.ObsCore";
};

// Whose stat(2) asks the archive for a size that is only estimated.
enum class ExactSizes : std::uint8_t {
  kNever,       // nobody's: there is no network
  kOfOverlays,  // that of files which an overlayfs of Linux uses
  kAlways
};

struct Config {
  std::string archive_name;               // "eso"
  std::string archive_title;              // "ESO Science Archive Facility"
  std::vector<std::string> tap_services;  // names of the profile's TAP services
  // What README.txt says of the archive.
  std::vector<std::string> limits;  // sentences: what it cannot do
  bool calibrations = false;        // it answers which calibrations an observation needs
  bool login = false;               // it has users

  std::chrono::milliseconds query_wait{60'000};  // opendir of a query without a listing; then EAGAIN
  std::chrono::milliseconds lookup_wait{
      10'000};                       // lookup of a name that only the archive can answer; then EAGAIN
  std::uint64_t default_maxrec = 0;  // rows of a query without a maxrec directive; 0: the archive's default
  std::chrono::seconds default_ttl{24 * 3600};  // of a query without a ttl directive
  NameStyle names = NameStyle::kArchive;
  bool list_xattrs = false;

  std::filesystem::path queries_dir;  // saved queries, <name>.adql
  // Each user has queries and jobs of his own, and sees those of queries_dir read-only. They lie below the user's home
  // directory in `users_folder` if esofs may write there as that user, else in <users_dir>/<uid>. Empty: all have the same.
  std::filesystem::path users_dir;
  std::filesystem::path users_folder = ".config/esofs";
  BrowseConfig browse;
  uid_t uid = 0;  // owner of everything
  gid_t gid = 0;

  std::string version;      // one line
  std::string config_json;  // .esofs/config.json, secrets removed
  // Further members of .esofs/status.json: key and value. The functions must not wait.
  std::vector<std::pair<std::string, std::function<nlohmann::ordered_json()>>> status;
  // The member "programs" of status.json: the programs that fetch most, only those of `user` if one is given. Empty: absent.
  std::function<nlohmann::ordered_json(std::optional<uid_t> user)> programs;

  bool allow_other = false;  // the kernel lets other users in
  // Opens the files of datasets with each user's own login; null: all with the mounting user's. Outlives
  // the file system.
  cache::CallerFiles* callers = nullptr;
  // Is told of the files of listings that are opened; null: nobody. Outlives the file system.
  cache::FilesAhead* files_ahead = nullptr;
  // Other users see nothing that needed the mounting user's login, unless share_private is set.
  bool share_private = false;
  std::function<bool()> private_listings;  // queries are sent with a login at present; empty: never
  std::function<bool()> private_links;     // DataLink is; empty: never
  // A sentence that ends .esofs/errors for as long as it is true; empty: never one.
  std::function<std::optional<std::string>()> notice;

  ExactSizes exact_sizes = ExactSizes::kOfOverlays;
  std::size_t sizes_ahead = 16;  // of a directory's files, most sizes that are asked for ahead
  // Gives sizes by a table of the archive, where exact ones are wanted; null: there is none. Outlives the file system.
  cache::AnnouncedSizes* announced_sizes = nullptr;

  // Gives st_ino and d_ino 32 bits; null: they have 62. Outlives the file system.
  cache::InodeNumbers* inode_numbers = nullptr;

  std::shared_ptr<const client::Identifiers> ids;      // null: of an archive whose profile has no patterns
  std::function<std::int64_t()> now = system_seconds;  // since 1970
};

}  // namespace esofs::fs
