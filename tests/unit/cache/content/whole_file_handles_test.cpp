// WholeFile: when the last handle ends its response, and when it does not.
#include "cache/content/whole_file.h"

#include <gtest/gtest.h>

#include "tests/unit/cache/content/file_cache_fixture.h"

namespace esofs::cache {
namespace {

class WholeFileHandlesTest : public FileCacheFixture {};

// A WholeFile of 300 MiB whose response runs, and how often it was given up.
struct RunningWholeFile {
  RunningWholeFile(client::Archive& archive, Lane& lane, const std::filesystem::path& place)
      : parts(
            std::make_shared<ContentParts>(archive, lane, SegmentStore::Config{place, 1 << 30, 0}, 1 << 20)),
        file(std::make_shared<WholeFile>(parts, ContentKey("fake|f|v1"), "f",
                                         [this](const Error&) { ++given_up; })) {
    EXPECT_TRUE(file->begin(300ULL << 20U));
    EXPECT_TRUE(file->add_handle());
  }
  ~RunningWholeFile() { parts->gate.close(); }
  RunningWholeFile(const RunningWholeFile&) = delete;
  RunningWholeFile& operator=(const RunningWholeFile&) = delete;

  // Its next bytes come.
  void feed() {
    Lane lane{"one", 1};
    std::promise<void> fed;
    lane.submit(
        [&](Lane::Turn& turn) {
          (void)file->feed(Bytes(100), turn);
          fed.set_value();
        },
        "feed", {});
    fed.get_future().get();
  }

  int given_up = 0;
  const std::shared_ptr<ContentParts> parts;
  const std::shared_ptr<WholeFile> file;
};

TEST_F(WholeFileHandlesTest, AnOpenThatIsBeingAnsweredKeepsTheResponse) {
  RunningWholeFile running(archive_, lane_, dir_ / "b");
  bool taken = false;
  (void)running.file->when_alive([&](const Result<bool>& alive) {
    running.file->drop_handle();
    taken = alive && *alive && running.file->add_handle();
  });
  running.feed();
  EXPECT_TRUE(taken);
  EXPECT_EQ(running.given_up, 0);
}

TEST_F(WholeFileHandlesTest, AnOpenThatComesBackLeavesAResponseToNobody) {
  RunningWholeFile running(archive_, lane_, dir_ / "b");
  int error = 0;
  const auto cancel =
      running.file->when_alive([&](const Result<bool>& alive) { error = alive ? 0 : alive.error().code(); });
  running.file->drop_handle();
  EXPECT_EQ(running.given_up, 0);
  cancel();
  EXPECT_EQ(error, EINTR);
  EXPECT_EQ(running.given_up, 1);
}

TEST_F(WholeFileHandlesTest, AnAnsweredOpenWithoutAHandleLeavesItToNobody) {
  RunningWholeFile running(archive_, lane_, dir_ / "b");
  (void)running.file->when_alive([](const Result<bool>&) {});
  running.file->drop_handle();
  EXPECT_EQ(running.given_up, 0);
  running.feed();
  EXPECT_EQ(running.given_up, 1);
}

TEST_F(WholeFileHandlesTest, OneThatWasGivenUpTakesNoMoreHandles) {
  const auto parts =
      std::make_shared<ContentParts>(archive_, lane_, SegmentStore::Config{dir_ / "b", 1 << 30, 0}, kMiB);
  int stale = 0;
  std::shared_ptr<WholeFile> file;
  file = std::make_shared<WholeFile>(parts, ContentKey("fake|f|v1"), "f", [&](const Error&) {
    ++stale;
    EXPECT_FALSE(file->add_handle()) << "before its readers are told";
  });
  ASSERT_TRUE(file->begin(300 * kMiB));
  EXPECT_TRUE(file->add_handle());
  file->drop_handle();
  EXPECT_EQ(stale, 1);
  EXPECT_FALSE(file->add_handle());
  parts->gate.close();
}

}  // namespace
}  // namespace esofs::cache
