// Saved queries as directories: listing, looking up, waiting, failing, removing.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <set>
#include <string>

#include "tests/support/fs_fixture.h"

namespace esofs::tests {
namespace {

using namespace std::chrono_literals;
using ::testing::Test;

const std::string kFile = kId + ".fits";

class QueryNodesTest : public FsFixture {
 protected:
  static bool has(const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  }
};

TEST_F(QueryNodesTest, ANewQueryHoldsQueryAdqlAndStatusTxtOnly) {
  ASSERT_TRUE(fs_->mkdir(walk({"queries"}), "a"));
  EXPECT_EQ(list({"queries", "a"}), (std::vector<std::string>{"query.adql", "status.txt"}));
  EXPECT_EQ(catalog_.asked(), 0);
  EXPECT_NE(cat({"queries", "a", "status.txt"}).find("phase: EMPTY"), std::string::npos);
}

TEST_F(QueryNodesTest, ListingAQueryListsTheDatasetsOfItsAnswer) {
  save("a", kAdql + "\n");
  EXPECT_EQ(list({"queries", "a"}),
            (std::vector<std::string>{"query.adql", "status.txt", "table", kFile, kOtherId + ".fits"}));
  EXPECT_EQ(catalog_.asked(), 1);
  (void)list({"queries", "a"});
  EXPECT_EQ(catalog_.asked(), 1) << "a known listing asks nobody";
}

TEST_F(QueryNodesTest, EverybodyReadsAndOnlyTheOwnerAndRootWrite) {
  auto shared = config();
  shared.uid = 1000;
  mount(shared);
  save("a", kAdql);
  const auto code = [](const Result<void>& result) { return result ? 0 : result.error().code(); };
  const auto text = walk({"queries", "a", "query.adql"});
  const auto file = walk({"queries", "a", kFile});
  for (const uid_t user : {0U, 1000U}) {
    EXPECT_EQ(code(fs_->may_change(text, user, "write")), 0);
    EXPECT_EQ(code(fs_->access(text, R_OK | W_OK, user)), 0);
    EXPECT_EQ(code(fs_->access(file, W_OK, user)), EROFS);
  }
  EXPECT_EQ(code(fs_->may_change(text, 1001, "write")), EACCES);
  EXPECT_EQ(code(fs_->may_change(walk({"queries"}), 1001, "mkdir")), EACCES);
  EXPECT_EQ(code(fs_->may_change(file, 1001, "write")), EROFS);
  EXPECT_EQ(code(fs_->may_change(walk({"queries", "a", "table"}), 1001, "remove")), EROFS);
  EXPECT_EQ(code(fs_->access(text, W_OK, 1001)), EACCES);
  EXPECT_EQ(code(fs_->access(text, X_OK, 1000)), EACCES);
  for (const auto ino : {text, file, walk({"queries"})}) EXPECT_EQ(code(fs_->access(ino, R_OK, 1001)), 0);
  EXPECT_EQ(code(fs_->access(walk({"queries"}), R_OK | X_OK, 1001)), 0);
}

TEST_F(QueryNodesTest, TheTableDirectoryIsReadOnly) {
  save("a", kAdql);
  EXPECT_EQ(lookup(walk({"queries", "a"}), "table")->attributes.st_mode, S_IFDIR | 0555U);
}

TEST_F(QueryNodesTest, LookupsThatNeedNoListingNeverWait) {
  save("a", kAdql);
  catalog_.hold();
  for (const char* name : {"query.adql", "status.txt", "table"}) {
    auto entry = lookup(walk({"queries", "a"}), name);
    ASSERT_TRUE(entry) << name << ": " << entry.error().what();
    EXPECT_NE(entry->ino, 0U) << name;
  }
  for (const char* name :
       {"login.cl", "uparm.par", "X.fits.fits", "X.fits[1]", "@X.fits", "NAXIS1", ".hidden", "4913"}) {
    auto entry = lookup(walk({"queries", "a"}), name);
    EXPECT_TRUE(!entry ? entry.error().code() == ENOENT : entry->ino == 0) << name;
  }
  EXPECT_EQ(catalog_.asked(), 0);
}

TEST_F(QueryNodesTest, ALookupInAListingThatNobodyFetchedWaitsAndThenSaysEagain) {
  save("a", kAdql);
  catalog_.hold();
  const auto query = walk({"queries", "a"});
  std::optional<Result<fs::Entry>> answer;
  (void)fs_->lookup(query, kFile, [&](Result<fs::Entry> entry) { answer = std::move(entry); });
  EXPECT_FALSE(answer) << "the worker is free while the archive thinks";
  timer_.pass(9s);
  EXPECT_FALSE(answer);
  timer_.pass(1s);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->error().code(), EAGAIN);
}

TEST_F(QueryNodesTest, ALookupIsAnsweredWhenTheListingArrives) {
  save("a", kAdql);
  catalog_.hold();
  std::optional<Result<fs::Entry>> answer;
  (void)fs_->lookup(walk({"queries", "a"}), kFile,
                    [&](Result<fs::Entry> entry) { answer = std::move(entry); });
  catalog_.release();
  ASSERT_TRUE(answer && *answer);
  EXPECT_NE((*answer)->ino, 0U);
}

TEST_F(QueryNodesTest, OpendirWaitsForQueryWaitThenSaysEagain) {
  save("a", kAdql);
  catalog_.hold();
  std::optional<Result<fs::Opened>> answer;
  (void)fs_->opendir(walk({"queries", "a"}), [&](Result<fs::Opened> opened) { answer = std::move(opened); });
  timer_.pass(59s);
  EXPECT_FALSE(answer);
  timer_.pass(1s);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->error().code(), EAGAIN);
}

