#include "fs/kernel/inode_table.h"

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace esofs::fs {
namespace {

class NamedNode : public Node {
 public:
  explicit NamedNode(std::string identity, Knowledge knowledge = {})
      : identity_(std::move(identity)), knowledge_(knowledge) {}
  std::string identity() const override { return identity_; }
  std::string path() const override { return "/" + identity_; }
  Knowledge knowledge() const override { return knowledge_; }
  NodeType type() const override { return NodeType::kFile; }
  Attributes attributes() override { return {}; }

 private:
  std::string identity_;
  Knowledge knowledge_;
};

NodePtr node(const std::string& identity, Knowledge knowledge = {}) {
  return std::make_shared<NamedNode>(identity, knowledge);
}

// What is shown of a node that gives this size.
Attributes published(InodeTable& table, std::uint64_t ino, std::uint64_t size, bool exact) {
  Attributes attributes;
  attributes.size = size;
  attributes.exact = exact;
  table.publish(ino, attributes);
  return attributes;
}

int drops(InodeTable& table, std::uint64_t ino) {
  int count = 0;
  table.drop_wrong_size(ino, [&count] { ++count; });
  return count;
}

TEST(InodeTable, ANumberDependsOnTheIdentityOnly) {
  InodeTable first(node("root"));
  InodeTable second(node("root"));
  (void)second.reference(node("another"));
  EXPECT_EQ(first.reference(node("file:plain:X")).ino, second.reference(node("file:plain:X")).ino);
  // Numbers are in users' backups: this one may never change.
  EXPECT_EQ(first.reference(node("file:plain:ADP.2018-06-21T20:32:57.736")).ino, 3865446262306434289U);
}

TEST(InodeTable, NumbersHaveAtMost62BitsAndAreNeverTheRoots) {
  InodeTable table(node("root"));
  for (int i = 0; i < 1000; ++i) {
    const auto ino = table.reference(node(std::to_string(i))).ino;
    EXPECT_GT(ino, kRootInode);
    EXPECT_LT(ino, 1ULL << 62U);
  }
}

TEST(InodeTable, CollidingIdentitiesGetNumbersOfTheirOwn) {
  InodeTable table(node("root"), [](const std::string&) { return std::uint64_t{7}; });
  const auto a = table.reference(node("a")).ino;
  const auto b = table.reference(node("b")).ino;
  EXPECT_EQ(a, 7U);
  EXPECT_EQ(b, 8U);
  table.forget(a, 1);
  EXPECT_EQ(table.reference(node("b")).ino, b) << "a live node keeps its number when the other one has gone";
  EXPECT_EQ(table.find(b)->identity(), "b");
}

TEST(InodeTable, ANodeLivesUntilEachLookupIsForgotten) {
  InodeTable table(node("root"));
  const auto ino = table.reference(node("x")).ino;
  (void)table.reference(node("x"));
  table.forget(ino, 1);
  EXPECT_NE(table.find(ino), nullptr);
  table.forget(ino, 1);
  EXPECT_EQ(table.find(ino), nullptr);
  EXPECT_EQ(table.size(), 1U) << "the root stays";
  table.forget(kRootInode, 5);
  EXPECT_NE(table.find(kRootInode), nullptr);
}

TEST(InodeTable, OfTwoNodesOfOneIdentityTheOneThatKnowsMoreIsKept) {
  InodeTable table(node("root"));
  const Knowledge little{.renewed = true};
  const Knowledge much{.renewed = true, .row = true, .columns = 3};
  const auto ino = table.reference(node("x", little)).ino;
  const auto better = node("x", much);
  (void)table.reference(better);
  EXPECT_EQ(table.find(ino), better);
  (void)table.reference(node("x", little));
  EXPECT_EQ(table.find(ino), better);
}

TEST(InodeTable, OfTwoThatKnowAsMuchTheLaterIsKeptIfItIsNewer) {
  InodeTable table(node("root"));
  const auto remembers = node("x");
  const auto ino = table.reference(remembers).ino;
  (void)table.reference(node("x"));
  EXPECT_EQ(table.find(ino), remembers);
  const auto newer = node("x", {.renewed = true});
  (void)table.reference(node("x", {.renewed = true}));
  (void)table.reference(newer);
  EXPECT_EQ(table.find(ino), newer);
}

// A node whose knowledge() asks something of the rest of the program first.
class AskingNode : public NamedNode {
 public:
  AskingNode(std::string identity, std::function<void()> ask)
      : NamedNode(std::move(identity)), ask_(std::move(ask)) {}
  Knowledge knowledge() const override {
    ask_();
    return {.renewed = true};
  }

 private:
  const std::function<void()> ask_;
};

TEST(InodeTable, ANodeThatIsComparedMayCallTheTable) {
  InodeTable table(node("root"));
  const auto ask = [&table] { (void)table.size(); };
  const auto ino = table.reference(std::make_shared<AskingNode>("x", ask)).ino;
  const auto later = std::make_shared<AskingNode>("x", ask);
  EXPECT_EQ(table.reference(later).ino, ino);
  EXPECT_EQ(table.find(ino), later);
}

// The home directory of a login may hang.
TEST(InodeTable, ANodeThatHangsStopsNoOtherLookup) {
  InodeTable table(node("root"));
  std::promise<void> asked;
  std::promise<void> release;
  const auto released = release.get_future().share();
  const auto hang = [&asked, released, first = std::make_shared<std::once_flag>()] {
    std::call_once(*first, [&asked] { asked.set_value(); });
    released.wait();
  };
  const auto ino = table.reference(node("x")).ino;
  std::thread waiting([&] { (void)table.reference(std::make_shared<AskingNode>("x", hang)); });
  asked.get_future().wait();
  EXPECT_NE(table.reference(node("y")).ino, ino);
  EXPECT_EQ(table.reference(node("x")).ino, ino);
  release.set_value();
  waiting.join();
}

TEST(InodeTable, QueryAdqlHasASmallerNumberThanDatasets) {
  InodeTable table(node("root"));
  const auto query = table.reference(node("text:query:a")).ino;
  for (int i = 0; i < 1000; ++i)
    EXPECT_LT(query, table.reference(node("file:plain:" + std::to_string(i))).ino);
}

TEST(InodeTable, ThePathOfANodeThatHasLeftIsRemembered) {
  InodeTable table(node("root"));
  const auto ino = table.reference(node("x")).ino;
  EXPECT_FALSE(table.path_of_forgotten(ino));
  table.forget(ino, 1);
  EXPECT_EQ(table.path_of_forgotten(ino), "/x");
}

TEST(InodeTable, PagesAreKeptWhileTheVersionIsTheSame) {
  InodeTable table(node("root"));
  const auto ino = table.reference(node("x")).ino;
  EXPECT_TRUE(table.opened(ino, "v1", 10).keep_cache);
  EXPECT_TRUE(table.opened(ino, "v1", 10).keep_cache);
  table.closed(ino);
  table.closed(ino);
  const auto changed = table.opened(ino, "v2", 10);
  EXPECT_FALSE(changed.keep_cache);
  EXPECT_FALSE(changed.bypass);
  table.closed(ino);
  EXPECT_TRUE(table.opened(ino, "v2", 10).keep_cache);
}

TEST(InodeTable, ANewVersionDoesNotMixWithThePagesOfAnOpenOldOne) {
  InodeTable table(node("root"));
  const auto ino = table.reference(node("x")).ino;
  (void)table.opened(ino, "v1", 10);
  const auto second = table.opened(ino, "v2", 10);
  EXPECT_TRUE(second.bypass);
  EXPECT_TRUE(second.keep_cache) << "dropping the pages would wait for reads of v1 that hang";
  table.closed(ino);
  table.closed(ino);
  EXPECT_FALSE(table.opened(ino, "v2", 10).keep_cache) << "the kernel still has the pages of v1";
}

TEST(InodeTable, AnOpenKnowsWhetherTheKernelHasAnotherSize) {
  InodeTable table(node("root"));
  const auto ino = table.reference(node("x")).ino;
  EXPECT_FALSE(table.opened(ino, "v1", 10).stale_size) << "nothing was told";
  table.closed(ino);
  (void)published(table, ino, 12, false);
  EXPECT_TRUE(table.opened(ino, "v1", 10).stale_size);
  EXPECT_EQ(drops(table, ino), 1);
  (void)published(table, ino, 10, true);
  EXPECT_FALSE(table.opened(ino, "v1", 10).stale_size);
  EXPECT_TRUE(table.opened(ino, "v2", 11).stale_size);
}

TEST(InodeTable, AWrongSizeIsDroppedOnceForAllOpensThatWait) {
  InodeTable table(node("root"));
  const auto ino = table.reference(node("x")).ino;
  (void)published(table, ino, 12, false);
  EXPECT_TRUE(table.opened(ino, "v1", 10).stale_size);
  EXPECT_TRUE(table.opened(ino, "v1", 10).stale_size) << "the first one has not been answered";
  EXPECT_EQ(drops(table, ino), 1);
  EXPECT_EQ(drops(table, ino), 0) << "another would lose the exact size that a reader asks for";
  EXPECT_FALSE(table.opened(ino, "v1", 10).stale_size) << "though nobody has asked for the size yet";
}

TEST(InodeTable, AnEstimateThatMayOvertakeTheExactSizeIsDropped) {
  InodeTable table(node("root"));
  const auto ino = table.reference(node("x")).ino;
  (void)published(table, ino, 12, false);
  (void)published(table, ino, 10, true);
  EXPECT_TRUE(table.opened(ino, "v1", 10).stale_size);
  EXPECT_EQ(drops(table, ino), 1);
}

TEST(InodeTable, NoEstimateIsShownOfAnOpenFile) {
  InodeTable table(node("root"));
  const auto ino = table.reference(node("x")).ino;
  (void)table.opened(ino, "v1", 10);
  const auto late = published(table, ino, 12, false);
  EXPECT_EQ(late.size, 10U);
  EXPECT_TRUE(late.exact);
  EXPECT_EQ(published(table, ino, 11, true).size, 11U);
  table.closed(ino);
  EXPECT_EQ(published(table, ino, 12, false).size, 12U);
}

TEST(InodeTable, TextsOfTheirOwnKeepTheirEstimate) {
  InodeTable table(node("root"));
  const auto ino = table.reference(node("x")).ino;
  (void)table.opened(ino, "", 10);
  EXPECT_EQ(published(table, ino, 12, false).size, 12U) << "the next text may be longer";
}

TEST(InodeTable, TheTimeOfALiveInodeDoesNotChange) {
  InodeTable table(node("root"));
  const auto ino = table.reference(node("x")).ino;
  EXPECT_EQ(table.settled_mtime(ino, 100, 1000), 100);
  EXPECT_EQ(table.settled_mtime(ino, 200, 1000), 100);
  table.forget(ino, 1);
  (void)table.reference(node("x"));
  EXPECT_EQ(table.settled_mtime(ino, 200, 1000), 200);
}

TEST(InodeTable, AReadIsDeclinedOnceForAsLongAsTheKernelMayHoldPages) {
  InodeTable table(node("root"));
  const auto ino = table.reference(node("x")).ino;
  EXPECT_TRUE(table.first_decline(ino));
  EXPECT_FALSE(table.first_decline(ino));
  table.forget(ino, 1);
  EXPECT_FALSE(table.first_decline(ino)) << "nothing is known of it";
  EXPECT_EQ(table.reference(node("x")).ino, ino);
  EXPECT_TRUE(table.first_decline(ino));
}

TEST(InodeTable, NothingIsDeclinedOfAFileThatIsReadPastThePageCache) {
  InodeTable table(node("root"));
  const auto ino = table.reference(node("x")).ino;
  (void)table.opened(ino, "v1", 10);
  EXPECT_TRUE(table.opened(ino, "v2", 10).bypass);
  EXPECT_FALSE(table.first_decline(ino));
}

TEST(InodeTable, ALaterChangeIsShownUnlessTheFileIsOpen) {
  InodeTable table(node("root"));
  const auto ino = table.reference(node("x")).ino;
  EXPECT_EQ(table.settled_mtime(ino, 100, 1000), 100);
  (void)table.opened(ino, "v1", 10);
  EXPECT_EQ(table.settled_mtime(ino, 1500, 2000), 100);
  table.closed(ino);
  EXPECT_EQ(table.settled_mtime(ino, 1500, 2000), 1500);
  EXPECT_EQ(table.settled_mtime(ino, 1600, 2100), 1500) << "before it was shown last";
}

}  // namespace
}  // namespace esofs::fs
