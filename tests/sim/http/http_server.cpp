#include "tests/sim/http/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <list>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "tests/sim/http/http_request.h"
#include "tests/sim/text.h"

namespace esofs::sim {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kIdleMs = 5000;  // ESO: Keep-Alive: timeout=5, max=100
constexpr int kRequestsEach = 100;
constexpr std::size_t kReplyPiece = 256U << 10U;

// Opens once and stays open; many threads may wait for it and for a socket at the same time.
class Gate {
 public:
  Gate() : fd_(eventfd(0, EFD_CLOEXEC)) {}
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  ~Gate() { close(fd_); }
  void open() const {
    const std::uint64_t one = 1;
    (void)!write(fd_, &one, sizeof one);
  }
  int fd() const { return fd_; }

 private:
  int fd_;
};

enum class Event { kTime, kStop, kRelease, kClientLeft };

// The state that the threads of all connections share.
struct Shared {
  HttpServer::Handler handler;
  Gate stop;
  mutable std::mutex mutex;
  std::shared_ptr<Gate> release = std::make_shared<Gate>();  // guarded by mutex
  std::atomic<std::uint64_t> connections{0};
  std::atomic<std::uint64_t> open{0};
  std::atomic<std::uint64_t> stalled{0};

  std::shared_ptr<Gate> release_gate() const {
    const std::lock_guard lock(mutex);
    return release;
  }
};

Event wait_for(int socket, const Gate& stop, const Gate* release, int timeout_ms) {
  std::array<pollfd, 3> all{pollfd{stop.fd(), POLLIN, 0}, pollfd{socket, POLLRDHUP, 0},
                            pollfd{release != nullptr ? release->fd() : -1, POLLIN, 0}};
  for (;;) {
    const int ready = poll(all.data(), all.size(), timeout_ms);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return Event::kTime;
    if (all[0].revents != 0) return Event::kStop;
    if (all[2].revents != 0) return Event::kRelease;
    return Event::kClientLeft;
  }
}

bool send_all(int socket, std::string_view bytes, int flags) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | flags);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

// Sends one body as its Delivery says.
class BodySender {
 public:
  BodySender(int socket, Shared& shared, const Answer& answer, bool chunked)
      : socket_(socket), shared_(shared), answer_(answer), chunked_(chunked) {}

  // False: the connection cannot be used any more.
  bool write(std::string_view bytes) {
    while (!bytes.empty()) {
      if (broken_ || !pass_marks()) return !(broken_ = true);
      const std::size_t size = std::min(bytes.size(), room());
      sent_ += size;
      if (!pace()) return !(broken_ = true);
      if (answer_.sent) answer_.sent->fetch_add(size);  // before the client can see the bytes
      if (!send_piece(bytes.substr(0, size))) return !(broken_ = true);
      bytes.remove_prefix(size);
    }
    return true;
  }
  // False: the body was not sent completely.
  bool finish() {
    if (broken_ || !pass_marks()) return false;
    return !chunked_ || send_all(socket_, "0\r\n\r\n", 0);
  }
  std::uint64_t sent() const { return sent_; }

 private:
  // Does the cut or the stall that is due at this byte.
  bool pass_marks() {
    const Delivery& how = answer_.delivery;
    if (how.cut_after && sent_ >= *how.cut_after) {
      return !chunked_ && answer_.length && sent_ >= *answer_.length;
    }
    if (how.stall_after && sent_ == *how.stall_after && !released_) {
      released_ = true;
      const auto gate = shared_.release_gate();
      ++shared_.stalled;
      const Event event = wait_for(socket_, shared_.stop, gate.get(), -1);
      --shared_.stalled;
      started_ = Clock::now();
      paced_from_ = sent_;
      return event == Event::kRelease;
    }
    return true;
  }

