// Reading HTTP/1.1 requests from a socket's bytes into httplib::Request: head, query, form and chunked bodies.
//
//   errors   the HTTP status with which to refuse a malformed request
//   source   RFC 9112 sections 2 to 7; application/x-www-form-urlencoded as HTML has it
#pragma once

#include <httplib.h>

#include <functional>
#include <string>
#include <string_view>

namespace esofs::sim {

std::string percent_decode(std::string_view text, bool plus_is_space);

// "a=1&b=2" into params; a value may hold '?' and '='.
void parse_form(std::string_view text, httplib::Params& params);

class RequestReader {
 public:
  // more(buffer): appends what has arrived; false at the end of the connection.
  // proceed(): the client waits for "100 Continue" before it sends the body.
  using More = std::function<bool(std::string&)>;
  using Proceed = std::function<void()>;
  RequestReader(More more, Proceed proceed) : more_(std::move(more)), proceed_(std::move(proceed)) {}

  // 0: a request has been read; -1: the connection has ended; else: refuse with this status and close.
  int next(httplib::Request& request);

 private:
  int read_body(httplib::Request& request);
  int read_chunks(std::string& body);
  bool line(std::string& out);
  bool need(std::size_t bytes);

  More more_;
  Proceed proceed_;
  std::string buffer_;  // received and not yet used
};

}  // namespace esofs::sim
