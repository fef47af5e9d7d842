// table/headers.*: when it is there, and which files it asks for.
#include "fs/queries/header_nodes.h"

#include <gmock/gmock.h>

#include <cerrno>
#include <optional>
#include <string>

#include "fs/queries/header_collector.h"
#include "tests/support/fs_fixture.h"

namespace esofs::tests {
namespace {

using ::testing::Contains;
using ::testing::Not;

class HeaderNodesTest : public FsFixture {
 protected:
  HeaderNodesTest() {
    listing_->file = temp_.path() / "result.vot";
    save("a", "-- headers: OBJECT\n" + kAdql);
  }
  std::uint64_t headers() { return walk({"queries", "a", "table", "headers.csv"}); }
};

TEST_F(HeaderNodesTest, NothingIsListedBeforeItWasAskedFor) {
  EXPECT_THAT(list({"queries", "a", "table"}), Not(Contains("headers.csv")));
  EXPECT_NE(headers(), 0U);
}

TEST_F(HeaderNodesTest, IfNoHeaderCanBeReadItIsTheErrnoOfTheFirst) {
  cache_.fail_open(kId, Error(EACCES, "not public"));
  cache_.fail_open(kOtherId, Error(EHOSTUNREACH, "no network"));
  auto opened = open(headers());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), EACCES);
  EXPECT_THAT(list({"queries", "a", "table"}), Not(Contains("headers.csv")));
}

TEST_F(HeaderNodesTest, WaitingForHeadersCanBeInterrupted) {
  cache_.hold_opens();
  std::optional<Result<fs::Opened>> answer;
  const auto cancel =
      fs_->open(headers(), O_RDONLY, {}, [&](Result<fs::Opened> opened) { answer = std::move(opened); });
  ASSERT_FALSE(answer);
  cancel();
  ASSERT_TRUE(answer && !*answer);
  EXPECT_EQ(answer->error().code(), EINTR);
}

TEST_F(HeaderNodesTest, ThousandsOfFilesThatAnswerAtOnceAreNoRecursion) {
  fs::HeaderRequest request;
  for (int i = 0; i < 2000; ++i) {
    client::Dataset dataset;
    dataset.id = kId;
    request.files.push_back({"x", dataset});
  }
  request.keywords = {"OBJECT"};
  std::optional<int> code;
  (void)fs::collect_headers(*context_, std::move(request),
                            [&](const Result<fs::CollectedHeaders>& collected) {
                              code = collected ? 0 : collected.error().code();
                            });
  EXPECT_EQ(code, EIO) << "the files of the fake are no FITS";
}

}  // namespace
}  // namespace esofs::tests
