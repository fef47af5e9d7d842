#include "client/services/uws.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "tests/unit/client/services/samples.h"

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

TEST(UwsTest, OfSeveralResultsTheVotableIsTheTable) {
  const auto href_of = [](const std::string& results) {
    return parse_job("<job><jobId>1</jobId><results>" + results + "</results></job>")->result_href();
  };
  const std::string log = R"(<result id="log" href="/log.txt" mime-type="text/plain"/>)";
  const std::string table = R"(<result id="out" href="/out" mime-type="application/x-votable+xml"/>)";
  const std::string plot = R"(<result id="result" href="/plot.png" mime-type="image/png"/>)";
  const std::string named = R"(<result id="result" href="/result"/>)";
  EXPECT_EQ(href_of(log + table), "/out");
  EXPECT_EQ(href_of(log + R"(<result id="x" href="/x.vot?a=b"/>)"), "/x.vot?a=b");
  EXPECT_EQ(href_of(plot + table), "/out");
  EXPECT_EQ(href_of(table + named), "/result");
  EXPECT_EQ(href_of(log + plot), "/plot.png");
}

TEST(UwsTest, FiguresAndCheckSumsAreNoResults) {
  const auto alma =
      parse_job(R"(<job><phase>COMPLETED</phase><results><result id="diag" href="uws:executing:2"/>
      <result id="rowcount" href="final:5"/><result id="table" href="results/table"/></results></job>)");
  ASSERT_TRUE(alma);
  EXPECT_EQ(alma->result_href(), "results/table");
  const auto casda = tests::sample("other/astroquery/casda/completed_job.xml");
  if (!casda) GTEST_SKIP();
  const auto job = parse_job(*casda);
  ASSERT_TRUE(job);
  EXPECT_EQ(job->fits_href(), "http://casda.csiro.au/download/web/111-000-111-000/askap_img.fits");
}

TEST(UwsTest, OtherDocumentsAreNoJobs) {
  EXPECT_EQ(parse_job("<html><body>login</body></html>").error().code(), EBADMSG);
  EXPECT_EQ(parse_job("<job><phase>RUN").error().code(), EBADMSG);
  EXPECT_EQ(parse_job("").error().code(), EBADMSG);
}

TEST(UwsTest, WhatTheTreeShowsOfAJobIsRead) {
  const auto text = tests::sample("eso/cassettes/uws/job_completed.xml");
  if (!text) GTEST_SKIP();
  const auto job = parse_job(*text);
  ASSERT_TRUE(job);
  ASSERT_EQ(job->results.size(), 1U);
  EXPECT_EQ(job->results[0].mime, "application/x-votable+xml");
  EXPECT_EQ(job->results[0].size, 1392U);
  EXPECT_EQ(job->destruction, "2026-06-09T15:33:23Z");
  EXPECT_EQ(job->created, 1'780'932'803);
  EXPECT_EQ(job->finished, 1'780'932'804);
  EXPECT_EQ(job->document, *text);
}

TEST(UwsTest, AListIsReadInBothVersionsWithAndWithoutPrefixes) {
  const auto newer = parse_job_list(
      "<jobs version='1.1' xmlns='u' xmlns:x='x'><jobref id='a-1' "
      "x:href='http://h/async/a-1'><phase>executing</phase>"
      "<creationTime>2026-06-08T15:33:23Z</creationTime></jobref></jobs>",
      10);
  ASSERT_TRUE(newer) << newer.error().what();
  ASSERT_EQ(newer->size(), 1U);
  EXPECT_EQ(newer->at(0).id, "a-1");
  EXPECT_EQ(newer->at(0).phase, "EXECUTING");
  EXPECT_EQ(newer->at(0).created, 1'780'932'803);
  const auto older = parse_job_list(
      "<uws:jobs><uws:jobref id='1'><uws:phase>PENDING</uws:phase></uws:jobref><uws:jobref "
      "id='2'/></uws:jobs>",
      1);
  ASSERT_TRUE(older);
  ASSERT_EQ(older->size(), 1U);  // at most so many
  EXPECT_EQ(older->at(0).created, 0);
}

TEST(UwsTest, IdsThatCouldLeaveTheListAreLeftOut) {
  const auto jobs = parse_job_list(
      "<jobs><jobref id='../sync'/><jobref id='..'/><jobref id=''/><jobref id='a?PHASE=RUN'/><jobref id='a "
      "b'/>"
      "<jobref id='good'/></jobs>",
      10);
  ASSERT_TRUE(jobs);
  ASSERT_EQ(jobs->size(), 1U);
  EXPECT_EQ(jobs->at(0).id, "good");
}

TEST(UwsTest, AnEmptyListIsNoErrorAndAPageIsOne) {
  ASSERT_TRUE(parse_job_list("<jobs/>", 10));
  EXPECT_EQ(parse_job_list("<html/>", 10).error().code(), EBADMSG);
  EXPECT_EQ(parse_job_list("", 10).error().code(), EBADMSG);
}

}  // namespace
}  // namespace esofs::client
