#include "tests/support/scripted_server.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cctype>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "tests/support/patience.h"

namespace esofs::tests {
namespace {

using namespace std::chrono_literals;

constexpr int kLookAgainMs = 5;  // how often a blocked thread looks whether the server ends

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \r\n\t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \r\n\t") - first + 1);
}

std::optional<SeenRequest> parsed(const std::string& text) {
  const std::size_t head_end = text.find("\r\n\r\n");
  if (head_end == std::string::npos) return std::nullopt;
  SeenRequest request;
  std::size_t line_end = text.find("\r\n");
  const std::string first = text.substr(0, line_end);
  const std::size_t space = first.find(' ');
  if (space == std::string::npos) return request;
  request.method = first.substr(0, space);
  request.target = first.substr(space + 1, first.rfind(' ') - space - 1);
  while (line_end < head_end) {
    const std::size_t start = line_end + 2;
    line_end = text.find("\r\n", start);
    const std::string_view line = std::string_view(text).substr(start, line_end - start);
    const std::size_t colon = line.find(':');
    std::string name(line.substr(0, colon));
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (colon != std::string_view::npos) request.headers[name] = trimmed(line.substr(colon + 1));
  }
  const std::size_t length = std::strtoul(request.header("content-length").c_str(), nullptr, 10);
  if (text.size() < head_end + 4 + length) return std::nullopt;
  request.body = text.substr(head_end + 4, length);
  return request;
}

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void deafen(int fd) {
  sock_filter drop[] = {{BPF_RET | BPF_K, 0, 0, 0}};
  const sock_fprog program{1, drop};
  if (::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0)
    throw std::runtime_error("no filter can be attached to a socket");
}

}  // namespace

std::string head_text(int status, const Headers& headers) {
  std::string text = "HTTP/1.1 " + std::to_string(status) + " Scripted\r\n";
  for (const auto& [name, value] : headers) text.append(name).append(": ").append(value).append("\r\n");
  return text + "\r\n";
}

Answer answer_with(int status, const std::string& body, const Headers& headers) {
  Headers all = headers;
  all.emplace_back("Content-Length", std::to_string(body.size()));
  return Answer().send(head_text(status, all) + body);
}

ScriptedServer::ScriptedServer() : otherwise_(answer_with(500, "no answer is scripted")) {
  listener_ = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_.get(), generic, size) != 0 || ::listen(listener_.get(), 128) != 0 ||
      ::getsockname(listener_.get(), generic, &size) != 0)
    throw std::runtime_error("ScriptedServer cannot listen");
  port_ = ntohs(address.sin_port);
  acceptor_ = std::jthread([this] { accept_all(); });
}

ScriptedServer::~ScriptedServer() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  acceptor_.join();
  connection_threads_.clear();  // joins; nothing is added any more
}

std::string ScriptedServer::url(const std::string& target) const {
  return "http://127.0.0.1:" + std::to_string(port_) + target;
}

void ScriptedServer::add(Answer answer) {
  const std::lock_guard lock(mutex_);
  answers_.push_back(std::move(answer));
}

void ScriptedServer::otherwise(Answer answer) {
  const std::lock_guard lock(mutex_);
  otherwise_ = std::move(answer);
}

void ScriptedServer::at(const std::string& target, Answer answer) {
  const std::lock_guard lock(mutex_);
  at_[target] = std::move(answer);
}

void ScriptedServer::refuse(int connections) {
  const std::lock_guard lock(mutex_);
  refuse_ = connections;
}

void ScriptedServer::greet(Answer answer) {
  const std::lock_guard lock(mutex_);
  greeting_ = std::move(answer);
}

void ScriptedServer::release() {
  const std::lock_guard lock(mutex_);
  released_ = true;
}

std::vector<SeenRequest> ScriptedServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

int ScriptedServer::connections() const {
  const std::lock_guard lock(mutex_);
  return connections_;
}

bool ScriptedServer::wait_for_requests(std::size_t count) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] { return requests_.size() >= count; });
}

bool ScriptedServer::wait_for_holds(int count) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] { return holds_ >= count; });
}

bool ScriptedServer::wait_for_departures(int count) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] { return departures_ >= count; });
}

void ScriptedServer::accept_all() {
  for (;;) {
    pollfd waiting{listener_.get(), POLLIN, 0};
    ::poll(&waiting, 1, kLookAgainMs);
    const std::lock_guard lock(mutex_);
    if (ending_) return;
    if ((waiting.revents & POLLIN) == 0) continue;
    UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!fd) continue;
    const int number = connections_++;
    if (refuse_ > 0) {
      --refuse_;
      continue;  // closes
    }
    connection_threads_.emplace_back([this, number, owned = std::move(fd)] { serve(owned.get(), number); });
  }
}

void ScriptedServer::serve(int fd, int number) {
  Answer greeting;
  {
    const std::lock_guard lock(mutex_);
    greeting = greeting_;
  }
  if (!perform(fd, greeting)) return;
  std::string text;
  for (;;) {
    pollfd waiting{fd, POLLIN, 0};
    ::poll(&waiting, 1, kLookAgainMs);
    {
      const std::lock_guard lock(mutex_);
      if (ending_) return;
    }
    if (waiting.revents == 0) continue;
    char buffer[16384];
    const ssize_t got = ::recv(fd, buffer, sizeof buffer, 0);
    if (got <= 0) return;
    text.append(buffer, static_cast<std::size_t>(got));
    auto request = parsed(text);
    if (!request) continue;
    text.clear();  // clients do not pipeline
    request->connection = number;
    if (!perform(fd, next_answer(*request))) return;
  }
}

bool ScriptedServer::perform(int fd, const Answer& answer) {
  for (const auto& step : answer.steps()) {
    bool goes_on = true;
    if (step.kind == Answer::Kind::kSend) goes_on = send_all(fd, step.bytes);
    if (step.kind == Answer::Kind::kHold || step.kind == Answer::Kind::kDrip) goes_on = hold(fd, step.bytes);
    if (!goes_on) {
      const std::lock_guard lock(mutex_);
      ++departures_;
      changed_.notify_all();
      return false;
    }
    if (step.kind == Answer::Kind::kDeafen) deafen(fd);
    if (step.kind == Answer::Kind::kReset) {
      const linger at_once{1, 0};
      ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    if (step.kind == Answer::Kind::kClose || step.kind == Answer::Kind::kReset) return false;
  }
  return true;
}

bool ScriptedServer::hold(int fd, const std::string& drip) {
  {
    const std::lock_guard lock(mutex_);
    ++holds_;
    changed_.notify_all();
  }
  for (bool left = false;;) {
    pollfd waiting{fd, POLLRDHUP, 0};
    ::poll(&waiting, 1, kLookAgainMs);
    left = waiting.revents != 0 || !send_all(fd, drip);
    const std::lock_guard lock(mutex_);
    if (!left && !released_ && !ending_) continue;
    --holds_;
    return !left;
  }
}

Answer ScriptedServer::next_answer(const SeenRequest& request) {
  const std::lock_guard lock(mutex_);
  requests_.push_back(request);
  changed_.notify_all();
  if (const auto fixed = at_.find(request.target); fixed != at_.end()) return fixed->second;
  if (answers_.empty()) return otherwise_;
  Answer answer = std::move(answers_.front());
  answers_.pop_front();
  return answer;
}

}  // namespace esofs::tests
