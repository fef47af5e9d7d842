// The root of a mounted tree.
#include <gtest/gtest.h>

#include <string>

#include "tests/support/fs_fixture.h"

namespace esofs::tests {
namespace {

class RootTest : public FsFixture {};

TEST_F(RootTest, TheReadmeNamesTheArchiveAndItsLimits) {
  const std::string text = cat({"README.txt"});
  EXPECT_NE(text.find("The Fake Archive"), std::string::npos);
  EXPECT_NE(text.find("It has two datasets."), std::string::npos);
  EXPECT_NE(cat({".esofs", "status.json"}).find("\"archive\": \"fake\""), std::string::npos);
}

TEST_F(RootTest, TheProgramsOfTheStatusAreThoseOfItsReader) {
  fs::Config with_programs = config();
  with_programs.programs = [](std::optional<uid_t> user) -> nlohmann::ordered_json {
    return {{{"program", user ? "of " + std::to_string(*user) : "of all"}}};
  };
  mount(std::move(with_programs));
  const auto programs_for = [this](uid_t user) {
    std::string program;
    fs_->open(walk({".esofs", "status.json"}), O_RDONLY, user, [&](Result<fs::Opened> opened) {
      ASSERT_TRUE(opened);
      auto bytes = read(opened->handle, 0, 1U << 20U);
      ASSERT_TRUE(bytes);
      const auto* text = reinterpret_cast<const char*>(bytes->data());
      program = nlohmann::json::parse(text, text + bytes->size())["programs"][0]["program"];
      fs_->release(opened->handle);
    });
    return program;
  };
  EXPECT_EQ(programs_for(0), "of all");
  EXPECT_EQ(programs_for(4711), "of 4711");
}

}  // namespace
}  // namespace esofs::tests
