#include "fs/datasets/link_terms.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "client/base/hash.h"
#include "client/base/safe_name.h"
#include "client/base/text.h"

namespace esofs::fs {
namespace {

constexpr std::string_view kCoreVocabulary = "www.ivoa.net/rdf/datalink/core";
constexpr std::string_view kEsoVocabulary = "archive.eso.org/rdf/datalink/eso";
constexpr std::size_t kLongestTerm = 115;  // bytes of a directory's name: MIDAS takes no longer paths

bool letter_or_digit(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

// A term and the vocabulary it belongs to, without scheme: "" for a bare "#term", which is of the core.
struct Term {
  std::string vocabulary;
  std::string name;
};

Term parse_term(std::string_view semantics) {
  const auto scheme = semantics.find("://");
  const auto from = scheme == std::string_view::npos ? 0 : scheme + 3;
  auto cut = semantics.rfind('#');
  if (cut == std::string_view::npos && from > 0) cut = semantics.find_last_of("/?", semantics.size() - 2);
  if (cut == std::string_view::npos || cut < from) return {"", std::string(semantics.substr(from))};
  return {lower(semantics.substr(from, cut - from)), std::string(semantics.substr(cut + 1))};
}

// The directory's name for an unknown term: letters, digits and _ - + ~ only.
std::string directory_of_term(const std::string& term) {
  std::string name = portable_name(safe_name(term.substr(0, 4 * kLongestTerm)));
  std::replace(name.begin(), name.end(), '.', '_');
  if (!letter_or_digit(name.front())) name.insert(0, "x");
  if (name.size() <= kLongestTerm && term.size() <= 4 * kLongestTerm) return name;
  const std::string tag = "~" + hex_text(fnv1a(term));
  return name.substr(0, std::min(name.size(), kLongestTerm - tag.size())) + tag;
}

std::string core_directory(const std::string& term) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 20> places{
      {{"preview", "preview"},
       {"preview-image", "preview"},
       {"preview-plot", "preview"},
       {"thumbnail", "preview"},
       {"auxiliary", "auxiliary"},
       {"weight", "auxiliary"},
       {"error", "auxiliary"},
       {"noise", "auxiliary"},
       {"progenitor", "progenitors"},
       {"derivation", "derived"},
       {"documentation", "documentation"},
       {"detached-header", "documentation"},
       {"this", ""},
       {"proc", ""},
       {"cutout", ""},
       {"calibration", "calibration"},
       {"bias", "calibration"},
       {"dark", "calibration"},
       {"flat", "calibration"},
       {"", "other"}}};
  const std::string low = lower(term);
  const auto place =
      std::find_if(places.begin(), places.end(), [&low](const auto& p) { return p.first == low; });
  return place != places.end() ? std::string(place->second) : directory_of_term(term);
}

std::string eso_directory(const std::string& term) {
  if (term == "data_documentation") return "documentation";
  if (term == "night_log" || term == "sibling_raw" || term.starts_with("calSelector")) return "";
  if (term.starts_with("anc")) return "auxiliary";
  return directory_of_term(term);
}

}  // namespace

std::string link_directory(std::string_view semantics) {
  const Term term = parse_term(semantics);
  if (term.vocabulary.empty() || term.vocabulary == kCoreVocabulary) return core_directory(term.name);
  if (term.vocabulary == kEsoVocabulary) return eso_directory(term.name);
  return directory_of_term(term.name);
}

bool may_name_a_term(std::string_view name) {
  return !name.empty() && name.size() <= kLongestTerm &&
         std::islower(static_cast<unsigned char>(name[0])) != 0 &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return letter_or_digit(c) || c == '_' || c == '-' || c == '~'; });
}

bool is_night_log(std::string_view semantics) {
  const Term term = parse_term(semantics);
  return term.vocabulary == kEsoVocabulary && term.name == "night_log";
}

}  // namespace esofs::fs
