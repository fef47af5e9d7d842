// TableRows: the rows of one TABLE, whatever its serialisation.
//
//   shapes   a row has a cell for each column: short rows of TABLEDATA are filled with nulls, surplus cells left out
//   errors   those of the serialisation; ENOTSUP: STREAM/@href without a fetcher; EFBIG: a text over the limit
//   threads  one table, one thread
//   source   VOTable 1.5 section 5
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "client/base/result.h"
#include "client/http/gunzip.h"
#include "client/votable/base64.h"
#include "client/votable/binary.h"
#include "client/votable/fits.h"
#include "client/votable/value.h"
#include "client/votable/votable.h"

namespace esofs::client {

class TableRows {
 public:
  struct Stream {
    Serialization kind = Serialization::kBinary;
    std::string encoding;  // STREAM/@encoding
    std::string href;      // STREAM/@href
    int fits_hdu = -1;     // FITS/@extnum, 0 the primary; -1: the first table of the file
  };

  // events, options: outlive this.
  TableRows(VotableEvents& events, const VotableReader::Options& options);

  void begin(const std::vector<Column>& columns, bool char_is_utf8);

  // TABLEDATA
  void begin_row();
  void cell(std::string_view text, bool base64);
  Result<void> end_row();

  // BINARY, BINARY2, FITS
  void begin_stream(Stream stream);
  Result<void> stream_text(std::string_view text);
  Result<void> end_stream();

  std::uint64_t rows() const noexcept { return rows_; }              // of this table
  std::uint64_t unparsable() const noexcept { return unparsable_; }  // of all tables
  // The last error came from the events, not from the document.
  bool refused() const noexcept { return refused_; }

 private:
  Result<void> emit(std::span<const Value> row);
  Result<void> fetch();
  Result<void> push(std::span<const std::byte> bytes);
  Result<void> decoded(std::span<const std::byte> bytes);

  VotableEvents& events_;
  const VotableReader::Options& options_;
  std::vector<CellType> types_;
  Row row_;
  std::size_t column_ = 0;
  std::uint64_t rows_ = 0;
  std::uint64_t unparsable_ = 0;
  bool refused_ = false;

  Stream stream_;
  Base64Decoder base64_;
  std::vector<std::byte> bytes_;  // reused
  std::unique_ptr<Gunzip> gunzip_;
  std::unique_ptr<BinaryRows> binary_;
  std::unique_ptr<FitsRows> fits_;
};

}  // namespace esofs::client
