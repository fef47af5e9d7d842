// The FUSE glue, on a real mount over the fakes. Skipped without /dev/fuse, unless CI=true.
#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "client/base/unique_fd.h"
#include "fs/kernel/fuse_session.h"
#include "tests/support/fs_fixture.h"
#include "tests/support/patience.h"

namespace esofs::tests {
namespace {

using namespace std::chrono_literals;

const std::string kFile = kId + ".fits";

// Skips the test; where changes are judged, a test that cannot mount has failed.
void cannot_mount(const std::string& why) {
  const char* const ci = std::getenv("CI");  // NOLINT(concurrency-mt-unsafe): nothing here sets variables.
  ASSERT_FALSE(ci != nullptr && std::string_view(ci) == "true") << why;
  GTEST_SKIP() << why;
}

class MountTest : public FsFixture {
 protected:
  void SetUp() override {
    if (::access("/dev/fuse", R_OK | W_OK) != 0) return cannot_mount("no /dev/fuse");
    std::filesystem::create_directory(root());
    auto owned = config();
    owned.uid = ::getuid();
    owned.gid = ::getgid();
    real_context_ = std::make_unique<fs::Context>(owned, catalog_, cache_, real_timer_);
    real_root_ = std::make_unique<fs::Root>(*real_context_);
    filesystem_ = std::make_unique<fs::Filesystem>(*real_context_, real_root_->node());
    fs::SessionConfig config{root().string(), {"fsname=" + source_}};
    config.on_hangup = on_hangup_;
    config.teardown_patience = teardown_patience_;
    auto session = fs::FuseSession::mount(*filesystem_, real_timer_, std::move(config));
    if (!session) return cannot_mount(session.error().what());
    session_ = *std::move(session);
    std::promise<void> ready;
    auto usable = ready.get_future();
    runner_ = std::thread([this, &ready] { ran_ = session_->run([&ready] { ready.set_value(); }); });
    usable.wait();
  }

  void TearDown() override {
    if (!session_) return;  // not mounted, or ended by the test
    session_->stop();
    runner_.join();
    session_.reset();
    EXPECT_TRUE(ran_);
    EXPECT_FALSE(std::filesystem::exists(root() / "README.txt")) << "still mounted";
  }

  std::filesystem::path root() const { return temp_.path() / "mnt"; }
  std::filesystem::path query() const { return root() / "queries" / "a"; }

  void make_query() const {
    ASSERT_EQ(::mkdir(query().c_str(), 0755), 0) << errno;
    std::ofstream(query() / "query.adql") << kAdql;
  }
  static std::string content(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }
  static std::string expected(std::uint64_t size) {
    std::string bytes;
    for (std::uint64_t i = 0; i < size; ++i) bytes.push_back(static_cast<char>(FakeFileCache::byte_at(i)));
    return bytes;
  }

