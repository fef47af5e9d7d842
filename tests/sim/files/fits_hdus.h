// FitsHdus: the HDUs of a FITS file of any size, found without reading its data; their cards, to be read and changed.
//
//   shapes   a card is 80 characters; END is not among them
//   errors   std::runtime_error for bytes that are no FITS file
//   source   FITS standard 4.0 sections 3 and 4
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/files/content.h"

namespace esofs::sim {

class FitsCards {
 public:
  FitsCards() = default;
  explicit FitsCards(std::string_view text);  // reads up to END, or to the end of `text`

  // Without quotes and trailing blanks; nullopt if there is no such card.
  std::optional<std::string> value(std::string_view name) const;
  std::int64_t integer(std::string_view name, std::int64_t otherwise = 0) const;
  std::vector<std::string> names() const;  // of all cards with a value, except HIERARCH

  // Changes the value and keeps the comment; adds the card at the end if there is none.
  void set_integer(std::string_view name, std::int64_t value);
  void set_real(std::string_view name, double value);
  void set_string(std::string_view name, std::string_view value);
  void remove(std::string_view name);
  void append(const FitsCards& more);

  std::string plain_text() const;  // the cards, unpadded, without END
  std::string text() const;        // a header: with END, padded to 2880 bytes

 private:
  const std::string* find(std::string_view name) const;
  void set(std::string_view name, std::string value);

  std::vector<std::string> cards_;
};

struct FitsHdu {
  FitsCards cards;
  std::uint64_t data = 0;  // offset
  std::uint64_t size = 0;  // of the data, unpadded
  std::vector<std::int64_t> axes;
  int bytes_each = 0;  // of a pixel
  bool table = false;  // BINTABLE
};

std::vector<FitsHdu> fits_hdus(const Content& file);

}  // namespace esofs::sim
