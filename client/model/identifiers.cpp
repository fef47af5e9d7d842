#include "client/model/identifiers.h"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

#include "client/base/text.h"
#include "client/http/url.h"

namespace esofs::client {

namespace {

constexpr std::size_t kMostIdBytes = 255;
constexpr const char* kNoId = "login.cl";  // what IRAF looks for wherever it is
constexpr std::size_t kMostSeen = 32'768;

std::vector<std::regex> compiled(const std::vector<std::string>& patterns) {
  std::vector<std::regex> all;
  all.reserve(patterns.size());
  for (const auto& pattern : patterns)
    all.emplace_back(pattern, std::regex::ECMAScript | std::regex::optimize);
  return all;
}

bool any_matches(const std::vector<std::regex>& patterns, const std::string& text) {
  return text.size() <= kMostIdBytes &&
         std::any_of(patterns.begin(), patterns.end(),
                     [&text](const auto& pattern) { return std::regex_match(text, pattern); });
}

// ESO writes its ids so in all its URLs.
constexpr std::string_view kPlainInIds = ":/?=@!$'()*,;";

std::string with_id(std::string pattern, const std::string& id) {
  const auto at = pattern.find("{id}");
  if (at == std::string::npos) return "";
  return pattern.replace(at, 4, percent_encoded(id, kPlainInIds));
}

std::string_view without_scheme(std::string_view url) {
  const auto scheme = url.find("://");
  return scheme == std::string_view::npos ? url : url.substr(scheme + 3);
}

bool begins_like(std::string_view url, std::string_view pattern) {
  const auto beginning = without_scheme(pattern.substr(0, pattern.find("{id}")));
  // A pattern that begins with its id is useless: the host alone may serve anything.
  return beginning.find('/') != std::string_view::npos &&
         without_scheme(url).substr(0, beginning.size()) == beginning;
}

}  // namespace

Identifiers::Identifiers(Profile profile)
    : profile_(std::move(profile)),
      ids_(compiled(profile_.ids)),
      raw_ids_(compiled(profile_.raw_ids)),
      file_ids_(compiled(profile_.file_ids)),
      known_by_form_(!(ids_.empty() && raw_ids_.empty() && file_ids_.empty()) && !valid(kNoId)) {}

bool Identifiers::valid(const std::string& id) const {
  if (id.size() > kMostIdBytes) return false;  // not worth to be remembered
  {
    const auto seen = seen_.lock();
    if (const auto found = seen->find(id); found != seen->end()) return found->second;
  }
  const auto written = canonical(id);
  const bool matches =
      any_matches(raw_ids_, written) || any_matches(ids_, written) || any_matches(file_ids_, written);
  auto seen = seen_.lock();
  if (seen->size() >= kMostSeen) seen->clear();
  seen->emplace(id, matches);
  return matches;
}

bool Identifiers::raw(const std::string& id) const { return any_matches(raw_ids_, canonical(id)); }

std::string Identifiers::canonical(std::string id) {
  // Thh_mm_ss
  const auto digits = [&id](std::size_t at) {
    return std::isdigit(static_cast<unsigned char>(id[at])) != 0 &&
           std::isdigit(static_cast<unsigned char>(id[at + 1])) != 0;
  };
  for (std::size_t i = 0; i + 9 <= id.size(); ++i) {
    if (id[i] != 'T' || !digits(i + 1) || id[i + 3] != '_' || !digits(i + 4) || id[i + 6] != '_' ||
        !digits(i + 7))
      continue;
    id[i + 3] = ':';
    id[i + 6] = ':';
  }
  return id;
}

Dataset Identifiers::named(const std::string& id) {
  Dataset dataset;
  dataset.id = canonical(id);
  if (ends_with_any_case(dataset.id, ".NL"))
    dataset.extension = ".txt";  // a night log is delivered as <dp_id>.NL.txt
  if (ends_with_any_case(dataset.id, ".TAR")) dataset.extension.clear();  // the id is the file's whole name
  return dataset;
}

Dataset Identifiers::dataset(const std::string& id) const {
  Dataset dataset = named(id);
  const bool file_only = any_matches(file_ids_, dataset.id);
  if (!file_only) dataset.access_url = with_id(profile_.datalink_pattern, dataset.id);
  dataset.access = AccessKind::kDataLink;
  if (dataset.access_url.empty()) {
    dataset.access_url = with_id(profile_.file_pattern, dataset.id);
    dataset.access = dataset.access_url.empty() ? AccessKind::kUnknown : AccessKind::kFile;
  }
  return dataset;
}

std::string Identifiers::links_url(const std::string& id) const {
  const auto by_id = valid(id) ? dataset(id) : Dataset();
  return by_id.access == AccessKind::kDataLink ? by_id.access_url : "";
}

std::string Identifiers::likely_url(const Dataset& dataset) const {
  if (dataset.access != AccessKind::kDataLink || !valid(dataset.id)) return "";
  const auto links = with_id(profile_.datalink_pattern, dataset.id);
  const bool own = !links.empty() && without_scheme(dataset.access_url) == without_scheme(links);
  return own ? with_id(profile_.file_pattern, dataset.id) : "";
}

AccessKind Identifiers::kind_of_url(const std::string& url) const {
  if (!profile_.datalink_pattern.empty() && begins_like(url, profile_.datalink_pattern))
    return AccessKind::kDataLink;
  if (!profile_.file_pattern.empty() && begins_like(url, profile_.file_pattern)) return AccessKind::kFile;
  return AccessKind::kUnknown;
}

KnownUrl Identifiers::known_url(const std::string& url) const {
  KnownUrl known;
  known.kind = kind_of_url(url);
  if (known.kind == AccessKind::kUnknown) return known;
  const bool links = known.kind == AccessKind::kDataLink;
  const auto& pattern = links ? profile_.datalink_pattern : profile_.file_pattern;
  const auto beginning = without_scheme(std::string_view(pattern).substr(0, pattern.find("{id}")));
  const auto rest = without_scheme(url).substr(beginning.size());
  const auto end = std::min(rest.find_first_of(links ? "&#" : "?&#/"), rest.size());
  auto id = percent_decoded(rest.substr(0, end));
  known.rest = rest.substr(end);
  if (valid(id)) known.id = canonical(std::move(id));
  return known;
}

std::string Identifiers::canonical_url(const Dataset& dataset) const {
  const auto url = without_scheme(dataset.access_url);
  if (url.empty()) return dataset.access_url;
  auto links = with_id(profile_.datalink_pattern, dataset.id);
  if (url == without_scheme(links)) return links;
  auto file = with_id(profile_.file_pattern, dataset.id);
  if (url != without_scheme(file)) return dataset.access_url;
  return links.empty() ? file : links;
}

std::string file_stem(const std::string& id) {
  std::string_view stem = id;
  while (!stem.empty() && (stem.back() == '/' || stem.back() == '?')) stem.remove_suffix(1);
  const auto cut = stem.find_last_of("/?");
  if (cut != std::string_view::npos) stem.remove_prefix(cut + 1);
  for (const std::string_view extension : {".gz", ".fz", ".Z", ".fits", ".fit", ".fts"}) {
    const bool compression = extension.size() <= 3;
    if (!ends_with_any_case(stem, extension)) continue;
    const auto rest = stem.substr(0, stem.size() - extension.size());
    // ".gz" is dropped only where FITS is compressed: a tar.gz keeps its name.
    if (compression && !ends_with_any_case(rest, ".fits") && !ends_with_any_case(rest, ".fit")) continue;
    if (!rest.empty()) stem = rest;
  }
  return stem.empty() ? id : std::string(stem);
}

}  // namespace esofs::client
