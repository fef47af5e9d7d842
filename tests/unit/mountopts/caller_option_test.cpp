#include "mountopts/caller_option.h"

#include <gmock/gmock.h>

#include <cerrno>
#include <nlohmann/json.hpp>

namespace esofs::mountopts {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string checked(const std::string& words, uid_t user = 0, bool hosts = true) {
  Options options = default_options();
  if (auto applied = apply_text(options, words); !applied) return applied.error().what();
  client::Profile profile;
  profile.name = "fake";
  if (hosts) profile.credential_hosts = {"archive.org"};
  const auto may = check_caller_identity(options, profile, user);
  return may ? "accepted" : may.error().what();
}

TEST(CallerOption, TheMountersIsTheDefaultAndNeedsNothing) {
  EXPECT_EQ(checked("", 1000, false), "accepted");
  EXPECT_EQ(checked("identity=mount,share_private,authorised_tap", 1000), "accepted");
  EXPECT_EQ(shown_options(default_options())["identity"], "mount");
}

TEST(CallerOption, EveryUsersOwnNeedsRootAllowOtherAndAnArchiveWithLogins) {
  EXPECT_EQ(checked("identity=caller,allow_other"), "accepted");
  EXPECT_THAT(checked("identity=caller"), AllOf(HasSubstr("identity=caller"), HasSubstr("allow_other")));
  EXPECT_THAT(checked("identity=caller,allow_other", 1000), HasSubstr("root"));
  EXPECT_THAT(checked("identity=caller,allow_other", 0, false), HasSubstr("credential_hosts"));
}

TEST(CallerOption, ALoginForAllExcludesIt) {
  for (const std::string option :
       {"credentials=/n", "token_file=/t", "token_command=id", "authorised_tap", "share_private"}) {
    EXPECT_THAT(
        checked("identity=caller,allow_other," + option),
        AllOf(HasSubstr("identity=caller and " + option.substr(0, option.find('='))), HasSubstr(": ")))
        << option;
  }
}

TEST(CallerOption, OtherWordsAreRefused) {
  EXPECT_EQ(checked("identity=user"), "option 'identity': 'user' is not one of mount|caller");
  Options options = default_options();
  EXPECT_TRUE(apply_json(options, R"({"identity": "caller"})", "config.json"));
  EXPECT_TRUE(options.caller_identity);
}

}  // namespace
}  // namespace esofs::mountopts
