#include "cache/listings/attempts.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "tests/unit/cache/catalog_fixture.h"

namespace esofs::cache {
namespace {

using Op = tests::FakeArchive::Op;

class AttemptsTest : public CatalogFixture {};

TEST_F(AttemptsTest, AFailureIsRememberedAlsoWhileTheStoreFails) {
  store_->good_puts = false;
  archive_.fail_next(Op::kQuery, Error(EIO, "broken"), -1);
  EXPECT_EQ(listing("Q").error().code(), EIO);
  EXPECT_EQ(listing("Q").error().code(), EIO);
  EXPECT_EQ(archive_.query_count(), 1);
}

TEST_F(AttemptsTest, ARefreshAskedForSurvivesARestart) {
  put_table("Q", 3);
  ASSERT_TRUE(listing("Q"));
  catalog_->refresh(query("Q"));
  restart();
  ASSERT_TRUE(listing("Q"));
  settle();
  EXPECT_EQ(archive_.query_count(), 2);
}

TEST_F(AttemptsTest, AJobIsPickedUpAfterARestart) {
  put_table("Q", 3);
  QuerySpec spec = query("Q");
  spec.mode = client::QueryMode::kAsync;
  archive_.hold("Q");
  auto asked = ask(spec);
  ASSERT_TRUE(archive_.wait_held());
  catalog_.reset();
  lane_.reset();  // stops the query
  EXPECT_FALSE(wait(asked.answer));
  restart();
  EXPECT_EQ(catalog_->state(spec).job_url, "http://archive/tap/async/1");
  EXPECT_FALSE(catalog_->state(spec).running);
  EXPECT_FALSE(catalog_->state(spec).error);
  ASSERT_TRUE(listing(spec));
  ASSERT_EQ(archive_.queries().size(), 2U);
  EXPECT_EQ(archive_.queries()[0].job_url, "");
  EXPECT_EQ(archive_.queries()[1].job_url, "http://archive/tap/async/1");
  catalog_->refresh(spec);
  ASSERT_TRUE(listing(spec));
  settle();
  EXPECT_EQ(archive_.queries().back().job_url, "");  // it has been used up
}

TEST_F(AttemptsTest, AJobSurvivesATimeOutButNotARefusal) {
  QuerySpec spec = query("Q");
  spec.mode = client::QueryMode::kAsync;
  archive_.fail_next(Op::kQuery, Error(ETIMEDOUT, "slow"));
  EXPECT_FALSE(listing(spec));
  now_ += 60;
  archive_.fail_next(Op::kQuery, Error(EINVAL, "job failed"));
  EXPECT_FALSE(listing(spec));
  EXPECT_EQ(archive_.queries().back().job_url, "http://archive/tap/async/1");
  EXPECT_EQ(catalog_->state(spec).job_url, "");
}

}  // namespace
}  // namespace esofs::cache
