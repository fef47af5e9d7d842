// The tree if every user has an own login: what each user can open, and what all users see.
#include "cache/content/callers.h"

#include <gmock/gmock.h>

#include <cerrno>
#include <set>

#include "tests/support/fs_fixture.h"

namespace esofs::fs {
namespace {

using tests::kId;
using tests::kOtherId;

constexpr uid_t kAnna = 1001;
constexpr uid_t kBert = 1002;

// kId is Anna's; nobody else gets it.
class FakeCallers : public cache::CallerFiles {
 public:
  explicit FakeCallers(cache::FileCache& annas) : annas_(annas) {}
  Cancel open(uid_t user, const client::Dataset& dataset, cache::Form form,
              Done<std::shared_ptr<cache::OpenFile>> done) override {
    asked.insert(user);
    if (user == kAnna) return annas_.open(dataset, form, std::move(done));
    done(Error(EACCES, "not his"));
    return {};
  }
  std::optional<std::uint64_t> known_size(const client::Dataset& dataset, cache::Form) override {
    return dataset.id == kId ? size : std::nullopt;
  }

  std::set<uid_t> asked;
  std::optional<std::uint64_t> size;

 private:
  cache::FileCache& annas_;
};

class CallersTreeTest : public tests::FsFixture {
 protected:
  CallersTreeTest() {
    annas_.put(kId, {200'000, "annas", ""});
    cache_.fail_open(kId, Error(EACCES, "HTTP 401"));
    auto with_callers = config();
    with_callers.callers = &callers_;
    with_callers.allow_other = true;
    mount(std::move(with_callers));
  }
  int opened_by(uid_t user, const std::vector<std::string>& path) {
    std::optional<Result<Opened>> answer;
    fs_->open(walk(path), O_RDONLY, user, [&](Result<Opened> opened) { answer = std::move(opened); });
    auto opened = now(std::move(answer));
    if (opened) fs_->release(opened->handle);
    return opened ? 0 : opened.error().code();
  }

  tests::FakeFileCache annas_;
  FakeCallers callers_{annas_};
  const std::vector<std::string> file_{"datasets", kId, kId + ".fits"};
};

TEST_F(CallersTreeTest, AFileIsOpenedWithTheLoginOfItsOpener) {
  EXPECT_EQ(opened_by(kAnna, file_), 0);
  EXPECT_EQ(opened_by(kBert, file_), EACCES);
  EXPECT_EQ(opened_by(0, file_), EACCES);
  EXPECT_EQ(callers_.asked, (std::set<uid_t>{0, kAnna, kBert}));
  EXPECT_EQ(cache_.open_count(), 0);
}

TEST_F(CallersTreeTest, ItsHeadersToo) {
  EXPECT_EQ(opened_by(kBert, {"datasets", kId, "header.txt"}), EACCES);
  EXPECT_EQ(callers_.asked, std::set<uid_t>{kBert});
}

TEST_F(CallersTreeTest, GeneratedFilesAskNobodysRights) {
  EXPECT_EQ(opened_by(kBert, {"README.txt"}), 0);
  EXPECT_EQ(opened_by(kBert, {".esofs", "status.json"}), 0);
  EXPECT_TRUE(callers_.asked.empty());
}

TEST_F(CallersTreeTest, TheSizeLearntBySomebodysRightsIsEverybodys) {
  const auto ino = walk(file_);
  const double estimate_timeout = fs_->getattr(ino)->attr_timeout;
  callers_.size = 200'000;
  const auto known = fs_->getattr(ino);
  EXPECT_EQ(known->attributes.st_size, 200'000);
  EXPECT_GT(known->attr_timeout, estimate_timeout);
  EXPECT_EQ(*fs_->getxattr(ino, "user.esofs.size_state"), "exact");
}

TEST_F(CallersTreeTest, AnOpenInvalidatesAnotherSizeOfTheKernel) {
  const auto ino = walk(file_);
  std::optional<Result<Opened>> answer;
  fs_->open(ino, O_RDONLY, kAnna, [&](Result<Opened> opened) { answer = std::move(opened); });
  const auto opened = now(std::move(answer));
  ASSERT_TRUE(opened);
  EXPECT_TRUE(opened->invalidate_attributes);
  fs_->release(opened->handle);
}

}  // namespace
}  // namespace esofs::fs
