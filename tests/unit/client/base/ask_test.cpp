#include "client/base/ask.h"

#include <gtest/gtest.h>

#include <memory>

#include "client/base/in_turn.h"

namespace esofs {
namespace {

const Cause kSomebody{7, 1000, Operation::kOpen};

TEST(Done, ItKnowsForWhomTheAnswerIs) {
  const Done<int> nobody = [](const Result<int>&) {};
  EXPECT_EQ(nobody.cause(), Cause());
  const Done<int> somebody = AskedBy(kSomebody, [](const Result<int>&) {});
  EXPECT_EQ(somebody.cause(), kSomebody);
}

TEST(Done, WhatIsTakenOutAnswersAndTheRestKnowsForWhom) {
  int answered = 0;
  Done<int> done = AskedBy(kSomebody, [&answered](const Result<int>& answer) { answered = *answer; });
  const Done<int> taken = done.take();
  EXPECT_EQ(done.cause(), kSomebody);
  EXPECT_EQ(taken.cause(), kSomebody);
  taken(5);
  EXPECT_EQ(answered, 5);
}

TEST(Done, ItCanBeEmptied) {
  Done<int> done = [](const Result<int>&) {};
  EXPECT_TRUE(done);
  done = nullptr;
  EXPECT_FALSE(done);
}

TEST(InTurn, BothQuestionsAreOfTheSameCause) {
  Cause first;
  Cause second;
  in_turn<int, int>(
      [&first](const Done<int>& done) {
        first = done.cause();
        done(1);
        return Cancel();
      },
      [&second](int answer, const Done<int>& done) {
        second = done.cause();
        done(answer);
        return Cancel();
      },
      AskedBy(kSomebody, [](const Result<int>&) {}));
  EXPECT_EQ(first, kSomebody);
  EXPECT_EQ(second, kSomebody);
}

}  // namespace
}  // namespace esofs
