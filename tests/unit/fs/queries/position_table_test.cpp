// Lists of positions beside a query: saving them, the query that is asked, which files belong to which, cutouts around them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <fstream>
#include <string>

#include "tests/support/fs_fixture.h"

namespace esofs::tests {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kTemplate =
    "SELECT * FROM t WHERE INTERSECTS(s_region, CIRCLE('ICRS', {ra}, {dec}, 0.1)) = 1";
const std::string kPositions = "name,ra,dec\nfirst,10,-20\nsecond,10.2,-20\nfar,50,0\n";
const std::string kAsked =
    "SELECT * FROM t WHERE ((INTERSECTS(s_region, CIRCLE('ICRS', 10, -20, 0.1)) = 1)\n"
    "  OR (INTERSECTS(s_region, CIRCLE('ICRS', 10.2, -20, 0.1)) = 1)\n"
    "  OR (INTERSECTS(s_region, CIRCLE('ICRS', 50, 0, 0.1)) = 1))";

class PositionTableTest : public FsFixture {
 protected:
  PositionTableTest() {
    client::CutoutOffer offer;
    offer.any = offer.circles = true;
    catalog_.put_offer(offer);
    auto answer = std::make_shared<FakeListing>();
    answer->add(kId);
    answer->add(kOtherId);
    for (const char* name : {"s_ra", "s_dec", "s_region"}) {
      answer->listing_columns.emplace_back();
      answer->listing_columns.back().name = name;
    }
    const auto place = [&answer](std::size_t row, double ra, const std::string& region) {
      auto& cells = answer->listing_rows[row];
      cells.insert(cells.end(), {client::Value{ra}, client::Value{-20.0}, client::Value{region}});
    };
    place(0, 10.0, "CIRCLE ICRS 10 -20 0.01");
    place(1, 10.1, "CIRCLE ICRS 10.1 -20 0.3");
    catalog_.put(kAsked, answer);
    answer_ = answer;
  }
  Result<void> save_positions(const std::string& text, const std::string& name = "positions.csv") {
    const auto directory = walk({"queries", "q"});
    auto there = lookup(directory, name);
    if (!there || there->ino == 0) {
      auto made = fs_->create(directory, name);
      if (!made) return made.error();
      if (auto written = write(made->opened.handle, text); !written) return written;
      return close(made->opened.handle);
    }
    auto opened = open(there->ino, O_WRONLY | O_TRUNC);
    if (!opened) return opened.error();
    if (auto written = write(opened->handle, text); !written) return written;
    return close(opened->handle);
  }
  std::shared_ptr<FakeListing> answer_;
  std::string kept() const {
    std::ifstream file(temp_.path() / "queries/q.positions.csv");
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

TEST_F(PositionTableTest, AQueryIsAskedForEachPosition) {
  save("q", kTemplate);
  ASSERT_TRUE(save_positions(kPositions));
  EXPECT_EQ(kept(), kPositions);
  EXPECT_THAT(list({"queries", "q"}), ElementsAre("query.adql", "positions.csv", "status.txt", "table",
                                                  kId + ".fits", kOtherId + ".fits"));
  EXPECT_THAT(cat({"queries", "q", "status.txt"}), HasSubstr("positions: 3;"));
  mount();
  EXPECT_EQ(cat({"queries", "q", "positions.csv"}), kPositions) << "after a remount";
  EXPECT_EQ(list({"queries", "q"}).size(), 6U);
}

TEST_F(PositionTableTest, TheTableSaysWhichFilesBelongToWhichPosition) {
  save("q", kTemplate);
  ASSERT_TRUE(save_positions(kPositions));
  (void)list({"queries", "q"});
  EXPECT_EQ(cat({"queries", "q", "table", "positions.csv"}),
            "POSITION,RA,DEC,FILE,SEPARATION\n"
            "first,10,-20," +
                kId + ".fits,0.0\n" + "first,10,-20," + kOtherId + ".fits,338.3\n" + "second,10.2,-20," +
                kOtherId + ".fits,338.3\n" + "far,50,0,,\n");
}

TEST_F(PositionTableTest, AnAnswerWithoutPlacesIsRefusedWithItsColumns) {
  save("q", kTemplate);
  ASSERT_TRUE(save_positions(kPositions));
  catalog_.put(kAsked, listing_);
  EXPECT_EQ(list({"queries", "q"}).size(), 6U);
  const std::string wanted = "add s_ra, s_dec or s_region to the SELECT";
  EXPECT_THAT(cat({"queries", "q", "status.txt"}), HasSubstr(wanted));
  EXPECT_THAT(cat({"queries", "q", "table", "positions.csv"}), HasSubstr("failed: "));
  EXPECT_THAT(cat({"queries", "q", "table", "positions.csv"}), HasSubstr(wanted));
  EXPECT_THAT(list({"queries", "q", "table"}), Not(Contains("positions.csv"))) << "cp -r copies the rest";
  const auto around = walk({"queries", "q", "cutout", "at_30arcsec"});
  const auto opened = opendir(around);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), EINVAL);
  EXPECT_THAT(opened.error().what(), HasSubstr(wanted));
  EXPECT_FALSE(lookup(around, kId + ".fits"));
  EXPECT_TRUE(opendir(walk({"queries", "q", "cutout", "circle_10_-20_30arcsec"})));
}

TEST_F(PositionTableTest, AnAnswerThatWasCutIsNotSaidToBeAll) {
  const auto put_cut = [this](const std::string& asked, bool truncated) {
    auto answer = std::make_shared<FakeListing>(*answer_);
    answer->truncated = truncated;
    catalog_.put(asked, answer);
  };
  const std::vector<std::string> table{"queries", "q", "table", "positions.csv"};
  save("q", "SELECT TOP 2" + kTemplate.substr(6));
  ASSERT_TRUE(save_positions(kPositions));
  put_cut("SELECT TOP 2" + kAsked.substr(6), false);
  EXPECT_EQ(list({"queries", "q"}).size(), 6U);
  EXPECT_THAT(cat({"queries", "q", "status.txt"}),
              HasSubstr("hint: table/positions.csv: the answer was cut"));
  EXPECT_THAT(cat(table), HasSubstr("remove TOP 2"));
  save("q", kTemplate);
  put_cut(kAsked, true);
  (void)list({"queries", "q"});
  EXPECT_THAT(cat(table), HasSubstr("raise '-- maxrec: NUMBER'"));
  save("q", "SELECT TOP 9" + kTemplate.substr(6));
  put_cut("SELECT TOP 9" + kAsked.substr(6), false);
  EXPECT_THAT(cat(table), HasSubstr("far,50,0,,")) << "nothing was cut";
}

TEST_F(PositionTableTest, AnAnswerWithoutDatasetsHasNoTableOfFiles) {
  save("q", kTemplate);
  ASSERT_TRUE(save_positions(kPositions));
  auto counted = std::make_shared<FakeListing>();
  counted->names_ids = false;
  catalog_.put(kAsked, counted);
  (void)list({"queries", "q"});
  EXPECT_THAT(cat({"queries", "q", "table", "positions.csv"}), HasSubstr("names no datasets"));
  EXPECT_THAT(list({"queries", "q", "table"}), Not(Contains("positions.csv")));
}

TEST_F(PositionTableTest, CutoutsAreAroundThePositionsOfEachFile) {
  save("q", kTemplate);
  ASSERT_TRUE(save_positions(kPositions));
  (void)list({"queries", "q"});
  const std::string stem = kOtherId + "__";
  EXPECT_THAT(list({"queries", "q", "cutout", "at_30arcsec"}),
              ElementsAre(kId + ".fits", stem + "first.fits", stem + "second.fits"));
  const auto spec = [&](const std::string& name) {
    return *fs_->getxattr(walk({"queries", "q", "cutout", "at_30arcsec", name}), "user.esofs.cutout");
  };
  EXPECT_EQ(spec(kId + ".fits"), "circle_10_-20_0.008333333333");
  EXPECT_EQ(spec(stem + "second.fits"), "circle_10.2_-20_0.008333333333");
  EXPECT_EQ(spec(kOtherId + ".fits"), spec(stem + "first.fits"));
  EXPECT_THAT(list({"queries", "q", "cutout"}), ElementsAre("at_30arcsec"));
  for (const char* name : {"at_30as", "at_", "at_-1", "at_30"}) {
    const auto found = lookup(walk({"queries", "q", "cutout"}), name);
    EXPECT_TRUE(!found || found->ino == 0) << name;
  }
}

TEST_F(PositionTableTest, CutoutsFollowNamesThatAreSwapped) {
  save("q", kTemplate);
  ASSERT_TRUE(save_positions(kPositions));
  (void)list({"queries", "q"});
  const std::vector<std::string> place{"queries", "q", "cutout", "at_30arcsec"};
  (void)list(place);
  ASSERT_TRUE(save_positions("name,ra,dec\nsecond,10,-20\nfirst,10.2,-20\nfar,50,0\n"));
  const auto spec = [&](const std::string& label) {
    const auto found = lookup(walk(place), kOtherId + "__" + label + ".fits");
    return found ? *fs_->getxattr(found->ino, "user.esofs.cutout") : found.error().what();
  };
  EXPECT_EQ(spec("first"), "circle_10.2_-20_0.008333333333");
  EXPECT_EQ(spec("second"), "circle_10_-20_0.008333333333");
}

TEST_F(PositionTableTest, CutoutsFollowNamesThatAreNew) {
  save("q", kTemplate);
  ASSERT_TRUE(save_positions(kPositions));
  (void)list({"queries", "q"});
  const std::vector<std::string> place{"queries", "q", "cutout", "at_30arcsec"};
  (void)list(place);
  ASSERT_TRUE(save_positions("name,ra,dec\np,10,-20\nq,10.2,-20\nfar,50,0\n"));
  const std::string stem = kOtherId + "__";
  EXPECT_THAT(list(place), ElementsAre(kId + ".fits", stem + "p.fits", stem + "q.fits"));
  EXPECT_TRUE(lookup(walk(place), stem + "p.fits"));
  const auto old = lookup(walk(place), stem + "first.fits");
  EXPECT_TRUE(!old || old->ino == 0);
}

TEST_F(PositionTableTest, TheKernelKeepsNoNamesOfCutoutsAroundPositions) {
  save("q", kTemplate);
  ASSERT_TRUE(save_positions(kPositions));
  (void)list({"queries", "q"});
  const auto around = walk({"queries", "q", "cutout", "at_30arcsec"});
  EXPECT_EQ(lookup(around, kId + ".fits")->entry_timeout, 0);
  const auto absent = lookup(around, kId + "__none.fits");
  EXPECT_TRUE(!absent || absent->entry_timeout == 0);
  const auto fixed = walk({"queries", "q", "cutout", "circle_10_-20_30arcsec"});
  EXPECT_GT(lookup(fixed, kId + ".fits")->entry_timeout, 0);
}

TEST_F(PositionTableTest, CutoutsAroundPositionsComeWithThePositions) {
  save("q", "SELECT * FROM t");
  catalog_.put("SELECT * FROM t", std::make_shared<FakeListing>());
  const auto cutouts = walk({"queries", "q", "cutout"});
  const auto before = lookup(cutouts, "at_30arcsec");
  EXPECT_TRUE(!before || (before->ino == 0 && before->entry_timeout == 0));
  save("q", kTemplate);
  ASSERT_TRUE(save_positions(kPositions));
  const auto now = lookup(cutouts, "at_30arcsec");
  EXPECT_TRUE(now && now->ino != 0) << "while the kernel keeps cutout/";
}

TEST_F(PositionTableTest, ABadLineIsRefusedAndNothingIsLost) {
  save("q", kTemplate);
  const std::string bad = "ra,dec\n10,-20\nten,-20\n";
  const auto saved = save_positions(bad);
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().code(), EINVAL);
  EXPECT_THAT(saved.error().what(), HasSubstr("positions.csv line 3: 'ten'"));
  EXPECT_EQ(kept(), bad);
  EXPECT_EQ(cat({"queries", "q", "positions.csv"}), bad);
  EXPECT_EQ(opendir(walk({"queries", "q"})).error().code(), EINVAL);
  EXPECT_THAT(cat({"queries", "q", "status.txt"}), HasSubstr("line 3"));
}

