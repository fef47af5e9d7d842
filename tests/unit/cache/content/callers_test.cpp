#include "cache/content/callers.h"

#include <gmock/gmock.h>

#include <atomic>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "tests/support/fake_file_cache.h"
#include "tests/support/patience.h"
#include "tests/support/temp_dir.h"

namespace esofs::cache {
namespace {

using ::testing::HasSubstr;
using tests::FakeFileCache;

constexpr uid_t kAnna = 1001;
constexpr uid_t kBert = 1002;
constexpr uid_t kNobody = 1003;    // has an account and no login
constexpr uid_t kStranger = 1004;  // has no account
constexpr const char* kPublic = "ADP.public";
constexpr const char* kPrivate = "ADP.private";

// What a user's home directory and the archive say of him; tests change it.
struct Home {
  std::atomic<bool> logged_in{true};
  std::shared_future<void> hangs;  // valid: a look waits for it
  std::promise<void> looked;       // of the first look
  std::atomic<int> looks{0};
  FakeFileCache* files = nullptr;  // the cache made last
  std::atomic<int> made{0};
  std::atomic<int> gone{0};
  FakeFileCache::File file;  // kPrivate, as he gets it
  std::optional<Error> refusal;
};

class OwnCache : public FakeFileCache {
 public:
  explicit OwnCache(Home& home) : home_(home) {
    if (home.refusal) {
      fail_open(kPrivate, *home.refusal);
    } else {
      put(kPrivate, home.file);
    }
  }
  ~OwnCache() override { ++home_.gone; }
  OwnCache(const OwnCache&) = delete;
  OwnCache& operator=(const OwnCache&) = delete;

 private:
  Home& home_;
};

class FakeLogin : public CallerLogin {
 public:
  FakeLogin(Home& home, uid_t user) : home_(home), user_(user) {}
  bool look() override {
    if (home_.looks++ == 0) home_.looked.set_value();
    if (home_.hangs.valid()) home_.hangs.wait();
    return home_.logged_in;
  }
  Result<std::shared_ptr<FileCache>> make_files() override {
    auto files = std::make_unique<OwnCache>(home_);
    home_.files = files.get();
    ++home_.made;
    return std::shared_ptr<FileCache>(std::move(files));
  }
  std::string advice(const std::string&) override { return std::to_string(user_) + " may log in"; }

 private:
  Home& home_;
  const uid_t user_;
};

class CallersTest : public ::testing::Test {
 protected:
  using File = std::shared_ptr<OpenFile>;

