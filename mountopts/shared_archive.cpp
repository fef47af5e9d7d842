#include "mountopts/shared_archive.h"

#include <utility>

namespace esofs::mountopts {

std::function<std::optional<client::Dataset>(std::span<const client::Value>)> SharedArchive::dataset_reader(
    const std::vector<client::Column>& columns) const {
  auto read = HttpArchive::dataset_reader(columns);
  if (!read) return read;
  return [read = std::move(read), ids = ids_](std::span<const client::Value> row) {
    auto dataset = read(row);
    if (!dataset || !ids->valid(dataset->id)) return dataset;
    const auto by_id = ids->dataset(dataset->id);
    if (by_id.access_url.empty()) return dataset;
    dataset->access_url = by_id.access_url;
    dataset->access = by_id.access;
    return dataset;
  };
}

}  // namespace esofs::mountopts
