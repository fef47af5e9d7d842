// fetch_file: one request for a file or a range of it, and the rules by which its answer is taken for the file's bytes.
//
//   errors   as Archive::fetch; ENODATA for 204. A sink that returns an error, from head() too, ends the transfer at once
//            and closes the connection: that is how to look at an answer's head only
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
  // For services that explain themselves: makes the error of an answer that is a text instead of the file, of any status.
  std::function<Error(const HttpHead& head, const std::string& text)> explain = {};
  HttpHead* answer = nullptr;  // where the head of the answer is put
};

// The returned head has the total of a body that came without Content-Length.
Result<FileHead> fetch_file(HttpClient& http, const FetchRequest& request, FetchSink& sink, Lane::Turn& turn,
                            const FetchOptions& options = {});

// What an answer's head tells of the file, or why it is not the file. Pure; the body is still to be looked at.
Result<FileHead> accepted_head(const FetchRequest& request, const HttpHead& head);

// True where `bytes`, the first ones of a file, may begin a FITS file or a compressed one (LZW, gzip, bzip2). Fewer than
// kFitsMagicSize bytes are compared as far as they go; none at all are not FITS.
inline constexpr std::size_t kFitsMagicSize = 9;
bool looks_like_fits(std::string_view bytes);

}  // namespace esofs::client
