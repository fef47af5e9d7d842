#include "tests/sim/soda/cut_table.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace esofs::sim {
namespace {

struct ColumnToCut {
  int number = 0;
  std::string name, ucd, unit;
  char form = ' ';
  std::int64_t repeat = 1;
  std::int64_t offset = 0;  // in the row
  std::int64_t bytes = 0;
};

std::int64_t bytes_of(char form) {
  switch (form) {
    case 'I':
      return 2;
    case 'J':
    case 'E':
      return 4;
    case 'K':
    case 'D':
    case 'C':
    case 'P':
      return 8;
    case 'M':
    case 'Q':
      return 16;
    default:
      return 1;  // L, B, A; bits (X) are counted below
  }
}

std::vector<ColumnToCut> columns_of(const FitsCards& cards) {
  std::vector<ColumnToCut> out;
  std::int64_t offset = 0;
  for (int i = 1; i <= cards.integer("TFIELDS"); ++i) {
    const std::string n = std::to_string(i);
    ColumnToCut& column = out.emplace_back();
    column.number = i;
    column.name = cards.value("TTYPE" + n).value_or("");
    column.ucd = cards.value("TUCD" + n).value_or("");
    column.unit = cards.value("TUNIT" + n).value_or("");
    const std::string form = cards.value("TFORM" + n).value_or("1B");
    char* letter = nullptr;
    const long repeat = std::strtol(form.c_str(), &letter, 10);
    column.repeat = letter == form.c_str() ? 1 : repeat;
    column.form = *letter;
    column.offset = offset;
    column.bytes = column.form == 'X' ? (column.repeat + 7) / 8 : column.repeat * bytes_of(column.form);
    offset += column.bytes;
  }
  return out;
}

const ColumnToCut* find(const std::vector<ColumnToCut>& columns, std::string_view ucd,
                        std::initializer_list<const char*> names) {
  for (const ColumnToCut& column : columns) {
    if (column.ucd.rfind(ucd, 0) == 0) return &column;
  }
  for (const char* name : names) {
    for (const ColumnToCut& column : columns) {
      if (column.name == name) return &column;
    }
  }
  return nullptr;
}

template <class T>
T big_endian(const char* from) {
  std::array<char, sizeof(T)> bytes{};
  std::memcpy(bytes.data(), from, bytes.size());
  if constexpr (std::endian::native == std::endian::little) std::reverse(bytes.begin(), bytes.end());
  return std::bit_cast<T>(bytes);
}

double number(const ColumnToCut& column, const char* row, std::int64_t element) {
  const char* at = row + column.offset + element * bytes_of(column.form);
  return column.form == 'E' ? static_cast<double>(big_endian<float>(at)) : big_endian<double>(at);
}

double metres(const std::string& unit) {
  std::string name = unit;
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (name == "nm") return 1e-9;
  if (name == "um" || name == "micron") return 1e-6;
  if (name == "angstrom" || name == "a") return 1e-10;
  return 1;
}

class TableToCut {
 public:
  TableToCut(const Content& file, const FitsHdu& hdu)
      : cards_(hdu.cards), columns_(columns_of(hdu.cards)), width_(hdu.axes.at(0)), rows_(hdu.axes.at(1)) {
    bytes_.resize(static_cast<std::size_t>(hdu.size));
    file.read(hdu.data, std::as_writable_bytes(std::span(bytes_)));
  }

  TableCut rows_inside(const SkyShape& shape) const {
    const ColumnToCut* ra = find(columns_, "pos.eq.ra", {"RA2000", "RA", "RAJ2000", "ALPHA_J2000"});
    const ColumnToCut* dec = find(columns_, "pos.eq.dec", {"DEC2000", "DEC", "DEJ2000", "DELTA_J2000"});
    if (ra == nullptr || dec == nullptr) return {};
    return keep_rows([&](const char* row) {
      return shape.contains({number(*ra, row, 0), number(*dec, row, 0)});
    });
  }

