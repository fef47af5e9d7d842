// Replies with the headers that the archive's TAP server sends, as recorded.
//
//   source   recorded; client/ESO.md, "TAP answers and errors" and "TAP jobs"
#pragma once

#include <functional>
#include <string>

#include "tests/sim/http/http_server.h"

namespace esofs::sim::tap {

// Appends the next piece of a body; false: that was the last one.
using NextPiece = std::function<bool(std::string&)>;

// 200 with a chunked body, as every dynamic answer has.
Answer reply_stream(const std::string& content_type, NextPiece next);
Answer reply_text(const std::string& content_type, std::string body);
// An empty chunked body with the Content-Type of the request, as at the archive.
Answer reply_see_other(const httplib::Request& request, const std::string& location);
// The VOTable of an error, with CRLF and a Content-Length.
Answer reply_error(int status, const std::string& message);
// 200 with Content-Length and the few headers of stored results; the caller sets the body.
Answer reply_stored(const std::string& content_type, std::uint64_t length);

std::string error_document(const std::string& message);

}  // namespace esofs::sim::tap
