// The services of one user of the machine (cache/content/callers.h): credentials from the user's home directory, an
// archive that uses them, and caches in the directory of the mount, filed under the uid.
#pragma once

#include <sys/types.h>

#include <memory>

#include "cache/content/callers.h"
#include "cache/store/metadata_store.h"
#include "client/base/lane.h"
#include "client/base/result.h"
#include "client/http/traffic.h"
#include "client/model/profile.h"
#include "mountopts/options.h"

namespace esofs::mountopts {

// What the services of all users have in common. The references outlive them.
struct CallerServices {
  Options options;
  client::Profile profile;
  cache::MetadataStore& store;
  Lane& transfers;
  Lane& queries;
  std::shared_ptr<client::Traffic> traffic;
};

// ENOENT: there is no such user, or the user has no home directory. May wait for a directory service.
Result<std::unique_ptr<cache::CallerLogin>> make_caller_login(const CallerServices& services, uid_t user);

}  // namespace esofs::mountopts
