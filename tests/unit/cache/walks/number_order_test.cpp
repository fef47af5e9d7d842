#include "cache/walks/number_order.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "tests/support/fake_catalog.h"
#include "tests/support/numbered_files.h"

namespace esofs::cache {
namespace {

class NumberOrderTest : public ::testing::Test {
 protected:
  NumberOrderTest() {
    for (int i = 0; i < 1000; ++i) {
      listing_->add("A" + std::to_string(i));
      ids_.push_back("A" + std::to_string(i));
    }
  }
  Listing::Entry entry(const std::string& id) const {
    const auto found = listing_->find(id + ".fits");
    return found && *found ? **found : Listing::Entry{};
  }

  std::shared_ptr<tests::FakeListing> listing_ = std::make_shared<tests::FakeListing>();
  std::vector<std::string> ids_;
};

TEST_F(NumberOrderTest, PlacesAndRowsAreThoseOfTheNumbers) {
  NumberOrder order(listing_, tests::number_of);
  const auto sorted = tests::by_number(ids_);
  for (const std::int64_t place : {0, 1, 500, 999}) {
    const auto file = entry(sorted[static_cast<std::size_t>(place)]);
    EXPECT_EQ(order.place(file), place);
    EXPECT_EQ(order.row(place), file.row);
  }
  EXPECT_EQ(order.row(1000), std::nullopt);
  EXPECT_EQ(order.row(-1), std::nullopt);
}

TEST_F(NumberOrderTest, NeighboursAreNearAndOthersAreNot) {
  const NumberOrder order(listing_, tests::number_of);
  const auto sorted = tests::by_number(ids_);
  for (std::size_t i = 1; i < sorted.size(); ++i)
    EXPECT_TRUE(order.near(entry(sorted[i]), entry(sorted[i - 1]))) << i;
  EXPECT_FALSE(order.near(entry(sorted[0]), entry(sorted[200])));
  EXPECT_FALSE(order.near(entry(sorted[999]), entry(sorted[500])));
}

TEST_F(NumberOrderTest, TwoRowsOfOneFileHavePlacesOfTheirOwn) {
  listing_->add("A7");
  NumberOrder order(listing_, tests::number_of);
  auto second = entry("A7");
  const auto first = order.place(second);
  second.row = 1000;
  ASSERT_TRUE(first);
  EXPECT_EQ(order.place(second), *first + 1);
}

TEST_F(NumberOrderTest, AFileOfAnotherListingHasNoPlace) {
  NumberOrder order(listing_, tests::number_of);
  Listing::Entry other = entry("A1");
  other.dataset.id = "B1";
  EXPECT_EQ(order.place(other), std::nullopt);
}

}  // namespace
}  // namespace esofs::cache
