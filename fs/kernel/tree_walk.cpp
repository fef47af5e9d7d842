#include "fs/kernel/tree_walk.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "client/base/in_turn.h"

namespace esofs::fs {

NodePtr seen_by(uid_t user, NodePtr node, const Config& config) {
  NodePtr own = config.users_dir.empty() ? nullptr : node->for_user(user);
  return own ? own : node;
}

Cancel walk(const Place& from, const std::string& path, uid_t user, const Config& config, Done<Place> done) {
  const auto begin = path.find_first_not_of('/');
  if (begin == std::string::npos) {
    done(from);
    return {};
  }
  const auto end = std::min(path.find('/', begin), path.size());
  return in_turn<Found, Place>(
      [&](Done<Found> found) {
        return seen_by(user, from.node, config)->lookup(path.substr(begin, end - begin), std::move(found));
      },
      [owner = from.owner, user, &config, rest = path.substr(end)](const Found& found,
                                                                   Done<Place> walked) -> Cancel {
        if (!found.node) {
          walked(Error(ESTALE, "the file is not there any more"));
          return {};
        }
        const auto whose = found.node->owner();
        return walk({found.node, whose ? whose : owner}, rest, user, config, std::move(walked));
      },
      std::move(done));
}

}  // namespace esofs::fs
