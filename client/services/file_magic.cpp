#include "client/services/file_magic.h"

#include <algorithm>
#include <array>

#include "client/base/text.h"

namespace esofs::client {
namespace {

using namespace std::string_view_literals;  // NOLINT(google-build-using-namespace): zeros inside literals

struct Magic {
  std::string_view extension;
  std::string_view bytes;
  std::size_t at = 0;
};

// Several of one extension: any of them.
constexpr std::array kMagics{
    Magic{".png", "\x89PNG"sv},  Magic{".jpg", "\xFF\xD8\xFF"sv}, Magic{".jpeg", "\xFF\xD8\xFF"sv},
    Magic{".gif", "GIF8"sv},     Magic{".pdf", "%PDF"sv},         Magic{".tif", "II*\0"sv},
    Magic{".tif", "MM\0*"sv},    Magic{".tiff", "II*\0"sv},       Magic{".tiff", "MM\0*"sv},
    Magic{".zip", "PK"sv},       Magic{".tar", "ustar"sv, 257},   Magic{".tar.gz", "\x1F\x8B"sv},
    Magic{".tgz", "\x1F\x8B"sv}, Magic{".gz", "\x1F\x8B"sv},      Magic{".vot", "<"sv},
    Magic{".xml", "<"sv},        Magic{".fits", "SIMPLE  ="sv}};

bool is_markup(std::string_view extension) { return extension == ".vot" || extension == ".xml"; }

constexpr std::size_t kMostBlanks = 256;  // before the first tag of a document

}  // namespace

std::size_t magic_size(std::string_view extension) {
  if (is_markup(extension)) return kMostBlanks;
  std::size_t size = 0;
  for (const auto& magic : kMagics)
    if (magic.extension == extension) size = std::max(size, magic.at + magic.bytes.size());
  return size;
}

bool begins_like(std::string_view extension, std::string_view bytes) {
  if (is_markup(extension)) bytes = trimmed(bytes, " \t\r\n\xEF\xBB\xBF");
  return std::any_of(kMagics.begin(), kMagics.end(), [&](const Magic& magic) {
    return magic.extension == extension && bytes.size() >= magic.at &&
           bytes.substr(magic.at).starts_with(magic.bytes);
  });
}

}  // namespace esofs::client
