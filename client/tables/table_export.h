// export_table: a VOTable file made into CSV, TSV, JSON, FITS or aligned text, a row at a time.
//
//   shapes   the first results TABLE, as a TAP client takes it; one line or row of the target for each of its rows.
//            CSV, TSV and JSON read the VOTable once; FITS and text twice, for their columns have widths
//   errors   ENOSPC, EDQUOT, EIO: the target cannot be written; EBADMSG: the VOTable is broken; ENODATA: it holds no table;
//            EOVERFLOW: it does not fit the format (more than 999 columns in FITS); EINTR: stopped
//   threads  plain functions; block on the local disk. Memory is bounded by the largest row
//   source   RFC 4180 (lines end in LF, as everywhere else on the machine), IANA text/tab-separated-values, TAPLib's JSON,
//            STILTS's "ascii", FITS 4.0 section 7.3; client/README.md says how nulls and arrays are written
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <stop_token>
#include <vector>

#include "client/base/result.h"
#include "client/base/unique_fd.h"
#include "client/model/model.h"
#include "client/tables/table_format.h"
#include "client/votable/votable.h"

namespace esofs::client {

struct ExportSource {
  std::filesystem::path votable;
  // Rows beyond are left out: an answer as the server sent it may hold one more row than was wanted.
  std::uint64_t most_rows = std::numeric_limits<std::uint64_t>::max();
  VotableReader::Options options = {};
};

// Writes `target` from its beginning, and returns the number of rows in it. After an error its content is undefined.
Result<std::uint64_t> export_table(const ExportSource& source, TableFormat format,
                                   const std::filesystem::path& target, const std::stop_token& stop);

struct ExportRows {
  const std::vector<Column>& columns;
  std::uint64_t count;
  std::function<Result<Row>(std::uint64_t number)> row;
};

// The same of rows that are at hand, as a file in memory, which takes about as much of it as the rows.
Result<UniqueFd> export_in_memory(const ExportRows& rows, TableFormat format);
// As a VOTable. truncated: it says OVERFLOW, as the service did.
Result<UniqueFd> votable_in_memory(const ExportRows& rows, bool truncated);

}  // namespace esofs::client