TEST_F(QueryNodesTest, AnInterruptedOpendirAnswersEintr) {
  save("a", kAdql);
  catalog_.hold();
  std::optional<Result<fs::Opened>> answer;
  const Cancel cancel =
      fs_->opendir(walk({"queries", "a"}), [&](Result<fs::Opened> opened) { answer = std::move(opened); });
  ASSERT_TRUE(cancel);
  cancel();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->error().code(), EINTR);
}

TEST_F(QueryNodesTest, AFailedQueryIsAnErrnoAndStatusTxtSaysWhy) {
  catalog_.fail(kAdql, Error(EHOSTUNREACH, "cannot connect to archive"));
  save("a", kAdql);
  const auto opened = opendir(walk({"queries", "a"}));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), EHOSTUNREACH);
  const std::string status = cat({"queries", "a", "status.txt"});
  EXPECT_NE(status.find("phase: FAILED"), std::string::npos) << status;
  EXPECT_NE(status.find("last error: EHOSTUNREACH cannot connect to archive"), std::string::npos) << status;
  EXPECT_EQ(cat({"queries", "a", "query.adql"}), kAdql);
}

TEST_F(QueryNodesTest, ABadDirectiveIsEinvalWithoutARequestAndCanBeMended) {
  save("a", "-- maxrek: 5\n" + kAdql);
  const auto opened = opendir(walk({"queries", "a"}));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), EINVAL);
  EXPECT_EQ(catalog_.asked(), 0);
  EXPECT_NE(cat({"queries", "a", "status.txt"}).find("did you mean 'maxrec'?"), std::string::npos);
  save("a", "-- maxrec: 5\n" + kAdql);
  EXPECT_TRUE(has(list({"queries", "a"}), kFile));
}

TEST_F(QueryNodesTest, ADirectoryContinuesAtAnyOffset) {
  save("a", kAdql);
  auto opened = opendir(walk({"queries", "a"}));
  ASSERT_TRUE(opened);
  std::vector<std::string> one_by_one;
  std::uint64_t offset = 0;
  for (bool more = true; more;) {
    more = false;
    auto read = fs_->readdir(opened->handle, offset, true, [&](const fs::DirectoryEntry& entry) {
      if (more) return false;  // the buffer is full after one
      one_by_one.push_back(entry.name);
      offset = entry.next;
      more = true;
      return true;
    });
    ASSERT_TRUE(read);
  }
  EXPECT_EQ(one_by_one, (std::vector<std::string>{".", "..", "query.adql", "status.txt", "table", kFile,
                                                  kOtherId + ".fits"}));
}

