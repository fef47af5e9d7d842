#include "fs/readme.h"

#include <gmock/gmock.h>

#include "client/model/identifiers.h"

namespace esofs::fs {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Readme, AnArchiveLikeEsosIsShownWithItsForms) {
  Config config;
  config.archive_title = "ESO Science Archive";
  config.tap_services = {"obs", "cat"};
  config.browse.eso_tables = config.browse.resolver = true;
  config.calibrations = config.login = true;
  client::Profile profile;
  profile.ids = {"ADP.*"};
  config.ids = std::make_shared<const client::Identifiers>(profile);
  const auto text = readme_text(config);
  EXPECT_THAT(text, HasSubstr("ESO Science Archive, mounted"));
  EXPECT_THAT(text, HasSubstr("ls browse/object/NGC_253/phase3"));
  EXPECT_THAT(text, HasSubstr("ls browse/cone/83.82_-5.39_10arcmin/raw"));
  EXPECT_THAT(text, HasSubstr("-- service: obs|cat "));
  EXPECT_THAT(text, HasSubstr("SERVICE is obs cat\n"));
  EXPECT_THAT(text, HasSubstr("any identifier can be looked up"));
  EXPECT_THAT(text, HasSubstr("calibrations/raw/"));
  EXPECT_THAT(text, HasSubstr("esofs login"));
}

TEST(Readme, AnotherArchiveIsNotPromisedWhatItDoesNotHave) {
  Config config;
  config.archive_title = "The archive at example.org";
  config.tap_services = {"tap"};
  config.browse.obscore_table = "obs.core";
  const auto text = readme_text(config);
  EXPECT_THAT(text, HasSubstr("SELECT * FROM obs.core "));
  EXPECT_THAT(text, HasSubstr("ls browse/cone/83.82_-5.39_10arcmin/obscore\n"));
  EXPECT_THAT(text, HasSubstr("those that a listing has named"));
  for (const char* absent :
       {"phase3", "browse/object", "/raw", "-- service", "calibrations", "night_log", "login", "Limits"})
    EXPECT_THAT(text, Not(HasSubstr(absent)));
}

TEST(Readme, TheLimitsOfTheArchiveStandAtTheEnd) {
  Config config;
  config.limits = {"One.", "Two."};
  EXPECT_TRUE(readme_text(config).ends_with("\nLimits of this archive:\n  One.\n  Two.\n"));
}

}  // namespace
}  // namespace esofs::fs
