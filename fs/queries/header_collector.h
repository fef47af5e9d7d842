// Reads the headers of many files, side by side, and keeps the values of some keywords.
//
//   errors   of a file: in its row. Of the whole: EINTR if it is cancelled; that of the first file if none could be read
//   threads  answers on a thread that answers a file's reads, or on the caller's
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cache/catalog.h"
#include "client/base/ask.h"
#include "fs/queries/header_table.h"
#include "fs/tree/context.h"

namespace esofs::fs {

struct HeaderFile {
  std::string name;  // as its directory shows it
  client::Dataset dataset;
};

struct HeaderRequest {
  std::optional<uid_t> user;  // whose login counts; nullopt: the mounting user's
  std::vector<HeaderFile> files;
  std::vector<std::string> keywords;  // of header_keyword()
  bool all_units = false;             // a row for each HDU, else for the primary one
  bool chosen = false;                // the user has named the keywords
};

struct CollectedHeaders {
  HeaderTable table;        // FILE, HDU with all_units, the keywords, ERROR
  bool restricted = false;  // a login was needed
  std::string note;         // which chosen keywords no file has, with the nearest ones; ""
};

Cancel collect_headers(Context& context, HeaderRequest request, Done<CollectedHeaders> done);

// How many files are read at once.
inline constexpr std::size_t kHeadersAtOnce = 16;

}  // namespace esofs::fs
