#include "client/services/job_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <stop_token>

#include "tests/support/scripted_server.h"

namespace esofs::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using tests::Answer;
using tests::answer_with;

class JobServiceTest : public ::testing::Test {
 protected:
  static HttpSettings settings() {
    HttpSettings settings;
    settings.limits.attempts = 3;
    settings.limits.retry_wait = std::chrono::milliseconds(1);
    settings.limits.retry_most = std::chrono::milliseconds(2);
    return settings;
  }
  std::vector<std::string> asked() const {
    std::vector<std::string> lines;
    for (const auto& request : server_.requests()) lines.push_back(request.method + " " + request.target);
    return lines;
  }

  tests::ScriptedServer server_;
  HttpClient http_{settings()};
  JobService jobs_{http_};
  std::stop_source stop_;
  Lane::Turn turn_{stop_.get_token()};
};

TEST_F(JobServiceTest, AJobWhoseCreationIsDroppedIsNotMadeTwice) {
  server_.otherwise(Answer().close());
  EXPECT_EQ(jobs_.create(server_.url("/async"), {{"QUERY", "x"}}, turn_).error().code(), EHOSTUNREACH);
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(JobServiceTest, AListThatDoesNotKnowLastIsAskedWithoutIt) {
  server_.add(answer_with(400, "unknown parameter LAST"));
  server_.add(answer_with(200, "<jobs><jobref id='7'/></jobs>"));
  const auto list = jobs_.list(server_.url("/async"), turn_);
  ASSERT_TRUE(list) << list.error().what();
  EXPECT_EQ(list->at(0).id, "7");
  EXPECT_THAT(asked(), ElementsAre("GET /async?LAST=1000", "GET /async"));
}

TEST_F(JobServiceTest, ARefusedListIsAnErrorWithItsReason) {
  server_.otherwise(answer_with(403, "not for you", {{"Content-Type", "text/plain"}}));
  const auto list = jobs_.list(server_.url("/async"), turn_);
  EXPECT_EQ(list.error().code(), EACCES);
  EXPECT_THAT(list.error().what(), HasSubstr("not for you"));
}

TEST_F(JobServiceTest, ARefusedChangeIsTheServersSentence) {
  server_.add(answer_with(400, "Incorrect phase transition!", {{"Content-Type", "text/plain"}}));
  const auto run = jobs_.change(server_.url("/async/7"), JobSetting::kPhase, "RUN", turn_);
  EXPECT_EQ(run.error().code(), EINVAL);
  EXPECT_THAT(run.error().what(), HasSubstr("Incorrect phase transition"));
}

TEST_F(JobServiceTest, AChangeOfAJobThatIsGoneSaysSo) {
  server_.add(answer_with(404, "no such job", {{"Content-Type", "text/plain"}}));
  EXPECT_EQ(jobs_.change(server_.url("/async/7"), JobSetting::kPhase, "RUN", turn_).error().code(), ENOENT);
}

TEST_F(JobServiceTest, SettingsAreSentAgainButNotThePhase) {
  server_.add(Answer().close());
  server_.add(answer_with(303));
  ASSERT_TRUE(jobs_.change(server_.url("/async/7"), JobSetting::kExecutionDuration, "60", turn_));
  EXPECT_EQ(server_.requests().at(1).body, "EXECUTIONDURATION=60");
  server_.add(Answer().close());
  EXPECT_FALSE(jobs_.change(server_.url("/async/7"), JobSetting::kPhase, "RUN", turn_));
  EXPECT_EQ(server_.requests().size(), 3U);
}

TEST_F(JobServiceTest, AJobIsDeletedByTheMethodOrAsOldServersWantIt) {
  server_.add(answer_with(303, "", {{"Location", server_.url("/async")}}));
  EXPECT_TRUE(jobs_.remove(server_.url("/async/7"), turn_));
  server_.add(answer_with(405));
  server_.add(answer_with(303));
  EXPECT_TRUE(jobs_.remove(server_.url("/async/8"), turn_));
  EXPECT_THAT(asked(), ElementsAre("DELETE /async/7", "DELETE /async/8", "POST /async/8"));
  EXPECT_EQ(server_.requests().back().body, "ACTION=DELETE");
  server_.add(answer_with(404));
  EXPECT_TRUE(jobs_.remove(server_.url("/async/9"), turn_));
  server_.add(answer_with(403));
  EXPECT_EQ(jobs_.remove(server_.url("/async/9"), turn_).error().code(), EACCES);
}

TEST_F(JobServiceTest, AFailureIsReadWhereTheDocumentDoesNotSayIt) {
  Job job;
  job.error_message = "in the document";
  EXPECT_EQ(*jobs_.failure(server_.url("/async/7"), job, turn_), "in the document");
  job.error_message.clear();
  server_.add(answer_with(200, "by itself\n"));
  EXPECT_EQ(*jobs_.failure(server_.url("/async/7"), job, turn_), "by itself");
  server_.add(answer_with(404));
  EXPECT_EQ(*jobs_.failure(server_.url("/async/7"), job, turn_), "");
  EXPECT_THAT(asked(), ElementsAre("GET /async/7/error", "GET /async/7/error"));
}

}  // namespace
}  // namespace esofs::client
