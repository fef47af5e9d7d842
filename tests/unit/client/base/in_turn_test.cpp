#include "client/base/in_turn.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace esofs {
namespace {

// A question that is answered when the test says so.
template <class T>
class Question {
 public:
  // The Cancel holds the continuation, as that of cache/answers/waiters.h does.
  Cancel ask(Done<T> done) {
    asker_ = std::make_shared<Asker>(Asker{std::move(done)});
    return [this, asker = asker_] {
      if (std::exchange(asker->answered, true)) return;
      ++cancelled;
      asker->done(Error(EINTR, "interrupted"));
    };
  }
  void answer(Result<T> result) {
    const auto asker = std::exchange(asker_, nullptr);
    asker->answered = true;
    asker->done(std::move(result));
  }

  int cancelled = 0;

 private:
  struct Asker {
    Done<T> done;
    bool answered = false;
  };
  std::shared_ptr<Asker> asker_;
};

class InTurnTest : public testing::Test {
 protected:
  Cancel ask() {
    const auto held = std::make_shared<int>();
    held_ = held;
    return in_turn<int, std::string>([this](Done<int> done) { return first_.ask(std::move(done)); },
                                     [this](int value, Done<std::string> done) {
                                       given_ = value;
                                       Cancel cancel = second_.ask(std::move(done));
                                       if (on_second_) on_second_();
                                       return cancel;
                                     },
                                     [this, held](Result<std::string> answer) {
                                       ++answers_;
                                       answer_ = std::move(answer);
                                     });
  }

  Question<int> first_;
  Question<std::string> second_;
  std::optional<int> given_;
  std::optional<Result<std::string>> answer_;
  int answers_ = 0;
  std::weak_ptr<int> held_;  // by the continuation
  std::function<void()> on_second_;
  Cancel cancel_;
};

TEST_F(InTurnTest, TheSecondIsAskedWithTheAnswerOfTheFirst) {
  const Cancel cancel = ask();
  EXPECT_FALSE(given_);
  first_.answer(7);
  EXPECT_EQ(given_, 7);
  EXPECT_EQ(answers_, 0);
  second_.answer(std::string("seven"));
  ASSERT_EQ(answers_, 1);
  EXPECT_EQ(**answer_, "seven");
}

TEST_F(InTurnTest, AFailureOfTheFirstIsTheAnswer) {
  const Cancel cancel = ask();
  first_.answer(Error(EIO, "broken"));
  ASSERT_EQ(answers_, 1);
  EXPECT_EQ(answer_->error().code(), EIO);
  EXPECT_FALSE(given_);
}

TEST_F(InTurnTest, ACancelEndsTheQuestionThatIsOpen) {
  const Cancel early = ask();
  early();
  EXPECT_EQ(first_.cancelled, 1);
  EXPECT_EQ(answer_->error().code(), EINTR);

  const Cancel late = ask();
  first_.answer(7);
  late();
  EXPECT_EQ(first_.cancelled, 1);
  EXPECT_EQ(second_.cancelled, 1);
  EXPECT_EQ(answer_->error().code(), EINTR);
}

TEST_F(InTurnTest, ACancelWhileTheSecondIsBeingAskedEndsIt) {
  on_second_ = [this] { cancel_(); };  // as another thread may, before the second's own Cancel is known
  cancel_ = ask();
  first_.answer(7);
  EXPECT_EQ(first_.cancelled, 0);
  EXPECT_EQ(second_.cancelled, 1);
  ASSERT_EQ(answers_, 1);
  EXPECT_EQ(answer_->error().code(), EINTR);
}

TEST_F(InTurnTest, NothingIsHeldAnyMoreWhenAllIsAnsweredAndTheCancelIsGone) {
  ask();
  first_.answer(Error(EIO, "broken"));
  EXPECT_TRUE(held_.expired());

  ask();
  first_.answer(7);
  EXPECT_FALSE(held_.expired());
  second_.answer(std::string("seven"));
  EXPECT_TRUE(held_.expired());
}

}  // namespace
}  // namespace esofs
