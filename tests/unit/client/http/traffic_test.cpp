#include "client/http/traffic.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace esofs::client {
namespace {

Cause read_by(const std::string& program, uid_t user = 1000) {
  Cause cause{77, user, Operation::kRead};
  std::copy(program.begin(), program.end(), cause.name.begin());
  return cause;
}

TEST(Traffic, ProgramsAreInTheOrderOfWhatTheyBring) {
  Traffic traffic;
  traffic.asked(read_by("imhead"));
  traffic.received(read_by("imhead"), 100);
  traffic.asked(read_by("cp"));
  traffic.asked(read_by("cp").ahead());
  traffic.received(read_by("cp"), 5000);
  const auto all = traffic.programs(std::nullopt, 10);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].name, "cp");
  EXPECT_EQ(all[0].requests, 2U);
  EXPECT_EQ(all[0].bytes, 5000U);
  EXPECT_EQ(all[1].name, "imhead");
  EXPECT_EQ(traffic.programs(std::nullopt, 1).size(), 1U);
}

TEST(Traffic, AUserSeesNoProgramsOfOthers) {
  Traffic traffic;
  traffic.received(read_by("cp", 1000), 5);
  traffic.received(read_by("cp", 1001), 7);
  traffic.received(read_by("secret-plan", 1001), 9);
  const auto own = traffic.programs(uid_t{1000}, 10);
  ASSERT_EQ(own.size(), 1U);
  EXPECT_EQ(own[0].bytes, 5U);
  const auto all = traffic.programs(std::nullopt, 10);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].name, "cp");
  EXPECT_EQ(all[0].bytes, 12U);
}

TEST(Traffic, WhatHasNoProgramHasAName) {
  Traffic traffic;
  traffic.asked(Cause());
  traffic.asked({0, 1000, Operation::kRead});
  const auto all = traffic.programs(std::nullopt, 10);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].name, "esofs");
  EXPECT_EQ(all[1].name, "unknown");
}

TEST(Traffic, ThatOfManyProgramsIsBoundedAndNothingIsLost) {
  Traffic traffic;
  traffic.received(read_by("most"), 1'000'000);
  for (int i = 0; i < 1000; ++i) traffic.received(read_by("p" + std::to_string(i)), 10);
  const auto all = traffic.programs(std::nullopt, 10'000);
  EXPECT_LE(all.size(), Traffic::kMostPrograms + 1);
  EXPECT_EQ(all[0].name, "most");
  EXPECT_EQ(all[1].name, "others");
  std::uint64_t bytes = 0;
  for (const auto& program : all) bytes += program.bytes;
  EXPECT_EQ(bytes, 1'010'000U);
}

TEST(Traffic, RetriesAreCountedByTheirReason) {
  Traffic traffic;
  traffic.sent_again("HTTP 503");
  traffic.sent_again("HTTP 503");
  traffic.sent_again("the connection failed");
  EXPECT_EQ(traffic.retries(),
            (std::map<std::string, std::uint64_t>{{"HTTP 503", 2}, {"the connection failed", 1}}));
}

}  // namespace
}  // namespace esofs::client
