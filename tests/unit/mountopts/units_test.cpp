#include "mountopts/units.h"

#include <gtest/gtest.h>

namespace esofs::mountopts {
namespace {

using namespace std::chrono_literals;

TEST(UnitsTest, BytesTakeTheUsualUnits) {
  EXPECT_EQ(*parse_bytes("17"), 17U);
  EXPECT_EQ(*parse_bytes("64K"), 64U << 10U);
  EXPECT_EQ(*parse_bytes("64kB"), 64U << 10U);
  EXPECT_EQ(*parse_bytes("3MiB"), 3U << 20U);
  EXPECT_EQ(*parse_bytes("20g"), 20ULL << 30U);
  EXPECT_EQ(*parse_bytes("1T"), 1ULL << 40U);
}

TEST(UnitsTest, WhatIsNoNumberOfBytesIsRefused) {
  for (const auto* text : {"", "-1", "1.5G", "G", "1X", "99999999T", "1 G"})
    EXPECT_FALSE(parse_bytes(text)) << text;
}

TEST(UnitsTest, TimesTakeTheUsualUnits) {
  EXPECT_EQ(*parse_duration("90"), 90s);
  EXPECT_EQ(*parse_duration("1.5h"), 90min);
  EXPECT_EQ(*parse_duration("250ms"), 250ms);
  EXPECT_EQ(*parse_duration("15m"), 15min);
  EXPECT_EQ(*parse_duration("2d"), 48h);
}

TEST(UnitsTest, WhatIsNoTimeIsRefused) {
  for (const auto* text : {"", "-5s", "soon", "5 s", "5y", "1e99"})
    EXPECT_FALSE(parse_duration(text)) << text;
}

TEST(UnitsTest, WhatIsShownIsReadBack) {
  for (const std::uint64_t bytes : {0ULL, 1000ULL, 1536ULL << 20U, 20ULL << 30U}) {
    EXPECT_EQ(*parse_bytes(shown_bytes(bytes)), bytes);
  }
  for (const auto time : {0ms, 250ms, 1500ms, 60'000ms, 86'400'000ms}) {
    EXPECT_EQ(*parse_duration(shown_duration(time)), time);
  }
  EXPECT_EQ(shown_bytes(20ULL << 30U), "20G");
  EXPECT_EQ(shown_duration(24h), "1d");
}

TEST(UnitsTest, BytesAreShownToPeopleWithOneDecimal) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(1023), "1023 B");
  EXPECT_EQ(human_bytes(1536), "1.5 KiB");
  EXPECT_EQ(human_bytes(20ULL << 30U), "20.0 GiB");
}

}  // namespace
}  // namespace esofs::mountopts
