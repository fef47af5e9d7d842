// What the tests of Tap and its parts share: a scripted TAP service, and a query to send.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "client/services/tap.h"
#include "tests/support/scripted_server.h"
#include "tests/unit/client/services/samples.h"
#include "tests/unit/client/votable/collected_table.h"

namespace esofs::client {

inline constexpr const char* kQuery = "SELECT dp_id FROM ivoa.ObsCore WHERE a='b&c'";

inline std::string job_document(const std::string& phase, const std::string& more = "",
                                const std::string& version = " version=\"1.1\"") {
  return "<?xml version=\"1.0\"?><job" + version +
         " xmlns=\"http://www.ivoa.net/xml/UWS/v1.0\" "
         "xmlns:xlink=\"http://www.w3.org/1999/xlink\"><jobId>7</jobId>"
         "<phase>" +
         phase +
         "</phase><executionDuration>60</executionDuration><parameters>"
         "<parameter id=\"QUERY\">SELECT dp_id  FROM ivoa.ObsCore WHERE a='b&amp;c'</parameter>"
         "<parameter id=\"MAXREC\">11</parameter></parameters>" +
         more + "</job>";
}

class TapTest : public ::testing::Test {
 protected:
  TapTest() { profile_.tap.push_back({"obs", server_.url("/tap"), {"ivoa"}, 10}); }

  static HttpSettings settings() {
    HttpSettings settings;
    settings.limits.attempts = 2;
    settings.limits.retry_wait = std::chrono::milliseconds(1);
    settings.limits.retry_most = std::chrono::milliseconds(1);
    return settings;
  }
  static Tap::Times times() {
    Tap::Times times;
    times.jobs.first_pause = std::chrono::milliseconds(1);
    times.jobs.longest_pause = std::chrono::milliseconds(2);
    return times;
  }
  Result<QuerySummary> query(QueryMode mode = QueryMode::kAuto, std::uint64_t maxrec = 0,
                             const std::string& job_url = "") {
    QueryRequest request;
    request.adql = kQuery;
    request.mode = mode;
    request.maxrec = maxrec;
    request.job_url = job_url;
    return tap_.query(request, table_, turn_);
  }
  // The answers to a job's creation, its first reading, its longer duration and its start.
  void add_job() {
    server_.add(tests::answer_with(303, "", {{"Location", server_.url("/tap/async/7")}}));
    server_.add(tests::answer_with(200, job_document("PENDING")));
    server_.add(tests::answer_with(303, "", {{"Location", server_.url("/tap/async/7")}}));
    server_.add(tests::answer_with(303, "", {{"Location", server_.url("/tap/async/7")}}));
  }
  std::string results(const std::string& target) const {
    return "<results><result id=\"result\" xlink:href=\"" + server_.url(target) + "\"/></results>";
  }
  std::vector<std::string> asked() const {
    std::vector<std::string> lines;
    for (const auto& request : server_.requests()) lines.push_back(request.method + " " + request.target);
    return lines;
  }

  tests::ScriptedServer server_;
  Profile profile_;
  HttpClient http_{settings()};
  Tap tap_{http_, profile_, times()};
  tests::CollectedTable table_;
  std::stop_source stop_;
  Lane::Turn turn_{stop_.get_token()};
};

}  // namespace esofs::client
