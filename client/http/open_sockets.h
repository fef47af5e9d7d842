// The sockets of one HttpSession, as curl opens and closes them, to find out whether their peers are still there.
//
//   threads  one thread at a time
//   source   tcp(7), TCP_INFO
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <vector>

namespace esofs::client {

class OpenSockets {
 public:
  OpenSockets() = default;
  OpenSockets(const OpenSockets&) = delete;
  OpenSockets& operator=(const OpenSockets&) = delete;

  // Follows the connections that `easy` opens from here on. They may outlive its next reset, and must end before this.
  void watch(CURL* easy);

  // True if something that was sent on one of them is not acknowledged, and nothing has been acknowledged for `time`.
  bool unacknowledged(std::chrono::milliseconds time) const;

 private:
  static int on_open(void* self, curl_socket_t socket, curlsocktype purpose) noexcept;
  static int on_close(void* self, curl_socket_t socket) noexcept;

  std::vector<curl_socket_t> sockets_;
};

}  // namespace esofs::client
