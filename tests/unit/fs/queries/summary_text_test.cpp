#include "fs/queries/summary_text.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/fake_catalog.h"

namespace esofs::tests {
namespace {

using client::Value;

FakeListing listing_of(const std::vector<std::string>& columns, const client::Row& row) {
  FakeListing listing;
  for (const auto& name : columns) {
    listing.listing_columns.emplace_back();
    listing.listing_columns.back().name = name;
  }
  listing.add("ADP.2018-06-21T20:32:57.736");
  listing.listing_rows.back() = row;
  return listing;
}

fs::ListingNames archive_names(fs::NameStyle::kArchive);
fs::ListingNames safe_names(fs::NameStyle::kSafe);

TEST(SummaryTextTest, ALineSaysWhatAnAstronomerLooksFor) {
  const auto listing =
      listing_of({"target_name", "instrument_name", "t_exptime", "em_min", "em_max", "snr", "dp_type"},
                 {Value{"NGC253"}, Value{"MUSE"}, Value{1200.0}, Value{4.75e-7}, Value{9.351e-7},
                  Value{12.34F}, Value{"CUBE"}});
  EXPECT_EQ(*fs::summary_text(listing, archive_names),
            "FILE                        TARGET INSTRUMENT EXPTIME WAVELENGTH SNR  TYPE\n"
            "ADP.2018-06-21T20:32:57.736 NGC253 MUSE       1200    475-935nm  12.3 CUBE\n");
}

TEST(SummaryTextTest, ALineFitsIntoATerminal) {
  const auto listing = listing_of({"target_name", "instrument_name", "t_exptime", "em_min", "em_max", "snr"},
                                  {Value{"A name that is much too long"}, Value{"AN-INSTRUMENT"},
                                   Value{123456.7}, Value{1.2345e-6}, Value{2.3456e-6}, Value{1234.5}});
  const std::string text = *fs::summary_text(listing, archive_names);
  EXPECT_LE(text.find('\n'), 79U);
  EXPECT_LE(text.size() - text.find('\n'), 81U);
}

TEST(SummaryTextTest, OnlyColumnsOfTheAnswerAreShown) {
  const auto listing = listing_of({"dp_id", "object"}, {Value{"x"}, Value{}});
  EXPECT_EQ(*fs::summary_text(listing, safe_names),
            "FILE                        TARGET\nADP.2018-06-21T20_32_57.736\n");
}

}  // namespace
}  // namespace esofs::tests
