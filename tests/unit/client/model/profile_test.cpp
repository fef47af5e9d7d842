#include "client/model/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "tests/support/temp_dir.h"

namespace esofs::client {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string refusal(const std::string& json) {
  const auto profile = parse_profile(json, "x.json");
  if (profile) return "accepted";
  EXPECT_EQ(profile.error().code(), EINVAL);
  return profile.error().what();
}

TEST(ProfileTest, AProfileOfItsOwnIsRead) {
  const auto profile = parse_profile(R"({
      "name": "mine", "tap": [{"name": "t", "url": "https://a.org/tap/", "schemas": ["ivoa"], "maxrec": 7}],
      "datalink_pattern": "https://a.org/links?ID={id}", "ids": ["X\\d+"], "placeholder_lengths": [5, 6]})",
                                     "x.json");
  ASSERT_TRUE(profile) << profile.error().what();
  EXPECT_EQ(profile->name, "mine");
  EXPECT_EQ(profile->tap.at(0).url, "https://a.org/tap");
  EXPECT_EQ(profile->tap.at(0).maxrec, 7U);
  EXPECT_THAT(profile->placeholder_lengths, ElementsAre(5U, 6U));
  EXPECT_EQ(profile->obscore_id_column, "obs_publisher_did");
}

TEST(ProfileTest, TheBuiltInProfileIsRead) {
  const auto profile = eso_profile();
  EXPECT_EQ(profile.name, "eso");
  ASSERT_EQ(profile.tap.size(), 2U);
  EXPECT_EQ(profile.tap[0].name, "obs");
  EXPECT_TRUE(profile.tap[0].authorised);
  EXPECT_FALSE(profile.tap[1].authorised);
  EXPECT_THAT(profile.placeholder_lengths, ElementsAre(1'000'000U, 500'000U, 10'000U));
  EXPECT_EQ(profile.limits.size(), 5U);
}

TEST(ProfileTest, EsosFilesAndCutoutsTakeALoginUnderEachNameOfTheirPath) {
  std::vector<std::string> places;
  for (const auto& service : eso_profile().authorised) places.push_back(service.url);
  for (const char* top : {"dataPortal", "dataPortal_new", "dataportal_new"})
    for (const char* kind : {"file/", "soda/"})
      EXPECT_THAT(places, Contains(std::string("https://dataportal.eso.org/") + top + "/" + kind));
}