  std::size_t room() const {
    const Delivery& how = answer_.delivery;
    std::uint64_t size = kReplyPiece;
    if (how.rate > 0) size = std::clamp<std::uint64_t>(how.rate / 20, 512, kReplyPiece);
    if (how.cut_after) size = std::min(size, *how.cut_after - sent_);
    if (how.stall_after && sent_ < *how.stall_after) size = std::min(size, *how.stall_after - sent_);
    return static_cast<std::size_t>(size);
  }

  bool send_piece(std::string_view piece) {
    if (!chunked_) return send_all(socket_, piece, 0);
    std::array<char, 24> size{};
    const int digits = std::snprintf(size.data(), size.size(), "%zx\r\n", piece.size());
    return send_all(socket_, {size.data(), static_cast<std::size_t>(digits)}, MSG_MORE) &&
           send_all(socket_, piece, MSG_MORE) && send_all(socket_, "\r\n", 0);
  }

  // Waits until the last of sent_ is due.
  bool pace() {
    if (answer_.delivery.rate == 0) return true;
    const auto due =
        started_ + std::chrono::microseconds((sent_ - paced_from_) * 1'000'000 / answer_.delivery.rate);
    for (;;) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(due - Clock::now()).count();
      if (left <= 0) return true;
      const Event event =
          wait_for(socket_, shared_.stop, nullptr, static_cast<int>(std::min<long>(left, 1000)));
      if (event != Event::kTime) return false;
    }
  }

  int socket_;
  Shared& shared_;
  const Answer& answer_;
  bool chunked_;
  bool broken_ = false;
  bool released_ = false;
  std::uint64_t sent_ = 0;
  Clock::time_point started_ = Clock::now();
  std::uint64_t paced_from_ = 0;
};

class Connection {
 public:
  Connection(int socket, Shared& shared) : socket_(socket), shared_(shared) {}

  void serve() {
    RequestReader reader([this](std::string& buffer) { return receive(buffer); },
                         [this] { send_all(socket_, "HTTP/1.1 100 Continue\r\n\r\n", 0); });
    for (int left = kRequestsEach; left > 0; --left) {
      httplib::Request request;
      const int refused = reader.next(request);
      if (refused < 0) return;
      if (refused > 0) {
        deliver(request, text_answer(refused, "text/plain", "The request is malformed.\n"), 0);
        return;
      }
      if (!deliver(request, shared_.handler(request), left - 1)) return;
    }
  }

 private:
  bool receive(std::string& buffer) {
    std::array<pollfd, 2> all{pollfd{shared_.stop.fd(), POLLIN, 0}, pollfd{socket_, POLLIN, 0}};
    int ready = 0;
    while ((ready = poll(all.data(), all.size(), kIdleMs)) < 0 && errno == EINTR) {
    }
    if (ready <= 0 || all[0].revents != 0) return false;
    std::array<char, 16384> piece;  // NOLINT: filled by recv
    const ssize_t n = recv(socket_, piece.data(), piece.size(), 0);
    if (n <= 0) return false;
    buffer.append(piece.data(), static_cast<std::size_t>(n));
    return true;
  }

  // False: the connection is to be closed.
  bool deliver(const httplib::Request& request, Answer answer, int left) {
    if (!answer.stream) answer.length = answer.body.size();
    const bool bodiless = answer.status == 204 || answer.status == 304;
    const bool with_body = request.method != "HEAD" && !bodiless;
    const bool no_length = answer.chunked || !answer.length;
    const bool old = request.version == "HTTP/1.0";
    const bool chunked = no_length && !old;
    const bool keep = left > 0 && !old && request.get_header_value("Connection") != "close";

    if (answer.delivery.delay.count() > 0) {
      const auto ms = static_cast<int>(answer.delivery.delay.count());
      if (wait_for(socket_, shared_.stop, nullptr, ms) != Event::kTime) return false;
    }
    std::string head =
        "HTTP/1.1 " + std::to_string(answer.status) + " " + reason_phrase(answer.status) + "\r\n";
    for (const auto& [name, value] : answer.headers)
      head.append(name).append(": ").append(value).append("\r\n");
    if (chunked && !bodiless) head += "Transfer-Encoding: chunked\r\n";
    if (!no_length && !bodiless) head += "Content-Length: " + std::to_string(*answer.length) + "\r\n";
    head += keep ? "Keep-Alive: timeout=5, max=" + std::to_string(left) + "\r\nConnection: Keep-Alive\r\n\r\n"
                 : "Connection: close\r\n\r\n";
    const bool together =
        with_body && !answer.stream && !answer.delivery.stall_after && !answer.delivery.cut_after;
    if (!send_all(socket_, head, together && !answer.body.empty() ? MSG_MORE : 0)) return false;
    if (!with_body) return keep;

    BodySender sender(socket_, shared_, answer, chunked);
    if (answer.stream) {
      answer.stream([&sender](std::string_view piece) { return sender.write(piece); });
    } else {
      sender.write(answer.body);
    }
    if (!chunked && answer.length && sender.sent() != *answer.length) return false;
    return sender.finish() && keep && (!no_length || chunked);
  }

