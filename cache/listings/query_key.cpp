#include "cache/listings/query_key.h"

#include <charconv>

namespace esofs::cache {

std::string QueryKey::beginning(const std::string& archive, const Login& login) {
  return login.key_beginning(archive) + '\n';
}

std::string QueryKey::text() const {
  return beginning(archive, login) + service + '\n' + std::to_string(maxrec) + '\n' + adql;
}

std::optional<QueryKey> QueryKey::of_text(const std::string& archive, const Login& login,
                                          std::string_view text) {
  const std::string begin = beginning(archive, login);
  if (!text.starts_with(begin)) return std::nullopt;
  text.remove_prefix(begin.size());
  const auto service_end = text.find('\n');
  if (service_end == std::string_view::npos) return std::nullopt;
  const auto maxrec_end = text.find('\n', service_end + 1);
  if (maxrec_end == std::string_view::npos) return std::nullopt;
  QueryKey key{archive, login, std::string(text.substr(0, service_end)), 0,
               std::string(text.substr(maxrec_end + 1))};
  const char* end = text.data() + maxrec_end;
  const auto [stop, error] = std::from_chars(text.data() + service_end + 1, end, key.maxrec);
  if (error != std::errc() || stop != end) return std::nullopt;
  return key;
}

}  // namespace esofs::cache

std::size_t std::hash<esofs::cache::QueryKey>::operator()(const esofs::cache::QueryKey& key) const noexcept {
  const std::hash<std::string> of_text;
  // The text distinguishes most queries; the rest need not, as long as equal keys have equal hashes.
  return of_text(key.adql) ^ (of_text(key.login.name) * 31U);
}
