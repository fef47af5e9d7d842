// The templates of a mount: the built-in ones and the user's.
#include <gmock/gmock.h>

#include <filesystem>

#include "tests/unit/fs/browse/browse_fixture.h"

namespace esofs::tests {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class BrowseTemplatesTest : public BrowseFixture {};

TEST_F(BrowseTemplatesTest, TemplatesOfTheUserAreUsedAndBadOnesReported) {
  write_template("target.adql", "-- By name\nSELECT * FROM t WHERE n = {name:text}\n");
  write_template("bad.adql", "SELECT {a:dg}\n");
  write_template("cone.own.adql", "-- path: {ra:ra}\nSELECT {ra}\n");
  EXPECT_THAT(list({"browse"}), Contains("target"));
  EXPECT_THAT(list({"browse"}), Not(Contains("bad")));
  EXPECT_THAT(list({"browse", "cone", kCone}), ElementsAre("phase3", "raw", "spectra"));
  const auto readme = cat({"browse", "README.txt"});
  EXPECT_THAT(readme, HasSubstr("target/<name>/"));
  EXPECT_THAT(readme, HasSubstr("template bad.adql, line 1: {a:dg}: no type 'dg'; did you mean 'deg'?"));
  EXPECT_THAT(readme, HasSubstr("template cone.own.adql: its path differs"));
  EXPECT_THAT(cat({".esofs", "errors"}), HasSubstr("bad.adql"));
  EXPECT_THAT(cat({".esofs", "status.json"}), HasSubstr("bad.adql"));
  EXPECT_THAT(cat({"browse", "target", "it's", "query.adql"}), HasSubstr("n = 'it''s'"));
  std::filesystem::remove(temp_ / "browse/target.adql");
  EXPECT_THAT(list({"browse"}), Not(Contains("target")));
}

TEST_F(BrowseTemplatesTest, ATemplateOfTheUserReplacesTheOneOfItsName) {
  write_template("cone.raw.adql",
                 "-- maxrec: 5\n-- path: {ra:ra}_{dec:dec}_{radius:radius}\nSELECT {ra}, {dec}, {radius}\n");
  EXPECT_THAT(cat({"browse", "cone", "1_2_3", "raw", "query.adql"}), HasSubstr("SELECT 1, 2, 3"));
  write_template("cone.adql", "-- path: {ra:ra}\nSELECT {ra}\n");
  EXPECT_THAT(cat({"browse", "cone", "1", "query.adql"}), HasSubstr("SELECT 1"));
  EXPECT_THAT(cat({"browse", "README.txt"}),
              HasSubstr("template cone.raw.adql: browse/cone/ is made by cone.adql"));
}

}  // namespace
}  // namespace esofs::tests
