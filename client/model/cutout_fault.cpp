#include "client/model/cutout_fault.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "client/base/angle_fault.h"
#include "client/base/nearest.h"
#include "client/base/safe_name.h"
#include "client/base/text.h"
#include "client/model/cutout_spec.h"

namespace esofs::client {
namespace {

constexpr const char* kForms =
    "circle_<ra>_<dec>_<radius>, polygon_<ra1>_<dec1>_<ra2>_<dec2>_<ra3>_<dec3>… or band_<lo>_<hi>";
constexpr const char* kCircleForm =
    "a circle is circle_<ra>_<dec>_<radius>, such as circle_11.888_-25.288_30arcsec";
constexpr const char* kPolygonForm =
    "a polygon has three corners or more, each <ra>_<dec>: polygon_10_20_10.1_20_10_20.1";
constexpr const char* kBandForm =
    "a band is band_<lo>_<hi>, in metres or with mm, um, nm or A, from short to long: band_480nm_500nm";

std::string quoted_part(std::string_view text) { return "'" + safe_name(std::string(text)) + "'"; }

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words(1);
  for (const char c : text) {
    if (c == '_') {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  return words;
}

std::string point_fault(const std::string& ra, const std::string& dec) {
  std::string fault = right_ascension_fault(ra);
  return fault.empty() ? declination_fault(dec) : fault;
}

std::string circle_fault(const std::vector<std::string>& words) {
  if (words.size() != 4) return kCircleForm;
  std::string fault = point_fault(words[1], words[2]);
  return fault.empty() ? radius_fault(words[3]) : fault;
}

std::string polygon_fault(const std::vector<std::string>& words) {
  if (words.size() < 7 || words.size() % 2 == 0) return kPolygonForm;
  for (std::size_t i = 1; i < words.size(); i += 2) {
    if (std::string fault = point_fault(words[i], words[i + 1]); !fault.empty()) return fault;
  }
  return kPolygonForm;
}

std::string kind_fault(const std::string& word) {
  std::string text = quoted_part(word) + " is no kind of cutout: there is " + kForms;
  const std::string meant = nearest(word, {"circle", "polygon", "band"});
  const std::string other = lower(word);
  if (!meant.empty()) return text + "; did you mean " + meant + "?";
  if (other == "box" || other == "rect" || other == "range")
    return text + "; a box is a polygon of four corners";
  return text;
}

std::string part_fault_of(std::string_view part) {
  if (part.starts_with("prefix_")) return "a prefix is prefix_<text>, of letters, digits, + - and single _";
  const auto words = words_of(part);
  if (words[0] == "circle") return circle_fault(words);
  if (words[0] == "polygon") return polygon_fault(words);
  if (words[0] == "band") return kBandForm;
  return kind_fault(words[0]);
}

}  // namespace

std::string cutout_fault(std::string_view name) {
  if (parse_cutout_spec(name)) return {};
  bool shape = false;
  for (std::string_view rest = name;;) {
    const auto end = rest.find("__");
    const auto part = rest.substr(0, end);
    const bool own = part.starts_with("prefix_");
    // A prefix alone is no cutout, and is judged with a shape beside it.
    const std::string whole = own ? "band_1_2__" + std::string(part) : std::string(part);
    if (!parse_cutout_spec(whole)) return part_fault_of(part);
    shape = shape || !own;
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 2);
  }
  if (!shape) return std::string("a prefix needs a shape beside it: ") + kForms + ", joined by __";
  return "each kind of part may be there once, and a circle or a polygon, not both";
}

}  // namespace esofs::client
