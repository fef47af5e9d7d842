#include "cache/content/known_files.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "cache/store/memory_store.h"

namespace esofs::cache {
namespace {

// A content of which only the lifetime counts.
class Something : public Content {
 public:
  const ContentKey& key() const noexcept override { return key_; }
  std::uint64_t size() const noexcept override { return 0; }
  Cancel read(std::uint64_t /*offset*/, std::size_t /*size*/, Done<Bytes> done) override {
    done(Bytes());
    return {};
  }
  void opened() override {}
  void closed() override {}
  bool in_use() override { return false; }
  void expire(const Error& /*error*/) override {}
  bool expired() override { return false; }

 private:
  const ContentKey key_;
};

class KnownFilesTest : public testing::Test {
 protected:
  static FileRecord version(const std::string& key, const std::string& identity = "") {
    FileRecord record;
    record.key = key;
    record.identity = identity;
    return record;
  }
  // The key of the record that who is logged in sees; "" where there is none.
  std::string seen() {
    const auto record = known_.record("A");
    return record ? record->key : std::string();
  }
  static OpenContent something() { return std::make_shared<Something>(); }

  std::string user_;
  MemoryStore store_{1U << 20U};
  KnownFiles known_{store_, [this] { return user_; }};
};

TEST_F(KnownFilesTest, ARecordIsThereForTheNextProcess) {
  known_.keep("A", version("v1"));
  KnownFiles next(store_, [] { return std::string(); });
  ASSERT_TRUE(next.record("A"));
  EXPECT_EQ(next.record("A")->key, "v1");
  EXPECT_FALSE(next.record("B"));
}

TEST_F(KnownFilesTest, WhatTookRightsIsSeenWithTheseRightsOnlyAndComesFirst) {
  known_.keep("A", version("public"));
  known_.keep("A", version("of jdoe", "jdoe"));
  EXPECT_EQ(seen(), "public");
  user_ = "jdoe";
  EXPECT_EQ(seen(), "of jdoe");
  user_ = "another";
  EXPECT_EQ(seen(), "public");
}

TEST_F(KnownFilesTest, TheSameVersionIsOpenedOnceAndAnotherAnew) {
  const auto first = something();
  EXPECT_EQ(known_.adopt("A", version("v1"), first), first);
  EXPECT_EQ(known_.adopt("A", version("v1"), something()), first);
  EXPECT_EQ(known_.open("A", version("v1")).content, first);
  EXPECT_EQ(known_.open("A", version("v2")).content, nullptr);
  const auto second = something();
  EXPECT_EQ(known_.adopt("A", version("v2"), second), second);
}

TEST_F(KnownFilesTest, AViewBelongsToItsVersion) {
  const auto content = something();
  const auto view = something();
  known_.adopt("A", version("v1"), content);
  EXPECT_EQ(known_.adopt_view("A", version("v1"), view), view);
  EXPECT_EQ(known_.adopt_view("A", version("v1"), something()), view);
  EXPECT_EQ(known_.open("A", version("v1")).view, view);
  const auto next = something();
  known_.adopt("A", version("v2"), next);
  EXPECT_EQ(known_.open("A", version("v2")).view, nullptr);
}

TEST_F(KnownFilesTest, TheSizeOfAViewOutlivesAnOpeningThatDoesNotKnowIt) {
  auto unpacked = version("v1");
  unpacked.plain_size = 2880;
  const auto content = something();
  known_.adopt("A", unpacked, content);
  known_.adopt("A", version("v1"), content);
  EXPECT_EQ(known_.record("A")->plain_size, 2880U);
}

TEST_F(KnownFilesTest, AForgottenVersionIsNeitherKeptNorOpen) {
  const auto content = something();
  known_.adopt("A", version("v1"), content);
  known_.keep("A", version("v1"));
  EXPECT_EQ(known_.forget("A", ContentKey("v0")).content, nullptr);
  EXPECT_EQ(seen(), "v1");
  EXPECT_EQ(known_.forget("A", ContentKey("v1")).content, content);
  EXPECT_EQ(seen(), "");
  EXPECT_EQ(known_.open("A", version("v1")).content, nullptr);
}

TEST_F(KnownFilesTest, AnAnswerProvesOtherVersionsOfItsUserAndOfEverybodyOutOfDate) {
  known_.keep("A", version("public"));
  known_.keep("A", version("of jdoe", "jdoe"));
  known_.keep("A", version("of coi", "coi"));
  user_ = "jdoe";
  const auto keys = known_.superseded("A", version("new", "jdoe"));
  ASSERT_EQ(keys.size(), 2U);
  EXPECT_EQ(keys[0], ContentKey("of jdoe"));
  EXPECT_EQ(keys[0].identity(), "jdoe");
  EXPECT_EQ(keys[1], ContentKey("public"));
  EXPECT_EQ(known_.superseded("A", version("of jdoe", "jdoe")).size(), 1U);
}

TEST_F(KnownFilesTest, OfManyFilesTheClosedOnesLeaveTheMemoryAndKeepTheirRecords) {
  const auto held = something();
  known_.adopt("held", version("v1"), held);
  for (int i = 0; i < 3000; ++i) {
    const std::string id = std::to_string(i);
    known_.keep(id, version("v" + id));
    known_.adopt(id, version("v" + id), something());
  }
  EXPECT_EQ(known_.open("held", version("v1")).content, held);
  EXPECT_EQ(known_.record("7")->key, "v7");
}

TEST_F(KnownFilesTest, AFailureIsToldForItsTimeAndToItsUserOnly) {
  user_ = "jdoe";
  known_.remember_failure("A", Error(EACCES, "refused"), 100);
  ASSERT_TRUE(known_.failure("A", 99));
  EXPECT_EQ(known_.failure("A", 99)->code(), EACCES);
  EXPECT_FALSE(known_.failure("A", 100));
  user_ = "another";
  EXPECT_FALSE(known_.failure("A", 99));
  user_ = "jdoe";
  known_.forget_failure("A");
  EXPECT_FALSE(known_.failure("A", 99));
}

}  // namespace
}  // namespace esofs::cache
