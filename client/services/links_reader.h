// Reads rows and service descriptors from a DataLink answer: VOTable, or JSON as TAPLib writes tables.
//
//   shapes   rows in the order of the answer; texts verbatim, without surrounding white space and the word null; URLs absolute
//   errors   EBADMSG: not a DataLink answer; EFBIG above kMostLinkRows; those of link_error() for an error document
//   threads  pure functions
//   source   DataLink 1.1 sections 3 and 4; client/ESO.md, "DataLink"
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "client/base/result.h"
#include "client/model/model.h"

namespace esofs::client {

// Rows of one answer that are read. Real ones have some thousand.
constexpr std::size_t kMostLinkRows = 100'000;

// base_url: where the document came from, for relative URLs. placeholder_lengths: content_length values that say nothing.
Result<Links> parse_links(std::string document, const std::string& base_url,
                          const std::vector<std::uint64_t>& placeholder_lengths);

}  // namespace esofs::client
