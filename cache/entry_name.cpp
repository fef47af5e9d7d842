#include "cache/entry_name.h"

#include <array>
#include <string_view>

#include "client/base/safe_name.h"
#include "client/base/text.h"

namespace esofs::cache {
namespace {

std::string_view without_fits(std::string_view name) {
  constexpr std::array<std::string_view, 5> extensions{".fits", ".fit", ".fits.gz", ".fits.fz", ".fits.z"};
  for (const auto extension : extensions) {
    if (name.size() > extension.size() && ends_with_any_case(name, extension))
      return name.substr(0, name.size() - extension.size());
  }
  return name;
}

std::string_view stem(std::string_view id) {
  if (id.find('/') == std::string_view::npos) return id;
  while (!id.empty() && (id.back() == '/' || id.back() == '?')) id.remove_suffix(1);
  return without_fits(id.substr(id.find_last_of("?/") + 1));  // npos + 1 is 0
}

}  // namespace

std::string entry_stem(const std::string& id) {
  const std::string_view found = stem(id);
  return safe_name(found.empty() ? std::string_view("dataset") : found);
}

std::string entry_name(const client::Dataset& dataset) {
  const std::string_view found = stem(dataset.id);
  const std::string name(found.empty() ? std::string_view("dataset") : found);
  return safe_name(name + dataset.extension);
}

}  // namespace esofs::cache
