#include "mountopts/probe.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>

namespace esofs::mountopts {
namespace {

using std::chrono::steady_clock;

// A stuck test must fail, not hang; no assertion rests on this time passing.
steady_clock::time_point patient() { return steady_clock::now() + std::chrono::seconds(20); }

TEST(ProbeTest, TheTextOfAFileComesWhole) {
  const auto path = std::filesystem::path(::testing::TempDir()) / "probe-text";
  const std::string text(300'000, 'x');
  std::ofstream(path) << text;
  Probe probe(read_whole_file, path.string());
  const auto answer = probe.answer(patient());
  ASSERT_TRUE(answer) << answer.error().what();
  EXPECT_EQ(*answer, text);
  std::filesystem::remove(path);
}

TEST(ProbeTest, AnErrnoOfTheChildIsTheAnswers) {
  Probe probe(read_whole_file, "/no/such/file");
  const auto answer = probe.answer(patient());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ENOENT);
}

TEST(ProbeTest, ALookThatHangsIsLeftBehind) {
  Probe probe([](const char*, int) { return ::pause(); }, "");
  const auto answer = probe.answer(steady_clock::now());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ETIMEDOUT);
}

TEST(ProbeTest, AChildThatDiesIsAnError) {
  Probe probe([](const char*, int) -> int { ::_exit(3); }, "");
  const auto answer = probe.answer(patient());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), EIO);
}

}  // namespace
}  // namespace esofs::mountopts
