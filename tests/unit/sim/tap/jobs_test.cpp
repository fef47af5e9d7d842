// Jobs. Documents are compared byte by byte, except ids and times, with an exchange that was recorded in June 2026; these
// tests are skipped without the recording.

#include <gmock/gmock.h>

#include <fstream>
#include <regex>
#include <sstream>

#include "tests/unit/sim/tap/tap_fixture.h"

namespace esofs::sim {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const std::string kRecorded = ESOFS_RECORDED_UWS;  // folder; may be absent

class TapJobsTest : public TapTest {
 protected:
  TapJobsTest() {
    knobs_.job_delay = std::chrono::hours(1);  // a job runs until go_on()
  }
  void hold() { service_->set(knobs_); }
  void go_on() { service_->set(TapKnobs{}); }

  std::string create(const httplib::Params& more = {}) {
    httplib::Params params = {
        {"REQUEST", "doQuery"},
        {"LANG", "ADQL"},
        {"MAXREC", "10"},
        {"QUERY",
         "SELECT TOP 3 dp_id, instrument_name FROM ivoa.ObsCore WHERE instrument_name = 'FORS2' "
         "ORDER BY dp_id"}};
    for (const auto& [name, value] : more) {
      params.erase(name);
      params.insert({name, value});
    }
    const Answer answer = post("/async", params);
    EXPECT_EQ(answer.status, 303) << body(answer);
    return header(answer, "Location").substr(kTapUrl.size());
  }
  std::string phase(const std::string& job) { return body(get(job + "/phase")); }
  // Waits for the end: WAIT returns when the phase changes.
  std::string run(const std::string& job) {
    post(job + "/phase", {{"PHASE", "RUN"}});
    get(job, {{"WAIT", "30"}, {"PHASE", "EXECUTING"}});
    return phase(job);
  }

