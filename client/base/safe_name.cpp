#include "client/base/safe_name.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>

#include "client/base/hash.h"
#include "client/base/text.h"

namespace esofs {
namespace {

constexpr std::size_t kLongestName = 255;  // bytes, NAME_MAX

// C0, DEL and C1 control characters, given as a whole UTF-8 sequence.
bool control(std::string_view sequence) {
  const auto first = static_cast<unsigned char>(sequence[0]);
  if (sequence.size() == 1) return first < 0x20 || first == 0x7f;
  return first == 0xc2 && static_cast<unsigned char>(sequence[1]) < 0xa0;
}

// Where the extension begins: the last '.', or the one before it if the last is a compression (".fits.fz").
std::size_t extension_at(std::string_view name) {
  const std::size_t last = name.rfind('.');
  if (last == std::string_view::npos || last == 0) return name.size();
  const std::string suffix = lower(name.substr(last + 1));
  constexpr std::array<std::string_view, 5> compressions{"z", "gz", "fz", "bz2", "xz"};
  if (std::find(compressions.begin(), compressions.end(), suffix) == compressions.end()) return last;
  const std::size_t before = name.rfind('.', last - 1);
  // Identifiers hold dots of their own ("ADP.2018-…57.736.Z"): only a short word of letters is an extension.
  if (before == std::string_view::npos || before == 0) return last;
  const auto middle = name.substr(before + 1, last - before - 1);
  const bool word =
      !middle.empty() && middle.size() <= 5 &&
      std::all_of(middle.begin(), middle.end(), [](unsigned char c) { return std::isalpha(c) != 0; });
  return word ? before : last;
}

}  // namespace

std::string safe_name(std::string_view text) {
  std::string name;
  name.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_sequence(text);
    const std::string_view sequence = text.substr(0, std::max<std::size_t>(length, 1));
    if (length == 0 || control(sequence) || sequence == "/") {
      name += '_';
    } else {
      name += sequence;
    }
    text.remove_prefix(sequence.size());
  }
  if (name.empty()) return "_";
  if (name == ".") return "_";
  if (name == "..") return "__";
  if (name.size() <= kLongestName) return name;

  const std::string tag = "~" + hex_text(fnv1a(name));
  std::string extension = name.substr(extension_at(name));
  if (extension.size() > 16) extension.clear();
  std::size_t keep = kLongestName - tag.size() - extension.size();
  while (keep > 0 && (static_cast<unsigned char>(name[keep]) & 0xc0U) == 0x80U) --keep;  // between sequences
  return name.substr(0, keep) + tag + extension;
}

std::string portable_name(std::string_view name) {
  std::string portable(name);
  for (char& c : portable) {
    const bool keeps = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == '-' ||
                       c == '+' || c == '~';
    if (!keeps || static_cast<unsigned char>(c) >= 0x80) c = '_';
  }
  return portable;
}

std::string numbered_name(std::string_view name, unsigned number) {
  const std::size_t at = extension_at(name);
  return safe_name(std::string(name.substr(0, at)) + "-" + std::to_string(number) +
                   std::string(name.substr(at)));
}

}  // namespace esofs
