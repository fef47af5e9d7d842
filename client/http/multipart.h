// Multipart bodies: several documents in one answer.
//
//   errors   EBADMSG: no boundary, or the last delimiter is missing (the body was cut)
//   threads  plain functions
//   source   RFC 2046 section 5.1; line ends may be LF alone
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/base/result.h"

namespace esofs::client {

struct Part {
  std::map<std::string, std::string> headers;  // names in lower case
  std::string_view body;                       // within the text that was parsed
};

// The boundary that `content_type` names; nullopt: not a multipart type, or one without a boundary.
std::optional<std::string> multipart_boundary(const std::string& content_type);

// The parts in their order. Text before the first delimiter and after the last is left out.
Result<std::vector<Part>> multipart_parts(std::string_view body, const std::string& boundary);

}  // namespace esofs::client
