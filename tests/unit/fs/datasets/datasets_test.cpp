// datasets/, the files of datasets, attributes, sizes, and what is refused everywhere.
#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "tests/support/fs_fixture.h"

namespace esofs::tests {
namespace {

using namespace std::chrono_literals;

const std::string kFile = kId + ".fits";

// The entries of a dataset without DataLink, after those of its file.
std::vector<std::string> with_what_is_beside(std::vector<std::string> names) {
  names.insert(names.end(), {"header.txt", "metadata.json"});
  return names;
}

class DatasetsTest : public FsFixture {
 protected:
  std::uint64_t file() { return walk({"datasets", kId, kFile}); }
};

TEST_F(DatasetsTest, AnyValidIdCanBeLookedUpWithoutARequest) {
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

TEST_F(DatasetsTest, WhereAnyNameIsAnIdOnlyThoseThatAListingKnowsAreDatasets) {
  auto bare = config();
  bare.ids.valid = [](const std::string&) { return true; };
  mount(bare);
  EXPECT_EQ(lookup(walk({"datasets"}), "login.cl")->ino, 0U);
  EXPECT_EQ(lookup(walk({"datasets"}), kId)->ino, 0U);
  save("a", kAdql);
  (void)list({"queries", "a"});
  EXPECT_NE(lookup(walk({"datasets"}), kId)->ino, 0U);
}

TEST_F(DatasetsTest, ADatasetHasOneInodeWhereverItShowsUp) {
  save("a", kAdql);
  EXPECT_EQ(walk({"queries", "a", kFile}), file());
}

TEST_F(DatasetsTest, VisitedDatasetsAreListed) {
  EXPECT_EQ(list({"datasets"}), std::vector<std::string>{});
  EXPECT_EQ(list({"datasets", kId}), with_what_is_beside({kFile}));
  EXPECT_EQ(list({"datasets"}), std::vector<std::string>{kId});
}

TEST_F(DatasetsTest, TheDataLinkAnswerIsListedWhereThereIsOne) {
  catalog_.put_links(kId, "<VOTABLE>links</VOTABLE>");
  EXPECT_EQ(list({"datasets", kId}),
            (std::vector<std::string>{kFile, "header.txt", "metadata.json", "links.vot", "links.json"}));
}

TEST_F(DatasetsTest, AnIdThatTheArchiveDoesNotKnowIsEnoentOnOpendir) {
  const auto opened = opendir(walk({"datasets", "ADP.1999-01-01T00:00:00.000"}));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ENOENT);
}

TEST_F(DatasetsTest, TheSizeIsAnEstimateUntilOpenAndExactFromThenOn) {
  save("a", kAdql);
  (void)list({"queries", "a"});
  const auto ino = walk({"queries", "a", kFile});
  auto before = fs_->getattr(ino);
  ASSERT_TRUE(before);
  EXPECT_EQ(before->attributes.st_size, 300'000);
  EXPECT_GT(before->attr_timeout, 1) << "find asks after READDIRPLUS";
  EXPECT_LE(before->attr_timeout, 10) << "the kernel must not keep an estimate for long";
  auto opened = open(ino);
  ASSERT_TRUE(opened);
  EXPECT_TRUE(opened->invalidate_attributes);
  auto after = fs_->getattr(ino);
  ASSERT_TRUE(after);
  EXPECT_EQ(after->attributes.st_size, 200'000);
  EXPECT_GT(after->attr_timeout, 60);
  fs_->release(opened->handle);
  auto again = open(ino);
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->invalidate_attributes);
  EXPECT_TRUE(again->keep_cache);
  EXPECT_FALSE(again->direct_io);
}

TEST_F(DatasetsTest, AnUnknownSizeIsNeverZero) {
  auto entry = fs_->getattr(file());
  ASSERT_TRUE(entry);
  EXPECT_GT(entry->attributes.st_size, 0);
  EXPECT_LE(entry->attr_timeout, 10);
}

TEST_F(DatasetsTest, AttributesAreWhatOldToolsNeed) {
  auto of_user = config();
  of_user.uid = 1234;
  of_user.gid = 55;
  mount(of_user);
  save("a", kAdql);
  (void)list({"queries", "a"});
  auto entry = fs_->getattr(walk({"queries", "a", kFile}));
  ASSERT_TRUE(entry);
  const struct stat& status = entry->attributes;
  EXPECT_EQ(status.st_mode, static_cast<mode_t>(S_IFREG | 0444));
  EXPECT_EQ(status.st_nlink, 1U);
  EXPECT_EQ(status.st_uid, 1234U);
  EXPECT_EQ(status.st_gid, 55U);
  EXPECT_EQ(status.st_mtim.tv_sec, 1'500'000'000);
  EXPECT_EQ(status.st_ctim.tv_sec, 1'500'000'000);
  EXPECT_EQ(status.st_blocks, (300'000 + 511) / 512);
  EXPECT_EQ(status.st_blksize, 4096);  // what stdio reads at once: a header, not more
  EXPECT_EQ(fs_->getattr(walk({"datasets"}))->attributes.st_nlink, 2U);
  EXPECT_EQ(fs_->getattr(walk({"datasets"}))->attributes.st_mode, static_cast<mode_t>(S_IFDIR | 0555));
}

TEST_F(DatasetsTest, TheTimeOfADatasetIsItsDateAndNeverBefore1980) {
  EXPECT_EQ(fs_->getattr(file())->attributes.st_mtim.tv_sec, 1529613177) << "the date in the id";
  listing_->add("OLD.X", 10, 5);
  save("a", kAdql);
  (void)list({"queries", "a"});
  EXPECT_GE(fs_->getattr(walk({"queries", "a", "OLD.X.fits"}))->attributes.st_mtim.tv_sec, 315'532'800);
}

TEST_F(DatasetsTest, ReadsGiveTheBytesOfTheFile) {
  auto opened = open(file());
  ASSERT_TRUE(opened);
  auto bytes = read(opened->handle, 199'990, 100);
  ASSERT_TRUE(bytes);
  ASSERT_EQ(bytes->size(), 10U) << "up to the end of the file";
  EXPECT_EQ(bytes->at(0), FakeFileCache::byte_at(199'990));
  EXPECT_EQ(read(opened->handle, 200'000, 5)->size(), 0U);
}

TEST_F(DatasetsTest, AReadThatWaitsLeavesTheWorkerFreeAndCanBeCancelled) {
  auto opened = open(file());
  ASSERT_TRUE(opened);
  cache_.hold_reads();
  std::optional<Result<fs::Bytes>> answer;
  const Cancel cancel =
      fs_->read(opened->handle, 0, 10, [&](Result<fs::Bytes> bytes) { answer = std::move(bytes); });
  EXPECT_FALSE(answer);
  EXPECT_EQ(cat({".esofs", "version"}), "esofs test\n") << "others are served meanwhile";
  cancel();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->error().code(), EINTR);
}

TEST_F(DatasetsTest, AReadSurvivesTheReleaseOfItsHandle) {
  auto opened = open(file());
  ASSERT_TRUE(opened);
  cache_.hold_reads();
  std::optional<Result<fs::Bytes>> answer;
  (void)fs_->read(opened->handle, 0, 10, [&](Result<fs::Bytes> bytes) { answer = std::move(bytes); });
  fs_->release(opened->handle);
  cache_.release_reads();
  ASSERT_TRUE(answer && *answer);
  EXPECT_EQ((*answer)->size(), 10U);
}

TEST_F(DatasetsTest, AnOpenThatFailsCarriesItsErrno) {
  cache_.fail_open(kId, Error(EACCES, "proprietary until 2030"));
  const auto opened = open(file());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), EACCES);
  EXPECT_EQ(fs_->open_handles(), 0U);
}

TEST_F(DatasetsTest, ANewVersionDropsThePagesOfTheOldOne) {
  const auto ino = file();
  fs_->release(open(ino)->handle);
  cache_.put(kId, {150'000, "v2", ""});
  auto opened = open(ino);
  ASSERT_TRUE(opened);
  EXPECT_FALSE(opened->keep_cache);
  EXPECT_FALSE(opened->direct_io);
  auto third = open(ino);
  ASSERT_TRUE(third);
  EXPECT_TRUE(third->keep_cache);
}

TEST_F(DatasetsTest, OpeningForWritingIsErofsInOpen) {
  for (const int flags : {O_WRONLY, O_RDWR, O_RDONLY | O_TRUNC, O_WRONLY | O_APPEND})
    EXPECT_EQ(open(file(), flags).error().code(), EROFS) << flags;
}

TEST_F(DatasetsTest, EveryMutationOutsideQueriesIsErofs) {
  for (const auto& path : {std::vector<std::string>{}, {"datasets"}, {"datasets", kId}, {".esofs"}}) {
    const auto ino = path.empty() ? fs::kRootInode : walk(path);
    EXPECT_EQ(fs_->create(ino, "x").error().code(), EROFS);
    EXPECT_EQ(fs_->mkdir(ino, "x").error().code(), EROFS);
    EXPECT_EQ(fs_->symlink(ino, "x", "y").error().code(), EROFS);
    EXPECT_EQ(fs_->unlink(ino, "x").error().code(), EROFS);
    EXPECT_EQ(rmdir(ino, "x").error().code(), EROFS);
    EXPECT_EQ(fs_->rename(ino, "x", ino, "y", 0).error().code(), EROFS);
    EXPECT_EQ(fs_->setattr(ino, {}).error().code(), EROFS);
    EXPECT_EQ(fs_->refusal(ino, "link").code(), EROFS);
  }
}

TEST_F(DatasetsTest, TheDeliveredNameIsAskedForWithADeadlineAndOthersAreNot) {
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

TEST_F(DatasetsTest, LinksAndMetadataAreMadeWhenOpened) {
  catalog_.put_links(kId, "<VOTABLE>links</VOTABLE>");
  cache::NamedRow row;
  row.columns.emplace_back();
  row.columns.back().name = "s_ra";
  row.row = {client::Value{83.5}};
  catalog_.put_row(kId, row);
  const auto links = walk({"datasets", kId, "links.vot"});
  EXPECT_EQ(catalog_.asked(), 0);
  EXPECT_GT(fs_->getattr(links)->attributes.st_size, 0);
  EXPECT_EQ(fs_->getattr(links)->attr_timeout, 0);
  auto opened = open(links);
  ASSERT_TRUE(opened);
  EXPECT_TRUE(opened->invalidate_attributes);
  EXPECT_EQ(fs_->getattr(links)->attributes.st_size, 24);
  EXPECT_EQ(cat(links), "<VOTABLE>links</VOTABLE>");
  EXPECT_EQ(cat({"datasets", kId, "metadata.json"}), "{\n  \"s_ra\": 83.5\n}\n");
}

TEST_F(DatasetsTest, TheMetadataOfADatasetThatNoTableHasAreWhatIsKnownOfIt) {
  EXPECT_EQ(open(walk({"datasets", kId, "metadata.json"})).error().code(), ENOENT) << "it may not exist";
  catalog_.put_links(kId, "<VOTABLE>links</VOTABLE>");
  (void)cat({"datasets", kId, "links.vot"});
  EXPECT_EQ(cat({"datasets", kId, "metadata.json"}), "{\n  \"dp_id\": \"" + kId + "\"\n}\n");
}

TEST_F(DatasetsTest, AttributesOfTheRowAndTheFileAreHiddenButThere) {
  save("a", kAdql);
  (void)list({"queries", "a"});
  const auto ino = walk({"queries", "a", kFile});
  EXPECT_EQ(*fs_->getxattr(ino, "user.eso.dp_id"), kId);
  EXPECT_EQ(*fs_->getxattr(ino, "user.eso.DP_ID"), kId);
  EXPECT_EQ(*fs_->getxattr(ino, "user.esofs.size_state"), "estimated");
  EXPECT_EQ(*fs_->getxattr(ino, "user.esofs.url"), "http://archive/" + kId);
  for (const char* name : {"user.eso.none", "user.esofs.version", "user.x"})
    EXPECT_EQ(fs_->getxattr(ino, name).error().code(), ENODATA) << name;
  for (const char* name : {"security.selinux", "system.posix_acl_access", "trusted.x"})
    EXPECT_EQ(fs_->getxattr(ino, name).error().code(), EOPNOTSUPP) << name;
  EXPECT_TRUE(fs_->listxattr(ino)->empty());
}

TEST_F(DatasetsTest, AttributesAreListedWhenAskedFor) {
  auto listed = config();
  listed.list_xattrs = true;
  mount(listed);
  save("a", kAdql);
  (void)list({"queries", "a"});
  const auto names = *fs_->listxattr(walk({"queries", "a", kFile}));
  EXPECT_NE(std::find(names.begin(), names.end(), "user.eso.dp_id"), names.end());
  EXPECT_NE(std::find(names.begin(), names.end(), "user.esofs.url"), names.end());
}

TEST_F(DatasetsTest, AForgottenInodeIsNotKnownAnyMore) {
  const auto before = fs_->live_inodes();
  const auto datasets = lookup(fs::kRootInode, "datasets")->ino;
  EXPECT_EQ(fs_->live_inodes(), before + 1);
  fs_->forget(datasets, 1);
  EXPECT_EQ(fs_->live_inodes(), before);
  EXPECT_EQ(fs_->getattr(datasets).error().code(), ESTALE);
}

TEST_F(DatasetsTest, AStatusFileKeepsTheTextItWasOpenedWith) {
  const auto errors = walk({".esofs", "errors"});
  fs_->report(fs::kRootInode, "", Error(EIO, "first"));
  auto opened = open(errors);
  ASSERT_TRUE(opened);
  EXPECT_TRUE(opened->direct_io);
  const auto size = fs_->getattr(errors)->attributes.st_size;
  fs_->report(fs::kRootInode, "", Error(EIO, "second"));
  EXPECT_EQ(read(opened->handle, 0, 1000)->size(), static_cast<std::size_t>(size));
  EXPECT_EQ(fs_->getattr(errors)->attributes.st_size, size) << "fstat(2) of the open file";
  fs_->release(opened->handle);
  EXPECT_GT(fs_->getattr(errors)->attributes.st_size, size);
}

TEST_F(DatasetsTest, TheReadmeKnowsTheArchiveAndItsLimits) {
  const std::string text = cat({"README.txt"});
  EXPECT_NE(text.find("The Fake Archive"), std::string::npos);
  EXPECT_NE(text.find("It has two datasets."), std::string::npos);
  EXPECT_NE(cat({".esofs", "status.json"}).find("\"archive\": \"fake\""), std::string::npos);
}

TEST_F(DatasetsTest, StatfsShowsTheCache) {
  const auto status = fs_->statfs();
  EXPECT_EQ(status.f_blocks * status.f_frsize, 1U << 20U);
  EXPECT_EQ(status.f_namemax, 255U);
}

}  // namespace
}  // namespace esofs::tests
