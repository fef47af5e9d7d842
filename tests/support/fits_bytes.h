// FITS files in memory: byte arrays with noise that packs about as well as the pixels of a detector.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace esofs::tests {

enum class Extend { kAbsent, kNo, kYes };  // the card EXTEND of the primary HDU

// data: bytes of each HDU's array; 0: none. extend: for several HDUs the default is kYes. header_cards: of the primary HDU.
inline std::vector<std::byte> hdus_of(const std::vector<std::size_t>& data, Extend extend = Extend::kAbsent,
                                      int header_cards = 0) {
  std::vector<std::byte> file;
  std::uint32_t noise = 1;
  for (std::size_t hdu = 0; hdu < data.size(); ++hdu) {
    std::string text;
    const auto card = [&text](std::string line) {
      line.resize(80, ' ');
      text += line;
    };
    card(hdu == 0 ? "SIMPLE  =                    T" : "XTENSION= 'IMAGE   '");
    card("BITPIX  =                    8");
    card(data[hdu] == 0 ? "NAXIS   =                    0" : "NAXIS   =                    1");
    if (data[hdu] > 0) card("NAXIS1  = " + std::to_string(data[hdu]));
    if (hdu > 0) card("PCOUNT  =                    0");
    if (hdu > 0) card("GCOUNT  =                    1");
    if (hdu == 0 && (extend == Extend::kYes || (extend == Extend::kAbsent && data.size() > 1)))
      card("EXTEND  =                    T");
    if (hdu == 0 && extend == Extend::kNo) card("EXTEND  =                    F");
    for (int i = 0; hdu == 0 && i < header_cards; ++i)
      card("HIERARCH ESO DET N" + std::to_string(i) + " = " + std::to_string(i * 7919));
    card("END");
    text.resize((text.size() + 2879) / 2880 * 2880, ' ');
    for (const char c : text) file.push_back(static_cast<std::byte>(c));
    for (std::size_t i = 0; i < data[hdu]; ++i) {
      noise = noise * 1664525U + 1013904223U;
      file.push_back(static_cast<std::byte>(noise >> 27U));
    }
    file.resize((file.size() + 2879) / 2880 * 2880);
  }
  return file;
}

}  // namespace esofs::tests
