#include "fs/kernel/privacy.h"

#include <cerrno>
#include <string_view>

namespace esofs::fs {
namespace {

constexpr std::string_view kDatasets = "/datasets/";

bool public_by_nature(const std::string& path) {
  return path.empty() || path == "/" || path == "/README.txt" || path == "/.esofs" ||
         path.starts_with("/.esofs/");
}

}  // namespace

bool Privacy::covers(const std::string& path, bool dataset_file) const {
  if (listings && !public_by_nature(path)) return true;
  if (!links || dataset_file || !path.starts_with(kDatasets)) return false;
  const auto name = path.find('/', kDatasets.size());
  return name != std::string::npos && path.substr(name) != "/metadata.json";
}

Privacy privacy_now(const Config& config) {
  return {config.private_listings && config.private_listings(),
          config.private_links && config.private_links()};
}

Result<void> check_seen(const Privacy& privacy, const Node& node) {
  if (!privacy.covers(node.path(), node.dataset_file())) return {};
  return Error(EACCES, node.path() + ": what another user's login shows is not for everybody");
}

Error anothers(const Config& config, const std::string& operation) {
  if (config.users_dir.empty())
    return {EACCES,
            operation +
                ": it belongs to the user who has mounted; for queries and jobs of your own mount the "
                "archive yourself: esofs mount DIRECTORY"};
  return {EACCES, operation +
                      ": the administrator offers it to all users; for one that you can change, copy its "
                      "query.adql to queries/NAME.adql under another name"};
}

bool sees_everything(const Config& config, uid_t user) { return config.share_private || user == config.uid; }

}  // namespace esofs::fs
