#include "tests/sim/knobs/faults.h"

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/unit/sim/sim_fixture.h"

namespace esofs::sim {
namespace {

class FaultsTest : public SimTest {
 protected:
  Reply post(const std::string& verb, const std::string& body = {}) {
    return request(url(), "POST", "/_sim/" + verb, {}, body);
  }
};

Fault on(const std::string& path) {
  Fault fault;
  fault.path = path;
  return fault;
}

TEST_F(FaultsTest, FailuresCountDown) {
  Fault fault = on("/dataPortal/");
  fault.fail_next = 2;
  fault.retry_after = 7;
  set(fault);
  EXPECT_EQ(get(url(), "/profile.json").status, 200);
  const Reply first = get(url(), file(kImage));
  EXPECT_EQ(first.status, 503);
  EXPECT_EQ(first.header("retry-after"), "7");
  EXPECT_EQ(get(url(), file(kImage)).status, 503);
  EXPECT_EQ(get(url(), file(kImage)).status, 200);
}

TEST_F(FaultsTest, FailuresCanLast) {
  Fault fault;
  fault.fail_next = -1;
  fault.status = 502;
  set(fault);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(get(url(), file(kImage)).status, 502);
  sim_->clear_faults();
  EXPECT_EQ(get(url(), file(kImage)).status, 200);
}

TEST_F(FaultsTest, ABodyIsCutAfterSoManyBytes) {
  Fault fault = on(kImage);
  fault.cut_after = 1000;
  set(fault);
  const Reply reply = get(url(), file(kImage));
  EXPECT_EQ(reply.status, 200);
  EXPECT_FALSE(reply.complete);
  EXPECT_EQ(reply.body, bytes(kImage, 0, 1000));
  EXPECT_TRUE(get_range(url(), file(kImage), "0-999").complete);
}

TEST_F(FaultsTest, ACutAtZeroSendsTheHeadOnly) {
  Fault fault = on(kImage);
  fault.cut_after = 0;
  set(fault);
  const Reply reply = get(url(), file(kImage));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "");
  EXPECT_FALSE(reply.complete);
}

TEST_F(FaultsTest, AStalledBodyContinuesAfterRelease) {
  Fault fault = on(kImage);
  fault.stall_after = 500;
  set(fault);
  RawClient client(url());
  client.send("GET", file(kImage));
  const Reply start = client.receive_some(500);
  EXPECT_EQ(start.body, bytes(kImage, 0, 500));
  while (sim_->counters().stalled == 0) std::this_thread::yield();
  EXPECT_EQ(sim_->requests().at(0).body_bytes, 500U);
  EXPECT_TRUE(client.silent_for(20));
  sim_->release();
  EXPECT_FALSE(client.silent_for(20'000));
  while (sim_->counters().stalled != 0) std::this_thread::yield();
}

TEST_F(FaultsTest, AStalledAnswerEndsWhenTheClientLeaves) {
  Fault fault = on(kImage);
  fault.stall_after = 0;
  set(fault);
  {
    RawClient client(url());
    client.send("GET", file(kImage));
    EXPECT_EQ(client.receive_some(0).status, 200);
    while (sim_->counters().stalled == 0) std::this_thread::yield();
  }
  while (sim_->counters().stalled != 0) std::this_thread::yield();
}

TEST_F(FaultsTest, ClearingReleasesStalledAnswers) {
  Fault fault = on(kImage);
  fault.stall_after = 10;
  set(fault);
  RawClient client(url());
  client.send("GET", file(kImage));
  while (sim_->counters().stalled == 0) std::this_thread::yield();
  sim_->clear_faults();
  EXPECT_EQ(client.receive().body, all_bytes(content(kImage)));
}

TEST_F(FaultsTest, HundredsOfAnswersMayStallAtOnce) {
  Fault fault;
  fault.stall_after = 0;
  set(fault);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 300; ++i) {
    clients.push_back(std::make_unique<RawClient>(url()));
    clients.back()->send("GET", file(kGiant), {{"Range", "bytes=0-9"}});
  }
  while (sim_->counters().stalled < 300) std::this_thread::yield();
  sim_->release();
  for (auto& client : clients) EXPECT_TRUE(client->receive().complete);
}

TEST_F(FaultsTest, ADelayComesBeforeTheStatusLine) {
  Fault fault = on(kImage);
  fault.delay = std::chrono::milliseconds(150);
  set(fault);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(get_range(url(), file(kImage), "0-9").body.size(), 10U);
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(150));
}

TEST_F(FaultsTest, ARateSlowsAStreamDown) {
  Fault fault = on(kImage);
  fault.rate = 200'000;
  set(fault);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(get_range(url(), file(kImage), "0-39999").body.size(), 40'000U);
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(190));
}

TEST_F(FaultsTest, RangesCanBeIgnored) {
  Fault fault = on(kImage);
  fault.ignore_range = true;
  set(fault);
  const Reply reply = get_range(url(), file(kImage), "5-9");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body.size(), content(kImage).size());
}

