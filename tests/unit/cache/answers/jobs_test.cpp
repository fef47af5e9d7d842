// Jobs: own ones are remembered, the server's are asked for, at most once a second.
#include "cache/answers/jobs.h"

#include <algorithm>

#include "tests/support/fake_jobs.h"
#include "tests/unit/cache/catalog_fixture.h"

namespace esofs::cache {
namespace {

class JobsTest : public ::testing::Test {
 protected:
  JobsTest() { open(); }
  ~JobsTest() override { close(); }

  void open() {
    auto store = MetadataStore::open({dir_.path(), 1ULL << 32U});
    ASSERT_TRUE(store) << store.error().what();
    disk_ = std::move(*store);
    store_ = std::make_unique<FaultStore>(*disk_);
    lane_ = std::make_unique<Lane>("query", 2);
    jobs_ = std::make_shared<Jobs>(archive_, *store_, *lane_, [this] { return now_.load(); });
  }
  void close() {
    archive_.release();
    lane_.reset();
    jobs_.reset();
    store_.reset();
    disk_.reset();
  }
  void restart() {
    close();
    open();
  }

  template <class T, class Operation>
  Result<T> wait(const Operation& operation) {
    auto promise = std::make_shared<std::promise<Result<T>>>();
    auto future = promise->get_future();
    operation([promise](Result<T> answer) { promise->set_value(std::move(answer)); });
    if (future.wait_for(kPatience) != std::future_status::ready) return Error(ETIME, "it was never answered");
    return future.get();
  }
  static JobInfo draft(const std::string& name) {
    JobInfo job;
    job.service = "obs";
    job.name = name;
    job.own = true;
    return job;
  }
  Result<void> run(const JobInfo& job, const std::string& adql = "SELECT 1") {
    return wait<void>([&](Done<void> done) { jobs_->run(job, adql, 5, std::move(done)); });
  }
  Result<Jobs::JobPtr> look(const JobInfo& job) {
    return wait<Jobs::JobPtr>([&](auto done) { jobs_->look(job, std::move(done)); });
  }
  Result<void> remove(const JobInfo& job) {
    return wait<void>([&](Done<void> done) { jobs_->remove(job, std::move(done)); });
  }
  Result<std::vector<JobInfo>> list() {
    return wait<std::vector<JobInfo>>([&](auto done) { jobs_->list("obs", std::move(done)); });
  }
  static std::vector<std::string> names(const std::vector<JobInfo>& jobs) {
    std::vector<std::string> names;
    for (const auto& job : jobs) names.push_back(job.name);
    return names;
  }
  JobInfo found(const std::string& name) {
    auto job = jobs_->find("obs", name);
    EXPECT_TRUE(job) << name;
    return job.value_or(JobInfo());
  }

