#include "fs/datasets/link_file_names.h"

#include <algorithm>
#include <cctype>

#include "client/base/text.h"
#include "client/http/url.h"
#include "client/services/dataset_reader.h"
#include "fs/tree/names.h"

namespace esofs::fs {
namespace {

constexpr std::size_t kLongestExtension = 8;

// ".png" of "a.b.png"; "" if nothing looks like an extension.
std::string extension_of_name(std::string_view name) {
  if (!packed_suffix(name).empty() && lower(name).find(".fits.") != std::string::npos) return ".fits";
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return "";
  const auto word = name.substr(dot + 1);
  const bool plain =
      !word.empty() && word.size() <= kLongestExtension &&
      std::all_of(word.begin(), word.end(), [](unsigned char c) { return std::isalnum(c) != 0; }) &&
      std::any_of(word.begin(), word.end(), [](unsigned char c) { return std::isalpha(c) != 0; });
  return plain ? "." + lower(word) : "";
}

}  // namespace

std::string link_extension(const client::Link& link) {
  std::string extension = client::extension_of_type(link.content_type);
  if (extension.empty()) extension = extension_of_name(link.eso_origfile);
  if (extension.empty()) extension = extension_of_name(name_in_url(link.access_url));
  return extension;
}

std::string name_in_url(std::string_view url) {
  std::string name = client::last_part(url);
  return extension_of_name(name).empty() ? "" : name;
}

std::string id_in_url(std::string_view url) {
  if (url.find('?') != std::string_view::npos) return "";
  std::string part = client::last_part(url);
  const bool numbered =
      std::any_of(part.begin(), part.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  return numbered ? part : "";
}

}  // namespace esofs::fs