  std::string source_ = "fakes";
  std::function<void()> on_hangup_;
  std::chrono::milliseconds teardown_patience_{5000};
  fs::ThreadTimer real_timer_;
  std::unique_ptr<fs::Context> real_context_;
  std::unique_ptr<fs::Root> real_root_;
  std::unique_ptr<fs::Filesystem> filesystem_;
  std::unique_ptr<fs::FuseSession> session_;
  std::thread runner_;
  Result<void> ran_;
};

TEST_F(MountTest, AFileIsReadWholeAfterAnEstimateOfItsSize) {
  make_query();
  struct stat before {};
  ASSERT_EQ(::stat((query() / kFile).c_str(), &before), 0);
  EXPECT_EQ(before.st_size, 300'000);
  EXPECT_EQ(content(query() / kFile), expected(200'000));
  const UniqueFd fd(::open((query() / kFile).c_str(), O_RDONLY));
  EXPECT_EQ(::lseek(fd.get(), 0, SEEK_END), 200'000);
}

TEST_F(MountTest, TheFirstOpenAloneShowsTheExactSizeToFstatAndSeek) {
  make_query();
  std::size_t entries = 0;
  for (const auto& entry : std::filesystem::directory_iterator(query())) entries += entry.exists() ? 1U : 0U;
  EXPECT_EQ(entries, 5U);
  const UniqueFd fd(::open((query() / kFile).c_str(), O_RDONLY));
  ASSERT_TRUE(fd);
  EXPECT_EQ(::lseek(fd.get(), 0, SEEK_END), 200'000);
  struct stat status {};
  ASSERT_EQ(::fstat(fd.get(), &status), 0);
  EXPECT_EQ(status.st_size, 200'000);
}

// Each file is opened for the first time by all readers at once.
TEST_F(MountTest, ManyFirstReadersOfAFileSeeNoZerosBehindItsEnd) {
  constexpr std::size_t kFiles = 150;
  constexpr std::size_t kReaders = 40;
  constexpr std::size_t kSize = 28'800;
  constexpr std::size_t kEstimate = 131'072;
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < kFiles; ++i) {
    ids.push_back("ADP.2018-06-21T20:31:00." + std::to_string(100 + i));
    listing_->add(ids.back(), kEstimate);
    cache_.put(ids.back(), {kSize, "v1", ""});
  }
  make_query();
  const auto first_read = [](const std::filesystem::path& path) {
    std::vector<char> bytes(kEstimate);
    const UniqueFd fd(::open(path.c_str(), O_RDONLY));
    return ::read(fd.get(), bytes.data(), bytes.size());
  };
  for (const auto& id : ids) {
    const auto path = query() / (id + ".fits");
    ASSERT_EQ(std::filesystem::file_size(path), kEstimate);
    cache_.hold_opens();
    std::vector<std::future<ssize_t>> readers;
    for (std::size_t reader = 0; reader < kReaders; ++reader)
      readers.push_back(std::async(std::launch::async, first_read, path));
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (cache_.waiting_opens() < kReaders && std::chrono::steady_clock::now() < until)
      std::this_thread::yield();
    EXPECT_EQ(cache_.waiting_opens(), kReaders);
    cache_.release_opens();
    for (auto& reader : readers) ASSERT_EQ(reader.get(), static_cast<ssize_t>(kSize)) << path;
  }
}

TEST_F(MountTest, SeekdirReturnsToThePlaceOfTelldir) {
  make_query();
  DIR* const directory = ::opendir(query().c_str());
  ASSERT_NE(directory, nullptr);
  for (int i = 0; i < 3; ++i) (void)::readdir(directory);
  const long place = ::telldir(directory);
  const std::string fourth = ::readdir(directory)->d_name;
  while (::readdir(directory) != nullptr) {
  }
  ::seekdir(directory, place);
  EXPECT_EQ(::readdir(directory)->d_name, fourth);
  ::rewinddir(directory);
  EXPECT_STREQ(::readdir(directory)->d_name, ".");
  ::closedir(directory);
}

TEST_F(MountTest, MutationsAreErofsAndNeverEnosys) {
  make_query();
  const auto file = query() / kFile;
  errno = 0;
  EXPECT_TRUE(::mknod((root() / "x").c_str(), S_IFREG | 0644, 0) == -1 && errno == EROFS) << errno;
  EXPECT_TRUE(::symlink("a", (root() / "x").c_str()) == -1 && errno == EROFS) << errno;
  EXPECT_TRUE(::link(file.c_str(), (root() / "x").c_str()) == -1 && errno == EROFS) << errno;
  EXPECT_TRUE(::truncate(file.c_str(), 0) == -1 && errno == EROFS) << errno;
  EXPECT_TRUE(::setxattr(file.c_str(), "user.x", "1", 1, 0) == -1 && errno == EROFS) << errno;
  EXPECT_TRUE(::open(file.c_str(), O_RDWR) == -1 && errno == EROFS) << errno;
  EXPECT_TRUE(::link((query() / "query.adql").c_str(), (query() / "x").c_str()) == -1 && errno == EPERM)
      << errno;
}

TEST_F(MountTest, AccessSaysWhatOpenWouldSay) {
  make_query();
  const auto file = query() / kFile;
  errno = 0;
  EXPECT_EQ(::access(file.c_str(), R_OK), 0);
  EXPECT_TRUE(::access(file.c_str(), W_OK) == -1 && errno == EROFS) << errno;
  EXPECT_TRUE(::access(file.c_str(), X_OK) == -1 && errno == EACCES) << errno;
  EXPECT_EQ(::access((query() / "query.adql").c_str(), R_OK | W_OK), 0);
  EXPECT_EQ(::access(query().c_str(), R_OK | W_OK | X_OK), 0);
  EXPECT_TRUE(::access((query() / "table").c_str(), W_OK) == -1 && errno == EROFS) << errno;
  std::filesystem::remove_all(query());
  EXPECT_FALSE(std::filesystem::exists(query()));
}

TEST_F(MountTest, ALookupThatWaitsDoesNotFreezeItsDirectory) {
  make_query();
  catalog_.hold();
  auto slow = std::async(std::launch::async, [this] {
    struct stat status {};
    return ::stat((query() / kFile).c_str(), &status);
  });
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (catalog_.waiting() == 0 && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  ASSERT_EQ(catalog_.waiting(), 1U);
  auto other = std::async(std::launch::async, [this] {
    struct stat status {};
    return ::stat((query() / (kOtherId + ".fits.fits")).c_str(), &status) == -1 && errno == ENOENT &&
           content(query() / "status.txt").find("phase: ") == 0;
  });
  const auto answered = other.wait_for(kPatience);
  EXPECT_EQ(answered, std::future_status::ready) << "FUSE_PARALLEL_DIROPS is not on";
  EXPECT_EQ(slow.wait_for(0s), std::future_status::timeout);
  catalog_.release();
  EXPECT_TRUE(other.get());
  EXPECT_EQ(slow.get(), 0);
}

TEST_F(MountTest, CtrlCEndsAnOpenThatWaits) {
  make_query();
  (void)content(query() / kFile);
  cache_.hold_opens();
  std::atomic<bool> started{false};
  std::promise<int> result;
  std::thread opener([&] {
    struct sigaction quiet {};
    quiet.sa_handler = [](int) {};
    ::sigaction(SIGUSR1, &quiet, nullptr);
    started = true;
    const UniqueFd fd(::open((query() / kFile).c_str(), O_RDONLY));
    result.set_value(fd ? 0 : errno);
  });
  auto ended = result.get_future();
  while (!started) std::this_thread::yield();
  const auto until = std::chrono::steady_clock::now() + kPatience;
  do {
    pthread_kill(opener.native_handle(), SIGUSR1);
  } while (ended.wait_for(10ms) != std::future_status::ready && std::chrono::steady_clock::now() < until);
  const bool in_time = ended.wait_for(0s) == std::future_status::ready;
  EXPECT_TRUE(in_time);
  cache_.release_opens();
  opener.join();
  EXPECT_EQ(ended.get(), EINTR);
}

TEST_F(MountTest, StoppingAnswersAllWaitingRequests) {
  make_query();
  cache_.hold_opens();
  auto waiting = std::async(std::launch::async, [this] {
    const UniqueFd fd(::open((root() / "datasets" / kId / kFile).c_str(), O_RDONLY));
    return fd ? 0 : errno;
  });
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (cache_.waiting_opens() == 0 && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  session_->stop();
  ASSERT_EQ(waiting.wait_for(kPatience), std::future_status::ready);
  EXPECT_NE(waiting.get(), 0);
}

class ImpatientMountTest : public MountTest {
 protected:
  ImpatientMountTest() { teardown_patience_ = 1ms; }
};

TEST_F(ImpatientMountTest, AnAnswerAfterTheEndOfTheSessionGoesNowhere) {
  make_query();
  cache_.hold_opens_against_cancels();
  auto waiting = std::async(std::launch::async, [this] {
    const UniqueFd fd(::open((root() / "datasets" / kId / kFile).c_str(), O_RDONLY));
    return fd ? 0 : errno;
  });
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (cache_.waiting_opens() == 0 && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  ASSERT_EQ(cache_.waiting_opens(), 1U);
  session_->stop();
  runner_.join();
  session_.reset();
  EXPECT_NE(waiting.get(), 0);
  cache_.release_opens();  // the late answer
  EXPECT_EQ(cache_.waiting_opens(), 0U);
}

TEST_F(MountTest, TheShutdownIoctlEndsTheRunThoughFilesAreOpen) {
  const UniqueFd open(::open((root() / "README.txt").c_str(), O_RDONLY));
  ASSERT_TRUE(open);
  EXPECT_EQ(::ioctl(open.get(), TCGETS, nullptr), -1);
  EXPECT_EQ(errno, ENOTTY);
  const UniqueFd directory(::open(root().c_str(), O_RDONLY | O_DIRECTORY));
  ASSERT_EQ(::ioctl(directory.get(), fs::kShutDown, nullptr), 0) << errno;
  runner_.join();
  EXPECT_TRUE(ran_);
  session_.reset();
}

class HangupMountTest : public MountTest {
 protected:
  HangupMountTest() {
    on_hangup_ = [this] { hung_up_.set_value(); };
  }
  std::promise<void> hung_up_;
};

TEST_F(HangupMountTest, AHangupCallsWhatWasGivenForIt) {
  auto hung_up = hung_up_.get_future();
  ASSERT_EQ(::kill(::getpid(), SIGHUP), 0);
  EXPECT_EQ(hung_up.wait_for(kPatience), std::future_status::ready);
  EXPECT_FALSE(content(root() / "README.txt").empty());
}

class NohupMountTest : public MountTest {
 protected:
  NohupMountTest() { ::sigaction(SIGHUP, &ignored(), &before_); }
  ~NohupMountTest() override { ::sigaction(SIGHUP, &before_, nullptr); }

 private:
  static const struct sigaction& ignored() {
    static const struct sigaction action = [] {
      struct sigaction made {};
      made.sa_handler = SIG_IGN;
      return made;
    }();
    return action;
  }
  struct sigaction before_ {};
};

TEST_F(NohupMountTest, AnIgnoredSignalStaysIgnored) {
  struct sigaction now {};
  ASSERT_EQ(::sigaction(SIGHUP, nullptr, &now), 0);
  EXPECT_EQ(now.sa_handler, SIG_IGN);
}

class CommaMountTest : public MountTest {
 protected:
  CommaMountTest() { source_ = R"(a,b\c,ro)"; }
};

TEST_F(CommaMountTest, ACommaInAnOptionIsPartOfIt) {
  const std::string table = content("/proc/self/mounts");
  EXPECT_NE(table.find(R"(a,b\134c,ro )" + root().string() + " "), std::string::npos) << table;
  EXPECT_EQ(::mkdir(query().c_str(), 0755), 0) << "mounted read-only";
}

TEST_F(MountTest, AnUnmountFromOutsideEndsTheRun) {
  const std::string command = "fusermount3 -u '" + root().string() + "'";
  ASSERT_EQ(std::system(command.c_str()), 0);  // NOLINT(cert-env33-c,concurrency-mt-unsafe)
}

TEST_F(MountTest, HiddenAttributesAreReadableAndNotListed) {
  make_query();
  const auto file = query() / kFile;
  std::array<char, 100> value{};
  ASSERT_EQ(::getxattr(file.c_str(), "user.eso.dp_id", value.data(), value.size()),
            static_cast<ssize_t>(kId.size()));
  EXPECT_EQ(std::string(value.data()), kId);
  EXPECT_EQ(::listxattr(file.c_str(), nullptr, 0), 0);
  EXPECT_TRUE(::getxattr(file.c_str(), "security.selinux", value.data(), value.size()) == -1 &&
              errno == EOPNOTSUPP);
}

}  // namespace
}  // namespace esofs::tests
