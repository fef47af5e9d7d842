#include "fs/tree/listing_names.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/fake_catalog.h"

namespace esofs::tests {
namespace {

using client::Value;
using Names = std::vector<std::string>;

class ListingNamesTest : public ::testing::Test {
 protected:
  ListingNamesTest() {
    for (const char* name : {"target_name", "instrument_name", "em_min", "em_max", "t_min"}) {
      listing_.listing_columns.emplace_back();
      listing_.listing_columns.back().name = name;
    }
  }
  void add(const std::string& id, const std::string& target, double lo = 3.781e-7, double mjd = 58905.65) {
    listing_.add(id);
    listing_.listing_rows.back() = {Value{target}, Value{std::string("UVES")}, Value{lo}, Value{6.91e-7},
                                    Value{mjd}};
  }
  Names shown(fs::ListingNames& names) const {
    Names all;
    for (const auto& entry : listing_.listing_entries) all.push_back(names.shown(listing_, entry));
    return all;
  }
  std::string id_of(fs::ListingNames& names, const std::string& name) const {
    const auto found = names.find(listing_, name);
    return found && *found ? (*found)->dataset.id : "none";
  }

  FakeListing listing_;
  fs::ListingNames names_{fs::NameStyle::kReadable};
};

const std::string kOne = "ADP.2020-02-26T15:36:25.254";
const std::string kTwo = "ADP.2020-02-26T15:36:25.255";

TEST_F(ListingNamesTest, ANameSaysWhatTheFileShows) {
  add(kOne, "HD 10700");
  EXPECT_EQ(shown(names_), Names{"HD10700_UVES_378-691nm_2020-02-26T15.fits"});
  EXPECT_EQ(id_of(names_, "HD10700_UVES_378-691nm_2020-02-26T15.fits"), kOne);
  EXPECT_EQ(id_of(names_, kOne + ".fits"), kOne) << "the archive's own name";
  EXPECT_EQ(id_of(names_, "ADP.2020-02-26T15_36_25.254.fits"), kOne);
}

TEST_F(ListingNamesTest, EqualNamesEndInDigitsOfTheirIdentifiers) {
  add(kOne, "HD 10700");
  add(kTwo, "HD10700");
  const Names first = shown(names_);
  EXPECT_NE(first[0], first[1]);
  EXPECT_EQ(first[0].size(), std::string("HD10700_UVES_378-691nm_2020-02-26T15_123456.fits").size());
  EXPECT_EQ(id_of(names_, "HD10700_UVES_378-691nm_2020-02-26T15.fits"), "none");
  EXPECT_EQ(id_of(names_, first[1]), kTwo);
  // The same rows in another order, as a refresh may bring them.
  FakeListing again = listing_;
  again.name = "listing-2";
  std::swap(again.listing_rows[0], again.listing_rows[1]);
  std::swap(again.listing_entries[0].name, again.listing_entries[1].name);
  std::swap(again.listing_entries[0].dataset, again.listing_entries[1].dataset);
  EXPECT_EQ(names_.shown(again, again.listing_entries[0]), first[1]);
  EXPECT_EQ(names_.shown(again, again.listing_entries[1]), first[0]);
}

TEST_F(ListingNamesTest, NamesHaveSafeCharactersOnly) {
  add(kOne, "[KB] $x; *a/../b\n' 12");
  add(kTwo, "...");
  const Names all = shown(names_);
  EXPECT_EQ(all[0].find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+"),
            std::string::npos)
      << all[0];
  EXPECT_TRUE(all[0].starts_with("KBxa"));
  EXPECT_EQ(all[1], "UVES_378-691nm_2020-02-26T15.fits");
}

TEST_F(ListingNamesTest, WithoutTargetAndInstrumentTheArchivesNameStays) {
  listing_.add(kOne);
  listing_.listing_rows.back() = {Value{}, Value{}, Value{}, Value{}, Value{}};
  EXPECT_EQ(shown(names_), Names{kOne + ".fits"});
  add(kTwo, "X", 1.5e-6);
  EXPECT_EQ(names_.find(listing_, "login.cl")->has_value(), false);
}

TEST_F(ListingNamesTest, OtherStylesAreAsBefore) {
  add(kOne, "HD 10700");
  fs::ListingNames safe(fs::NameStyle::kSafe);
  EXPECT_EQ(shown(safe), Names{"ADP.2020-02-26T15_36_25.254.fits"});
  EXPECT_EQ(id_of(safe, "HD10700_UVES_378-691nm_2020-02-26T15.fits"), "none");
}

}  // namespace
}  // namespace esofs::tests
