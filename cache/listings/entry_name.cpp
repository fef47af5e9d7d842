#include "cache/listings/entry_name.h"

#include <string_view>

#include "client/base/safe_name.h"
#include "client/base/text.h"
#include "client/services/dataset_reader.h"

namespace esofs::cache {
namespace {

std::string_view without_fits(std::string_view name) {
  const auto extension = client::fits_extension(name);
  return name.size() > extension.size() ? name.substr(0, name.size() - extension.size()) : name;
}

std::string_view stem(std::string_view id) {
  if (id.find('/') == std::string_view::npos) return without_fits(id);
  while (!id.empty() && (id.back() == '/' || id.back() == '?')) id.remove_suffix(1);
  return without_fits(id.substr(id.find_last_of("?/") + 1));  // npos + 1 is 0
}

}  // namespace

std::string entry_stem(const std::string& id) {
  const std::string_view found = stem(id);
  return safe_name(found.empty() ? std::string_view("dataset") : found);
}

std::string entry_name(const client::Dataset& dataset) {
  std::string_view found = stem(dataset.id);
  // An id, or the last part of a URL or an ivoid, is often a file's whole name.
  const bool whole = !dataset.extension.empty() && found.size() > dataset.extension.size() &&
                     ends_with_any_case(found, dataset.extension);
  if (whole) found.remove_suffix(dataset.extension.size());
  const std::string name(found.empty() ? std::string_view("dataset") : found);
  return safe_name(name + dataset.extension);
}

std::string directory_name(const std::string& entry_name, const std::string& extension) {
  const bool has_it = entry_name.size() > extension.size() && entry_name.ends_with(extension);
  return entry_name.substr(0, entry_name.size() - (has_it ? extension.size() : 0));
}

}  // namespace esofs::cache
