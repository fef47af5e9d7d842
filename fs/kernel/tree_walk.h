// A walk through the tree along a path, as one user sees it.
//
//   threads  plain functions; lookups answer as the nodes do
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "client/base/ask.h"
#include "fs/tree/config.h"
#include "fs/tree/node.h"

namespace esofs::fs {

// A node, and whose it is because it or a directory above it has an owner.
struct Place {
  NodePtr node;
  std::optional<uid_t> owner;
};

// The node as `user` sees it.
NodePtr seen_by(uid_t user, NodePtr node, const Config& config);

// ESTALE: nothing is there.
Cancel walk(const Place& from, const std::string& path, uid_t user, const Config& config, Done<Place> done);

}  // namespace esofs::fs
