#include "fs/tree/names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>

#include "client/base/iso_time.h"
#include "client/base/safe_name.h"
#include "client/base/text.h"
#include "client/model/identifiers.h"

namespace esofs::fs {
namespace {

// A path to a file below queries/<name>/ stays within what MIDAS takes (136 bytes).
constexpr std::size_t kLongestQueryName = 115;

constexpr std::array<std::string_view, 5> kPacked{".fits.Z", ".fits.gz", ".fits.fz", ".fits.bz2", ".tar"};
constexpr std::array<std::string_view, 23> kExtensions{
    ".fits", ".fits.Z", ".fits.gz", ".fits.fz", ".fits.bz2", ".tar", ".tar.gz", ".tgz",
    ".zip",  ".txt",    ".vot",     ".xml",     ".csv",      ".tsv", ".json",   ".png",
    ".jpg",  ".jpeg",   ".gif",     ".pdf",     ".html",     ".dat", ".ascii"};

bool letter_or_digit(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

bool plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return letter_or_digit(c) || c == '.' || c == '_' || c == '-' || c == '+' || c == '~' || c == ':';
  });
}

// The longest known extension that `name` ends with; "" none.
std::string_view known_extension(std::string_view name) {
  std::string_view longest;
  for (const auto extension : kExtensions) {
    if (name.ends_with(extension) && extension.size() > longest.size()) longest = extension;
  }
  return longest;
}

}  // namespace

std::string shown_name(const std::string& name, NameStyle style) {
  return style == NameStyle::kSafe ? portable_name(name) : name;
}

bool may_name_a_dataset(std::string_view name) {
  if (name.empty() || !letter_or_digit(name.front()) || !plain(name)) return false;
  const std::string_view extension = known_extension(name);
  if (extension.empty() || extension.size() == name.size()) return false;
  const std::string_view stem = name.substr(0, name.size() - extension.size());
  return known_extension(stem).empty();  // X.fits.fits is a guess of some tool
}

bool never_a_name(std::string_view name) {
  if (name.empty() || !letter_or_digit(name.front())) return true;
  return name.find_first_of("[]{}()<>,@%#*?!$&|;'\"`\\ ") != std::string_view::npos;
}

bool tried_by_programs(std::string_view name) {
  constexpr std::array<std::string_view, 14> tried{"head",     "objects",    "refs",  "cvs",  "rcs",
                                                   "sccs",     "uparm",      "pyraf", "4913", "info",
                                                   "branches", "lost+found", "bin",   "lib"};
  if (name.empty() || !(letter_or_digit(name.front()) || name.front() == '-' || name.front() == '+'))
    return true;
  if (name.find_first_of("[]{}<>*?|`\\$#%!;@") != std::string_view::npos) return true;
  if (std::find(tried.begin(), tried.end(), lower(name)) != tried.end()) return true;
  const std::string_view known = known_extension(name);
  if (!known.empty()) return !known_extension(name.substr(0, name.size() - known.size())).empty();
  // An extension of letters: login.cl, uparmimred.par, x.imh. A name that begins with a digit is a position or a date.
  const auto point = name.rfind('.');
  if (point == std::string_view::npos || point + 2 >= name.size()) return false;
  const auto extension = name.substr(point + 1);
  return std::isalpha(static_cast<unsigned char>(name.front())) != 0 && extension.size() <= 8 &&
         std::all_of(extension.begin(), extension.end(),
                     [](unsigned char c) { return std::isalpha(c) != 0; });
}

Result<void> check_query_name(const std::string& name) {
  if (name.empty() || name.front() == '.' || name.front() == '-')
    return Error(EINVAL,
                 "'" + safe_name(name) + "' is no name for a query: it must not begin with '.' or '-'");
  if (!plain(name))
    return Error(EINVAL,
                 "'" + safe_name(name) +
                     "' is no name for a query: letters, digits and . _ - + ~ : are, because old tools "
                     "break on others");
  if (name.size() > kLongestQueryName)
    return Error(ENAMETOOLONG, "'" + name + "' is too long for a query: " +
                                   std::to_string(kLongestQueryName) + " bytes are the most");
  return {};
}

std::optional<std::string> id_of_name(const std::string& name, const client::Identifiers& ids) {
  if (never_a_name(name) || !ids.valid(name)) return std::nullopt;
  return client::Identifiers::canonical(name);
}

std::int64_t date_in_id(std::string_view id) {
  // YYYY-MM-DDTHH:MM:SS anywhere in the id.
  constexpr std::string_view shape_of_time = "dddd-dd-ddTdd:dd:dd";
  for (std::size_t at = 0; at + shape_of_time.size() <= id.size(); ++at) {
    const std::string_view text = id.substr(at, shape_of_time.size());
    const bool fits = std::equal(text.begin(), text.end(), shape_of_time.begin(), [](char c, char shape) {
      return shape == 'd' ? std::isdigit(static_cast<unsigned char>(c)) != 0 : c == shape;
    });
    if (!fits) continue;
    const auto number = [text](std::size_t first, std::size_t size) {
      int value = 0;
      std::from_chars(text.data() + first, text.data() + first + size, value);
      return value;
    };
    const auto day = client::parse_day(text.substr(0, 10));
    if (!day) return 0;
    const std::int64_t days = day->time_since_epoch().count();
    return days * 86400 + number(11, 2) * 3600L + number(14, 2) * 60L + number(17, 2);
  }
  return 0;
}

std::string packed_suffix(std::string_view name) {
  for (const auto suffix : kPacked) {
    if (name.size() > suffix.size() && ends_with_any_case(name, suffix))
      return std::string(name.substr(name.size() - suffix.size()));
  }
  return {};
}

}  // namespace esofs::fs
