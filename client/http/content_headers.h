// The headers that describe a body: its name, its place in a file, its version. Pure parsers.
//
//   source   RFC 9110 sections 8.8 and 14.4, RFC 6266, RFC 8187
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "client/http/http.h"

namespace esofs::client {

// "bytes first-last/total" and "bytes */total".
struct ContentRange {
  struct Span {
    std::uint64_t first;
    std::uint64_t last;  // inclusive, as on the wire
  };
  std::optional<Span> span;            // nullopt: "*", the range was not satisfiable
  std::optional<std::uint64_t> total;  // nullopt: "*"
};

// nullopt for anything malformed: another unit, last before first, last outside the total, neither span nor total.
std::optional<ContentRange> content_range(const std::string& header);

// Decimal digits only; nullopt for anything else and for numbers that do not fit.
std::optional<std::uint64_t> decimal(const std::string& text);

// The file name of a Content-Disposition, "" if there is none. filename* wins over filename. As sent by the
// server, in UTF-8: it must be made safe before it becomes a name in a directory.
std::string disposition_name(const std::string& header);

// The strong ETag, else Last-Modified, else the weak ETag, else "". Equal weak ETags do not promise equal bytes, but
// different ones mean different versions.
std::string validator_of(const HttpHead& head);

// The ETag, weak or strong, without its quotes; "" if there is none.
std::string opaque_tag(const HttpHead& head);

// The media type without parameters, in lower case: "text/html; charset=x" -> "text/html".
std::string media_type(const std::string& content_type);

}  // namespace esofs::client
