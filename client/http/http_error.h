// The table that turns curl's codes and HTTP statuses into errno values, and says which of them are worth another try.
//
//   source   curl/curl.h; RFC 9110 section 15
#pragma once

#include <curl/curl.h>

#include <string>

#include "client/base/result.h"

namespace esofs::client {

// How far a request got.
enum class HttpPhase {
  kConnect,  // name, connection, TLS
  kAnswer,   // sent, no complete head of an answer yet
  kBody
};

struct HttpFailure {
  Error error;
  bool retry;              // another try may succeed; no part of an answer was delivered
  bool broke_off = false;  // another try may succeed; part of the answer was delivered
};

// code: not CURLE_OK. os_errno: CURLINFO_OS_ERRNO. detail: curl's own sentence, may be "".
HttpFailure transport_failure(CURLcode code, long os_errno, HttpPhase phase, const std::string& detail);

// A limit of HttpLimits ran out. repeatable: the request may be sent twice (GET, HEAD).
HttpFailure time_out(HttpPhase phase, bool repeatable);

// REQUIRES: status >= 400.
int status_errno(int status);

// 408, 425, 429, 502, 503 and 504: the server says that it cannot answer now.
bool status_retried(int status);

}  // namespace esofs::client
