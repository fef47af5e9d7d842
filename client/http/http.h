// HttpClient: HTTP requests over libcurl, blocking, with limits, retries, redirects and cancel.
//
//   shapes   a request with its body in memory; the answer's body is streamed to a sink
//   errors   transport failures as in http_error.h. An HTTP status of 400 and above
//            is not an error here: TAP and SODA explain it in the body. status_error() makes one.
//   threads  thread-safe; each call blocks its thread. Idle connections are kept in a pool of easy handles.
//   source   RFC 9110, RFC 9111
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "client/base/lane.h"
#include "client/base/result.h"
#include "client/http/rights.h"

namespace esofs::client {

class Authoriser;
class Traffic;

struct HttpLimits {
  std::chrono::milliseconds connect{15'000};
  std::chrono::milliseconds first_byte{60'000};  // from the request sent to the end of the answer's head
  std::chrono::milliseconds stall{30'000};       // without one byte of body
  std::chrono::milliseconds total{0};            // 0: none
  // Until the other machine acknowledges what was sent; 0: none. This detects a connection that was silently cut.
  std::chrono::milliseconds unacknowledged{5'000};
  int attempts = 4;                              // the first one included
  std::chrono::milliseconds retry_wait{500};     // base of the full-jitter back-off
  std::chrono::milliseconds retry_most{30'000};  // no single wait, Retry-After included, is longer than this
};

struct HttpSettings {
  HttpLimits limits;
  std::chrono::milliseconds cutout{600'000};  // until a cutout begins to come, all attempts together
  std::string proxy;                          // "": as the environment says (http_proxy, no_proxy)
  std::string ca_file;                        // "": the system's
  std::string user_agent;
  bool offline = false;  // every request fails with ENETUNREACH
  // The login; null: nobody. A request carries what it grants for the request's URL, also after redirects within one
  // origin, but never further. After a 401 there is one renewal and one more try.
  std::shared_ptr<Authoriser> authoriser;
  std::shared_ptr<Traffic> traffic;  // counts what is sent and comes; null: nobody counts
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::string> headers;  // "Name: value"
  std::string body;                  // sent if not empty
  std::string content_type;          // of the body
  bool may_repeat = true;            // false: a request that may have reached the server is not sent again
  bool direct = false;               // without a proxy
  // To http and https only, at most 10; credentials never leave the first host. A service that has moved (the same path at
  // another host or by https) is always followed, and receives the same request.
  bool follow_redirects = true;
  std::optional<HttpLimits> limits;  // instead of the settings'
  Rights rights;
  // Stands for the URL in errors and in the log, if the URL holds secrets; "": shown_url().
  std::string shown;
};

struct HttpHead {
  int status = 0;
  std::string url;                             // of this answer, after redirects
  std::map<std::string, std::string> headers;  // in lower case; of the last answer; repeated ones joined
  std::string identity;                        // whose login the request carried; "": nobody's

  // "" if absent. name in lower case.
  std::string header(const std::string& name) const;
};

// Receives one answer. head() is called for the answer that is not retried; an error ends the transfer with that error.
class HttpSink {
 public:
  virtual ~HttpSink() = default;
  virtual Result<void> head(const HttpHead& head) = 0;
  virtual Result<void> body(std::span<const std::byte> piece) = 0;
  // The answer broke off. True: the sink has forgotten it, and another head() may follow.
  virtual bool restart() { return false; }
};

struct HttpText {
  HttpHead head;
  std::string body;
};

class HttpClient {
 public:
  explicit HttpClient(HttpSettings settings);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Sends the request until there is a final answer: connection failures, 408, 425, 429, 502, 503 and 504 are tried again
  // (Retry-After is honoured) before head() is called. If an answer to a GET breaks off or stalls later, the request is sent
  // again if the sink agrees (HttpSink::restart). A body shorter than announced is EIO. Waits if the host refuses more
  // requests at once (client/http/host_limits.h). The log says at `debug` for which program it was sent.
  Result<HttpHead> send(const HttpRequest& request, HttpSink& sink, Lane::Turn& turn);

  // The whole answer in memory, unpacked if the server packed it unasked; EFBIG above most_bytes.
  Result<HttpText> text(const HttpRequest& request, std::uint64_t most_bytes, Lane::Turn& turn);

  const HttpSettings& settings() const noexcept;

 private:
  class Pool;
  std::unique_ptr<Pool> pool_;
};

// True if the server packed the body of the answer, which no request asks for.
bool packed_by_gzip(const HttpHead& head);

// The Error of a status that is not a success, e.g. "HTTP 404 from https://…". REQUIRES: status >= 400.
Error status_error(const HttpHead& head);

}  // namespace esofs::client
