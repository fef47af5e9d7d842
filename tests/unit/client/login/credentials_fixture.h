// What the tests of Credentials share: an archive whose services take credentials, a clock, and places for secrets.
#pragma once

#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "client/login/credentials.h"
#include "client/login/kept_session.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/client/http/http_fixture.h"

namespace esofs::client {

inline constexpr std::int64_t kNow = 1'700'000'000;
inline constexpr const char* kPassword = "open%20 sesame&";
// {"exp":1700028800,"sub":"jdoe"}
inline constexpr const char* kJwt = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjE3MDAwMjg4MDAsInN1YiI6Impkb2UifQ.c2ln";

inline void write(const std::filesystem::path& path, const std::string& text, mode_t mode = 0600) {
  std::ofstream(path) << text;
  ::chmod(path.c_str(), mode);
}

inline std::string token_answer(const std::string& id_token, int life = 28800) {
  return R"({"access_token":"not this","id_token":")" + id_token +
         R"(","token_type":"bearer","expires_in":)" + std::to_string(life) + "}";
}

class CredentialsTest : public HttpTest {
 protected:
  CredentialsTest() {
    profile_.name = "fake";
    profile_.tap.push_back({"obs", server_.url("/tap"), {}, 0, true});
    profile_.token_url = server_.url("/token");
    profile_.credential_hosts = {"127.0.0.1"};
    profile_.authorised = {{server_.url("/file/"), {"bearer", "basic"}},
                           {server_.url("/links/"), {"bearer"}},
                           {server_.url("/old/"), {"basic"}}};
    config_.state_dir = temp_.path() / "state";
    config_.now = [this] { return now_.load(); };
    config_.look_again = std::chrono::milliseconds(0);
    config_.settled = std::chrono::seconds(0);
  }

  Credentials& credentials() {
    if (!credentials_) credentials_ = std::make_shared<Credentials>(config_, profile_, quick_settings());
    return *credentials_;
  }
  void with_netrc(const std::string& user = "jdoe") {
    config_.netrc = (temp_.path() / "netrc").string();
    write(config_.netrc, "machine 127.0.0.1 login " + user + " password \"" + kPassword + "\"\n");
  }
  void log_in(std::int64_t expires, const std::string& token = kJwt) {
    const KeptSession session{{token, "jdoe", expires}, "fake", profile_.token_url, {"127.0.0.1"}};
    ASSERT_TRUE(keep_session(session_file(config_.state_dir, profile_), session));
  }
  std::string granted(const std::string& url) {
    auto grant = credentials().grant(url, turn_);
    if (!grant) return "error: " + grant.error().what();
    return *grant ? (*grant)->value : "";
  }
  int token_requests() const {
    int count = 0;
    for (const auto& request : server_.requests()) count += request.target.starts_with("/token") ? 1 : 0;
    return count;
  }
  HttpClient& authorised() {
    credentials();
    settings_.authoriser = credentials_;
    return client();
  }

  tests::TempDir temp_;
  std::atomic<std::int64_t> now_{kNow};
  Profile profile_;
  Credentials::Config config_;
  std::shared_ptr<Credentials> credentials_;
};

}  // namespace esofs::client