  tests::TempDir dir_;
  std::atomic<std::int64_t> now_ = 1'700'000'000;
  tests::FakeJobs archive_;
  std::unique_ptr<MetadataStore> disk_;
  std::unique_ptr<FaultStore> store_;
  std::unique_ptr<Lane> lane_;
  std::shared_ptr<Jobs> jobs_;
};

using Names = std::vector<std::string>;

TEST_F(JobsTest, AJobIsMadeStartedAndRememberedByItsName) {
  ASSERT_TRUE(run(draft("mine")));
  EXPECT_EQ(archive_.log(), (Names{"create SELECT 1 5", "1 phase RUN"}));
  restart();
  const auto job = found("mine");
  EXPECT_EQ(job.url, "http://fake/obs/async/1");
  EXPECT_TRUE(job.own);
  EXPECT_EQ(job.created, now_);
  EXPECT_EQ((*look(job))->phase, "EXECUTING");
}

TEST_F(JobsTest, WhatADraftWishesIsAskedForBeforeTheStart) {
  auto job = draft("mine");
  job.duration = 300;
  job.destruction = "2030-01-01T00:00:00Z";
  jobs_->set_draft(job);
  restart();
  ASSERT_TRUE(run(draft("mine")));
  EXPECT_EQ(archive_.log(), (Names{"create SELECT 1 5", "1 executionduration 300",
                                   "1 destruction 2030-01-01T00:00:00Z", "1 phase RUN"}));
}

TEST_F(JobsTest, AJobThatTheStoreDoesNotTakeIsMadeOnce) {
  store_->good_puts = store_->good_erases = false;
  archive_.fail_change("phase", Error(EHOSTUNREACH, "no route"));
  EXPECT_EQ(run(draft("mine")).error().code(), EHOSTUNREACH);
  EXPECT_EQ(names(jobs_->known("obs")), Names{"mine"});
  ASSERT_TRUE(run(draft("mine")));
  EXPECT_EQ(archive_.log(), (Names{"create SELECT 1 5", "1 phase RUN", "1 phase RUN"}));
  const auto job = found("mine");
  EXPECT_EQ((*look(job))->phase, "EXECUTING");
  ASSERT_TRUE(remove(job));
  EXPECT_FALSE(jobs_->find("obs", "mine"));
}

TEST_F(JobsTest, AJobIsKeptOnceTheStoreHasRoom) {
  store_->good_puts = false;
  ASSERT_TRUE(run(draft("mine")));
  store_->good_puts = true;
  ASSERT_TRUE(look(found("mine")));
  restart();
  EXPECT_TRUE(found("mine").own);
}

TEST_F(JobsTest, AJobThatTheStoreCannotEraseIsGone) {
  ASSERT_TRUE(run(draft("mine")));
  store_->good_erases = false;
  ASSERT_TRUE(remove(found("mine")));
  EXPECT_FALSE(jobs_->find("obs", "mine"));
  EXPECT_TRUE(jobs_->known("obs").empty());
}

TEST_F(JobsTest, AJobThatWasMadeButNotStartedIsStartedTheNextTime) {
  archive_.fail_change("phase", Error(EHOSTUNREACH, "no route"));
  EXPECT_EQ(run(draft("mine")).error().code(), EHOSTUNREACH);
  ASSERT_TRUE(run(found("mine")));
  ASSERT_TRUE(jobs_->find("obs", "mine"));
  EXPECT_EQ(archive_.log(), (Names{"create SELECT 1 5", "1 phase RUN", "1 phase RUN"}));
}

TEST_F(JobsTest, AJobIsLookedAtOnceASecond) {
  ASSERT_TRUE(run(draft("mine")));
  const auto job = found("mine");
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(look(job));
  EXPECT_EQ(archive_.looks(), 1);
  now_ += 1;
  ASSERT_TRUE(look(job));
  EXPECT_EQ(archive_.looks(), 2);
}

TEST_F(JobsTest, AChangeIsSeenAtTheNextLook) {
  ASSERT_TRUE(run(draft("mine")));
  const auto job = found("mine");
  ASSERT_TRUE(look(job));
  ASSERT_TRUE(wait<void>(
      [&](Done<void> done) { jobs_->change(job, client::JobSetting::kPhase, "ABORT", std::move(done)); }));
  EXPECT_EQ((*look(job))->phase, "ABORTED");
}

TEST_F(JobsTest, WhatALoginHasShownIsNotShownToAnotherOrToNobody) {
  archive_.log_in("pi");
  ASSERT_TRUE(run(draft("mine")));
  archive_.add("77");
  ASSERT_EQ(names(*list()), (Names{"77", "mine"}));
  const auto mine = found("mine");
  const auto other = found("77");
  ASSERT_TRUE(look(mine));
  ASSERT_TRUE(look(other));
  ASSERT_TRUE(jobs_->last_seen(mine));
  for (const char* who : {"", "visitor"}) {
    archive_.log_in(who);
    archive_.fail_looks(Error(EACCES, "not yours"));
    archive_.fail_list(Error(EACCES, "not yours"));
    EXPECT_FALSE(jobs_->find("obs", "mine"));
    EXPECT_FALSE(jobs_->last_seen(mine));
    EXPECT_FALSE(jobs_->last_seen(other));
    EXPECT_EQ(jobs_->known("obs").size(), 0U);
    EXPECT_EQ(look(other).error().code(), EACCES);
    EXPECT_EQ(look(mine).error().code(), EACCES);
    EXPECT_EQ(list()->size(), 0U);
  }
  archive_.log_in("pi");
  EXPECT_EQ(names(jobs_->known("obs")), (Names{"77", "mine"}));
  EXPECT_TRUE(jobs_->last_seen(mine));
}

TEST_F(JobsTest, A404ForAnotherLoginDoesNotForgetAJob) {
  archive_.log_in("pi");
  ASSERT_TRUE(run(draft("mine")));
  const auto mine = found("mine");
  archive_.log_in("");
  archive_.fail_looks(Error(ENOENT, "no such job"));
  EXPECT_EQ(look(mine).error().code(), ENOENT);
  restart();
  archive_.log_in("pi");
  EXPECT_EQ(found("mine").url, mine.url);
}

TEST_F(JobsTest, AJobThatTheServerHasForgottenIsForgotten) {
  ASSERT_TRUE(run(draft("mine")));
  const auto job = found("mine");
  archive_.forget("1");
  EXPECT_EQ(look(job).error().code(), ENOENT);
  EXPECT_FALSE(jobs_->find("obs", "mine"));
  EXPECT_EQ(look(job).error().code(), ENOENT);
  EXPECT_EQ(archive_.looks(), 1);
}

TEST_F(JobsTest, AnOwnerHasNoJobsButHisOwn) {
  ASSERT_TRUE(run(draft("mine")));
  const auto url = jobs_->find("obs", "mine")->url;
  const auto id = url.substr(url.rfind('/') + 1);
  const auto anna = jobs_->of_owner("uid 1");
  EXPECT_FALSE(anna->find("obs", "mine"));
  EXPECT_FALSE(anna->by_id("obs", id)) << "any id may be somebody else's";
  EXPECT_TRUE(anna->known("obs").empty());
  const auto listed = wait<std::vector<JobInfo>>([&](auto done) { anna->list("obs", std::move(done)); });
  ASSERT_TRUE(listed);
  EXPECT_TRUE(listed->empty());
  ASSERT_TRUE(wait<void>([&](Done<void> done) { anna->run(draft("mine"), "SELECT 2", 5, std::move(done)); }));
  EXPECT_NE(anna->find("obs", "mine")->url, url);
  EXPECT_EQ(jobs_->find("obs", "mine")->url, url);
  EXPECT_EQ(jobs_->of_owner("uid 1")->find("obs", "mine")->url, anna->find("obs", "mine")->url);
  EXPECT_FALSE(jobs_->of_owner("uid 2")->find("obs", "mine"));
}

TEST_F(JobsTest, AServerThatCannotBeReachedForgetsNothing) {
  ASSERT_TRUE(run(draft("mine")));
  archive_.fail_looks(Error(EHOSTUNREACH, "no route"));
  EXPECT_EQ(look(found("mine")).error().code(), EHOSTUNREACH);
  EXPECT_TRUE(jobs_->find("obs", "mine"));
}

TEST_F(JobsTest, DeletingForgetsUnlessTheServerRefuses) {
  ASSERT_TRUE(run(draft("mine")));
  archive_.fail_delete(Error(EACCES, "not yours"));
  EXPECT_EQ(remove(found("mine")).error().code(), EACCES);
  ASSERT_TRUE(remove(found("mine")));
  EXPECT_FALSE(jobs_->find("obs", "mine"));
  now_ += 60;
  EXPECT_TRUE(list()->empty());
}

TEST_F(JobsTest, TheServersListIsShownBesideOwnNames) {
  ASSERT_TRUE(run(draft("mine")));
  archive_.add("other");
  const auto listed = list();
  ASSERT_TRUE(listed) << listed.error().what();
  EXPECT_EQ(names(*listed), (Names{"mine", "other"}));
  EXPECT_FALSE(found("other").own);
  EXPECT_EQ(found("1").name, "mine");  // an own one by its id
}

TEST_F(JobsTest, AnOwnJobIsListedOnceThoughTheServiceHasTwoUrlsForIt) {
  archive_.make_at("http://fake/elsewhere/run/async/");
  ASSERT_TRUE(run(draft("mine")));
  EXPECT_EQ(found("mine").url, "http://fake/elsewhere/run/async/1");
  EXPECT_EQ(names(*list()), Names{"mine"});
  EXPECT_EQ(found("1").name, "mine");
}

TEST_F(JobsTest, AServiceWithoutAListShowsOwnJobs) {
  ASSERT_TRUE(run(draft("mine")));
  for (const int code : {EACCES, ENOENT, EBADMSG, EINVAL, EHOSTUNREACH}) {
    archive_.fail_list(Error(code, "no list"));
    now_ += 60;
    const auto listed = list();
    ASSERT_TRUE(listed) << listed.error().what();
    EXPECT_EQ(names(*listed), Names{"mine"});
  }
}

TEST_F(JobsTest, AnUnreachableListIsAnErrorAndARefusedOneIsEmpty) {
  archive_.fail_list(Error(EHOSTUNREACH, "no route"));
  EXPECT_EQ(list().error().code(), EHOSTUNREACH);
  EXPECT_EQ(list().error().code(), EHOSTUNREACH);
  now_ += 60;
  archive_.fail_list(Error(EACCES, "log in"));
  const auto listed = list();
  ASSERT_TRUE(listed) << listed.error().what();
  EXPECT_TRUE(listed->empty());
}

TEST_F(JobsTest, AJobOfAQueryThatIsGoneStaysGoneAfterARestart) {
  archive_.add("q");
  const std::string url = "http://fake/obs/async/q";
  const auto job = jobs_->of_query("obs", url);
  ASSERT_TRUE(job);
  EXPECT_EQ(job->name, "q");
  ASSERT_TRUE(remove(*job));
  EXPECT_FALSE(jobs_->of_query("obs", url));
  restart();
  EXPECT_FALSE(jobs_->of_query("obs", url));
  now_ += 300 * 86400;
  jobs_->known("obs");
  EXPECT_TRUE(jobs_->of_query("obs", url));  // the tombstone has gone; no service keeps a job so long
}

TEST_F(JobsTest, AFailureIsToldForJobsThatHaveFailedOnly) {
  ASSERT_TRUE(run(draft("mine")));
  const auto why = [&] {
    return wait<std::string>([&](auto done) { jobs_->failure(found("mine"), std::move(done)); });
  };
  EXPECT_EQ(why().error().code(), ENODATA);
  archive_.set_phase("1", "ERROR");
  EXPECT_EQ(*why(), "because");
}

TEST_F(JobsTest, ResultsGetNamesThatAreSafeAndUniqueAndUrlsOfTheWeb) {
  JobInfo info = draft("mine");
  info.url = "http://fake/obs/async/1";
  client::Job job;
  job.phase = "COMPLETED";
  ASSERT_EQ(job_files(info, job).size(), 1U);  // where TAP puts it, though the server does not say so
  EXPECT_EQ(job_files(info, job)[0].name, "result.vot");
  EXPECT_EQ(job_files(info, job)[0].dataset.access_url, "http://fake/obs/async/1/results/result");
  job.results = {{"result", "results/result", "text/csv", 12},
                 {"../../etc/passwd", "http://other/x", "application/fits", {}},
                 {"result", "https://other/y", "text/csv;header=present", {}},
                 {"local", "file:///etc/passwd", "text/plain", {}}};
  Names files;
  for (const auto& file : job_files(info, job)) files.push_back(file.name);
  EXPECT_EQ(files, (Names{"result.csv", ".._.._etc_passwd.fits", "result-2.csv"}));
  EXPECT_EQ(job_files(info, job)[0].dataset.access_url, "http://fake/obs/async/results/result");
  EXPECT_EQ(job_files(info, job)[0].dataset.estimate_bytes, 12U);
}

}  // namespace
}  // namespace esofs::cache
