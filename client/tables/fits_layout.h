// FitsLayout: how the columns of a table lie in the rows of a FITS binary table, and the header that says so.
//
// Every row is surveyed first: strings get the width of the longest, integers a TNULL that no cell has, variable-length arrays
// the size of their heap. Bits are written as logicals (L), which can be null; strings as ASCII, the only characters
// that FITS has.
//
//   shapes   scalars and arrays of fixed shape lie in the row, variable-length arrays in the heap behind all rows. A cell
//            that is null: NaN, TNULL, logical 0, blanks, an array of these, or an array without elements
//   errors   EOVERFLOW: more than 999 columns, rows of more than 2 GiB, or no value left for TNULL
//   threads  one table, one thread
//   source   FITS 4.0 section 7.3; TUCD, TUTYP, TXTYP, TCOMM as STILTS has them
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "client/base/result.h"
#include "client/model/model.h"
#include "client/votable/value.h"

namespace esofs::client {

struct FitsField {
  Column column;
  CellType type;
  char code = 'A';                   // of TFORM: L B I J K E D C M A
  std::size_t element_bytes = 1;     // of code; of a string its width in characters
  bool heap = false;                 // a variable-length array: the row holds its size and place
  bool wide = false;                 // … in 64 bits (Q), not 32 (P)
  std::uint64_t elements = 1;        // in the row; of a heap array the most that a row has
  std::optional<std::int64_t> null;  // TNULL

  // In the row.
  std::uint64_t bytes() const { return heap ? (wide ? 16 : 8) : elements * element_bytes; }
};

class FitsLayout {
 public:
  explicit FitsLayout(const std::vector<Column>& columns);

  void survey(std::span<const Value> row);
  // After the last survey().
  Result<void> decide();

  // --- after decide() ---
  const std::vector<FitsField>& fields() const noexcept { return fields_; }
  std::uint64_t rows() const noexcept { return rows_; }
  std::uint64_t row_bytes() const noexcept { return row_bytes_; }
  std::uint64_t heap_bytes() const noexcept { return heap_bytes_; }
  // The primary HDU and the header of the table, whole blocks.
  Result<std::string> header() const;

 private:
  // What the cells of a column are like.
  struct Seen {
    bool nulls = false;              // integers: a null cell, or a null element
    bool shorter = false;            // an array of fixed shape that has fewer elements than others
    std::bitset<256> low;            // integers: which of the least 256 values of the type there are
    std::uint64_t elements = 0;      // the most in a cell
    std::uint64_t all_elements = 0;  // in all cells
    std::uint64_t width = 0;         // the longest string, in characters
  };

  static void note(const FitsField& field, const Value& value, Seen& seen);
  static void note_integer(char code, const Value& value, Seen& seen);
  static Result<void> decide(FitsField& field, const Seen& seen);
  static Result<void> choose_null(FitsField& field, const Seen& seen);

  std::vector<FitsField> fields_;
  std::vector<Seen> seen_;
  std::uint64_t rows_ = 0;
  std::uint64_t row_bytes_ = 0;
  std::uint64_t heap_bytes_ = 0;
};

// The text as FITS can hold it: blanks for white space, '?' for other characters that are not printable ASCII.
std::string fits_text(std::string_view utf8);

inline constexpr std::size_t kFitsBlock = 2880;

}  // namespace esofs::client
