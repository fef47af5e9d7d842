#include "cache/content/known_files.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "cache/store/memory_store.h"

namespace esofs::cache {
namespace {

const FileId kA{"fake", "A"};

// A content of which only the lifetime counts.
class Something : public Content {
 public:
  const ContentKey& key() const noexcept override { return key_; }
  std::uint64_t size() const noexcept override { return 0; }
  Cancel read(std::uint64_t /*offset*/, std::size_t /*size*/, Done<Bytes> done) override {
    done(Bytes());
    return {};
  }
  bool add_handle() override { return true; }
  void drop_handle() override {}
  bool in_use() override { return false; }
  void expire(const Error& /*error*/) override {}
  bool expired() override { return false; }

 private:
  const ContentKey key_;
};

class KnownFilesTest : public testing::Test {
 protected:
  static ContentKey key(const std::string& version, const std::string& login = "") {
    return ContentKey({kA, version, Login{login}});
  }
  static FileRecord version(const std::string& version, const std::string& login = "") {
    FileRecord record;
    record.key = key(version, login);
    return record;
  }
  // The key of the record for the present login; empty if there is none.
  ContentKey seen() {
    const auto record = known_.record(kA);
    return record ? record->key : ContentKey();
  }
  static ContentPtr something() { return std::make_shared<Something>(); }

  std::string user_;
  MemoryStore store_{1U << 20U};
  KnownFiles known_{store_, [this] { return Login{user_}; }, std::chrono::seconds(5)};
};

TEST_F(KnownFilesTest, ARecordIsThereForTheNextProcess) {
  known_.keep(kA, version("v1"));
  KnownFiles next(
      store_, [] { return Login(); }, std::chrono::seconds(5));
  ASSERT_TRUE(next.record(kA));
  EXPECT_EQ(next.record(kA)->key, key("v1"));
  EXPECT_FALSE(next.record(FileId{"fake", "B"}));
}

TEST_F(KnownFilesTest, ARecordThatNeededALoginComesFirstAndOnlyForIt) {
  known_.keep(kA, version("public"));
  known_.keep(kA, version("of jdoe", "jdoe"));
  EXPECT_EQ(seen(), key("public"));
  user_ = "jdoe";
  EXPECT_EQ(seen(), key("of jdoe", "jdoe"));
  user_ = "another";
  EXPECT_EQ(seen(), key("public"));
}

TEST_F(KnownFilesTest, EachVersionIsOpenedOnce) {
  const auto first = something();
  EXPECT_EQ(known_.adopt(kA, version("v1"), first), first);
  EXPECT_EQ(known_.adopt(kA, version("v1"), something()), first);
  EXPECT_EQ(known_.contents(kA, version("v1")).content, first);
  EXPECT_EQ(known_.contents(kA, version("v2")).content, nullptr);
  const auto second = something();
  EXPECT_EQ(known_.adopt(kA, version("v2"), second), second);
}

TEST_F(KnownFilesTest, AViewBelongsToItsVersion) {
  const auto content = something();
  const auto view = something();
  known_.adopt(kA, version("v1"), content);
  EXPECT_EQ(known_.adopt_view(kA, version("v1"), view), view);
  EXPECT_EQ(known_.adopt_view(kA, version("v1"), something()), view);
  EXPECT_EQ(known_.contents(kA, version("v1")).view, view);
  const auto next = something();
  known_.adopt(kA, version("v2"), next);
  EXPECT_EQ(known_.contents(kA, version("v2")).view, nullptr);
}

TEST_F(KnownFilesTest, TheSizeOfAViewOutlivesAnOpeningThatDoesNotKnowIt) {
  auto unpacked = version("v1");
  unpacked.plain_size = 2880;
  const auto content = something();
  known_.adopt(kA, unpacked, content);
  known_.adopt(kA, version("v1"), content);
  EXPECT_EQ(known_.record(kA)->plain_size, 2880U);
}

TEST_F(KnownFilesTest, AForgottenVersionIsNeitherKeptNorOpen) {
  const auto content = something();
  known_.adopt(kA, version("v1"), content);
  known_.keep(kA, version("v1"));
  EXPECT_EQ(known_.forget(kA, key("v0")).content, nullptr);
  EXPECT_EQ(seen(), key("v1"));
  EXPECT_EQ(known_.forget(kA, key("v1")).content, content);
  EXPECT_TRUE(seen().empty());
  EXPECT_EQ(known_.contents(kA, version("v1")).content, nullptr);
}

TEST_F(KnownFilesTest, AnAnswerOutdatesOtherVersionsOfItsUserAndPublicOnes) {
  known_.keep(kA, version("public"));
  known_.keep(kA, version("of jdoe", "jdoe"));
  known_.keep(kA, version("of coi", "coi"));
  user_ = "jdoe";
  const auto keys = known_.superseded(kA, version("new", "jdoe"));
  ASSERT_EQ(keys.size(), 2U);
  EXPECT_EQ(keys[0], key("of jdoe", "jdoe"));
  EXPECT_EQ(keys[0].login().name, "jdoe");
  EXPECT_EQ(keys[1], key("public"));
  EXPECT_EQ(known_.superseded(kA, version("of jdoe", "jdoe")).size(), 1U);
}

TEST_F(KnownFilesTest, ClosedFilesLeaveTheMemoryAndKeepTheirRecords) {
  const auto held = something();
  known_.adopt(FileId{"fake", "held"}, version("v1"), held);
  for (int i = 0; i < 3000; ++i) {
    const std::string name = std::to_string(i);
    const FileId id{"fake", name};
    known_.keep(id, version("v" + name));
    known_.adopt(id, version("v" + name), something());
  }
  EXPECT_EQ(known_.contents(FileId{"fake", "held"}, version("v1")).content, held);
  EXPECT_EQ(known_.record(FileId{"fake", "7"})->key, key("v7"));
}

TEST_F(KnownFilesTest, AFailureIsRememberedForATimeAndItsUserOnly) {
  user_ = "jdoe";
  known_.remember_failure(kA, Error(EACCES, "refused"), 95);
  ASSERT_TRUE(known_.failure(kA, 99));
  EXPECT_EQ(known_.failure(kA, 99)->code(), EACCES);
  EXPECT_FALSE(known_.failure(kA, 100));
  user_ = "another";
  EXPECT_FALSE(known_.failure(kA, 99));
  user_ = "jdoe";
  known_.forget_failure(kA);
  EXPECT_FALSE(known_.failure(kA, 99));
}

}  // namespace
}  // namespace esofs::cache
