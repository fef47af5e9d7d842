#include "fs/queries/query_store.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>

#include "tests/support/temp_dir.h"

namespace esofs::fs {
namespace {

class QueryStoreTest : public ::testing::Test {
 protected:
  Result<std::int64_t> save(const std::string& text, std::optional<std::int64_t> before) {
    return store_.save("q", text, before);
  }
  tests::TempDir dir_;
  const QueryStore store_{dir_ / "queries"};
};

TEST_F(QueryStoreTest, ATextReplacesOnlyTheOneThatItWasMadeOf) {
  const auto first = save("one", 0);
  ASSERT_TRUE(first);
  EXPECT_EQ(save("two", 0).error().code(), EAGAIN) << "there is one";
  const auto second = save("two", *first);
  ASSERT_TRUE(second);
  EXPECT_EQ(save("three", *first).error().code(), EAGAIN);
  EXPECT_EQ(store_.load("q")->text, "two");
  ASSERT_TRUE(store_.remove("q"));
  EXPECT_EQ(save("three", *second).error().code(), EAGAIN) << "it was removed";
  EXPECT_TRUE(save("three", std::nullopt));
  EXPECT_EQ(store_.names()->size(), 1U) << "no temporary file is left";
}

TEST_F(QueryStoreTest, ADirectoryThatCannotBeMadeIsNamedWithItsError) {
  const std::string link = dir_ / "link";
  std::filesystem::create_symlink("/dev/pts", link);  // where nobody makes directories, also in a chroot
  const auto saved = QueryStore(link + "/esofs/queries").save("q", "text", 0);
  ASSERT_FALSE(saved);
  EXPECT_NE(saved.error().code(), ENOENT);
  EXPECT_NE(saved.error().what().find(link + "/esofs/queries"), std::string::npos) << saved.error().what();
}

TEST_F(QueryStoreTest, EachSaveHasATimeOfItsOwn) {
  std::int64_t last = 0;
  for (int i = 0; i < 20; ++i) {
    const auto time = save("text", last);
    ASSERT_TRUE(time);
    EXPECT_GT(*time, last);
    last = *time;
  }
  EXPECT_EQ(*store_.mtime_ns("q"), last);
}

TEST_F(QueryStoreTest, AListOfPositionsIsReplacedInTheSameWay) {
  ASSERT_TRUE(save("one", 0));
  const auto first = store_.save_positions("q", "ra,dec", 0);
  ASSERT_TRUE(first);
  EXPECT_EQ(store_.save_positions("q", "ra,dec\n1,2", 0).error().code(), EAGAIN);
  EXPECT_TRUE(store_.save_positions("q", "ra,dec\n1,2", *first));
}

}  // namespace
}  // namespace esofs::fs
