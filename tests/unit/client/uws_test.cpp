#include "client/uws.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "tests/unit/client/samples.h"

namespace esofs::client {
namespace {

TEST(UwsTest, AJobOfEsoIsRead) {
  const auto text = tests::sample("eso/cassettes/uws/job_completed.xml");
  if (!text) GTEST_SKIP();
  const auto job = parse_job(*text);
  ASSERT_TRUE(job) << job.error().what();
  EXPECT_EQ(job->id, "a4d836ae-b42e-4c68-88ba-152c4d53047b");
  EXPECT_EQ(job->phase, "COMPLETED");
  EXPECT_TRUE(job->ended());
  EXPECT_TRUE(job->waits_by_server());
  EXPECT_EQ(job->execution_duration, 60);
  EXPECT_EQ(job->ran, 0);
  EXPECT_EQ(job->parameters.at("maxrec"), "10");
  EXPECT_EQ(job->result_href(),
            "https://archive.eso.org/tap_obs/async/a4d836ae-b42e-4c68-88ba-152c4d53047b/results/result");
}

TEST(UwsTest, APendingJobHasNoResult) {
  const auto text = tests::sample("eso/cassettes/uws/job_pending.xml");
  if (!text) GTEST_SKIP();
  const auto job = parse_job(*text);
  ASSERT_TRUE(job);
  EXPECT_FALSE(job->ended());
  EXPECT_EQ(job->result_href(), "");
  EXPECT_EQ(job->ran, -1);
}

TEST(UwsTest, AFailedJobWithPrefixesIsRead) {
  const auto text = tests::sample("other/pyvo/io__uws__job-error.xml");
  if (!text) GTEST_SKIP();
  const auto job = parse_job(*text);
  ASSERT_TRUE(job);
  EXPECT_EQ(job->phase, "ERROR");
  EXPECT_EQ(job->error_message, "We have problem");
  EXPECT_EQ(job->parameters.at("query"), "SELECT 'test'");
  EXPECT_EQ(job->ran, 6900);
}

TEST(UwsTest, AJobWithoutAVersionIsOfVersionOne) {
  const auto text = tests::sample("other/pyvo/io__uws__job-implicit-v1.0.xml");
  if (!text) GTEST_SKIP();
  const auto job = parse_job(*text);
  ASSERT_TRUE(job);
  EXPECT_FALSE(job->waits_by_server());
  EXPECT_EQ(job->parameters.at("query"), "SELECT ra, dec FROM table");
  EXPECT_EQ(job->result_href(), "http://example.com/tap/async/1234/results/result");
}

TEST(UwsTest, TextInCdataIsRead) {
  const auto text = tests::sample("other/astroquery/casda/completed_job.xml");
  if (!text) GTEST_SKIP();
  const auto job = parse_job(*text);
  ASSERT_TRUE(job);
  EXPECT_EQ(job->id, "a7b53da7-1201-46ee-8718-0bf5b64dd5b8");
  EXPECT_EQ(job->parameters.at("id"), "ABCDEF");
}

TEST(UwsTest, TheResultNamedResultIsPreferred) {
  const auto job = parse_job(R"(<job version="1.1"><phase>completed</phase><results>
      <result id="log" href="http://a/log"/><result id="result" href="r"/></results></job>)");
  ASSERT_TRUE(job);
  EXPECT_EQ(job->phase, "COMPLETED");
  EXPECT_EQ(job->result_href(), "r");
}

TEST(UwsTest, OtherDocumentsAreNoJobs) {
  EXPECT_EQ(parse_job("<html><body>login</body></html>").error().code(), EBADMSG);
  EXPECT_EQ(parse_job("<job><phase>RUN").error().code(), EBADMSG);
  EXPECT_EQ(parse_job("").error().code(), EBADMSG);
}

}  // namespace
}  // namespace esofs::client
