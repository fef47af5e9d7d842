#include "client/base/iso_time.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <optional>

namespace esofs::client {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year;

TEST(IsoTimeTest, DaysAreReadAndWritten) {
  EXPECT_EQ(parse_day("1970-01-02"), sys_days(days(1)));
  EXPECT_EQ(parse_day("2024-02-29"), sys_days(year(2024) / 2 / 29));
  EXPECT_EQ(day_text(sys_days(year(2024) / 2 / 29)), "2024-02-29");
  EXPECT_EQ(day_text(sys_days(year(12) / 2 / 3)), "0012-02-03");
}

TEST(IsoTimeTest, WhatIsNoDayIsRefused) {
  for (const char* text :
       {"", "2024", "2024-02", "2023-02-29", "2024-00-01", "2024-13-01", "2024-1-1", "2024-01-01 ",
        " 2024-01-01", "2024-01-01T00:00:00", "+024-01-01", "2024--1-01", "2024/01/01"})
    EXPECT_FALSE(parse_day(text)) << text;
}

TEST(IsoTimeTest, SecondsAreWrittenInUtc) { EXPECT_EQ(iso_time_text(86401), "1970-01-02T00:00:01Z"); }

TEST(IsoTimeTest, TakesTheFormsOfArchives) {
  const auto time = parse_iso_time("2026-08-19T13:32:34Z");
  EXPECT_EQ(time, 1787146354);
  for (const char* form :
       {"2026-08-19T13:32:34", "2026-08-19 13:32:34.690", "2026-08-19T13:32:34.6901Z",
        " 2026-08-19T13:32:34 ", "2026-08-19T15:32:34+02:00", "2026-08-19T21:32:34.793+0800"})
    EXPECT_EQ(parse_iso_time(form), time) << form;
  EXPECT_EQ(parse_iso_time("1970-01-02"), 86400);
  EXPECT_EQ(parse_iso_time("1970-01-01T00:01"), 60);
  for (const char* form : {"", "2026", "2026-02-30", "2026-13-01", "2026-08-19Tx", "2026-08-19T25:00:00",
                           "2026-08-19T13:32:34Q", "19/08/2026"})
    EXPECT_EQ(parse_iso_time(form), std::nullopt) << form;
}

TEST(IsoTimeTest, TakesModifiedJulianDates) {
  EXPECT_EQ(time_of_mjd(40587), 0);
  EXPECT_EQ(time_of_mjd(40587.5), 43200);
  EXPECT_EQ(time_of_mjd(0), std::nullopt);
  EXPECT_EQ(time_of_mjd(1e300), std::nullopt);
  EXPECT_EQ(time_of_mjd(std::nan("")), std::nullopt);
}

}  // namespace
}  // namespace esofs::client
