// HttpServer: HTTP/1.1 on 127.0.0.1, one thread for each connection, with the faults that networks have.
//
//   shapes   a handler turns a request into an Answer; the server delivers it as Answer::delivery says
//   threads  the handler is called from any number of threads at once; the destructor ends every thread and every
//            stalled answer
//   source   RFC 9110, RFC 9112; the limits of ESO's servers for a connection: 5 s idle, 100 requests
#pragma once

#include <httplib.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace esofs::sim {

// How the bytes of one answer travel.
struct Delivery {
  std::chrono::milliseconds delay{0};        // before the status line
  std::uint64_t rate = 0;                    // bytes a second; 0: no limit
  std::optional<std::uint64_t> cut_after;    // body bytes, then the connection is closed
  std::optional<std::uint64_t> stall_after;  // body bytes, then a pause until release()
};

struct Answer {
  // Sends a piece of the body; false: the rest is not wanted.
  using Write = std::function<bool(std::string_view)>;

  int status = 200;
  httplib::Headers headers;  // except those of framing and connection
  std::string body;          // used unless `stream` is set
  std::function<void(const Write&)> stream;
  std::optional<std::uint64_t> length;  // of the stream; absent: chunked
  bool chunked = false;                 // no Content-Length for `body` or `stream`
  Delivery delivery;
  std::shared_ptr<std::atomic<std::uint64_t>> sent;  // counts the body bytes, if set

  void set(const std::string& name, const std::string& value);
};

// An answer that is a short text.
Answer text_answer(int status, const std::string& content_type, std::string body);

class HttpServer {
 public:
  using Handler = std::function<Answer(const httplib::Request&)>;
  struct Counts {
    std::uint64_t connections = 0;  // accepted so far
    std::uint64_t open = 0;
    std::uint64_t stalled = 0;  // answers that wait for release() now
  };

  // port 0: any free one. Throws std::system_error if the port is not free.
  static std::unique_ptr<HttpServer> start(int port, Handler handler);
  virtual ~HttpServer() = default;

  virtual int port() const = 0;
  virtual void release() = 0;  // answers that stall now continue
  virtual Counts counts() const = 0;
};

}  // namespace esofs::sim