TEST_F(PositionTableTest, AnEditorsRenameOntoItIsChecked) {
  save("q", kTemplate);
  ASSERT_TRUE(save_positions(kPositions));
  ASSERT_TRUE(save_positions("ra,dec\nx,y\n", "positions.csv.AbC123"));
  const auto directory = walk({"queries", "q"});
  const auto renamed = fs_->rename(directory, "positions.csv.AbC123", directory, "positions.csv", 0);
  ASSERT_FALSE(renamed);
  EXPECT_EQ(renamed.error().code(), EINVAL);
  EXPECT_EQ(cat({"queries", "q", "positions.csv"}), kPositions);
  EXPECT_EQ(cat({"queries", "q", "positions.csv.AbC123"}), "ra,dec\nx,y\n");
}

TEST_F(PositionTableTest, QueryAndPositionsNeedEachOther) {
  save("q", kTemplate);
  EXPECT_EQ(opendir(walk({"queries", "q"})).error().code(), EINVAL);
  EXPECT_THAT(cat({"queries", "q", "status.txt"}), HasSubstr("write positions.csv beside it"));
  ASSERT_TRUE(save_positions(kPositions));
  save("q", kAdql);
  EXPECT_THAT(cat({"queries", "q", "status.txt"}),
              HasSubstr("query.adql does not use it: write {ra} and {dec}"));
  ASSERT_TRUE(fs_->unlink(walk({"queries", "q"}), "positions.csv"));
  EXPECT_EQ(kept(), "");
  EXPECT_EQ(list({"queries", "q"}).size(), 5U);
}

TEST_F(PositionTableTest, RemovingAndRenamingAQueryTakesItsPositions) {
  save("q", kTemplate);
  ASSERT_TRUE(save_positions(kPositions));
  ASSERT_TRUE(fs_->rename(walk({"queries"}), "q", walk({"queries"}), "r", 0));
  EXPECT_EQ(kept(), "");
  EXPECT_EQ(cat({"queries", "r", "positions.csv"}), kPositions);
  ASSERT_TRUE(rmdir(walk({"queries"}), "r"));
  EXPECT_FALSE(std::filesystem::exists(temp_.path() / "queries/r.positions.csv"));
}

}  // namespace
}  // namespace esofs::tests
