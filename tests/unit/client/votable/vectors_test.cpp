// VotableReader against documents of other people, with the parses that they expect.
#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/unit/client/votable/support.h"

namespace esofs::client::tests {
namespace {

namespace fs = std::filesystem;

const fs::path& vectors() {
  static const fs::path path = ESOFS_VOTABLE_VECTORS;
  return path;
}

constexpr std::string_view kExpected = ".expected.json";

std::vector<fs::path> documents(const fs::path& directory) {
  std::vector<fs::path> found;
  std::error_code absent;
  for (const auto& entry : fs::directory_iterator(directory, absent)) {
    const auto name = entry.path().string();
    if (name.ends_with(kExpected)) found.emplace_back(name.substr(0, name.size() - kExpected.size()));
  }
  return found;
}

int run(const std::string& command) { return std::system(command.c_str()); }  // NOLINT(concurrency-mt-unsafe)

std::string in_quotes(const fs::path& path) { return '"' + path.string() + '"'; }

// One run of Python for all comparisons: its start takes longer than they do.
constexpr const char* kCompareAll =
    "import sys; sys.path.insert(0, sys.argv[1]); sys.dont_write_bytecode = True; import compare\n"
    "bad = 0\n"
    "for expected, actual in zip(sys.argv[2::2], sys.argv[3::2]):\n"
    "  sys.argv[1:] = [expected, actual]\n"
    "  if compare.main(): print('in', expected); bad = 1\n"
    "sys.exit(bad)\n";

void compare_all(const fs::path& directory) {
  if (!fs::exists(vectors() / "compare.py")) GTEST_SKIP() << "no test vectors in " << vectors();
  const fs::path out = fs::path(::testing::TempDir()) / ("votable-" + std::to_string(::getpid()));
  fs::create_directory(out);
  std::string compare = "python3 -c " + in_quotes(kCompareAll) + " " + in_quotes(vectors());
  const auto found = documents(directory);
  ASSERT_FALSE(found.empty());
  for (const auto& document : found) {
    const auto parsed = out / document.filename();
    EXPECT_EQ(run(in_quotes(ESOFS_VOTABLE_DUMP) + " " + in_quotes(document) + " > " + in_quotes(parsed)), 0)
        << document;
    compare += " " + in_quotes(document.string() + std::string(kExpected)) + " " + in_quotes(parsed);
  }
  EXPECT_EQ(run(compare), 0);
  fs::remove_all(out);
}

TEST(VotableVectors, EveryDocumentReadsAsExpected) { compare_all(vectors()); }

TEST(VotableVectors, EveryRecordedAnswerOfTheArchiveReadsAsExpected) { compare_all(vectors() / "eso-local"); }

TEST(VotableVectors, BrokenDocumentsAreReadOrRefusedWithASentence) {
  const auto broken = documents(vectors() / "tolerance");
  if (broken.empty()) GTEST_SKIP() << "no test vectors in " << vectors();
  for (const auto& path : broken) {
    SCOPED_TRACE(path.filename());
    std::ifstream file(path, std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(file), {});
    const auto reading = read(text, 4096);
    if (reading.error) {
      EXPECT_FALSE(reading.error->what().empty());
    }
    EXPECT_TRUE(reading.error || reading.events.info);
  }
}

}  // namespace
}  // namespace esofs::client::tests
