#include "mountopts/commands/watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace esofs::mountopts {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

json document(std::uint64_t fetched, std::uint64_t served, std::uint64_t hits, std::uint64_t misses) {
  return {{"title", "The Archive"},
          {"cache", {{"fetched_bytes", fetched}, {"hits", hits}, {"misses", misses}, {"bytes", 1U << 20U}}},
          {"filesystem", {{"served_bytes", served}, {"errors", 3}}}};
}

TEST(Watch, RatesAreWhatHasChangedInTheTime) {
  const auto rates = rates_between(document(0, 100, 10, 10), document(4096, 300, 19, 11), 2);
  EXPECT_EQ(rates.received, 2048);
  EXPECT_EQ(rates.served, 100);
  EXPECT_EQ(rates.hits_percent, 90);
}

TEST(Watch, AnotherDaemonHasNoNegativeRates) {
  const auto rates = rates_between(document(4096, 300, 19, 11), document(1, 1, 0, 0), 2);
  EXPECT_EQ(rates.received, 0);
  EXPECT_EQ(rates.served, 0);
  EXPECT_EQ(rates.hits_percent, std::nullopt);
}

TEST(Watch, WhatIsReadIsShownWithProgramUserShareAndPath) {
  json now = document(1, 1, 0, 0);
  now["filesystem"]["activity"] = {{{"path", "/queries/a/x.fits"},
                                    {"program", "c\x1bp"},
                                    {"pid", 77},
                                    {"uid", 0},
                                    {"waiting", 1},
                                    {"size", 4096},
                                    {"cached_bytes", 1024}},
                                   {{"path", "/queries/b"},
                                    {"program", "ls"},
                                    {"pid", 78},
                                    {"uid", 1000},
                                    {"since", "2026-01-01T00:00:00Z"},
                                    {"waiting", 1}}};
  now["running_queries"] = {{{"path", "/queries/b"}, {"since", "2026-01-01T00:00:00Z"}, {"rows", 12}}};
  const std::string text = watch_lines("/mnt/eso", now, {}, 200, 1000);
  EXPECT_THAT(text, HasSubstr("\n  reading   c?p[77] of root  25% of 4.0 KiB  /queries/a/x.fits\n"
                              "            ls[78]  /queries/b  since 2026-01-01T00:00:00Z\n"
                              "  running   /queries/b  since 2026-01-01T00:00:00Z, 12 rows so far\n"
                              "  errors    3, see /mnt/eso/.esofs/errors\n"));
}

TEST(Watch, LinesAreAsWideAsTheTerminal) {
  std::istringstream lines(watch_lines("/mnt/eso", document(1, 1, 1, 1), {}, 30, 0));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 30U) << line;
}

TEST(Watch, OfALongPathTheEndIsShown) {
  json now = document(1, 1, 1, 1);
  now["filesystem"]["activity"] = {
      {{"path", "/queries/a/x.fits"}, {"program", "cp"}, {"pid", 77}, {"size", 1}, {"cached_bytes", 1}}};
  EXPECT_THAT(watch_lines("/mnt/eso", now, {}, 46, 0), HasSubstr("cp[77]  100% of 1 B  ~ies/a/x.fits\n"));
}

TEST(Watch, IntoAFileItIsOneLineWithATime) {
  const std::string line =
      watch_line("2026-01-01T00:00:00Z", "/mnt/eso", document(1, 1, 1, 1), {2048, 1024, 50, true});
  EXPECT_THAT(line,
              ::testing::StartsWith("2026-01-01T00:00:00Z /mnt/eso: 2.0 KiB/s received, 1.0 KiB/s served, "
                                    "50% from the cache; transfers 0 running"));
  EXPECT_THAT(line, ::testing::Not(HasSubstr("\n")));
}

TEST(Watch, TheFirstLookNamesNoRates) {
  const auto now = document(1, 1, 1, 1);
  EXPECT_THAT(watch_lines("/mnt/eso", now, {}, 200, 0),
              HasSubstr("\n  rates     the rates follow with the next look\n"));
  const std::string line = watch_line("now", "/mnt/eso", now, {});
  EXPECT_THAT(line, ::testing::StartsWith("now /mnt/eso: the rates follow with the next look; transfers 0"));
  EXPECT_THAT(line, ::testing::Not(HasSubstr("/s ")));
}

TEST(Watch, ADaemonOfAnEarlierVersionShowsWhatItHas) {
  EXPECT_THAT(watch_lines("/mnt/eso", json::object(), {0, 0, {}, true}, 80, 0),
              HasSubstr("nothing was wanted"));
  EXPECT_THAT(watch_line("now", "/mnt/eso", json::array(), {}), HasSubstr("/mnt/eso"));
}

}  // namespace
}  // namespace esofs::mountopts
