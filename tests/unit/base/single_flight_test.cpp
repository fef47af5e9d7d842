#include "client/base/single_flight.h"

#include <gtest/gtest.h>

#include <string>

namespace esofs {
namespace {

TEST(SingleFlightTest, TheFirstAskerWorksAndAllAreAnswered) {
  SingleFlight<std::string, int> flights;
  int sum = 0;
  const auto add = [&sum](const int& value) { sum += value; };
  EXPECT_TRUE(flights.join("a", add));
  EXPECT_FALSE(flights.join("a", add));
  EXPECT_TRUE(flights.join("b", add));
  flights.land("a", 10);
  EXPECT_EQ(sum, 20);
  flights.land("b", 1);
  EXPECT_EQ(sum, 21);
}

TEST(SingleFlightTest, AnAnswerMayAskAgain) {
  SingleFlight<int, int> flights;
  bool again = false;
  EXPECT_TRUE(flights.join(1, [&](const int&) { again = flights.join(1, [](const int&) {}); }));
  flights.land(1, 5);
  EXPECT_TRUE(again);
  flights.land(1, 6);
}

}  // namespace
}  // namespace esofs
