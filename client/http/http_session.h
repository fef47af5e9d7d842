// HttpSession: one easy handle of libcurl in a multi handle of its own; makes one exchange at a time.
//
// The multi handle is there for its poll, which a stop request wakes at once; it also owns the connections, so that a
// session that is used again finds the last ones open. If the server has closed such a connection before a byte
// of the answer came, libcurl itself sends the request again on a new one, within the same exchange. A connection that was
// silently cut (a suspend, a NAT that forgot it) is detected because nothing acknowledges the request.
//
//   threads  one thread at a time
//   source   https://curl.se/libcurl/c/libcurl-multi.html
#pragma once

#include <curl/curl.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/base/lane.h"
#include "client/base/result.h"
#include "client/http/http.h"
#include "client/http/http_error.h"
#include "client/http/open_sockets.h"

namespace esofs::client {

// One request, without redirects and retries.
struct HttpExchange {
  const HttpSettings& settings;
  const HttpLimits& limits;
  const HttpRequest& request;
  std::optional<std::chrono::steady_clock::time_point> deadline;  // of limits.total
  std::function<bool(const HttpHead&)> wanted;  // false: the sink does not receive this answer
  HttpSink& sink;
  std::string identity;  // whose login the request carries
};

struct HttpOutcome {
  HttpHead head;                       // status 0: no answer came
  bool delivered = false;              // the sink has received the head
  bool peer_gone = false;              // the connection had been silently cut
  std::optional<HttpFailure> failure;  // nullopt: the exchange ended well, or its unwanted body was left
};

class HttpSession {
 public:
  HttpSession();
  ~HttpSession();
  HttpSession(const HttpSession&) = delete;
  HttpSession& operator=(const HttpSession&) = delete;

  HttpOutcome exchange(const HttpExchange& exchange, Lane::Turn& turn);
  // The exchanges that follow send the cookies that answers have set, by curl's rules, until this is called.
  void forget_cookies() noexcept;

 private:
  struct EasyDeleter {
    void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
  };
  struct MultiDeleter {
    void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
  };

  OpenSockets sockets_;  // before multi_: ends after the connections
  std::unique_ptr<CURLM, MultiDeleter> multi_;
  std::unique_ptr<CURL, EasyDeleter> easy_;  // after multi_: ends before it
};

}  // namespace esofs::client
