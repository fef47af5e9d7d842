#include "tests/unit/sim/raw_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <stdexcept>

#include "tests/support/patience.h"

namespace esofs::sim {

RawClient::RawClient(const std::string& base_url) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(base_url.substr(base_url.rfind(':') + 1))));
  const timeval patience{tests::kPatience.count(), 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("the simulator cannot be reached");
  }
}

RawClient::~RawClient() { close(socket_); }

void RawClient::send_bytes(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

void RawClient::send(const std::string& method, const std::string& target, const Headers& headers,
                     const std::string& body) {
  std::string text = method + " " + target + " HTTP/1.1\r\nHost: sim\r\n";
  for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
  if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  send_bytes(text + "\r\n" + body);
}

bool RawClient::more() {
  std::array<char, 65536> piece;  // NOLINT: filled by recv
  const ssize_t n = recv(socket_, piece.data(), piece.size(), 0);
  if (n <= 0) return false;
  buffer_.append(piece.data(), static_cast<std::size_t>(n));
  return true;
}

bool RawClient::head(Reply& reply) {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!more()) return false;
  }
  const std::string text = buffer_.substr(0, end + 2);
  buffer_.erase(0, end + 4);
  reply.status = std::stoi(text.substr(9, 3));
  for (std::size_t start = text.find("\r\n") + 2; start < text.size();) {
    const auto stop = text.find("\r\n", start);
    const auto colon = text.find(':', start);
    std::string name = text.substr(start, colon - start);
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    reply.headers[name] = text.substr(colon + 2, stop - colon - 2);
    start = stop + 2;
  }
  return true;
}

Reply RawClient::receive(bool for_head) {
  Reply reply;
  if (!head(reply)) return reply;
  if (for_head || reply.status == 204 || reply.status == 304) {
    reply.complete = true;
    return reply;
  }
  if (reply.header("transfer-encoding") == "chunked") {
    for (;;) {
      std::size_t end = 0;
      while ((end = buffer_.find("\r\n")) == std::string::npos) {
        if (!more()) return reply;
      }
      const std::size_t size = std::stoul(buffer_.substr(0, end), nullptr, 16);
      buffer_.erase(0, end + 2);
      while (buffer_.size() < size + 2) {
        if (!more()) return reply;
      }
      reply.body.append(buffer_, 0, size);
      buffer_.erase(0, size + 2);
      if (size == 0) break;
    }
    reply.complete = true;
    return reply;
  }
  const std::string length = reply.header("content-length");
  const std::size_t size = length.empty() ? SIZE_MAX : std::stoul(length);
  while (buffer_.size() < size && more()) {
  }
  reply.complete = length.empty() || buffer_.size() >= size;
  reply.body = buffer_.substr(0, size);
  buffer_.erase(0, reply.body.size());
  return reply;
}

Reply RawClient::receive_some(std::size_t bytes) {
  Reply reply;
  if (!head(reply)) return reply;
  while (buffer_.size() < bytes && more()) {
  }
  reply.body = buffer_;
  buffer_.clear();
  return reply;
}

bool RawClient::silent_for(int milliseconds) {
  pollfd one{socket_, POLLIN, 0};
  return poll(&one, 1, milliseconds) == 0;
}

bool RawClient::at_end() {
  if (!buffer_.empty()) return false;
  return !more() && buffer_.empty();
}

Reply request(const std::string& base_url, const std::string& method, const std::string& target,
              const RawClient::Headers& headers, const std::string& body) {
  RawClient client(base_url);
  client.send(method, target, headers, body);
  return client.receive(method == "HEAD");
}

Reply get(const std::string& base_url, const std::string& target, const RawClient::Headers& headers) {
  return request(base_url, "GET", target, headers);
}

Reply get_range(const std::string& base_url, const std::string& target, const std::string& range) {
  return get(base_url, target, {{"Range", "bytes=" + range}});
}

}  // namespace esofs::sim
