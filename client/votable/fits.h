// Inline FITS: the rows of a FITS table that a VOTable carries (or refers to), read by CFITSIO.
//
// The file is kept in a temporary file until its stream has ended; CFITSIO cannot read a stream.
//
//   shapes   the i-th FIELD is the i-th column of the table; values take the type of the FIELD
//   errors   EBADMSG: no FITS, no such table, fewer columns than FIELDs, types that do not fit; ENOSPC, EIO: temporary file
//   threads  one table, one thread
//   source   VOTable 1.5 section 5.2; FITS 4.0 section 7.3
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "client/base/result.h"
#include "client/base/unique_fd.h"
#include "client/model/model.h"
#include "client/votable/value.h"

namespace esofs::client {

class FitsRows {
 public:
  using Sink = std::function<Result<void>(std::span<const Value> row, std::uint64_t unparsable)>;

  // types: outlives this. hdu: 0 the primary; -1: the first table of the file.
  FitsRows(const std::vector<CellType>& types, int hdu, Sink sink);
  ~FitsRows();
  FitsRows(const FitsRows&) = delete;
  FitsRows& operator=(const FitsRows&) = delete;

  Result<void> push(std::span<const std::byte> bytes);
  // Reads the table: all rows come from here.
  Result<void> finish();

 private:
  Result<void> open();

  const std::vector<CellType>& types_;
  const int hdu_;
  const Sink sink_;
  std::string path_;  // of the temporary file; "" none yet
  UniqueFd file_;
};

}  // namespace esofs::client
