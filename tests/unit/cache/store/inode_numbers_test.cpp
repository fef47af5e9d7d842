#include "cache/store/inode_numbers.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <set>

#include "cache/store/memory_store.h"
#include "tests/support/temp_dir.h"

namespace esofs::cache {
namespace {

constexpr std::uint64_t kNode = 0x3123456789abcdefU;

std::unique_ptr<MetadataStore> store_in(const tests::TempDir& folder) {
  auto store = MetadataStore::open({folder.path(), 1ULL << 30U});
  EXPECT_TRUE(store) << store.error().what();
  return store ? *std::move(store) : nullptr;
}

TEST(InodeNumbersTest, EveryNodeHasANumberOfItsOwn) {
  const auto store = MetadataStore::in_memory();
  InodeNumbers numbers(*store);
  std::set<std::uint32_t> given;
  for (std::uint64_t i = 0; i < 1000; ++i) given.insert(numbers.of(kNode + i));
  EXPECT_EQ(given.size(), 1000U);
  EXPECT_EQ(numbers.of(1), 1U) << "the root";
  EXPECT_FALSE(given.contains(1U));
}

TEST(InodeNumbersTest, SmallNodesComeFirstWheneverTheyAreMet) {
  const auto store = MetadataStore::in_memory();
  InodeNumbers numbers(*store);
  const auto early = numbers.of(kNode);
  const auto small = numbers.of(InodeNumbers::kSmall);
  EXPECT_LT(small, early);
  EXPECT_LT(numbers.of(2), early);
  EXPECT_NE(numbers.of(2), small);
}

TEST(InodeNumbersTest, NumbersAreTheSameAfterARemount) {
  const tests::TempDir folder;
  std::uint32_t first = 0;
  {
    const auto store = store_in(folder);
    InodeNumbers numbers(*store);
    numbers.prepare({7, kNode, 8});
    first = numbers.of(kNode);
  }
  const auto store = store_in(folder);
  InodeNumbers numbers(*store);
  EXPECT_NE(numbers.of(9), first);
  EXPECT_EQ(numbers.of(kNode), first);
}

TEST(InodeNumbersTest, MountsThatShareACacheAgree) {
  const tests::TempDir folder;
  const pid_t child = ::fork();
  if (child == 0) {
    const auto store = store_in(folder);
    InodeNumbers numbers(*store);
    for (std::uint64_t i = 0; i < 300; ++i) (void)numbers.of(kNode + i);
    ::_exit(0);
  }
  std::vector<std::uint32_t> given;
  {
    const auto store = store_in(folder);
    InodeNumbers numbers(*store);
    for (std::uint64_t i = 300; i-- > 0;) given.push_back(numbers.of(kNode + i));
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(std::set<std::uint32_t>(given.begin(), given.end()).size(), 300U);
  const auto store = store_in(folder);
  InodeNumbers again(*store);
  for (std::uint64_t i = 0; i < 300; ++i) EXPECT_EQ(again.of(kNode + i), given[299 - i]);
  const auto last = *std::max_element(given.begin(), given.end());
  EXPECT_EQ(again.of(kNode + 300), last + 1) << "none was given in vain";
}

TEST(InodeNumbersTest, WithoutAStoreNumbersLastAsLongAsTheMount) {
  MemoryStore full(10);
  InodeNumbers numbers(full);
  const auto first = numbers.of(kNode);
  const auto second = numbers.of(kNode + 1);
  EXPECT_EQ(first, std::numeric_limits<std::uint32_t>::max());
  EXPECT_NE(first, second);
  EXPECT_EQ(numbers.of(kNode), first);
}

}  // namespace
}  // namespace esofs::cache