TEST_F(QueryNodesTest, ReaddirplusCountsALookupForEachEntryThatFitted) {
  save("a", kAdql);
  auto opened = opendir(walk({"queries", "a"}));
  ASSERT_TRUE(opened);
  const auto before = fs_->live_inodes();
  std::vector<std::uint64_t> given;
  (void)fs_->readdir(opened->handle, 5, true, [&](const fs::DirectoryEntry& entry) {
    if (!given.empty()) return false;
    given.push_back(entry.entry.ino);
    EXPECT_EQ(entry.entry.attributes.st_size, 300'000);
    EXPECT_LE(entry.entry.attr_timeout, 10) << "the size is an estimate";
    return true;
  });
  EXPECT_EQ(fs_->live_inodes(), before + 1);
  fs_->forget(given.at(0), 1);
  EXPECT_EQ(fs_->live_inodes(), before);
}

TEST_F(QueryNodesTest, AHugeListingGivesNamesOnlyAndKeepsNoInodes) {
  auto huge = std::make_shared<FakeListing>();
  for (int i = 0; i <= static_cast<int>(fs::Filesystem::kMostWithAttributes); ++i)
    huge->add("ADP." + std::to_string(i));
  catalog_.put("SELECT huge", huge);
  save("h", "SELECT huge");
  auto opened = opendir(walk({"queries", "h"}));
  ASSERT_TRUE(opened);
  const auto before = fs_->live_inodes();
  std::uint64_t count = 0;
  ASSERT_TRUE(fs_->readdir(opened->handle, 0, true, [&](const fs::DirectoryEntry& entry) {
    EXPECT_EQ(entry.entry.ino, 0U);
    EXPECT_NE(entry.entry.attributes.st_ino, 0U);
    ++count;
    return true;
  }));
  EXPECT_EQ(count, fs::Filesystem::kMostWithAttributes + 1 + 5);
  EXPECT_EQ(fs_->live_inodes(), before);
}

TEST_F(QueryNodesTest, AnOpenDirectoryKeepsItsSnapshotThroughARefresh) {
  save("a", kAdql);
  auto opened = opendir(walk({"queries", "a"}));
  ASSERT_TRUE(opened);
  catalog_.put(kAdql, std::make_shared<FakeListing>());
  EXPECT_TRUE(has(names(opened->handle), kFile));
  EXPECT_FALSE(has(list({"queries", "a"}), kFile));
}

TEST_F(QueryNodesTest, TouchAsksTheArchiveAgain) {
  save("a", kAdql);
  (void)list({"queries", "a"});
  fs::Change touch;
  touch.mtime_now = true;
  ASSERT_TRUE(fs_->setattr(walk({"queries", "a", "query.adql"}), touch));
  EXPECT_EQ(catalog_.refreshes(), 1);
}

TEST_F(QueryNodesTest, NothingOfTheArchiveCanBeUnlinked) {
  save("a", kAdql);
  const auto before = list({"queries", "a"});
  const auto query = walk({"queries", "a"});
  for (const std::string& name : {kFile, std::string("status.txt")})
    EXPECT_EQ(fs_->unlink(query, name).error().code(), EROFS) << name;
  EXPECT_EQ(rmdir(query, "table").error().code(), EROFS);
  EXPECT_EQ(fs_->unlink(walk({"queries", "a", "table"}), "result.vot").error().code(), EROFS);
  EXPECT_EQ(list({"queries", "a"}), before);
}

TEST_F(QueryNodesTest, WithoutQueryAdqlTheRestCanBeUnlinked) {
  save("a", kAdql);
  (void)list({"queries", "a"});
  const auto query = walk({"queries", "a"});
  ASSERT_TRUE(fs_->unlink(query, "query.adql"));
  EXPECT_NE(lookup(query, kFile)->ino, 0U) << "rm must find what it has still to remove";
  ASSERT_TRUE(fs_->unlink(walk({"queries", "a", "table"}), "result.vot"));
  ASSERT_TRUE(fs_->unlink(query, kFile));
  const auto gone = lookup(query, kFile);
  EXPECT_TRUE(!gone && gone.error().code() == ENOENT);
}

TEST_F(QueryNodesTest, WhatWasUnlinkedIsBackWhenTheQueryIsSaved) {
  save("a", kAdql);
  const auto before = list({"queries", "a"});
  const auto query = walk({"queries", "a"});
  for (const std::string& name : {std::string("query.adql"), kFile}) ASSERT_TRUE(fs_->unlink(query, name));
  auto created = fs_->create(query, "query.adql");
  ASSERT_TRUE(created);
  ASSERT_TRUE(write(created->opened.handle, kAdql));
  ASSERT_TRUE(close(created->opened.handle));
  EXPECT_EQ(list({"queries", "a"}), before);
}

// What an open directory gives the kernel with a node, the kernel takes for what the name leads to.
TEST_F(QueryNodesTest, AnOpenDirectoryDoesNotBringBackWhatIsGone) {
  save("a", kAdql);
  const auto query = walk({"queries", "a"});
  ASSERT_TRUE(fs_->create(query, "query.adql~"));
  const auto opened = opendir(query);
  const auto queries = opendir(walk({"queries"}));
  ASSERT_TRUE(fs_->unlink(query, "query.adql~"));
  EXPECT_FALSE(has(names(opened->handle), "query.adql~"));
  ASSERT_TRUE(fs_->rename(walk({"queries"}), "a", walk({"queries"}), "b", 0));
  EXPECT_FALSE(has(names(queries->handle), "a"));
}

TEST_F(QueryNodesTest, AnOpenDirectoryGivesTheFileThatReplacedAnother) {
  save("a", kAdql);
  const auto query = walk({"queries", "a"});
  const auto opened = opendir(query);
  ASSERT_TRUE(fs_->create(query, "query.adql.new"));
  ASSERT_TRUE(fs_->rename(query, "query.adql.new", query, "query.adql", 0));
  std::uint64_t given = 0;
  ASSERT_TRUE(fs_->readdir(opened->handle, 0, true, [&](const fs::DirectoryEntry& entry) {
    if (entry.name == "query.adql") given = entry.entry.ino;
    return true;
  }));
  EXPECT_EQ(given, walk({"queries", "a", "query.adql"}));
}

TEST_F(QueryNodesTest, RewinddirShowsTheDirectoryAsItIsNow) {
  save("a", kAdql);
  const auto query = walk({"queries", "a"});
  const auto opened = opendir(query);
  const auto queries = opendir(walk({"queries"}));
  (void)names(opened->handle);
  (void)names(queries->handle);
  ASSERT_TRUE(fs_->create(query, "query.adql~"));
  ASSERT_TRUE(fs_->mkdir(walk({"queries"}), "later"));
  EXPECT_TRUE(has(names(opened->handle), "query.adql~"));
  EXPECT_TRUE(has(names(queries->handle), "later"));
}

TEST_F(QueryNodesTest, NamesOfMoreThan255BytesAreTooLong) {
  save("a", kAdql);
  const std::string name(256, 'n');
  const auto query = walk({"queries", "a"});
  EXPECT_EQ(lookup(query, name).error().code(), ENAMETOOLONG);
  EXPECT_EQ(lookup(walk({"datasets"}), name).error().code(), ENAMETOOLONG);
  EXPECT_EQ(fs_->create(query, name).error().code(), ENAMETOOLONG);
  EXPECT_EQ(fs_->symlink(query, name, "x").error().code(), ENAMETOOLONG);
  EXPECT_EQ(fs_->rename(query, "query.adql", query, name, 0).error().code(), ENAMETOOLONG);
  EXPECT_EQ(fs_->mkdir(walk({"queries"}), name).error().code(), ENAMETOOLONG);
}

// What the kernel does for a file handle when it has forgotten the inode.
TEST_F(QueryNodesTest, AForgottenFileIsFoundAgainByItsNumber) {
  save("a", kAdql);
  (void)list({"queries", "a"});
  const auto query = walk({"queries", "a"});
  const auto file = lookup(query, kFile)->ino;
  while (fs_->getattr(file)) fs_->forget(file, 1);
  const auto again = lookup(file, ".");
  ASSERT_TRUE(again) << again.error().what();
  EXPECT_EQ(again->ino, file);
  EXPECT_EQ(lookup(file, "..")->ino, query);
  EXPECT_EQ(lookup(12345, ".").error().code(), ESTALE);
}

TEST_F(QueryNodesTest, AForgottenFileThatIsGoneIsStale) {
  save("a", kAdql);
  const auto text = walk({"queries", "a", "query.adql"});
  fs_->forget(text, 1000);
  ASSERT_TRUE(rmdir(walk({"queries"}), "a"));
  EXPECT_EQ(lookup(text, ".").error().code(), ESTALE);
}

// A lookup is what the kernel's sendfile(2) goes by.
TEST_F(QueryNodesTest, ALookupMeasuresTheTextThatTheOpenGives) {
  save("a", kAdql);
  const auto status = walk({"queries", "a", "status.txt"});
  const auto held = open(status);
  ASSERT_TRUE(held);
  (void)list({"queries", "a"});  // the text is longer now
  const auto entry = lookup(walk({"queries", "a"}), "status.txt");
  EXPECT_EQ(entry->entry_timeout, 0);
  EXPECT_EQ(static_cast<std::size_t>(entry->attributes.st_size), cat(status).size());
}

TEST_F(QueryNodesTest, RmDashRRemovesTheQueryFromTreeAndDisk) {
  save("a", kAdql);
  const auto query = walk({"queries", "a"});
  for (const auto& name : list({"queries", "a"})) {
    if (name == "table") {
      EXPECT_TRUE(rmdir(query, name));
    } else {
      EXPECT_TRUE(fs_->unlink(query, name)) << name;
    }
  }
  EXPECT_EQ(list({"queries", "a"}), std::vector<std::string>{});
  ASSERT_TRUE(rmdir(walk({"queries"}), "a"));
  EXPECT_EQ(list({"queries"}), std::vector<std::string>{});
  EXPECT_EQ(on_disk("a"), "absent");
}

TEST_F(QueryNodesTest, ARemovedQueryMadeAgainIsAnotherDirectory) {
  save("a", kAdql);
  const auto before = walk({"queries", "a"});
  ASSERT_TRUE(rmdir(walk({"queries"}), "a"));
  ASSERT_TRUE(fs_->mkdir(walk({"queries"}), "a"));
  EXPECT_NE(walk({"queries", "a"}), before);
  EXPECT_EQ(cat({"queries", "a", "query.adql"}), "");
}

TEST_F(QueryNodesTest, MvRenamesAQueryAndKeepsItsInode) {
  save("a", kAdql);
  const auto ino = walk({"queries", "a"});
  ASSERT_TRUE(fs_->rename(walk({"queries"}), "a", walk({"queries"}), "b", 0));
  EXPECT_EQ(list({"queries"}), std::vector<std::string>{"b"});
  EXPECT_EQ(walk({"queries", "b"}), ino);
  EXPECT_EQ(on_disk("b"), kAdql);
  EXPECT_EQ(on_disk("a"), "absent");
}

TEST_F(QueryNodesTest, AQueryCannotLeaveQueries) {
  save("a", kAdql);
  save("b", kAdql);
  const auto queries = walk({"queries"});
  for (const auto to : {walk({}), walk({"browse"}), walk({"datasets"}), walk({"queries", "b"})})
    EXPECT_EQ(fs_->rename(queries, "a", to, "a", 0).error().code(), EROFS);
  EXPECT_EQ(on_disk("a"), kAdql);
}

TEST_F(QueryNodesTest, AQueryDoesNotReplaceAnother) {
  save("a", kAdql);
  save("b", kAdql);
  const auto queries = walk({"queries"});
  const auto renamed = fs_->rename(queries, "a", queries, "b", 0);
  ASSERT_FALSE(renamed);
  EXPECT_EQ(renamed.error().code(), ENOTEMPTY);
  EXPECT_EQ(on_disk("b"), kAdql);
}

TEST_F(QueryNodesTest, NamesThatOldToolsCannotTypeAreRefused) {
  for (const char* name : {".x", "a b", "x[1]"}) {
    const auto made = fs_->mkdir(walk({"queries"}), name);
    ASSERT_FALSE(made) << name;
    EXPECT_EQ(made.error().code(), EINVAL);
  }
}

TEST_F(QueryNodesTest, QueriesSurviveARemountWithTheirInodes) {
  save("a", kAdql);
  const auto directory = walk({"queries", "a"});
  (void)list({"queries", "a"});
  const auto file = walk({"queries", "a", kFile});
  mount();
  EXPECT_EQ(walk({"queries", "a"}), directory);
  EXPECT_EQ(walk({"queries", "a", kFile}), file);
  EXPECT_EQ(cat({"queries", "a", "query.adql"}), kAdql);
}

TEST_F(QueryNodesTest, WhatAnotherMountSavesIsTakenUp) {
  ASSERT_TRUE(fs::QueryStore(temp_.path() / "queries").save("b", kAdql, std::nullopt));
  EXPECT_EQ(list({"queries"}), std::vector<std::string>{"b"});
  ASSERT_TRUE(fs::QueryStore(temp_.path() / "queries").save("b", "SELECT other", std::nullopt));
  EXPECT_EQ(cat({"queries", "b", "query.adql"}), "SELECT other");
  ASSERT_TRUE(fs::QueryStore(temp_.path() / "queries").remove("b"));
  EXPECT_EQ(list({"queries"}), std::vector<std::string>{});
}

TEST_F(QueryNodesTest, TheKeptAnswerIsReadFromTheDisk) {
  const auto path = temp_.path() / "result.vot";
  std::ofstream(path) << "<VOTABLE/>";
  listing_->file = path;
  save("a", kAdql);
  EXPECT_EQ(cat({"queries", "a", "table", "result.vot"}), "<VOTABLE/>");
  EXPECT_EQ(list({"queries", "a", "table"}),
            (std::vector<std::string>{"result.vot", "result.csv", "result.tsv", "result.json", "result.fits",
                                      "result.txt", "summary.txt"}));
  const auto entry = lookup(walk({"queries", "a", "table"}), "result.vot");
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->attributes.st_size, 10);
}

