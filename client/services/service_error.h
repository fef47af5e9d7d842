// Turns the refusals of an archive's services, documents or sentences, into an Error.
//
//   errors   EINVAL: the request was wrong; ETIMEDOUT: it took longer than the server allows; EACCES, ENOENT, EIO
//   threads  plain functions
//   source   DALI 1.1 section 4.4, TAP 1.1 section 3, DataLink 1.1 section 3.4; client/ESO.md
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "client/base/result.h"
#include "client/http/http.h"

namespace esofs::client {

// Most bytes of an error answer that are read.
constexpr std::size_t kMostErrorBytes = 256U << 10U;

// True for sentences such as "The request timed out" or "execution duration exceeded".
bool says_timed_out(std::string_view text);

// The sentence of QUERY_STATUS ERROR in a VOTable, also if the XML is malformed; nullopt if `body` has no such error.
std::optional<std::string> votable_error(const std::string& body);

// The same for any text that holds the INFO of an error: the sentence of the last one.
std::optional<std::string> error_in_text(std::string_view text);

// A query that the server refused with a sentence, in an answer of this HTTP status (0: not by HTTP).
Error query_error(int status, const std::string& sentence, const std::string& url);

// What an error answer says, for people: the sentence of its VOTable, its text, JSON or XML as one line, or the title of its
// web page in quotes; "" if it has no text.
std::string said_by(const std::string& body);

// An answer of status >= 400 to a query: by its VOTable, if it has one, or its sentence, else by its status.
Error answer_error(const HttpHead& head, const std::string& body);

// An answer that came in place of a file: `wrong`, and its own words.
Error file_error(const Error& wrong, const std::string& body);

// True if `body`, or its beginning, is a web page, whatever its Content-Type.
bool looks_like_page(std::string_view body);

// For a query or a job: turns ENOENT into EIO, because ENOENT would mean that the file or directory does not exist.
Error not_missing(const Error& error);

// The error_message of a DataLink row, or the sentence of a DataLink error document: "NotFoundFault: …".
Error link_error(const std::string& message, const std::string& url);

// `text` with its white space made single blanks, cut to a length fit for a log line, in UTF-8.
std::string one_line(std::string_view text);

}  // namespace esofs::client
