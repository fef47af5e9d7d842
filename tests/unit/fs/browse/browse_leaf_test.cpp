// The directories of browse/ that are queries.
#include <gmock/gmock.h>

#include <cerrno>
#include <optional>

#include "tests/unit/fs/browse/browse_fixture.h"

namespace esofs::tests {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class BrowseLeafTest : public BrowseFixture {};

TEST_F(BrowseLeafTest, ALeafIsAQueryDirectoryThatAsksWhenItIsOpened) {
  const auto leaf = walk({"browse", "cone", kCone, "phase3"});
  EXPECT_EQ(catalog_.asked(), 0);
  EXPECT_THAT(list({"browse", "cone", kCone, "phase3"}),
              ElementsAre("query.adql", "status.txt", "table", kId + ".fits", kOtherId + ".fits"));
  EXPECT_EQ(catalog_.asked(), 1);
  EXPECT_EQ(lookup(leaf, kId + ".fits")->ino, lookup(walk({"datasets", kId}), kId + ".fits")->ino);
  EXPECT_THAT(cat({"browse", "cone", kCone, "phase3", "query.adql"}), HasSubstr(kConeQuery));
  EXPECT_THAT(cat({"browse", "cone", kCone, "phase3", "status.txt"}), HasSubstr("phase: COMPLETED"));
}

TEST_F(BrowseLeafTest, AnObjectIsResolvedWhenItsDirectoryIsOpened) {
  (void)walk({"browse", "object", "NGC_253", "phase3"});
  EXPECT_THAT(cat({"browse", "object", "NGC_253", "phase3", "status.txt"}), HasSubstr("NOT RUN YET"));
  EXPECT_EQ(catalog_.asked(), 0);
  EXPECT_THAT(list({"browse", "object", "NGC_253", "phase3"}), Contains(kId + ".fits"));
  EXPECT_EQ(catalog_.asked(), 2);  // the resolver and the query
  const auto text = cat({"browse", "object", "NGC_253", "phase3", "query.adql"});
  EXPECT_THAT(text, HasSubstr("-- the position of NGC 253 is 11.888 -25.288, says Simbad  CDS\n"));
  EXPECT_THAT(text, HasSubstr(kObjectQuery));
  EXPECT_THAT(list({"browse", "object"}), ElementsAre("NGC_253"));
}

TEST_F(BrowseLeafTest, AnUnknownObjectIsEnoentWhenItIsOpened) {
  EXPECT_EQ(opendir(walk({"browse", "object", "Nonsense"})).error().code(), ENOENT);
  EXPECT_EQ(opendir(walk({"browse", "object", "Nonsense", "raw"})).error().code(), ENOENT);
  EXPECT_THAT(list({"browse", "object"}), IsEmpty());
}

TEST_F(BrowseLeafTest, ALookupBelowAnUnresolvedObjectHasADeadline) {
  const auto leaf = walk({"browse", "object", "NGC_253", "phase3"});
  catalog_.hold();
  std::optional<Result<fs::Entry>> answer;
  fs_->lookup(leaf, kId + ".fits", [&](Result<fs::Entry> entry) { answer = std::move(entry); });
  EXPECT_FALSE(answer);
  timer_.pass(config().lookup_wait);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->error().code(), EAGAIN);
}

TEST_F(BrowseLeafTest, WaitingForTheQueryOfAnObjectCanBeInterrupted) {
  const auto leaf = walk({"browse", "object", "NGC_253", "phase3"});
  catalog_.hold();
  std::optional<Result<fs::Entry>> looked;
  std::optional<Result<fs::Opened>> opened;
  const Cancel lookup = fs_->lookup(leaf, kId + ".fits", [&](Result<fs::Entry> r) { looked = std::move(r); });
  const Cancel opendir = fs_->opendir(leaf, [&](Result<fs::Opened> r) { opened = std::move(r); });
  catalog_.release_once();  // the resolver has answered
  ASSERT_EQ(catalog_.waiting(), 2U);
  lookup();
  opendir();
  ASSERT_TRUE(looked);
  EXPECT_EQ(looked->error().code(), EINTR);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->error().code(), EINTR);
}

TEST_F(BrowseLeafTest, NothingInItCanBeWrittenButATouchAsksAgain) {
  const auto leaf = walk({"browse", "cone", kCone, "phase3"});
  (void)list({"browse", "cone", kCone, "phase3"});
  const auto query = lookup(leaf, "query.adql")->ino;
  EXPECT_EQ(open(query, O_WRONLY).error().code(), EROFS);
  EXPECT_EQ(open(query, O_WRONLY | O_TRUNC).error().code(), EROFS);
  EXPECT_EQ(fs_->unlink(leaf, "query.adql").error().code(), EROFS);
  EXPECT_EQ(fs_->mkdir(leaf, "new").error().code(), EROFS);
  EXPECT_EQ(fs_->unlink(lookup(leaf, "table")->ino, "result.vot").error().code(), EROFS);
  EXPECT_EQ(catalog_.refreshes(), 0);
  fs::Change touch;
  touch.mtime_now = true;
  EXPECT_TRUE(fs_->setattr(query, touch));
  EXPECT_EQ(catalog_.refreshes(), 1);
  fs::Change cut;
  cut.size = 0;
  EXPECT_FALSE(fs_->setattr(query, cut));
}

TEST_F(BrowseLeafTest, ADirectoryBelowChoosesAnInstrument) {
  auto some = std::make_shared<FakeListing>();
  some->add(kId);
  catalog_.put(kConeQuery + "\n  AND instrument_name = 'UVES'", some);
  catalog_.put(kConeQuery + "\n  AND instrument_name = 'UVESS'", std::make_shared<FakeListing>());
  const std::vector<std::string> leaf{"browse", "cone", kCone, "phase3"};
  auto uves = leaf;
  uves.emplace_back("UVES");
  EXPECT_THAT(list(uves), ElementsAre("query.adql", "status.txt", "table", kId + ".fits"));
  auto none = leaf;
  none.emplace_back("UVESS");
  auto opened = opendir(walk(none));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ENOENT);
  EXPECT_THAT(list(leaf), Not(Contains("UVES"))) << "nothing twice in a walk through the tree";
  EXPECT_TRUE(absent(walk(leaf), "uves"));
  EXPECT_TRUE(absent(walk(uves), "UVES"));
}

}  // namespace
}  // namespace esofs::tests