TEST_F(FaultsTest, ContentRangeCanBeWrong) {
  Fault fault = on(kImage);
  fault.wrong_content_range = true;
  set(fault);
  const Reply reply = get_range(url(), file(kImage), "100-199");
  EXPECT_EQ(reply.status, 206);
  EXPECT_EQ(reply.header("content-range"), "bytes 101-200/" + std::to_string(content(kImage).size()));
  EXPECT_EQ(reply.body, bytes(kImage, 101, 100));
  EXPECT_EQ(get_range(url(), file(kImage), "0-").header("content-range").substr(0, 8), "bytes 1-");
}

TEST_F(FaultsTest, TheLengthCanBeMissing) {
  Fault fault = on(kImage);
  fault.no_length = true;
  set(fault);
  const Reply reply = get(url(), file(kImage));
  EXPECT_EQ(reply.header("content-length"), "");
  EXPECT_EQ(reply.header("transfer-encoding"), "chunked");
  EXPECT_TRUE(reply.complete);
  EXPECT_EQ(reply.body, all_bytes(content(kImage)));
}

TEST_F(FaultsTest, AChunkedBodyCanBeCut) {
  Fault fault = on(kImage);
  fault.no_length = true;
  fault.cut_after = 3000;
  set(fault);
  const Reply reply = get(url(), file(kImage));
  EXPECT_FALSE(reply.complete);
  EXPECT_EQ(reply.body, bytes(kImage, 0, 3000));
}

TEST_F(FaultsTest, ALoginPageMayComeInstead) {
  Fault fault = on(kImage);
  fault.login_page = true;
  set(fault);
  const Reply reply = get(url(), file(kImage));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("content-type").substr(0, 9), "text/html");
  EXPECT_NE(reply.body.find("<form"), std::string::npos);
}

TEST_F(FaultsTest, ContentCanChange) {
  for (const char* id : {kImage, kGiant, kRawZ}) {
    const Reply before = get_range(url(), file(id), "-3000");
    Fault fault = on(id);
    fault.changed_content = true;
    set(fault);
    const Reply after = get_range(url(), file(id), "-3000");
    sim_->clear_faults();
    EXPECT_NE(before.header("etag"), after.header("etag"));
    EXPECT_NE(before.header("last-modified"), after.header("last-modified"));
    EXPECT_NE(before.body, after.body) << id;
  }
}

TEST_F(FaultsTest, ValidatorsCanBeMissing) {
  Fault fault = on(kImage);
  fault.etag = false;
  set(fault);
  const Reply reply = get(url(), file(kImage));
  EXPECT_EQ(reply.header("etag") + reply.header("last-modified"), "");
}

TEST_F(FaultsTest, HeadCanBeRefused) {
  Fault fault = on(kImage);
  fault.head_refused = true;
  set(fault);
  EXPECT_EQ(request(url(), "HEAD", file(kImage)).status, 405);
  EXPECT_EQ(get(url(), file(kImage)).status, 200);
}

TEST_F(FaultsTest, AFaultEndsAfterSoManyRequests) {
  Fault fault = on(kImage);
  fault.login_page = true;
  fault.times = 1;
  set(fault);
  EXPECT_EQ(get(url(), file(kImage)).header("content-type").substr(0, 9), "text/html");
  EXPECT_EQ(get(url(), file(kImage)).header("content-type"), "application/octet-stream");
}

TEST_F(FaultsTest, FaultsAddUp) {
  Fault slow = on("/dataPortal/");
  slow.no_length = true;
  set(slow);
  Fault cut = on(kImage);
  cut.cut_after = 100;
  set(cut);
  const Reply reply = get(url(), file(kImage));
  EXPECT_EQ(reply.header("transfer-encoding"), "chunked");
  EXPECT_EQ(reply.body.size(), 100U);
}

TEST_F(FaultsTest, FaultsCanBeSetOverHttp) {
  EXPECT_EQ(post("fault", R"({"path":"/dataPortal/","fail_next":-1,"status":500,"delay":1})").status, 200);
  EXPECT_EQ(get(url(), file(kImage)).status, 500);
  EXPECT_EQ(post("clear").status, 200);
  EXPECT_EQ(get(url(), file(kImage)).status, 200);
  const auto log = nlohmann::json::parse(get(url(), "/_sim/requests").body);
  ASSERT_EQ(log.size(), 2U);
  EXPECT_EQ(log[0]["status"], 500);
  EXPECT_EQ(log[1]["body_bytes"], content(kImage).size());
  EXPECT_EQ(post("reset").status, 200);
  EXPECT_EQ(nlohmann::json::parse(get(url(), "/_sim/counters").body)["requests"], 0);
}

TEST_F(FaultsTest, UnknownFaultFieldsAreNamed) {
  const Reply unknown = post("fault", R"({"stall_afer":1})");
  EXPECT_EQ(unknown.status, 400);
  EXPECT_NE(unknown.body.find("stall_afer"), std::string::npos);
  const Reply wrong = post("fault", R"({"rate":"fast"})");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_NE(wrong.body.find("rate"), std::string::npos);
  EXPECT_EQ(post("fault", "nonsense").status, 400);
}

}  // namespace
}  // namespace esofs::sim
