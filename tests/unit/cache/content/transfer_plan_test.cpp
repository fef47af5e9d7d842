#include "cache/content/transfer_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace esofs::cache {
namespace {

using namespace std::chrono_literals;

class TransferPlanTest : public ::testing::Test {
 protected:
  void join(std::uint64_t chunk) {
    plan_.join(std::make_shared<PendingRead>(chunk * kChunkBytes, 100, [](const Result<Bytes>&) {}), chunk);
  }

  AheadCounts counts_;
  TransferPlan plan_{4, 1U << 20U, counts_};
};

TEST_F(TransferPlanTest, WhoOpensTheFileEndsThePatienceWithATransfer) {
  join(0);
  const auto transfer = plan_.next(0);
  ASSERT_TRUE(transfer);
  join(0);
  EXPECT_FALSE(transfer->patience->ends(1h)) << "nobody has come";
  plan_.opened();
  EXPECT_TRUE(transfer->patience->ends(1h));
}

TEST_F(TransferPlanTest, SoItIsWithWhatTheOpeningBrings) {
  plan_.expect(7);
  join(7);
  EXPECT_FALSE(plan_.patience_with_opening()->ends(1h));
  plan_.opened();
  EXPECT_TRUE(plan_.patience_with_opening()->ends(1h));
}

TEST_F(TransferPlanTest, WhatHasComeIsNotReadAheadAgain) {
  std::vector<std::uint64_t> come;
  const auto all = [&](std::uint64_t ahead_room) {
    while (const auto transfer = plan_.next(ahead_room)) {
      for (std::uint64_t chunk = transfer->next; chunk < transfer->end; ++chunk) {
        plan_.land(chunk);
        come.push_back(chunk);
      }
      plan_.ended(transfer);
    }
  };
  plan_.look_ahead(0, std::vector<bool>(6, true));
  join(3);
  all(0);
  ASSERT_FALSE(come.empty());
  EXPECT_EQ(come.front(), 3U);
  all(1U << 20U);
  std::sort(come.begin(), come.end());
  EXPECT_EQ(come, (std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5}));
}

}  // namespace
}  // namespace esofs::cache