TEST_F(QueryNodesTest, AQueryThatNobodyAsksAnyMoreIsForgotten) {
  save("a", kAdql);
  save("b", kAdql);
  ASSERT_TRUE(rmdir(walk({"queries"}), "a"));
  EXPECT_EQ(catalog_.forgotten(), 0) << "b asks the same";
  save("b", "SELECT other");
  EXPECT_EQ(catalog_.forgotten(), 1);
}

TEST_F(QueryNodesTest, SafeNamesAreShownAndBothFormsAreFound) {
  auto safe = config();
  safe.names = fs::NameStyle::kSafe;
  mount(safe);
  save("a", kAdql);
  EXPECT_TRUE(has(list({"queries", "a"}), "ADP.2018-06-21T20_32_57.736.fits"));
  EXPECT_EQ(walk({"queries", "a", kFile}), walk({"queries", "a", "ADP.2018-06-21T20_32_57.736.fits"}));
}

TEST_F(QueryNodesTest, TheArchivesFilesCannotBeRenamedOrWritten) {
  save("a", kAdql);
  (void)list({"queries", "a"});
  const auto query = walk({"queries", "a"});
  EXPECT_EQ(fs_->rename(query, kFile, query, "x", 0).error().code(), EROFS);
  EXPECT_EQ(fs_->create(query, "new.fits").error().code(), EROFS);
  EXPECT_EQ(fs_->create(query, "status.txt").error().code(), EROFS);
  EXPECT_EQ(fs_->mkdir(query, "sub").error().code(), EROFS);
  EXPECT_EQ(fs_->refusal(query, "link").code(), EPERM);
  EXPECT_EQ(open(walk({"queries", "a", kFile}), O_RDWR).error().code(), EROFS);
}

}  // namespace
}  // namespace esofs::tests
