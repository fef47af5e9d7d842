// FitsHeader: the cards of one HDU, fixed format, with ESO's HIERARCH convention for keywords with blanks.
//
//   shapes   text() is a multiple of 2880 bytes and ends with END
//   source   FITS standard 4.0 section 4; ESO DICD (HIERARCH ESO …)
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace esofs::sim {

inline constexpr std::size_t kFitsBlock = 2880;
inline constexpr std::size_t kFitsCard = 80;

class FitsHeader {
 public:
  // A name with blanks ("ESO TEL ALT") becomes a HIERARCH card. Values too long for a card are cut.
  FitsHeader& string(std::string_view name, std::string_view value, std::string_view comment = {});
  FitsHeader& integer(std::string_view name, std::int64_t value, std::string_view comment = {});
  FitsHeader& real(std::string_view name, double value, std::string_view comment = {});
  FitsHeader& flag(std::string_view name, bool value, std::string_view comment = {});
  FitsHeader& history(std::string_view text);

  std::string text() const;

 private:
  FitsHeader& card(std::string_view name, std::string value, std::string_view comment);

  std::string cards_;
};

}  // namespace esofs::sim
