#include "cache/walks/listing_walk.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/fake_catalog.h"
#include "tests/support/numbered_files.h"

namespace esofs::cache {
namespace {

class ListingWalkTest : public ::testing::Test {
 protected:
  // Rows in the order of the ids given.
  void list(const std::vector<std::string>& ids) {
    auto listing = std::make_shared<tests::FakeListing>();
    for (const auto& id : ids) listing->add(id);
    listing_ = listing;
  }
  Listing::Entry entry(const std::string& id) const {
    const auto found = listing_->find(id + ".fits");
    return found && *found ? **found : Listing::Entry{};
  }
  // The ids that follow after these opens.
  std::vector<std::string> next_after(const std::vector<std::string>& opened, std::size_t most) const {
    ListingWalk walk(listing_, entry(opened.front()), numbers_);
    for (std::size_t i = 1; i < opened.size(); ++i) {
      EXPECT_TRUE(walk.takes(entry(opened[i]))) << opened[i];
      walk.opened(entry(opened[i]));
    }
    std::vector<std::string> ids;
    for (const auto& next : walk.next(most)) ids.push_back(next.dataset.id);
    return ids;
  }
  // From now on walks follow inode numbers too.
  void number() { numbers_ = std::make_shared<NumberOrder>(listing_, tests::number_of); }
  std::shared_ptr<const Listing> listing_;
  std::shared_ptr<NumberOrder> numbers_;
};

using Ids = std::vector<std::string>;

TEST_F(ListingWalkTest, TheRowsAreFollowed) {
  list({"E", "D", "C", "B", "A", "Z", "Y"});
  EXPECT_EQ(next_after({"E", "D", "C"}, 3), (Ids{"B", "A", "Z"}));
  EXPECT_EQ(next_after({"Y", "Z", "A"}, 3), (Ids{"B", "C", "D"})) << "backwards";
  EXPECT_EQ(next_after({"B", "A", "Z"}, 3), (Ids{"Y"})) << "the listing ends";
}

TEST_F(ListingWalkTest, TheNamesAreFollowed) {
  list({"M", "A", "Z", "C", "Q", "B", "P", "D", "R", "E", "O", "F"});
  EXPECT_EQ(next_after({"A", "B", "C"}, 2), (Ids{"D", "E"}));
  EXPECT_EQ(next_after({"B", "A", "C", "D"}, 2), (Ids{"E", "F"})) << "by two processes";
}

TEST_F(ListingWalkTest, AStrideIsFollowed) {
  list({"A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L"});
  EXPECT_EQ(next_after({"A", "C", "E", "G"}, 2), (Ids{"I", "K"}));
}

TEST_F(ListingWalkTest, AStrideThroughTheNamesIsFollowed) {
  list({"X", "L", "C", "A", "K", "I", "B", "J", "E", "G", "D", "F", "H"});
  EXPECT_EQ(next_after({"A", "C", "E", "G"}, 2), (Ids{"I", "K"}));
}

TEST_F(ListingWalkTest, TheInodeNumbersAreFollowed) {
  Ids ids;
  for (int i = 1000; i < 3000; ++i) ids.push_back("A" + std::to_string(i));
  list(ids);
  number();
  const Ids sorted = tests::by_number(ids);
  EXPECT_EQ(next_after({sorted[700], sorted[701], sorted[702]}, 3),
            Ids(sorted.begin() + 703, sorted.begin() + 706));
  EXPECT_EQ(next_after({sorted[1997], sorted[1998], sorted[1999]}, 3), Ids()) << "the listing ends";
  ListingWalk walk(listing_, entry(sorted[700]), numbers_);
  EXPECT_FALSE(walk.takes(entry(sorted[1700])));
}

TEST_F(ListingWalkTest, FilesHereAndThereAreNoOrder) {
  list({"A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L"});
  EXPECT_EQ(next_after({"A", "H", "C", "L"}, 4), Ids());
}

}  // namespace
}  // namespace esofs::cache