  TableCut samples_inside(const Interval& band) const {
    const ColumnToCut* wave = find(columns_, "em.wl", {"WAVE", "LAMBDA", "WAVELENGTH"});
    if (wave == nullptr) return {};
    const double unit = metres(wave->unit);
    const auto inside = [&](const char* row, std::int64_t i) {
      const double here = number(*wave, row, i) * unit;
      return here >= band.low && here <= band.high;
    };
    if (rows_ != 1 || wave->repeat == 1) {
      return keep_rows([&](const char* row) { return inside(row, 0); });
    }
    std::int64_t first = wave->repeat;
    std::int64_t last = -1;
    for (std::int64_t i = 0; i < wave->repeat; ++i) {
      if (!inside(bytes_.data(), i)) continue;
      first = std::min(first, i);
      last = i;
    }
    if (last < 0) return {true, true, {}, {}};
    return keep_elements(*wave, first, last);
  }

 private:
  template <class Inside>
  TableCut keep_rows(const Inside& inside) const {
    TableCut cut{true, false, cards_, {}};
    std::int64_t kept = 0;
    for (std::int64_t i = 0; i < rows_; ++i) {
      const char* row = bytes_.data() + i * width_;
      if (!inside(row)) continue;
      cut.data.append(row, static_cast<std::size_t>(width_));
      ++kept;
    }
    cut.data.append(bytes_,
                    static_cast<std::size_t>(rows_ * width_));  // the heap, with its arrays of all rows
    cut.cards.set_integer("NAXIS2", kept);
    cut.empty = kept == 0;
    return cut;
  }

  TableCut keep_elements(const ColumnToCut& wave, std::int64_t first, std::int64_t last) const {
    TableCut cut{true, false, cards_, {}};
    const std::int64_t count = last - first + 1;
    std::int64_t width = 0;
    for (const ColumnToCut& column : columns_) {
      const bool sampled = column.repeat == wave.repeat;
      const std::int64_t each = bytes_of(column.form);
      const std::int64_t from = column.offset + (sampled ? first * each : 0);
      const std::int64_t bytes = sampled ? count * each : column.bytes;
      cut.data.append(bytes_, static_cast<std::size_t>(from), static_cast<std::size_t>(bytes));
      width += bytes;
      if (sampled)
        cut.cards.set_string("TFORM" + std::to_string(column.number), std::to_string(count) + column.form);
    }
    cut.cards.set_integer("NAXIS1", width);
    describe(cut.cards, wave, number(wave, bytes_.data(), first), number(wave, bytes_.data(), last), count);
    return cut;
  }

  // What the header of an SDP spectrum says about its samples.
  static void describe(FitsCards& cards, const ColumnToCut& wave, double low, double high,
                       std::int64_t count) {
    const std::string n = std::to_string(wave.number);
    if (cards.value("NELEM")) cards.set_integer("NELEM", count);
    if (cards.value("SPEC_VAL")) cards.set_real("SPEC_VAL", (low + high) / 2);
    if (cards.value("SPEC_BW")) cards.set_real("SPEC_BW", high - low);
    if (cards.value("TDMIN" + n)) cards.set_real("TDMIN" + n, low);
    if (cards.value("TDMAX" + n)) cards.set_real("TDMAX" + n, high);
  }

  FitsCards cards_;
  std::vector<ColumnToCut> columns_;
  std::int64_t width_;
  std::int64_t rows_;
  std::string bytes_;
};

}  // namespace

TableCut cut_table(const Content& file, const FitsHdu& hdu, const std::optional<SkyShape>& shape,
                   const std::optional<Interval>& band) {
  const TableToCut table(file, hdu);
  if (shape) {
    TableCut cut = table.rows_inside(*shape);
    if (cut.applies) return cut;
  }
  return band ? table.samples_inside(*band) : TableCut{};
}

}  // namespace esofs::sim
