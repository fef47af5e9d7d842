#include "client/services/job_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <thread>

#include "tests/unit/client/services/tap_fixture.h"

namespace esofs::client {
namespace {

using ::testing::ElementsAre;
using tests::Answer;
using tests::answer_with;
using tests::votable;

using JobWatchTest = TapTest;

TEST_F(JobWatchTest, AJobIsCreatedStartedWaitedForAndItsResultRead) {
  add_job();
  server_.add(answer_with(200, job_document("QUEUED")));
  server_.add(answer_with(200, job_document("EXECUTING")));
  server_.add(answer_with(200, job_document("COMPLETED", results("/elsewhere"))));
  server_.add(answer_with(200, votable({"A"})));
  auto summary = query(QueryMode::kAsync);
  ASSERT_TRUE(summary) << summary.error().what();
  EXPECT_THAT(asked(),
              ElementsAre("POST /tap/async", "GET /tap/async/7", "POST /tap/async/7/executionduration",
                          "POST /tap/async/7/phase", "GET /tap/async/7?WAIT=60&PHASE=PENDING",
                          "GET /tap/async/7?WAIT=60&PHASE=QUEUED", "GET /tap/async/7?WAIT=60&PHASE=EXECUTING",
                          "GET /elsewhere"));
  EXPECT_EQ(server_.requests()[2].body, "EXECUTIONDURATION=3600");
  EXPECT_EQ(server_.requests()[3].body, "PHASE=RUN");
  EXPECT_THAT(table_.jobs, ElementsAre(server_.url("/tap/async/7")));
  EXPECT_EQ(summary->job_url, server_.url("/tap/async/7"));
  EXPECT_EQ(summary->rows, 1U);
}

TEST_F(JobWatchTest, AJobThatIsNotKnownYetIsAskedForAgain) {
  server_.add(answer_with(303, "", {{"Location", server_.url("/tap/async/7")}}));
  server_.add(answer_with(404, "no such job"));
  server_.add(answer_with(200, job_document("PENDING")));
  server_.add(answer_with(404, "no such job"));  // another machine of the service
  server_.add(answer_with(303));
  server_.add(answer_with(404, "no such job"));
  server_.add(answer_with(303));
  server_.add(answer_with(404, "no such job"));
  server_.add(answer_with(200, job_document("COMPLETED")));
  server_.add(answer_with(200, votable({"A"})));
  auto summary = query(QueryMode::kAsync);
  ASSERT_TRUE(summary) << summary.error().what();
  EXPECT_EQ(server_.requests().size(), 10U);
}

TEST_F(JobWatchTest, AServerOfVersionOneIsPolledWithoutWait) {
  server_.add(answer_with(303, "", {{"Location", "/tap/async/7"}}));  // relative, as some write it
  server_.add(answer_with(200, job_document("PENDING", "", "")));
  server_.add(answer_with(403, "no longer than 60"));  // a duration that the server refuses is no failure
  server_.add(answer_with(303, "", {{"Location", "/tap/async/7"}}));
  server_.add(answer_with(200, job_document("EXECUTING", "", "")));
  server_.add(answer_with(200, job_document("COMPLETED", "", "")));
  server_.add(answer_with(200, votable({"A"})));
  auto summary = query(QueryMode::kAsync);
  ASSERT_TRUE(summary) << summary.error().what();
  EXPECT_THAT(asked(),
              ElementsAre("POST /tap/async", "GET /tap/async/7", "POST /tap/async/7/executionduration",
                          "POST /tap/async/7/phase", "GET /tap/async/7", "GET /tap/async/7",
                          "GET /tap/async/7/results/result"));
}

TEST_F(JobWatchTest, AHeldJobIsStartedOnceMore) {
  add_job();
  server_.add(answer_with(200, job_document("HELD")));
  server_.add(answer_with(303, "", {{"Location", "/tap/async/7"}}));
  server_.add(answer_with(200, job_document("COMPLETED")));
  server_.add(answer_with(200, votable({"A"})));
  ASSERT_TRUE(query(QueryMode::kAsync));
  EXPECT_EQ(server_.requests()[5].method, "POST");
  EXPECT_EQ(server_.requests()[5].body, "PHASE=RUN");
}

TEST_F(JobWatchTest, StoppingEndsAWait) {
  add_job();
  server_.add(Answer().hold());
  std::jthread stopping([this] {
    server_.wait_for_holds(1);
    stop_.request_stop();
  });
  EXPECT_EQ(query(QueryMode::kAsync).error().code(), EINTR);
}

}  // namespace
}  // namespace esofs::client
