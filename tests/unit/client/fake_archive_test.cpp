// The fake that other tests rest on must itself hold, fail and count.
#include "tests/support/fake_archive.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <thread>

namespace esofs::tests {
namespace {

struct Collector : client::FetchSink {
  Result<void> head(const client::FileHead& head) override {
    heads.push_back(head);
    return {};
  }
  Result<void> body(std::span<const std::byte> piece) override {
    bytes.insert(bytes.end(), piece.begin(), piece.end());
    return {};
  }
  std::vector<client::FileHead> heads;
  std::vector<std::byte> bytes;
};

class FakeArchiveTest : public ::testing::Test {
 protected:
  Result<client::FileHead> fetch(const std::string& url, std::optional<client::ByteRange> range = {},
                                 bool tail = false) {
    client::FetchRequest request;
    request.url = url;
    request.range = range;
    request.tail = tail;
    return archive_.fetch(request, sink_, turn_);
  }

  FakeArchive archive_;
  Collector sink_;
  std::stop_source stop_;
  Lane::Turn turn_{stop_.get_token()};
};

TEST_F(FakeArchiveTest, ARangeGivesTheBytesOfThatPlace) {
  archive_.put_file("http://f", 100'000'000'000);
  auto head = fetch("http://f", client::ByteRange{50'000'000'000, 300'000});
  ASSERT_TRUE(head) << head.error().what();
  EXPECT_TRUE(head->partial);
  EXPECT_EQ(head->total, 100'000'000'000U);
  EXPECT_EQ(sink_.bytes, FakeArchive::bytes_at(50'000'000'000, 300'000));
}

TEST_F(FakeArchiveTest, TheTailIsTheEnd) {
  archive_.put_file("http://f", 1000);
  ASSERT_TRUE(fetch("http://f", client::ByteRange{0, 10}, true));
  EXPECT_EQ(sink_.bytes, FakeArchive::bytes_at(990, 10));
}

TEST_F(FakeArchiveTest, WithoutRangesTheWholeFileComes) {
  archive_.put_file("http://f", 1000, {.ranges = false});
  auto head = fetch("http://f", client::ByteRange{500, 10});
  ASSERT_TRUE(head);
  EXPECT_FALSE(head->partial);
  EXPECT_EQ(sink_.bytes, FakeArchive::bytes_at(0, 1000));
}

TEST_F(FakeArchiveTest, AChangedVersionIsStale) {
  archive_.put_file("http://f", 1000, {.validator = "v2", .salt = 1});
  client::FetchRequest request;
  request.url = "http://f";
  request.validator = "v1";
  auto head = archive_.fetch(request, sink_, turn_);
  ASSERT_FALSE(head);
  EXPECT_EQ(head.error().code(), ESTALE);
  EXPECT_TRUE(sink_.heads.empty());
}

TEST_F(FakeArchiveTest, AHeldFetchStopsInTheMiddleUntilReleased) {
  archive_.put_file("http://f", 1000);
  archive_.hold("http://f", 300);
  std::jthread fetching([&] { EXPECT_TRUE(fetch("http://f")); });
  ASSERT_TRUE(archive_.wait_held());
  EXPECT_EQ(archive_.fetched_bytes("http://f"), 300U);
  archive_.release();
  fetching.join();
  EXPECT_EQ(sink_.bytes.size(), 1000U);
}

TEST_F(FakeArchiveTest, AHeldFetchEndsWhenItsTurnIsStopped) {
  archive_.put_file("http://f", 1000);
  archive_.hold();
  std::jthread fetching([&] {
    auto head = fetch("http://f");
    ASSERT_FALSE(head);
    EXPECT_EQ(head.error().code(), EINTR);
  });
  ASSERT_TRUE(archive_.wait_held());
  stop_.request_stop();
}

TEST_F(FakeArchiveTest, FailuresComeAsOftenAsAsked) {
  archive_.put_file("http://f", 10);
  archive_.fail_next(FakeArchive::Op::kFetch, Error(EACCES, "HTTP 403"), 2);
  EXPECT_EQ(fetch("http://f").error().code(), EACCES);
  EXPECT_EQ(fetch("http://f").error().code(), EACCES);
  EXPECT_TRUE(fetch("http://f"));
  EXPECT_EQ(archive_.fetch_count("http://f"), 3);
  archive_.fail_after("http://f", 4, Error(ETIMEDOUT, "stalled"));
  sink_.bytes.clear();
  EXPECT_EQ(fetch("http://f").error().code(), ETIMEDOUT);
  EXPECT_EQ(sink_.bytes.size(), 4U);
}

struct Rows : client::TableSink {
  Result<void> bytes(std::span<const std::byte>) override { return {}; }
  Result<void> columns(const std::vector<client::Column>&) override { return {}; }
  Result<void> row(std::span<const client::Value> row) override {
    rows.emplace_back(row.begin(), row.end());
    return {};
  }
  void job_started(const std::string&) override {}
  void restart() override { rows.clear(); }
  std::vector<client::Row> rows;
};

TEST_F(FakeArchiveTest, AQueryGivesItsRowsUpToMaxrec) {
  archive_.put_table("Q", FakeArchive::named({"n"}), 1'000'000,
                     [](std::uint64_t i) { return client::Row{client::Value{static_cast<std::int64_t>(i)}}; },
                     {});
  Rows rows;
  client::QueryRequest request;
  request.adql = "Q";
  request.maxrec = 3;
  auto summary = archive_.query(request, rows, turn_);
  ASSERT_TRUE(summary);
  EXPECT_EQ(rows.rows.size(), 3U);
  EXPECT_EQ(rows.rows[2][0].is, client::Value::Alternatives(std::int64_t{2}));
  EXPECT_TRUE(summary->truncated);
}

TEST_F(FakeArchiveTest, ARestartedQueryGivesItsRowsOnce) {
  archive_.put_table("Q", FakeArchive::named({"n"}), {{client::Value{"a"}}, {client::Value{"b"}}});
  archive_.restart_after("Q", 1);
  Rows rows;
  client::QueryRequest request;
  request.adql = "Q";
  ASSERT_TRUE(archive_.query(request, rows, turn_));
  EXPECT_EQ(rows.rows.size(), 2U);
}

}  // namespace
}  // namespace esofs::tests
