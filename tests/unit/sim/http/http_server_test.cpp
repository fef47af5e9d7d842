#include "tests/sim/http/http_server.h"

#include <gtest/gtest.h>

#include "tests/unit/sim/raw_client.h"

namespace esofs::sim {
namespace {

class HttpServerTest : public testing::Test {
 protected:
  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_->port()); }

  static Answer echo(const httplib::Request& request) {
    std::string text = request.method + " " + request.path + " [" + request.body + "]";
    for (const auto& [name, value] : request.params) text.append(" ").append(name).append("=").append(value);
    return text_answer(200, "text/plain", text);
  }

  std::unique_ptr<HttpServer> server_ = HttpServer::start(0, echo);
};

TEST_F(HttpServerTest, SeveralRequestsUseOneConnection) {
  RawClient client(url());
  for (const char* path : {"/a", "/b", "/c"}) {
    client.send("GET", path);
    EXPECT_EQ(client.receive().body, std::string("GET ") + path + " []");
  }
  EXPECT_EQ(server_->counts().connections, 1U);
}

TEST_F(HttpServerTest, PipelinedRequestsAreAnsweredInTheirOrder) {
  RawClient client(url());
  client.send_bytes("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n");
  EXPECT_EQ(client.receive().body, "GET /1 []");
  EXPECT_EQ(client.receive().body, "GET /2 []");
}

TEST_F(HttpServerTest, TheHundredthAnswerClosesTheConnection) {
  RawClient client(url());
  for (int i = 1; i <= 100; ++i) {
    client.send("GET", "/");
    EXPECT_EQ(client.receive().header("connection"), i < 100 ? "Keep-Alive" : "close");
  }
  EXPECT_TRUE(client.at_end());
}

TEST_F(HttpServerTest, HeadHasTheLengthAndNoBody) {
  RawClient client(url());
  client.send("HEAD", "/x");
  const Reply reply = client.receive(true);
  EXPECT_EQ(reply.header("content-length"), "10");
  client.send("GET", "/y");
  EXPECT_EQ(client.receive().body, "GET /y []");
}

TEST_F(HttpServerTest, AQueryValueMayHoldAQuestionMark) {
  EXPECT_EQ(get(url(), "/l?ID=ivo://eso.org/ID?A%26B+c&X=1").body, "GET /l [] ID=ivo://eso.org/ID?A&B c X=1");
}

TEST_F(HttpServerTest, FormsAreReadIntoParameters) {
  const Reply reply = request(url(), "POST", "/f", {{"Content-Type", "application/x-www-form-urlencoded"}},
                              "QUERY=SELECT+1&N=%3D");
  EXPECT_EQ(reply.body, "POST /f [QUERY=SELECT+1&N=%3D] N== QUERY=SELECT 1");
}

TEST_F(HttpServerTest, ChunkedBodiesAreRead) {
  RawClient client(url());
  client.send_bytes("POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  EXPECT_EQ(client.receive().body, "POST /c [abcde]");
}

TEST_F(HttpServerTest, AClientMayWaitForContinue) {
  RawClient client(url());
  client.send_bytes("POST /c HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  const Reply interim = client.receive_some(0);
  EXPECT_EQ(interim.status, 100);
  client.send_bytes("ok");
  EXPECT_EQ(client.receive().body, "POST /c [ok]");
}

TEST_F(HttpServerTest, MalformedRequestsAreRefused) {
  RawClient client(url());
  client.send_bytes("nonsense\r\n\r\n");
  EXPECT_EQ(client.receive().status, 400);
  EXPECT_TRUE(client.at_end());
}

TEST_F(HttpServerTest, EndsWhileAnswersStall) {
  auto stalling = HttpServer::start(0, [](const httplib::Request&) {
    Answer answer = text_answer(200, "text/plain", std::string(1000, 'x'));
    answer.delivery.stall_after = 10;
    return answer;
  });
  const std::string there = "http://127.0.0.1:" + std::to_string(stalling->port());
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 50; ++i) {
    clients.push_back(std::make_unique<RawClient>(there));
    clients.back()->send("GET", "/");
    EXPECT_EQ(clients.back()->receive_some(10).body, std::string(10, 'x'));
  }
  stalling.reset();
  for (auto& client : clients) EXPECT_TRUE(client->at_end());
}

}  // namespace
}  // namespace esofs::sim
