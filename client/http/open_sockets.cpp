#include "client/http/open_sockets.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <exception>

namespace esofs::client {

void OpenSockets::watch(CURL* easy) {
  curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, &OpenSockets::on_open);
  curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, this);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &OpenSockets::on_close);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this);
}

bool OpenSockets::unacknowledged(std::chrono::milliseconds time) const {
  return std::any_of(sockets_.begin(), sockets_.end(), [time](curl_socket_t socket) {
    tcp_info info{};
    socklen_t size = sizeof info;
    if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return false;
    // Also bytes that could not even be sent, for lack of a route.
    int waiting = 0;
    if (::ioctl(socket, SIOCOUTQ, &waiting) != 0) return false;
    return waiting > 0 && std::chrono::milliseconds(info.tcpi_last_ack_recv) >= time;
  });
}

int OpenSockets::on_open(void* self, curl_socket_t socket, curlsocktype /*purpose*/) noexcept {
  try {
    static_cast<OpenSockets*>(self)->sockets_.push_back(socket);
  } catch (const std::exception&) {
    return CURL_SOCKOPT_ERROR;
  }
  return CURL_SOCKOPT_OK;
}

int OpenSockets::on_close(void* self, curl_socket_t socket) noexcept {
  std::erase(static_cast<OpenSockets*>(self)->sockets_, socket);
  return ::close(socket);
}

}  // namespace esofs::client
