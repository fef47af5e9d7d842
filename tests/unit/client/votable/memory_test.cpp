// VotableReader: memory that does not grow with the number of rows.
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <string>

#include "tests/unit/client/votable/support.h"

namespace esofs::client::tests {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kHeapIsOurs = false;  // the sanitizer has an allocator of its own
#else
constexpr bool kHeapIsOurs = true;
#endif

constexpr std::uint64_t kRows = kHeapIsOurs ? 1'000'000 : 50'000;
constexpr std::size_t kRowsAtOnce = 500;

std::size_t live_bytes() {
  const auto heap = ::mallinfo2();
  return heap.uordblks + heap.hblkhd;
}

// Notes how much is allocated after the first pieces and at most from there on.
class Watcher : public VotableEvents {
 public:
  Result<void> row(std::span<const Value>) override {
    ++rows;
    if (rows == 20 * kRowsAtOnce) early = live_bytes();
    if (rows > 20 * kRowsAtOnce && rows % 1000 == 0) most = std::max(most, live_bytes());
    return {};
  }
  std::uint64_t rows = 0;
  std::size_t early = 0;
  std::size_t most = 0;
};

void expect_constant_memory(const std::string& fields, const std::string& begin, const std::string& rows,
                            const std::string& end) {
  Watcher events;
  VotableReader reader(events);
  const auto push = [&reader](const std::string& text) {
    const auto pushed = reader.push(std::as_bytes(std::span(text)));
    ASSERT_TRUE(pushed) << pushed.error().what();
  };
  push("<VOTABLE><RESOURCE><TABLE>" + fields + "<DATA>" + begin);
  for (std::uint64_t i = 0; i < kRows; i += kRowsAtOnce) push(rows);
  push(end + "</DATA></TABLE></RESOURCE></VOTABLE>");
  ASSERT_TRUE(reader.finish());
  EXPECT_EQ(events.rows, kRows);
  if (!kHeapIsOurs) GTEST_SKIP() << "the heap cannot be measured under a sanitizer";
  EXPECT_LT(events.most, events.early + (1U << 20U));
  EXPECT_LT(events.most, std::size_t{32} << 20U);
}

constexpr const char* kFields =
    "<FIELD name='id' datatype='char' arraysize='*'/><FIELD name='n' datatype='long'/><FIELD name='v' "
    "datatype='double' "
    "arraysize='*'/>";

TEST(VotableMemory, AMillionRowsOfTableDataPassWithoutGrowth) {
  std::string rows;
  for (std::size_t i = 0; i < kRowsAtOnce; ++i)
    rows += "<TR><TD>ADP.2018-06-21T20:32:57." + std::to_string(i) + "</TD><TD>" + std::to_string(i) +
            "</TD><TD>1 2.5</TD></TR>\n";
  expect_constant_memory(kFields, "<TABLEDATA>", rows, "</TABLEDATA>");
}

TEST(VotableMemory, AMillionRowsOfBinary2PassWithoutGrowth) {
  std::string bytes;
  for (std::size_t i = 0; i < kRowsAtOnce; ++i)
    bytes += std::string(1, i % 3 == 0 ? '\x80' : '\0') + be(27) + "ADP.2018-06-21T20:32:57.736" +
             be(std::int64_t{1}) + be(2) + be(1.0) + be(2.5);
  expect_constant_memory(kFields, "<BINARY2><STREAM encoding='base64'>", base64(bytes),
                         "</STREAM></BINARY2>");
}

}  // namespace
}  // namespace esofs::client::tests
