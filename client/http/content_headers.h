// The headers that tell what a body is: its name, its place in a file, its version. Pure parsers.
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

// Decimal digits only; nullopt for anything else and for what does not fit.
std::optional<std::uint64_t> decimal(const std::string& text);

// The file name of a Content-Disposition, "" where there is none. filename* wins over filename. As the server says it,
// in UTF-8: to be made safe before it becomes a name in a directory.
std::string disposition_name(const std::string& header);

// The strong ETag, else Last-Modified, else what stands for an ETag, "" for nothing. An equal weak ETag promises no equal
// bytes, but another one tells of another version.
std::string validator_of(const HttpHead& head);

// What the ETag has between its quotes, weak or strong; "" where there is none.
std::string opaque_tag(const HttpHead& head);

// The media type without parameters, in lower case: "text/html; charset=x" -> "text/html".
std::string media_type(const std::string& content_type);

}  // namespace esofs::client
