// fetch_file: one request for a file or a range of it, and the rules that decide whether its answer is the file.
//
//   errors   as Archive::fetch; ENODATA for 204. A sink that returns an error, also from head(), ends the transfer at once
//            and closes the connection: so a caller can look at the head of an answer only
//   threads  thread-safe; blocks
//   source   RFC 9110 sections 14 and 15.3.7; client/ESO.md, "Files"
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "client/base/lane.h"
#include "client/base/result.h"
#include "client/http/http.h"
#include "client/model/model.h"
#include "client/model/requests.h"

namespace esofs::client {

struct FetchOptions {
  std::vector<std::string> headers;  // more of them, e.g. Authorization
  std::optional<HttpLimits> limits;  // instead of the client's
  // For services that explain their failures: makes the error if a text comes in place of the file, with any status.
  std::function<Error(const HttpHead& head, const std::string& text)> explain = {};
  HttpHead* answer = nullptr;  // receives the head of the answer
};

// The returned head has the total of a body that came without Content-Length.
Result<FileHead> fetch_file(HttpClient& http, const FetchRequest& request, FetchSink& sink, Lane::Turn& turn,
                            const FetchOptions& options = {});

// What the head of an answer says about the file, or why it is not the file. Pure; the body must still be checked.
Result<FileHead> accepted_head(const FetchRequest& request, const HttpHead& head);

// True if `bytes`, the first ones of a file, may begin a FITS file or a compressed one (LZW, gzip, bzip2). Fewer than
// kFitsMagicSize bytes are compared as far as they go; no bytes are not FITS.
inline constexpr std::size_t kFitsMagicSize = 9;
bool looks_like_fits(std::string_view bytes);

}  // namespace esofs::client