  CallersTest() {
    auto store = MetadataStore::open({temp_ / "meta", 64ULL << 20U});
    if (!store) throw std::runtime_error(store.error().what());
    store_ = std::move(*store);
    shared_.put(kPublic, {});
    shared_.fail_open(kPrivate, Error(EACCES, "HTTP 401"));
    for (const uid_t user : {kAnna, kBert, kNobody})
      homes_[user].file = {300'000, "archive of " + std::to_string(user) + "\nv1", ""};
    homes_[kNobody].logged_in = false;
    make();
  }
  ~CallersTest() override {
    callers_->end();
    lane_.reset();
  }

  void make(std::size_t most_caches = 16) {
    if (callers_) callers_->end();
    lane_ = nullptr;  // ends before what its jobs use
    lane_ = std::make_unique<Lane>("login", 2);
    Callers::Config config;
    config.archive_identity = "archive";
    config.most_caches = most_caches;
    config.now = [] { return std::int64_t{1'700'000'000}; };
    config.make_login = [this](uid_t user) -> Result<std::unique_ptr<CallerLogin>> {
      ++logins_;
      const auto home = homes_.find(user);
      if (home == homes_.end()) return Error(ENOENT, "user 1004 has no account");
      return std::unique_ptr<CallerLogin>(std::make_unique<FakeLogin>(home->second, user));
    };
    callers_ = std::make_unique<Callers>(std::move(config), shared_, *store_, *lane_);
  }

  static client::Dataset dataset(const std::string& id) {
    client::Dataset dataset;
    dataset.id = id;
    dataset.estimate_bytes = 1'000'000;
    return dataset;
  }
  struct Asked {
    std::future<Result<File>> answer;
    Cancel cancel;
    Result<File> get() {
      if (answer.wait_for(tests::kPatience) != std::future_status::ready) return Error(ETIME, "no answer");
      return answer.get();
    }
  };
  Asked ask(uid_t user, const client::Dataset& what) {
    auto promise = std::make_shared<std::promise<Result<File>>>();
    auto cancel = callers_->open(user, what, Form::kPlain,
                                 [promise](Result<File> r) { promise->set_value(std::move(r)); });
    return {promise->get_future(), std::move(cancel)};
  }
  Result<File> open(uid_t user, const std::string& id) { return ask(user, dataset(id)).get(); }
  std::string refusal(uid_t user, const std::string& id = kPrivate) {
    auto file = open(user, id);
    if (file) return "opened";
    return (file.error().code() == EACCES ? "EACCES " : "") + file.error().what();
  }

  tests::TempDir temp_;
  std::unique_ptr<MetadataStore> store_;
  FakeFileCache shared_;
  std::map<uid_t, Home> homes_;
  std::atomic<int> logins_{0};
  std::unique_ptr<Callers> callers_;
  std::unique_ptr<Lane> lane_;
};

TEST_F(CallersTest, PublicFilesComeFromTheSharedCacheWithoutALogin) {
  EXPECT_TRUE(open(kAnna, kPublic));
  EXPECT_TRUE(open(kStranger, kPublic));
  EXPECT_EQ(shared_.open_count(), 2);
  EXPECT_EQ(logins_, 0);
}

TEST_F(CallersTest, AFileRefusedWithoutALoginIsRequestedWithTheUsers) {
  auto file = open(kAnna, kPrivate);
  ASSERT_TRUE(file) << file.error().what();
  EXPECT_EQ((*file)->size(), 300'000U);
  EXPECT_FALSE((*file)->restricted());  // not for its opener
  EXPECT_EQ(homes_[kAnna].files->open_count(), 1);
  EXPECT_EQ(homes_[kBert].made, 0);
}

TEST_F(CallersTest, EachUserHasAnOwnCache) {
  homes_[kBert].refusal = Error(EACCES, "HTTP 401; no right to it");
  EXPECT_TRUE(open(kAnna, kPrivate));
  EXPECT_EQ(refusal(kBert), "EACCES HTTP 401; no right to it");
  EXPECT_TRUE(open(kAnna, kPrivate));
  EXPECT_EQ(refusal(kBert), "EACCES HTTP 401; no right to it");
}

TEST_F(CallersTest, OneContentHasOneVersionForAllWhoMayReadIt) {
  const auto a = open(kAnna, kPrivate);
  const auto b = open(kBert, kPrivate);
  ASSERT_TRUE(a && b);
  EXPECT_EQ((*a)->version(), "archive\nv1");
  EXPECT_EQ((*b)->version(), (*a)->version());
}

TEST_F(CallersTest, ARefusalTellsAUserWithoutALoginWhatToDo) {
  EXPECT_EQ(refusal(kNobody), "EACCES HTTP 401; 1003 may log in");
  EXPECT_EQ(homes_[kNobody].made, 0);
}

TEST_F(CallersTest, AUserWithoutAnAccountIsRefusedAndNotRemembered) {
  EXPECT_EQ(refusal(kStranger), "EACCES HTTP 401; user 1004 has no account");
  EXPECT_EQ(refusal(kStranger), "EACCES HTTP 401; user 1004 has no account");
  EXPECT_EQ(logins_, 2);
}

TEST_F(CallersTest, AFailureThatNoLoginCanChangeIsReturnedUnchanged) {
  shared_.fail_open(kPublic, Error(ETIMEDOUT, "no answer"));
  const auto file = open(kAnna, kPublic);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code(), ETIMEDOUT);
  EXPECT_EQ(logins_, 0);
}

TEST_F(CallersTest, AFileThatIsMissingWithoutALoginMayExistForAUser) {
  shared_.fail_open(kPrivate, Error(ENOENT, "no such dataset"));
  EXPECT_TRUE(open(kAnna, kPrivate));
  EXPECT_EQ(refusal(kNobody), "no such dataset");
}

TEST_F(CallersTest, AFileKnownToBePrivateIsNotRequestedWithoutALoginAgain) {
  EXPECT_TRUE(open(kAnna, kPrivate));
  EXPECT_EQ(shared_.open_count(), 1);
  EXPECT_TRUE(open(kAnna, kPrivate));
  EXPECT_EQ(shared_.open_count(), 1);
  auto unreleased = dataset("ADP.other");
  unreleased.release_date = "2100-01-01T00:00:00Z";
  homes_[kAnna].files->put("ADP.other", {});
  EXPECT_TRUE(ask(kAnna, unreleased).get());
  EXPECT_EQ(shared_.open_count(), 1);
  make();  // as in the next mount
  EXPECT_TRUE(open(kAnna, kPrivate));
  EXPECT_EQ(shared_.open_count(), 1);
  EXPECT_EQ(refusal(kNobody), "EACCES HTTP 401; 1003 may log in");  // it might be public by now
  EXPECT_EQ(shared_.open_count(), 2);
}

TEST_F(CallersTest, ALogoutClosesOnlyThatUsersCachedFiles) {
  EXPECT_TRUE(open(kAnna, kPrivate));
  EXPECT_TRUE(open(kBert, kPrivate));
  homes_[kAnna].logged_in = false;
  EXPECT_EQ(refusal(kAnna), "EACCES HTTP 401; 1001 may log in");
  EXPECT_TRUE(open(kBert, kPrivate));
  homes_[kAnna].logged_in = true;
  EXPECT_TRUE(open(kAnna, kPrivate));
}

TEST_F(CallersTest, ASizeThatOneUserLearnsIsKnownToAll) {
  EXPECT_EQ(callers_->known_size(dataset(kPrivate), Form::kPlain), std::nullopt);
  EXPECT_TRUE(open(kAnna, kPrivate));
  EXPECT_EQ(callers_->known_size(dataset(kPrivate), Form::kPlain), 300'000U);
  EXPECT_EQ(callers_->known_size(dataset(kPrivate), Form::kDelivered), std::nullopt);
  make();  // as in the next mount
  EXPECT_EQ(callers_->known_size(dataset(kPrivate), Form::kPlain), 300'000U);
  auto changed = dataset(kPrivate);
  changed.modified = 1;
  EXPECT_EQ(callers_->known_size(changed, Form::kPlain), std::nullopt);
}

TEST_F(CallersTest, OfTooManyCachesAnUnusedOneGoes) {
  make(1);
  EXPECT_TRUE(open(kAnna, kPrivate));
  while (homes_[kAnna].gone == 0) EXPECT_TRUE(open(kBert, kPrivate));  // its last job may be still at its end
  EXPECT_EQ(homes_[kBert].gone, 0);
  while (homes_[kBert].gone == 0) EXPECT_TRUE(open(kAnna, kPrivate));
  lane_ = nullptr;
  EXPECT_EQ(homes_[kAnna].made, 2);
  EXPECT_EQ(callers_->usage().requests, 3 * 4U);  // the gone ones count on
}

TEST_F(CallersTest, ACacheWithAnOpenFileStays) {
  make(1);
  const auto held = open(kAnna, kPrivate);
  ASSERT_TRUE(held);
  EXPECT_TRUE(open(kBert, kPrivate));
  lane_ = nullptr;
  EXPECT_EQ(homes_[kAnna].gone, 0);
  std::promise<Result<Bytes>> read;
  (*held)->read(0, 10, [&](Result<Bytes> bytes) { read.set_value(std::move(bytes)); });
  EXPECT_TRUE(read.get_future().get());
}

TEST_F(CallersTest, AHomeThatHangsKeepsItsOwnUserWaitingOnly) {
  std::promise<void> mended;
  homes_[kAnna].hangs = mended.get_future().share();
  std::vector<Asked> stuck;
  for (int i = 0; i < 8; ++i)
    stuck.push_back(ask(kAnna, dataset(kPrivate)));  // more than the lane has threads
  homes_[kAnna].looked.get_future().wait();
  EXPECT_TRUE(open(kBert, kPrivate));
  stuck[0].cancel();
  EXPECT_EQ(stuck[0].get().error().code(), EINTR);
  stuck[1].cancel();
  EXPECT_EQ(stuck[1].get().error().code(), EINTR);
  mended.set_value();
  for (std::size_t i = 2; i < stuck.size(); ++i) EXPECT_TRUE(stuck[i].get());
}

TEST_F(CallersTest, AnOpeningCanBeCancelledAtEachStep) {
  shared_.hold_opens();
  auto asked = ask(kAnna, dataset(kPublic));
  asked.cancel();
  EXPECT_EQ(asked.get().error().code(), EINTR);
  shared_.release_opens();
  EXPECT_TRUE(open(kAnna, kPrivate));
  homes_[kAnna].files->hold_opens();
  asked = ask(kAnna, dataset(kPrivate));
  while (homes_[kAnna].files->waiting_opens() == 0) std::this_thread::yield();
  asked.cancel();
  EXPECT_EQ(asked.get().error().code(), EINTR);
  homes_[kAnna].files->release_opens();
}

TEST_F(CallersTest, NothingIsBegunAfterTheEnd) {
  callers_->end();
  const auto file = open(kAnna, kPrivate);
  ASSERT_FALSE(file);
  EXPECT_THAT(file.error().what(), HasSubstr("ending"));
  EXPECT_EQ(logins_, 0);
}

}  // namespace
}  // namespace esofs::cache
