// Redirects: which answers are one, and what is requested after it.
//
//   errors   EIO for a redirect to anything but http and https
//   threads  plain functions
//   source   RFC 9110 section 15.4
#pragma once

#include "client/base/result.h"
#include "client/http/http.h"

namespace esofs::client {

bool is_redirect(const HttpHead& head);

// True for a redirect to the same service elsewhere, by https or at another host: it receives the same request. 303 leads to
// what was made.
bool is_move(const HttpRequest& request, const HttpHead& head);

// Turns the request into the one that follows the redirect `head`, without credentials if it leads to another origin.
Result<void> follow(HttpRequest& request, const HttpHead& head);

}  // namespace esofs::client
