// FITS files of given keywords, for tests that need no pixels.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace esofs::tests {

// A header of these cards, with END and its fill. A card is a text of at most 80 letters.
inline std::string fits_header(const std::vector<std::string>& cards) {
  std::string header;
  for (const auto& card : cards) header += card + std::string(80 - card.size(), ' ');
  header += "END" + std::string(77, ' ');
  header.resize((header.size() + 2879) / 2880 * 2880, ' ');
  return header;
}

// "BITPIX", "8" -> "BITPIX  =                    8"
inline std::string fits_card(const std::string& keyword, const std::string& value) {
  return keyword + std::string(8 - keyword.size(), ' ') + "= " +
         std::string(value.size() < 20 ? 20 - value.size() : 0, ' ') + value;
}

// A primary HDU of `bytes` pixels of one byte. fill: of its last block.
inline std::string fits_of(std::size_t bytes, bool fill = true) {
  std::string file = fits_header({fits_card("SIMPLE", "T"), fits_card("BITPIX", "8"), fits_card("NAXIS", "1"),
                                  fits_card("NAXIS1", std::to_string(bytes)), fits_card("EXTEND", "T")});
  for (std::size_t i = 0; i < bytes; ++i) file += static_cast<char>(i % 251);
  if (fill) file.resize((file.size() + 2879) / 2880 * 2880, '\0');
  return file;
}

inline std::vector<std::byte> bytes_of(const std::string& text) {
  std::vector<std::byte> bytes;
  bytes.reserve(text.size());
  for (const char letter : text) bytes.push_back(static_cast<std::byte>(letter));
  return bytes;
}

}  // namespace esofs::tests
