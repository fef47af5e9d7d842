#include "cache/content/transfer_plan.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace esofs::cache
