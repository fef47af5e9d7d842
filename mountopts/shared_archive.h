// SharedArchive: the archive of a mount whose users make queries of their own. The URL of a dataset of the archive follows from its
// id, so that no row that one user's query makes up leads the others to another file.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "client/http_archive.h"

namespace esofs::mountopts {

class SharedArchive : public client::HttpArchive {
 public:
  SharedArchive(const client::Profile& profile, client::HttpSettings settings)
      : HttpArchive(profile, std::move(settings), client::Tap::Times()),
        ids_(std::make_shared<const client::Identifiers>(profile)) {}
  std::function<std::optional<client::Dataset>(std::span<const client::Value>)> dataset_reader(
      const std::vector<client::Column>& columns) const override;

 private:
  const std::shared_ptr<const client::Identifiers> ids_;
};

}  // namespace esofs::mountopts