  int socket_;
  Shared& shared_;
};

class Server : public HttpServer {
 public:
  Server(int port, Handler handler) : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    shared_.handler = std::move(handler);
    const int yes = 1;
    setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (listener_ < 0 || bind(listener_, generic, size) != 0 || listen(listener_, 1024) != 0 ||
        getsockname(listener_, generic, &size) != 0) {
      const int error = errno;
      if (listener_ >= 0) close(listener_);
      throw std::system_error(error, std::generic_category(), "port " + std::to_string(port));
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }

  ~Server() override {
    shared_.stop.open();
    acceptor_.join();
    close(listener_);
    {
      const std::lock_guard lock(mutex_);
      for (const auto& peer : peers_) {
        if (peer.socket >= 0) shutdown(peer.socket, SHUT_RDWR);
      }
    }
    for (auto& peer : peers_) peer.thread.join();
  }

  int port() const override { return port_; }
  Counts counts() const override { return {shared_.connections, shared_.open, shared_.stalled}; }
  void release() override {
    const std::lock_guard lock(shared_.mutex);
    shared_.release->open();
    shared_.release = std::make_shared<Gate>();
  }

 private:
  struct Peer {
    int socket = -1;  // guarded by mutex_; -1: the thread is at its end
    std::thread thread;
  };

  void accept_all() {
    for (;;) {
      std::array<pollfd, 2> all{pollfd{shared_.stop.fd(), POLLIN, 0}, pollfd{listener_, POLLIN, 0}};
      if (poll(all.data(), all.size(), -1) < 0) continue;
      if (all[0].revents != 0) return;
      const int accepted = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (accepted < 0) continue;
      const int yes = 1;
      setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      ++shared_.connections;
      ++shared_.open;
      join_ended();
      const std::lock_guard lock(mutex_);
      Peer& peer = peers_.emplace_back();
      peer.socket = accepted;
      peer.thread = std::thread([this, &peer, accepted] { serve(peer, accepted); });
    }
  }

  void serve(Peer& peer, int accepted) {
    Connection(accepted, shared_).serve();
    --shared_.open;
    const std::lock_guard lock(mutex_);
    close(accepted);
    peer.socket = -1;
  }

  void join_ended() {
    std::list<Peer> ended;
    {
      const std::lock_guard lock(mutex_);
      for (auto peer = peers_.begin(); peer != peers_.end();) {
        const auto next = std::next(peer);
        if (peer->socket < 0) ended.splice(ended.end(), peers_, peer);
        peer = next;
      }
    }
    for (auto& peer : ended) peer.thread.join();
  }

  Shared shared_;
  int listener_;
  int port_ = 0;
  std::mutex mutex_;
  std::list<Peer> peers_;  // guarded by mutex_, except its threads
  std::thread acceptor_;
};

}  // namespace

std::unique_ptr<HttpServer> HttpServer::start(int port, Handler handler) {
  return std::make_unique<Server>(port, std::move(handler));
}

}  // namespace esofs::sim
