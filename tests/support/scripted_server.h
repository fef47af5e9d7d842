// ScriptedServer: a TCP server on 127.0.0.1 that reads HTTP requests and answers each with a script of bytes, holds and
// closes. It can do what a correct HTTP server does not: cut, stall, hang and lie.
//
//   shapes   answers are raw bytes, head and body; answer_with() makes a correct one
//   threads  thread-safe; one thread a connection. Destruction ends every hold and closes every connection.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "client/base/unique_fd.h"

namespace esofs::tests {

// The answer to one request, step by step. A connection that is not closed at the end accepts more requests.
class Answer {
 public:
  enum class Kind { kSend, kHold, kDrip, kClose, kReset, kDeafen };
  struct Step {
    Kind kind;
    std::string bytes;
  };

  Answer& send(std::string bytes) { return add({Kind::kSend, std::move(bytes)}); }
  // Waits until release(), or until the client leaves. drip() sends its bytes again and again meanwhile.
  Answer& hold() { return add({Kind::kHold, {}}); }
  Answer& drip(std::string bytes) { return add({Kind::kDrip, std::move(bytes)}); }
  Answer& close() { return add({Kind::kClose, {}}); }
  // From here on the connection is dead: what comes is dropped by the machine, and not acknowledged either.
  Answer& deafen() { return add({Kind::kDeafen, {}}); }
  Answer& reset() { return add({Kind::kReset, {}}); }  // closes with RST

  const std::vector<Step>& steps() const noexcept { return steps_; }

 private:
  Answer& add(Step step) {
    steps_.push_back(std::move(step));
    return *this;
  }
  std::vector<Step> steps_;
};

using Headers = std::vector<std::pair<std::string, std::string>>;

// The head of an answer, including the empty line, without a length.
std::string head_text(int status, const Headers& headers = {});

// A whole answer with Content-Length.
Answer answer_with(int status, const std::string& body = "", const Headers& headers = {});

struct SeenRequest {
  std::string method;
  std::string target;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  int connection = 0;  // 0 is the first

  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

class ScriptedServer {
 public:
  ScriptedServer();
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::string url(const std::string& target = "/") const;  // "http://127.0.0.1:PORT" + target
  int port() const noexcept { return port_; }

  // Requests are answered in their order of arrival; after the last answer by `otherwise` (500 by default).
  void add(Answer answer);
  void otherwise(Answer answer);
  // The answer to every request for this target, which uses up none of the others.
  void at(const std::string& target, Answer answer);
  // Closes the next connections as soon as they are made.
  void refuse(int connections);
  // Sends this on every connection before reading from it.
  void greet(Answer answer);
  void release();  // ends every hold, now and from now on

  std::vector<SeenRequest> requests() const;
  int connections() const;

  // These return false after kPatience.
  bool wait_for_requests(std::size_t count) const;
  bool wait_for_holds(int count) const;       // answers held at the same time
  bool wait_for_departures(int count) const;  // clients that closed the connection within an answer

 private:
  void accept_all();
  void serve(int fd, int number);
  bool perform(int fd, const Answer& answer);  // false: close the connection
  bool hold(int fd, const std::string& drip);
  Answer next_answer(const SeenRequest& request);  // also records it

  int port_ = 0;
  UniqueFd listener_;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool ending_ = false;  // this and what follows: guarded by mutex_
  bool released_ = false;
  int refuse_ = 0;
  int connections_ = 0;
  int holds_ = 0;
  int departures_ = 0;
  std::deque<Answer> answers_;
  Answer otherwise_;
  Answer greeting_;
  std::map<std::string, Answer> at_;
  std::vector<SeenRequest> requests_;
  std::vector<std::jthread> connection_threads_;
  std::jthread acceptor_;  // last, so that it ends first
};

}  // namespace esofs::tests