TEST(ProfileTest, AMirrorInheritsEverythingButTheHosts) {
  const auto profile =
      parse_profile(R"({"name": "sim", "extends": "eso", "base_url": "http://127.0.0.1:8080/"})", "x.json");
  ASSERT_TRUE(profile) << profile.error().what();
  EXPECT_EQ(profile->name, "sim");
  EXPECT_EQ(profile->tap.at(0).url, "http://127.0.0.1:8080/tap_obs");
  EXPECT_EQ(profile->tap.at(1).url, "http://127.0.0.1:8080/tap_cat");
  EXPECT_EQ(profile->datalink_pattern, "http://127.0.0.1:8080/datalink/links?ID=ivo://eso.org/ID?{id}");
  EXPECT_EQ(profile->file_pattern, "http://127.0.0.1:8080/dataPortal/file/{id}");
  EXPECT_EQ(profile->raw_table, "dbo.raw");
  EXPECT_THAT(profile->credential_hosts, ElementsAre("127.0.0.1"));
}

TEST(ProfileTest, AnOverriddenUrlIsNotMoved) {
  const auto profile = parse_profile(
      R"({"file_pattern": "https://b.org/{id}", "base_url": "http://c:1", "extends": "eso"})", "x.json");
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile->file_pattern, "https://b.org/{id}");
}

TEST(ProfileTest, AMistypedKeyIsNamedWithItsNeighbour) {
  EXPECT_EQ(refusal(R"({"extends": "eso", "datalnk_pattern": "x"})"),
            "archive profile x.json: unknown key 'datalnk_pattern' (did you mean 'datalink_pattern'?)");
  EXPECT_THAT(refusal(R"({"tap": [{"urls": "http://a/tap"}]})"),
              HasSubstr("x.json, tap service 1: unknown key 'urls' (did you mean 'url'?)"));
}

TEST(ProfileTest, WrongTypesAreRefusedWithTheirKey) {
  EXPECT_THAT(refusal("{"), HasSubstr("not JSON"));
  EXPECT_THAT(refusal("[]"), HasSubstr("must be an object"));
  EXPECT_THAT(refusal("{}"), HasSubstr("'tap' is missing"));
  EXPECT_THAT(refusal(R"({"extends": "alma"})"), HasSubstr("'extends'"));
  EXPECT_THAT(refusal(R"({"extends": "eso", "name": 3})"), HasSubstr("'name' must be a text"));
  EXPECT_THAT(refusal(R"({"extends": "eso", "ids": ["("]})"), HasSubstr("not a regular expression"));
  EXPECT_THAT(refusal(R"({"extends": "eso", "ids": "x"})"), HasSubstr("'ids' must be a list"));
  EXPECT_THAT(refusal(R"({"extends": "eso", "estsize_unit": -1})"), HasSubstr("'estsize_unit'"));
  EXPECT_THAT(refusal(R"({"extends": "eso", "estsize_unit": 0})"), HasSubstr("'estsize_unit'"));
  EXPECT_THAT(refusal(R"({"extends": "eso", "file_pattern": "https://a/file"})"),
              HasSubstr("must hold {id}"));
  EXPECT_THAT(refusal(R"({"extends": "eso", "base_url": "file:///etc"})"), HasSubstr("'base_url'"));
  EXPECT_THAT(refusal(R"({"tap": [{"name": "x"}]})"), HasSubstr("'url' is missing"));
  EXPECT_THAT(refusal(R"({"tap": []})"), HasSubstr("at least one"));
}

std::string refusal_of_names(const std::string& first, const std::string& second) {
  return refusal(R"({"tap": [{"url": "http://a/tap")" + first + R"(}, {"url": "http://b/tap")" + second +
                 "}]}");
}

TEST(ProfileTest, TheNameOfAServiceIsThatOfADirectory) {
  for (const char* good : {"x", "a b", "Ünïcode", "..."})
    EXPECT_EQ(refusal_of_names(R"(, "name": ")" + std::string(good) + '"', ""), "accepted") << good;
  EXPECT_EQ(refusal_of_names("", R"(, "name": ")" + std::string(255, 'x') + '"'), "accepted");
  for (const std::string bad : {"", ".", "..", "a/b", "../../y", "a\\u0000", "a\\nb", "\\u007f"})
    EXPECT_EQ(refusal_of_names("", R"(, "name": ")" + bad + '"'),
              "archive profile x.json, tap service 2: 'name' must be the name of a directory: 1 to 255 bytes "
              "without / and control characters, and neither . nor ..")
        << bad;
  EXPECT_THAT(refusal_of_names(R"(, "name": ")" + std::string(256, 'x') + '"', ""),
              HasSubstr("tap service 1: 'name' must be the name of a directory"));
}

TEST(ProfileTest, TwoServicesOfOneNameAreRefused) {
  EXPECT_EQ(refusal_of_names(R"(, "name": "x")", R"(, "name": "x")"),
            "archive profile x.json, tap service 2: 'name' must differ from that of tap service 1");
  EXPECT_THAT(refusal_of_names(R"(, "name": "tap2")", ""), HasSubstr("tap service 2: 'name' must differ"));
  EXPECT_EQ(refusal_of_names(R"(, "name": "x")", R"(, "name": "X")"), "accepted");
  EXPECT_EQ(refusal_of_names("", ""), "accepted");
}

class FindProfileTest : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(dir_.path() / name) << text;
  }
  std::string dir() const { return dir_.path().string(); }
  tests::TempDir dir_;
};

TEST_F(FindProfileTest, EsoIsBuiltIn) {
  const auto profile = find_profile("eso", dir());
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile->tap.front().url, "https://archive.eso.org/tap_obs");
}

TEST_F(FindProfileTest, AUsersProfileIsFoundByNameAndPath) {
  write("mine.json", R"({"tap": [{"url": "http://a.org:80/tap"}]})");
  ASSERT_TRUE(find_profile("mine", dir()));
  const auto profile = find_profile(dir() + "/mine.json", "");
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile->name, "a.org");
}

TEST_F(FindProfileTest, ATapUrlIsAProfile) {
  const auto profile = find_profile("https://gea.esac.esa.int/tap-server/tap/", dir());
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile->name, "gea.esac.esa.int");
  EXPECT_EQ(profile->tap.front().url, "https://gea.esac.esa.int/tap-server/tap");
  EXPECT_EQ(find_profile("http://", dir()).error().code(), EINVAL);
}

TEST_F(FindProfileTest, AnUnknownNameIsNotFoundAndHasANeighbour) {
  write("telescope.json", "{}");
  const auto profile = find_profile("telescop", dir());
  ASSERT_FALSE(profile);
  EXPECT_EQ(profile.error().code(), ENOENT);
  EXPECT_THAT(profile.error().what(), HasSubstr("did you mean 'telescope'?"));
  EXPECT_EQ(find_profile("/nowhere/x.json", dir()).error().code(), ENOENT);
}

}  // namespace
}  // namespace esofs::client
