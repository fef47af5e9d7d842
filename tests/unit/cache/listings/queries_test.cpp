#include "cache/listings/queries.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <future>
#include <string>
#include <vector>

#include "tests/unit/cache/catalog_fixture.h"

namespace esofs::cache {
namespace {

using Op = tests::FakeArchive::Op;

class QueriesTest : public CatalogFixture {};

TEST_F(QueriesTest, AQueryIsAskedOnceAndServedFromThenOn) {
  put_table("Q", 3);
  auto first = listing("Q");
  ASSERT_TRUE(first) << first.error().what();
  EXPECT_EQ((*first)->rows(), 3U);
  EXPECT_EQ((*first)->datasets(), 3U);
  auto second = listing("Q");
  ASSERT_TRUE(second);
  EXPECT_EQ((*second)->id(), (*first)->id());
  EXPECT_EQ(archive_.query_count(), 1);
}

TEST_F(QueriesTest, AskersAtOneTimeShareOneRequest) {
  put_table("Q", 3);
  archive_.hold("Q");
  auto one = ask(query("Q"));
  auto two = ask(query("Q"));
  ASSERT_TRUE(archive_.wait_held());
  EXPECT_EQ(one.answer.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  archive_.release();
  EXPECT_TRUE(wait(one.answer));
  EXPECT_TRUE(wait(two.answer));
  EXPECT_EQ(archive_.query_count(), 1);
}

TEST_F(QueriesTest, ACancelledAskerIsAnsweredAtOnceAndTheQueryContinues) {
  put_table("Q", 3);
  archive_.hold("Q");
  auto asked = ask(query("Q"));
  ASSERT_TRUE(archive_.wait_held());
  asked.cancel();
  auto answer = wait(asked.answer);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), EINTR);
  EXPECT_EQ(catalog_->known_listing(query("Q")), nullptr);
  archive_.release();
  settle();
  ASSERT_TRUE(catalog_->known_listing(query("Q")));
  EXPECT_EQ(catalog_->known_listing(query("Q"))->rows(), 3U);
}

TEST_F(QueriesTest, AnEmptyQueryIsInvalid) { EXPECT_EQ(listing("").error().code(), EINVAL); }

TEST_F(QueriesTest, QueriesThatDifferInServiceOrMaxrecHaveListingsOfTheirOwn) {
  put_table("Q", 5);
  QuerySpec two = query("Q");
  two.maxrec = 2;
  QuerySpec cat = query("Q");
  cat.service = "cat";
  EXPECT_EQ((*listing("Q"))->rows(), 5U);
  EXPECT_EQ((*listing(two))->rows(), 2U);
  EXPECT_TRUE(catalog_->state(two).truncated);
  EXPECT_FALSE(catalog_->state(query("Q")).truncated);
  ASSERT_TRUE(listing(cat));
  EXPECT_EQ(catalog_->state(cat).service, "cat");
  EXPECT_EQ(archive_.query_count(), 3);
}

TEST_F(QueriesTest, PastItsTtlAListingIsServedAsItIsWhileItIsRefreshed) {
  put_table("Q", 3);
  const std::string old = (*listing("Q"))->id();
  put_table("Q", 4);
  now_ += 24 * 3600 - 1;
  EXPECT_EQ((*listing("Q"))->rows(), 3U);
  settle();
  EXPECT_EQ(archive_.query_count(), 1);
  now_ += 1;
  archive_.hold("Q");
  EXPECT_EQ((*listing("Q"))->rows(), 3U);  // at once
  ASSERT_TRUE(archive_.wait_held());
  EXPECT_EQ((*listing("Q"))->rows(), 3U);
  archive_.release();
  settle();
  auto fresh = listing("Q");
  EXPECT_EQ((*fresh)->rows(), 4U);
  EXPECT_NE((*fresh)->id(), old);
  EXPECT_EQ(archive_.query_count(), 2);
}

TEST_F(QueriesTest, WhileARefreshFailsTheOldListingStays) {
  put_table("Q", 3);
  ASSERT_TRUE(listing("Q"));
  now_ += 25 * 3600;
  archive_.fail_next(Op::kQuery, Error(EHOSTUNREACH, "no route"), -1);
  ASSERT_TRUE(listing("Q"));
  settle();
  auto still = listing("Q");
  settle();
  ASSERT_TRUE(still);
  EXPECT_EQ((*still)->rows(), 3U);
  EXPECT_EQ(archive_.query_count(), 2);  // the failure is remembered
  const QueryState state = catalog_->state(query("Q"));
  EXPECT_TRUE(state.known);
  ASSERT_TRUE(state.error);
  EXPECT_EQ(state.error->code(), EHOSTUNREACH);
  EXPECT_EQ(state.error_at, now_);
  now_ += 11;
  archive_.clear_failures();
  ASSERT_TRUE(listing("Q"));
  settle();
  EXPECT_EQ(archive_.query_count(), 3);
  EXPECT_FALSE(catalog_->state(query("Q")).error);
}

TEST_F(QueriesTest, AFailureIsReturnedForSomeSecondsWithoutARequest) {
  put_table("Q", 3);
  archive_.fail_next(Op::kQuery, Error(ETIMEDOUT, "too slow"));
  EXPECT_EQ(listing("Q").error().code(), ETIMEDOUT);
  now_ += 9;
  auto again = listing("Q");
  EXPECT_EQ(again.error().code(), ETIMEDOUT);
  EXPECT_EQ(again.error().what(), "too slow");
  EXPECT_EQ(archive_.query_count(), 1);
  now_ += 1;
  EXPECT_TRUE(listing("Q"));
  EXPECT_EQ(archive_.query_count(), 2);
}

TEST_F(QueriesTest, AnInvalidQueryFailsUntilItsTextChangesOrARefresh) {
  archive_.fail_next(Op::kQuery, Error(EINVAL, "Column not found"));
  EXPECT_EQ(listing("Q").error().code(), EINVAL);
  now_ += 100'000;
  restart();
  EXPECT_EQ(listing("Q").error().what(), "Column not found");
  EXPECT_EQ(catalog_->state(query("Q")).error->code(), EINVAL);
  EXPECT_EQ(archive_.query_count(), 1);
  put_table("Q corrected", 1);
  EXPECT_TRUE(listing("Q corrected"));
  put_table("Q", 1);
  catalog_->refresh(query("Q"));
  EXPECT_TRUE(listing("Q"));
  EXPECT_EQ(archive_.query_count(), 3);
}

TEST_F(QueriesTest, AfterARefreshTheOldListingStaysUntilTheAnswer) {
  put_table("Q", 3);
  ASSERT_TRUE(listing("Q"));
  put_table("Q", 4);
  catalog_->refresh(query("Q"));
  settle();
  EXPECT_EQ(archive_.query_count(), 1);  // a look asks, not the refresh
  EXPECT_EQ(catalog_->known_listing(query("Q"))->rows(), 3U);
  EXPECT_EQ((*listing("Q"))->rows(), 3U);
  settle();
  EXPECT_EQ((*listing("Q"))->rows(), 4U);
  settle();
  EXPECT_EQ(archive_.query_count(), 2);
}

TEST_F(QueriesTest, ARefreshAskedForDuringAQueryIsNotLost) {
  put_table("Q", 3);
  archive_.hold("Q");
  auto asked = ask(query("Q"));
  ASSERT_TRUE(archive_.wait_held());
  catalog_->refresh(query("Q"));
  archive_.release();
  ASSERT_TRUE(wait(asked.answer));
  settle();
  ASSERT_TRUE(listing("Q"));
  settle();
  EXPECT_EQ(archive_.query_count(), 2);
}

TEST_F(QueriesTest, TheStateShowsWhatIsRunning) {
  put_table("Q", 10'000);
  QuerySpec spec = query("Q");
  spec.mode = client::QueryMode::kAsync;
  archive_.hold("Q", 9'000);
  auto asked = ask(spec);
  ASSERT_TRUE(archive_.wait_held());
  QueryState state = catalog_->state(spec);
  EXPECT_FALSE(state.known);
  EXPECT_TRUE(state.running);
  EXPECT_EQ(state.started_at, now_);
  EXPECT_EQ(state.rows_so_far, 8192U);
  EXPECT_EQ(state.job_url, "http://archive/tap/async/1");
  archive_.release();
  ASSERT_TRUE(wait(asked.answer));
  state = catalog_->state(spec);
  EXPECT_TRUE(state.known);
  EXPECT_FALSE(state.running);
  EXPECT_EQ(state.rows, 10'000U);
  EXPECT_EQ(state.datasets, 10'000U);
  EXPECT_TRUE(state.names_datasets);
  EXPECT_EQ(state.service, "obs");
  EXPECT_EQ(state.service_url, "http://archive/tap");
  EXPECT_EQ(state.job_url, "http://archive/tap/async/1");
  EXPECT_EQ(state.fetched_at, now_);
}

TEST_F(QueriesTest, AForgottenQueryIsAskedAgain) {
  put_table("Q", 100);
  put_table("R", 7);
  ASSERT_TRUE(listing("Q"));
  ASSERT_TRUE(listing("R"));
  catalog_->forget(query("Q"));
  settle();
  EXPECT_EQ(catalog_->known_listing(query("Q")), nullptr);
  EXPECT_FALSE(catalog_->state(query("Q")).known);
  EXPECT_EQ(records(Shelf::kRows), 7U);
  ASSERT_TRUE(listing("Q"));
  EXPECT_EQ(archive_.query_count("Q"), 2);
}

TEST_F(QueriesTest, AllListingsWithDatasetsAreKnownTheLatestFirst) {
  put_ids("old", {id(1)});
  put_ids("new", {id(2)});
  archive_.put_table("none", tests::FakeArchive::named({"x"}), {{{std::string("1")}}});
  for (const char* adql : {"old", "none", "new"}) {
    ASSERT_TRUE(listing(adql));
    ++now_;
  }
  restart();
  const auto all = catalog_->known_listings(10);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(names(*all[0]), std::vector<std::string>{id(2) + ".fits"});
  EXPECT_EQ(names(*all[1]), std::vector<std::string>{id(1) + ".fits"});
  EXPECT_EQ(catalog_->known_listings(1).size(), 1U);
}

TEST_F(QueriesTest, AskersAreAnsweredWhenTheLaneEnds) {
  put_table("Q", 3);
  put_table("R", 3);
  archive_.hold();
  auto running = ask(query("Q"));
  auto queued = ask(query("R"));
  ASSERT_TRUE(archive_.wait_held());
  lane_.reset();
  EXPECT_FALSE(wait(running.answer));
  EXPECT_FALSE(wait(queued.answer));
  lane_ = std::make_unique<Lane>("query", 1);
  catalog_ = make_catalog(*store_, *lane_);
  archive_.release();
  EXPECT_TRUE(listing("Q"));  // the end was no failure of the query
}

TEST_F(QueriesTest, AListingOfALoginIsHiddenFromOthers) {
  archive_.log_in("jdoe");
  put_table("Q", 5);
  auto mine = listing("Q");
  ASSERT_TRUE(mine);
  EXPECT_EQ((*mine)->datasets(), 5U);
  EXPECT_TRUE((*mine)->shown());
  for (const std::string user : {"", "another"}) {
    archive_.log_in(user);
    EXPECT_FALSE((*mine)->shown()) << "to whoever still holds it";
    EXPECT_EQ(catalog_->known_listing(query("Q")), nullptr) << user;
    EXPECT_FALSE(catalog_->state(query("Q")).known) << user;
  }
  put_table("Q", 3);
  auto theirs = listing("Q");
  ASSERT_TRUE(theirs);
  EXPECT_EQ((*theirs)->datasets(), 3U);
  archive_.log_in("jdoe");
  ASSERT_NE(catalog_->known_listing(query("Q")), nullptr);
  EXPECT_EQ(catalog_->known_listing(query("Q"))->datasets(), 5U);
}

TEST_F(QueriesTest, AnAnswerIsNotKeptIfTheLoginChanged) {
  put_table("Q", 3);
  archive_.hold("Q");
  auto asked = ask(query("Q"));
  ASSERT_TRUE(archive_.wait_held());
  archive_.log_in("jdoe");
  archive_.release();
  auto answer = wait(asked.answer);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), EAGAIN);
  EXPECT_EQ(catalog_->known_listing(query("Q")), nullptr);
  archive_.log_in("");
  EXPECT_EQ(catalog_->known_listing(query("Q")), nullptr);
}

TEST_F(QueriesTest, AListingSurvivesARestart) {
  put_table("Q", 5'000, "<VOTABLE>sent</VOTABLE>");
  const std::string id_before = (*listing("Q"))->id();
  restart();
  auto here = listing("Q");
  ASSERT_TRUE(here);
  EXPECT_EQ((*here)->id(), id_before);
  EXPECT_EQ(names(**here).size(), 5'000U);
  EXPECT_EQ((*here)->columns().size(), 3U);
  EXPECT_TRUE((*here)->result_file());
  EXPECT_EQ(archive_.query_count(), 1);
  settle();
  EXPECT_EQ(records(Shelf::kRows), 5'000U);
}

TEST_F(QueriesTest, AnAnswerWhoseFileIsGoneIsAskedForAgain) {
  put_table("q", 3);
  ASSERT_TRUE(listing("q"));
  settle();
  close();
  std::filesystem::remove_all(results_dir_);
  open();
  const auto old = listing("q");  // what is known is shown meanwhile
  ASSERT_TRUE(old) << old.error().what();
  EXPECT_EQ((*old)->datasets(), 3U);
  settle();
  EXPECT_EQ(archive_.query_count(), 2);
  const auto here = listing("q");
  ASSERT_TRUE(here);
  EXPECT_TRUE((*here)->result_file());
  EXPECT_GT(catalog_->state(query("q")).result_bytes, 0U);
}

TEST_F(QueriesTest, WhoNeedsTheFileOfAnAnswerWaitsForItIfItIsGone) {
  put_table("q", 3);
  const auto old = listing("q");
  ASSERT_TRUE(old);
  settle();
  std::filesystem::remove_all(results_dir_);
  EXPECT_FALSE((*old)->result_file());
  EXPECT_TRUE((*old)->result_kept());
  for (int i = 0; i < 2; ++i) {
    auto promise = std::make_shared<std::promise<Answer>>();
    catalog_->listing_with_result(query("q"), [promise](Answer answer) { promise->set_value(answer); });
    auto future = promise->get_future();
    const auto here = wait(future);
    ASSERT_TRUE(here) << here.error().what();
    EXPECT_TRUE((*here)->result_file());
    EXPECT_EQ(archive_.query_count(), 2);
  }
}

TEST_F(QueriesTest, AnAnswerThatIsNotHereHasNoSize) {
  put_table("q", 3);
  ASSERT_TRUE(listing("q"));
  settle();
  std::filesystem::remove_all(results_dir_);
  EXPECT_EQ(catalog_->state(query("q")).result_bytes, 0U);
}

TEST_F(QueriesTest, ProcessesShareListings) {
  put_table("Q", 3'000);
  EXPECT_EQ(in_child([this](Catalog& catalog, Lane&) {
              std::promise<bool> done;
              catalog.listing(query("Q"),
                              [&done](const Answer& answer) { done.set_value(answer.has_value()); });
              return done.get_future().get() ? 0 : 1;
            }),
            0);
  EXPECT_EQ(archive_.query_count(), 0);
  auto here = listing("Q");
  ASSERT_TRUE(here);
  EXPECT_EQ(names(**here).size(), 3'000U);
  EXPECT_EQ(archive_.query_count(), 0);
}

TEST_F(QueriesTest, ADamagedSnapshotIsAskedForAgain) {
  put_table("Q", 3);
  ASSERT_TRUE(listing("Q"));
  settle();
  std::string key;
  ASSERT_TRUE(disk_->scan(Shelf::kListings, "S", [&key](std::string_view found, std::string_view) {
    key = found;
    return false;
  }));
  ASSERT_TRUE(disk_->put(Shelf::kListings, key, "\xff garbage"));
  EXPECT_EQ(catalog_->known_listing(query("Q")), nullptr);
  EXPECT_EQ((*listing("Q"))->rows(), 3U);
  EXPECT_EQ(archive_.query_count(), 2);
}

}  // namespace
}  // namespace esofs::cache
