#include "client/services/tap_limits.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tests/unit/client/services/tap_fixture.h"

namespace esofs::client {
namespace {

using tests::answer_with;
using tests::votable;

std::string capabilities(const std::string& limits) {
  return R"(<v:capabilities xmlns:v="http://www.ivoa.net/xml/VOSICapabilities/v1.0"><capability )"
         R"(standardID="ivo://ivoa.net/std/TAP"><outputLimit>)" +
         limits + "</outputLimit></capability></v:capabilities>";
}

std::vector<std::string> many(std::size_t rows) { return std::vector<std::string>(rows, "A"); }

using TapLimitsTest = TapTest;

TEST_F(TapLimitsTest, RowsThatStopAtTheServicesLimitAreNotComplete) {
  server_.at("/tap/capabilities", answer_with(200, capabilities(R"(<default unit="row">300</default>)"
                                                                R"(<hard unit="row"> 500 </hard>)"
                                                                R"(<hard unit="byte">400</hard>)")));
  const auto truncated = [this](std::size_t rows) {
    server_.at("/tap/sync", answer_with(200, votable(many(rows))));
    auto summary = query(QueryMode::kSync, 5000);
    EXPECT_TRUE(summary);
    return summary && summary->truncated;
  };
  EXPECT_FALSE(truncated(499));
  EXPECT_EQ(server_.requests().size(), 1U) << "no limit is such a number";
  EXPECT_TRUE(truncated(500));
  EXPECT_TRUE(truncated(300));
  EXPECT_FALSE(truncated(400));
  EXPECT_FALSE(truncated(1000)) << "the limits are known, and are others";
  EXPECT_EQ(server_.requests().size(), 6U) << "the service is asked once";
}

TEST_F(TapLimitsTest, RoundNumbersOfRowsAreNoLimitUnlessTheServiceSaysSo) {
  const auto truncated = [this](std::size_t rows, std::uint64_t maxrec) {
    server_.at("/tap/sync", answer_with(200, votable(many(rows))));
    auto summary = query(QueryMode::kSync, maxrec);
    EXPECT_TRUE(summary);
    return summary && summary->truncated;
  };
  server_.at("/tap/capabilities", answer_with(404, ""));
  EXPECT_FALSE(truncated(1000, 5000));
  EXPECT_FALSE(truncated(1000, 1000)) << "as many as were wanted, and not one more";
  EXPECT_FALSE(truncated(500, 5000));
  EXPECT_FALSE(truncated(0, 5000));
}

TEST_F(TapLimitsTest, RowsThatTheQueryItselfLimitsAreComplete) {
  server_.at("/tap/sync", answer_with(200, votable(many(1000))));
  QueryRequest request;
  request.adql = "SELECT DISTINCT top 1000 dp_id FROM ivoa.ObsCore";
  request.maxrec = 5000;
  auto summary = tap_.query(request, table_, turn_);
  ASSERT_TRUE(summary);
  EXPECT_FALSE(summary->truncated);
  EXPECT_EQ(server_.requests().size(), 1U);
}

}  // namespace
}  // namespace esofs::client
