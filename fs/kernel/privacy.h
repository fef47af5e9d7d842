// Privacy: which paths of the tree show what only a login could learn, and which users may see them.
//
//   threads  plain functions of a Config, whose functions are thread-safe
//   source   fs/SEMANTICS.md, "Private data"
#pragma once

#include <sys/types.h>

#include <string>

#include "client/base/result.h"
#include "fs/tree/config.h"
#include "fs/tree/node.h"

namespace esofs::fs {

// What is asked with a login at present.
struct Privacy {
  bool listings = false;  // TAP carries the token: everything but README.txt and .esofs is the user's own
  bool links = false;     // DataLink carries it: so is what hangs beside a dataset's file

  // Whether `path` (from the mount point) shows such things. Files of datasets are judged by their own content.
  bool covers(const std::string& path, bool dataset_file) const;
};

Privacy privacy_now(const Config& config);

// EACCES if it shows what only the mounting user's login has shown.
Result<void> check_seen(const Privacy& privacy, const Node& node);

// Why another user than the mounting one may not do this.
Error anothers(const Config& config, const std::string& operation);

// True if `user` may see everything: the mounting user, and everybody with -o share_private.
bool sees_everything(const Config& config, uid_t user);

}  // namespace esofs::fs
