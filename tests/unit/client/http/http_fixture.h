// What the tests of HttpClient share: a scripted server, a client with short waits, sinks that count and refuse.
#pragma once

#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <memory>
#include <stop_token>
#include <string>

#include "client/http/http.h"
#include "tests/support/patience.h"
#include "tests/support/scripted_server.h"

namespace esofs::client {

using namespace std::chrono_literals;
using tests::Answer;
using tests::answer_with;
using tests::head_text;
using tests::kPatience;
using tests::ScriptedServer;

inline constexpr std::uint64_t kMost = 1U << 20U;

// Limits that no test runs into unless it wants to.
inline HttpSettings quick_settings() {
  HttpSettings settings;
  settings.limits.retry_wait = 1ms;
  settings.limits.retry_most = 5ms;
  settings.limits.attempts = 3;
  return settings;
}

class CountingSink : public HttpSink {
 public:
  Result<void> head(const HttpHead& head) override {
    ++heads;
    status = head.status;
    if (refuse_head) return Error(ECANCELED, "enough");
    return {};
  }
  Result<void> body(std::span<const std::byte> piece) override {
    bytes += piece.size();
    if (refuse_body) return Error(ENOSPC, "full");
    return {};
  }

  int heads = 0;
  int status = 0;
  std::size_t bytes = 0;
  bool refuse_head = false;
  bool refuse_body = false;
};

class HttpTest : public ::testing::Test {
 protected:
  Result<HttpText> get(const std::string& url) {
    HttpRequest request;
    request.url = url;
    return text(request);
  }
  // To a sink that takes back nothing: an answer is asked for once.
  Result<HttpHead> get_once(const std::string& url) {
    HttpRequest request;
    request.url = url;
    CountingSink sink;
    return client().send(request, sink, turn_);
  }
  Result<HttpText> text(const HttpRequest& request) { return client().text(request, kMost, turn_); }

  HttpClient& client() {
    if (!client_) client_ = std::make_unique<HttpClient>(settings_);
    return *client_;
  }

  ScriptedServer server_;
  HttpSettings settings_ = quick_settings();
  std::stop_source stop_;
  Lane::Turn turn_{stop_.get_token()};

 private:
  std::unique_ptr<HttpClient> client_;
};

}  // namespace esofs::client
