// datasets/ and datasets/<dp_id>/: which names exist, what they cost, what is listed.
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "tests/support/fs_fixture.h"

namespace esofs::tests {
namespace {

using namespace std::chrono_literals;

const std::string kFile = kId + ".fits";
const std::string kThird = "ADP.2018-06-21T20:32:57.738";

// The entries of a dataset without DataLink, after those of its file.
std::vector<std::string> with_what_is_beside(std::vector<std::string> names) {
  names.insert(names.end(), {"header.txt", "metadata.json"});
  return names;
}

class DatasetNodesTest : public FsFixture {
 protected:
  std::uint64_t file() { return walk({"datasets", kId, kFile}); }
};

TEST_F(DatasetNodesTest, AnyValidIdCanBeLookedUpWithoutARequest) {
  catalog_.hold();
  EXPECT_NE(file(), 0U);
  EXPECT_NE(walk({"datasets", "ADP.2018-06-21T20_32_57.736"}), 0U) << "the portable form";
  EXPECT_EQ(walk({"datasets", "ADP.2018-06-21T20_32_57.736"}), walk({"datasets", kId}));
  for (const char* name : {"NAXIS1", "login.cl", "@x", ".x"}) {
    auto entry = lookup(walk({"datasets"}), name);
    ASSERT_TRUE(entry) << name;
    EXPECT_EQ(entry->ino, 0U);
    EXPECT_GT(entry->entry_timeout, 0) << "the kernel may remember it";
  }
  EXPECT_EQ(catalog_.asked(), 0);
}

TEST_F(DatasetNodesTest, IfAnyNameIsAnIdOnlyListedOnesAreDatasets) {
  auto bare = config();
  client::Profile profile;
  profile.ids = {".*"};
  bare.ids = std::make_shared<const client::Identifiers>(profile);
  mount(bare);
  EXPECT_EQ(lookup(walk({"datasets"}), "login.cl")->ino, 0U);
  EXPECT_EQ(lookup(walk({"datasets"}), kId)->ino, 0U);
  save("a", kAdql);
  (void)list({"queries", "a"});
  EXPECT_NE(lookup(walk({"datasets"}), kId)->ino, 0U);
}

TEST_F(DatasetNodesTest, VisitedDatasetsAreListed) {
  EXPECT_EQ(list({"datasets"}), std::vector<std::string>{});
  EXPECT_EQ(list({"datasets", kId}), with_what_is_beside({kFile}));
  EXPECT_EQ(list({"datasets"}), std::vector<std::string>{kId});
}

TEST_F(DatasetNodesTest, TheDataLinkAnswerIsListedIfThereIsOne) {
  catalog_.put_links(kId, "<VOTABLE>links</VOTABLE>");
  EXPECT_EQ(list({"datasets", kId}),
            (std::vector<std::string>{kFile, "header.txt", "metadata.json", "links.vot", "links.json"}));
}

TEST_F(DatasetNodesTest, AnUnknownIdIsEnoentOnOpendir) {
  const auto opened = opendir(walk({"datasets", "ADP.1999-01-01T00:00:00.000"}));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ENOENT);
}

TEST_F(DatasetNodesTest, ADatasetHasOneInodeWhereverItShowsUp) {
  save("a", kAdql);
  EXPECT_EQ(walk({"queries", "a", kFile}), file());
}

TEST_F(DatasetNodesTest, OnlyTheDeliveredNameIsAskedForAndWithADeadline) {
  client::FileSource packed;
  packed.original_name = "raw.fits.fz";
  catalog_.put_source(kId, packed);
  catalog_.hold();
  const auto directory = walk({"datasets", kId});
  for (const char* name : {"x.fits.fz", "NAXIS1", "README"}) {
    auto entry = lookup(directory, name);
    EXPECT_TRUE(entry && entry->ino == 0) << name;
  }
  std::optional<Result<fs::Entry>> answer;
  (void)fs_->lookup(directory, kFile + ".fz", [&](Result<fs::Entry> entry) { answer = std::move(entry); });
  EXPECT_FALSE(answer);
  timer_.pass(10s);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->error().code(), EAGAIN);

  catalog_.release();
  EXPECT_NE(walk({"datasets", kId, kFile + ".fz"}), 0U);
  auto wrong = lookup(directory, kFile + ".Z");
  EXPECT_TRUE(wrong && wrong->ino == 0);
  EXPECT_EQ(list({"datasets", kId}), with_what_is_beside({kFile, kFile + ".fz"}));
}

TEST_F(DatasetNodesTest, AFileThatIsNotFitsHasItsOwnExtension) {
  client::FileSource source;
  source.url = "http://archive/file/" + kThird;
  source.content_type = "image/png";
  catalog_.put_source(kThird, source);
  cache_.put(kThird, {});
  const auto named_before = walk({"datasets", kThird, kThird + ".png"});
  EXPECT_EQ(list({"datasets", kThird}), (std::vector<std::string>{kThird + ".png", "metadata.json"}));
  EXPECT_EQ(walk({"datasets", kThird, kThird + ".png"}), named_before);
  EXPECT_EQ(lookup(walk({"datasets", kThird}), kThird + ".fits")->ino, 0U);
  EXPECT_EQ(lookup(walk({"datasets", kThird}), kThird + ".pdf")->ino, 0U);
}

}  // namespace
}  // namespace esofs::tests