  TapKnobs knobs_;
};

std::string read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::string without_what_varies(std::string text) {
  text = std::regex_replace(text, std::regex("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "ID");
  text = std::regex_replace(text, std::regex("(creationTime|startTime|endTime|destruction)>[0-9T:Z-]+<"),
                            "$1>TIME<");
  text = std::regex_replace(text, std::regex("size=\"[0-9]+\""), "size=\"N\"");
  return std::regex_replace(text, std::regex("<DESCRIPTION>[^<]*</DESCRIPTION>"), "<DESCRIPTION/>");
}

TEST_F(TapJobsTest, DocumentsOfAJobAreTheRecordedOnes) {
  if (read(kRecorded + "/job_pending.xml").empty()) GTEST_SKIP() << "no recordings";
  const std::string job = create();
  EXPECT_EQ(without_what_varies(body(get(job))), without_what_varies(read(kRecorded + "/job_pending.xml")));
  EXPECT_EQ(run(job), "COMPLETED");
  EXPECT_EQ(without_what_varies(body(get(job))), without_what_varies(read(kRecorded + "/job_completed.xml")));
  const Answer result = get(job + "/results/result");
  EXPECT_EQ(without_what_varies(body(result)),
            without_what_varies(read(kRecorded + "/async_result_3rows.vot")));
  EXPECT_EQ(result.length, body(result).size());
  EXPECT_EQ(ask("DELETE", job, {}).status, 303);
  const Answer gone = get(job);
  EXPECT_EQ(gone.status, 404);
  EXPECT_EQ(without_what_varies(body(gone)),
            without_what_varies(read(kRecorded + "/error_404_job_not_found.xml")));
}

TEST_F(TapJobsTest, HeadersAreTheRecordedOnes) {
  const Answer created = post("/async", {{"LANG", "ADQL"}, {"QUERY", "SELECT dp_id FROM ivoa.ObsCore"}});
  EXPECT_EQ(header(created, "Content-Type"), "application/x-www-form-urlencoded;charset=UTF-8");
  EXPECT_EQ(header(created, "Cache-Control"), "no-cache, no-store, max-age=0, must-revalidate");
  EXPECT_EQ(header(created, "Server"), "ESO/TapServer-2.0 STIL-4.0.1 uwsLib-4.4 adqlLib-1.5");
  EXPECT_THAT(header(created, "Location"), StartsWith(kTapUrl + "/async/"));
  EXPECT_TRUE(created.chunked);
  const std::string job = header(created, "Location").substr(kTapUrl.size());
  run(job);
  const Answer result = get(job + "/results/result");
  EXPECT_EQ(header(result, "Cache-Control"), "");
  EXPECT_FALSE(result.chunked);
  const Answer deleted = ask("DELETE", job, {});
  EXPECT_EQ(header(deleted, "Content-Type"), "");
  EXPECT_EQ(header(deleted, "Location"), kTapUrl + "/async");
}

TEST_F(TapJobsTest, AJobWaitsForRunAndRunsOnce) {
  const std::string job = create();
  EXPECT_EQ(phase(job), "PENDING");
  EXPECT_EQ(run(job), "COMPLETED");
  const Answer again = post(job + "/phase", {{"PHASE", "RUN"}});
  EXPECT_EQ(again.status, 400);
  EXPECT_THAT(body(again), HasSubstr("Incorrect phase transition! =&gt; the job"));
  EXPECT_THAT(body(again), HasSubstr("is in the phase COMPLETED. It can not go to EXECUTING."));
}

TEST_F(TapJobsTest, RunMayComeWithTheCreation) {
  const std::string job = create({{"PHASE", "RUN"}});
  get(job, {{"WAIT", "30"}, {"PHASE", "EXECUTING"}});
  EXPECT_EQ(phase(job), "COMPLETED");
}

TEST_F(TapJobsTest, ARunningJobCanBeAborted) {
  hold();
  const std::string job = create({{"PHASE", "RUN"}});
  EXPECT_EQ(phase(job), "EXECUTING");
  EXPECT_EQ(post(job + "/phase", {{"PHASE", "ABORT"}}).status, 303);
  EXPECT_EQ(phase(job), "ABORTED");
  EXPECT_EQ(get(job + "/results/result").status, 404);
}

TEST_F(TapJobsTest, WaitEndsWhenTheJobDoes) {
  hold();
  const std::string job = create({{"PHASE", "RUN"}});
  std::string seen;
  std::thread waiter([&] { seen = body(get(job, {{"WAIT", "-1"}})); });
  go_on();
  waiter.join();
  EXPECT_THAT(seen, HasSubstr("<phase>COMPLETED</phase>"));
}

TEST_F(TapJobsTest, WaitForAnotherPhaseReturnsAtOnce) {
  hold();
  const std::string job = create();
  EXPECT_THAT(body(get(job, {{"WAIT", "60"}, {"PHASE", "EXECUTING"}})), HasSubstr("<phase>PENDING</phase>"));
}

TEST_F(TapJobsTest, WaitsEndWithTheService) {
  hold();
  const std::string job = create({{"PHASE", "RUN"}});
  std::thread waiter([&] { get(job, {{"WAIT", "-1"}}); });
  service_->stop();
  waiter.join();
  service_.reset();
}

TEST_F(TapJobsTest, AnErrorIsInTheDocumentAndAtItsOwnUrl) {
  const std::string job = create({{"QUERY", "SELECT nothing FROM ivoa.ObsCore"}});
  EXPECT_EQ(run(job), "ERROR");
  EXPECT_THAT(body(get(job)),
              HasSubstr("<errorSummary type=\"fatal\" hasDetail=\"true\">\n\t\t<message>1 unresolved"));
  const Answer error = get(job + "/error");
  EXPECT_EQ(error.status, 200);
  EXPECT_THAT(body(error), HasSubstr("value=\"ERROR\">1 unresolved identifiers"));
  EXPECT_EQ(get(job + "/results/result").status, 404);
}

TEST_F(TapJobsTest, ParametersChangeWhilePendingOnly) {
  const std::string job = create();
  EXPECT_EQ(post(job + "/parameters", {{"MAXREC", "1"}, {"RESPONSEFORMAT", "csv"}}).status, 303);
  EXPECT_THAT(body(get(job + "/parameters")), HasSubstr("<parameter id=\"MAXREC\">1</parameter>"));
  EXPECT_EQ(run(job), "COMPLETED");
  EXPECT_EQ(body(get(job + "/results/result")), "dp_id,instrument_name\nADP.2014-07-11T10:00:32.830,FORS2\n");
  const Answer late = post(job + "/executionduration", {{"EXECUTIONDURATION", "10"}});
  EXPECT_EQ(late.status, 403);
  EXPECT_THAT(body(late),
              HasSubstr("Impossible to change the parameter &quot;executionduration&quot; of the job"));
}

TEST_F(TapJobsTest, TimesAreKeptWithinTheLimits) {
  const std::string job = create();
  EXPECT_EQ(body(get(job + "/executionduration")), "60");
  post(job + "/executionduration", {{"EXECUTIONDURATION", "99999"}});
  EXPECT_EQ(body(get(job + "/executionduration")), "3600");
  post(job + "/destruction", {{"DESTRUCTION", "2999-01-01T00:00:00Z"}});
  EXPECT_THAT(body(get(job + "/destruction")), Not(StartsWith("2999")));
  EXPECT_EQ(body(get(job + "/owner")), "anonymous");
  EXPECT_EQ(body(get(job + "/quote")), "");
  EXPECT_EQ(get(job + "/nothing").status, 404);
}

TEST_F(TapJobsTest, AJobIsGoneAfterItsDestruction) {
  const std::string job = create();
  post(job + "/destruction", {{"DESTRUCTION", "2000-01-01T00:00:00Z"}});
  EXPECT_EQ(get(job).status, 404);
}

TEST_F(TapJobsTest, ActionDeleteDeletes) {
  const std::string job = create();
  const Answer deleted = post(job, {{"action", "DELETE"}});
  EXPECT_EQ(deleted.status, 303);
  EXPECT_EQ(header(deleted, "Location"), kTapUrl + "/async");
  EXPECT_EQ(get(job).status, 404);
}

TEST_F(TapJobsTest, TheListIsFilteredByPhaseAndNumber) {
  const std::string done = create();
  const std::string pending = create();
  run(done);
  const auto id = [](const std::string& job) { return "<jobref id=\"" + job.substr(7) + "\""; };
  EXPECT_THAT(body(get("/async")), HasSubstr(id(done)));
  const std::string completed = body(get("/async", {{"PHASE", "COMPLETED"}}));
  EXPECT_THAT(completed, HasSubstr(id(done)));
  EXPECT_THAT(completed, Not(HasSubstr(id(pending))));
  EXPECT_THAT(body(get("/async", {{"LAST", "0"}})), Not(HasSubstr("<jobref")));
  EXPECT_THAT(body(get("/async", {{"AFTER", "2999-01-01T00:00:00Z"}})), Not(HasSubstr("<jobref")));
}

}  // namespace
}  // namespace esofs::sim
