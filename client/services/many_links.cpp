#include "client/services/many_links.h"

#include <algorithm>

#include "client/http/url.h"

namespace esofs::client {
namespace {

constexpr const char* kPlace = "{id}";

// ESO writes its ids so in all its URLs.
constexpr std::string_view kPlainInIds = ":/?=@!$'()*,;";

std::string with(std::string text, const std::string& id) {
  return text.replace(text.find(kPlace), 4, percent_encoded(id, kPlainInIds));
}

// Whose row it is: "ivo://eso.org/ID?X" is of X.
bool is_of(const std::string& row, const std::string& id) {
  if (row == id) return true;
  if (row.size() <= id.size() || !row.ends_with(id)) return false;
  const char before = row[row.size() - id.size() - 1];
  return before == '?' || before == '/';
}

}  // namespace

std::string many_links_url(const std::string& pattern, const std::vector<std::string>& ids) {
  const auto query = pattern.find('?');
  if (ids.empty() || query == std::string::npos) return "";
  const std::string parameter = pattern.substr(query + 1);
  const bool plain =
      parameter.starts_with("ID=") && parameter.ends_with(kPlace) && parameter.find('&') == std::string::npos;
  if (!plain) return "";
  std::string url = pattern.substr(0, query + 1);
  for (const auto& id : ids) url += (url.back() == '?' ? "" : "&") + with(parameter, id);
  return url;
}

std::vector<Links> divided_links(const Links& links, const std::vector<std::string>& ids) {
  std::vector<Links> parts(ids.size());
  for (auto& part : parts) part.services = links.services;
  for (const auto& row : links.rows) {
    const auto id =
        std::find_if(ids.begin(), ids.end(), [&row](const std::string& each) { return is_of(row.id, each); });
    if (id != ids.end()) parts[static_cast<std::size_t>(id - ids.begin())].rows.push_back(row);
  }
  return parts;
}

void ManyLinksLuck::answered(std::size_t asked, std::size_t answered) {
  if (asked < 2) return;
  luck_ = answered > 1 ? kPatience : 0;
}

}  // namespace esofs::client
