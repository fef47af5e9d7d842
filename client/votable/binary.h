// BINARY and BINARY2: rows decoded from bytes that arrive in pieces of any size.
//
//   shapes   big-endian cells one after the other, no separators; BINARY2 has ceil(columns / 8) flag bytes before a row
//   errors   EBADMSG: a negative length, bytes left over after the last row, rows without bytes; EFBIG: a row over the limit
//   threads  one decoder, one thread
//   source   VOTable 1.5 sections 5.3 and 5.4
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "client/base/result.h"
#include "client/model/model.h"
#include "client/votable/value.h"

namespace esofs::client {

// The bytes of `count` elements.
std::uint64_t element_bytes(Primitive primitive, std::uint64_t count);

// Decodes `count` elements (at `data`, element_bytes of them). Returns false if a boolean is none of the legal bytes.
bool read_cell_bytes(const CellType& type, const std::byte* data, std::uint64_t count, Value& value);

// A single cell in its binary form (TD/@encoding). Returns false if the bytes are not exactly that.
bool read_cell_binary(const CellType& type, std::span<const std::byte> bytes, Value& value);

class BinaryRows {
 public:
  // Takes a row, valid during the call, and the number of its cells that were not legal.
  using Sink = std::function<Result<void>(std::span<const Value> row, std::uint64_t unparsable)>;

  // types: outlives this.
  BinaryRows(const std::vector<CellType>& types, bool null_flags, std::uint64_t most_row_bytes, Sink sink);

  Result<void> push(std::span<const std::byte> bytes);
  Result<void> finish();

 private:
  // How many bytes of the row's beginning must be here to know more: the whole row when measured_ has become true.
  Result<std::uint64_t> measure(std::span<const std::byte> row);
  Result<void> decode(const std::byte* row);
  Result<std::size_t> take_rows(std::span<const std::byte> bytes);
  void begin_row();

  const std::vector<CellType>& types_;
  const std::size_t flag_bytes_;
  const std::uint64_t most_row_bytes_;
  const Sink sink_;
  Row row_;
  std::uint64_t rows_ = 0;
  std::vector<std::byte> pending_;  // the beginning of a row
  std::size_t column_ = 0;          // measured so far, of the row that begins now
  std::uint64_t offset_ = 0;
  std::uint64_t needed_ = 0;  // bytes of that row
  bool measured_ = false;     // needed_ is the whole row
};

}  // namespace esofs::client
