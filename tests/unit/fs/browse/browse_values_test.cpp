// The values of an argument that the archive lists.
#include <gmock/gmock.h>

#include <cerrno>

#include "tests/unit/fs/browse/browse_fixture.h"

namespace esofs::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class BrowseValuesTest : public BrowseFixture {};

TEST_F(BrowseValuesTest, ListedValuesAreShownInPlainLetters) {
  EXPECT_THAT(list({"browse", "night"}), ElementsAre("FORS2__UT1_", "MUSE"));
  EXPECT_EQ(catalog_.asked(), 1);
  EXPECT_THAT(cat({"browse", "night", "FORS2__UT1_", "2024-01-01", "query.adql"}),
              HasSubstr("instrument = 'FORS2 (UT1)'"));
  EXPECT_EQ(lookup(walk({"browse", "night", "FORS2 (UT1)"}), "2024-01-01")->ino != 0, true);
}

TEST_F(BrowseValuesTest, AFailedListIsAnErrorAndNoEmptyDirectory) {
  catalog_.fail(kInstruments, Error(ETIMEDOUT, "no answer"));
  EXPECT_EQ(opendir(walk({"browse", "night"})).error().code(), ETIMEDOUT);
  EXPECT_NE(walk({"browse", "night", "MUSE", "2024-01-01"}), 0U);
}

}  // namespace
}  // namespace esofs::tests
