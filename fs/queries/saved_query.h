// A saved query: the text of query.adql, with directives in its first comments.
//
//   shapes   -- service: cat      a service of the archive's profile
//            -- maxrec: 100000    rows, at least 1
//            -- mode: async       auto, sync or async
//            -- ttl: 1h           how long an answer is good: a number and s, m, h or d
//            -- headers: OBJECT, EXPTIME, ESO DET DIT    the columns of table/headers.*
//            -- headers-of: all   primary or all: which HDUs have a row there
//   errors   EINVAL with a sentence that names the value, or gives the right form of what looks like a directive:
//            "-- maxrec 5", "-- headers OBJECT", "-- limit: 5", a directive inside the query
//   threads  pure functions
//   source   README.md, "The tree"
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cache/catalog.h"
#include "client/base/result.h"

namespace esofs::fs {

// Text without any ADQL gives a QuerySpec whose adql is "". What no directive says is as in `defaults`.
// services: of the archive; "-- service obs" is a mistake if obs is one of them, else a comment.
Result<cache::QuerySpec> parse_saved_query(std::string_view text, const cache::QuerySpec& defaults = {},
                                           const std::vector<std::string>& services = {});

// What table/headers.* is made of.
struct HeaderWish {
  std::vector<std::string> keywords;  // of header_keyword()
  bool all_units = false;
  bool chosen = false;  // by a directive
};
// Of a text that parse_saved_query() takes; what no directive says is the default.
HeaderWish header_wish(std::string_view text);

// What to change in a query that the service has refused: a text in double quotes, which ADQL takes for the name of a column.
// "" if nothing is found.
std::string advice(std::string_view adql);

}  // namespace esofs::fs
