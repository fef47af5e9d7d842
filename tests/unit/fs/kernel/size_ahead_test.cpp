#include "fs/kernel/size_ahead.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>

namespace esofs::fs {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::uint64_t kDirectory = 7;

// Files 100, 101 … in this order.
void list(SizeAhead& sizes, std::uint64_t count, std::uint64_t directory = kDirectory) {
  sizes.begin(directory);
  for (std::uint64_t ino = 100; ino < 100 + count; ++ino) sizes.listed(directory, ino);
}

TEST(SizeAhead, GoesFurtherWithEachFileThatIsLookedAt) {
  SizeAhead sizes(4);
  list(sizes, 12);
  EXPECT_THAT(sizes.looked_at(100), IsEmpty()) << "one file says nothing of the others";
  EXPECT_THAT(sizes.looked_at(100), IsEmpty()) << "nor does the same one again";
  EXPECT_THAT(sizes.looked_at(101), ElementsAre(102, 103));
  EXPECT_THAT(sizes.looked_at(102), ElementsAre(104, 105, 106)) << "103 was asked for";
  EXPECT_THAT(sizes.looked_at(103), ElementsAre(107)) << "never more than four";
  EXPECT_THAT(sizes.looked_at(111), IsEmpty()) << "the last one";
}

TEST(SizeAhead, ContinuesBehindTheFileThatWasJumpedTo) {
  SizeAhead sizes(2);
  list(sizes, 40);
  (void)sizes.looked_at(100);
  (void)sizes.looked_at(101);
  EXPECT_THAT(sizes.looked_at(120), ElementsAre(121, 122));
  EXPECT_THAT(sizes.looked_at(110), ElementsAre(111, 112));
}

TEST(SizeAhead, AnotherListingBeginsFromNothing) {
  SizeAhead sizes(4);
  list(sizes, 5);
  (void)sizes.looked_at(100);
  list(sizes, 5);
  EXPECT_THAT(sizes.looked_at(100), IsEmpty());
}

TEST(SizeAhead, FilesOfNoListingAskForNothing) {
  SizeAhead sizes(4);
  EXPECT_THAT(sizes.looked_at(1), IsEmpty());
  EXPECT_THAT(sizes.neighbours(1, 5), ElementsAre(1));
}

TEST(SizeAhead, RemembersTheLatestDirectories) {
  SizeAhead sizes(4);
  list(sizes, 3);
  for (std::uint64_t i = 1; i <= SizeAhead::kMostDirectories; ++i) sizes.begin(kDirectory + i);
  EXPECT_THAT(sizes.neighbours(101, 9), ElementsAre(101)) << "the first one is forgotten";
}

TEST(SizeAhead, NeighboursAreThoseBehindThenThoseBefore) {
  SizeAhead sizes(4);
  list(sizes, 5);
  EXPECT_THAT(sizes.neighbours(102, 4), ElementsAre(102, 103, 104, 101));
}

}  // namespace
}  // namespace esofs::fs
