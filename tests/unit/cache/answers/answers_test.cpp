#include "cache/answers/answers.h"

#include "tests/unit/cache/catalog_fixture.h"

namespace esofs::cache {
namespace {

using Links = std::shared_ptr<const client::Links>;

class AnswersTest : public CatalogFixture {
 protected:
  AnswersTest() {
    dataset_ = archive_.dataset(id(1));
    archive_.put_links(url_, tests::FakeArchive::links_to("http://archive/file"));
  }

  Asked<Links> ask_links() {
    auto promise = std::make_shared<std::promise<Result<Links>>>();
    auto future = promise->get_future();
    auto cancel = catalog_->links(dataset_, [promise](Result<Links> links) { promise->set_value(links); });
    return {std::move(future), std::move(cancel)};
  }

  client::Dataset dataset_;
  const std::string url_ = "http://archive/links?ID=" + id(1);
};

TEST_F(AnswersTest, AQuestionThatHangsAndWasLeftIsAskedAgain) {
  archive_.hold(url_);
  auto first = ask_links();
  ASSERT_TRUE(archive_.wait_held());
  first.cancel();
  EXPECT_EQ(wait(first.answer).error().code(), EINTR);
  now_ += 1;
  auto second = ask_links();
  while (archive_.link_count(url_) < 2) std::this_thread::yield();
  archive_.release();
  const auto links = wait(second.answer);
  ASSERT_TRUE(links) << links.error().what();
  EXPECT_EQ((*links)->rows.size(), 1U);
  EXPECT_EQ(archive_.link_count(url_), 2);
}

TEST_F(AnswersTest, AQuestionThatSomebodyStillWaitsForIsJoined) {
  archive_.hold(url_);
  auto first = ask_links();
  auto second = ask_links();
  ASSERT_TRUE(archive_.wait_held());
  first.cancel();
  now_ += 100;
  auto third = ask_links();
  archive_.release();
  EXPECT_TRUE(wait(second.answer));
  EXPECT_TRUE(wait(third.answer));
  EXPECT_EQ(archive_.link_count(url_), 1);
}

TEST_F(AnswersTest, AQuestionThatWasJustAskedIsJoined) {
  archive_.hold(url_);
  auto first = ask_links();
  ASSERT_TRUE(archive_.wait_held());
  first.cancel();
  auto second = ask_links();
  archive_.release();
  EXPECT_TRUE(wait(second.answer));
  EXPECT_EQ(archive_.link_count(url_), 1);
}

}  // namespace
}  // namespace esofs::cache
