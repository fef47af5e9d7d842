// What editors and shells do to query.adql, replayed operation by operation.
#include <gtest/gtest.h>
#include <linux/fs.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/fs_fixture.h"

namespace esofs::tests {
namespace {

class QueryFilesTest : public FsFixture {
 protected:
  QueryFilesTest() {
    save("a", kAdql);
    query_ = walk({"queries", "a"});
  }

  // open(O_CREAT|O_WRONLY), write, close
  void create(const std::string& name, const std::string& text) {
    auto created = fs_->create(query_, name);
    ASSERT_TRUE(created) << created.error().what();
    ASSERT_TRUE(write(created->opened.handle, text));
    ASSERT_TRUE(close(created->opened.handle));
  }
  bool there(const std::string& name) {
    auto entry = lookup(query_, name);
    return entry && entry->ino != 0;
  }
  std::string query_text() { return cat({"queries", "a", "query.adql"}); }

  std::uint64_t query_ = 0;
};

TEST_F(QueryFilesTest, ARedirectionIsOnDiskWhenCloseReturns) {
  auto opened = open(walk({"queries", "a", "query.adql"}), O_WRONLY | O_TRUNC);
  ASSERT_TRUE(opened);
  ASSERT_TRUE(write(opened->handle, "SELECT "));
  ASSERT_TRUE(write(opened->handle, "2", 7));
  ASSERT_TRUE(flush(opened->handle));
  EXPECT_EQ(on_disk("a"), "SELECT 2");
  fs_->release(opened->handle);
}

TEST_F(QueryFilesTest, FsyncCommitsToo) {
  auto opened = open(walk({"queries", "a", "query.adql"}), O_WRONLY);
  ASSERT_TRUE(opened);
  ASSERT_TRUE(write(opened->handle, "select"));
  EXPECT_EQ(on_disk("a"), kAdql);
  ASSERT_TRUE(flush(opened->handle));
  EXPECT_EQ(on_disk("a"), "select" + kAdql.substr(6));
  fs_->release(opened->handle);
}

TEST_F(QueryFilesTest, AppendingAddsToTheText) {
  const std::string more = "\n-- more";
  auto opened = open(walk({"queries", "a", "query.adql"}), O_WRONLY | O_APPEND);
  ASSERT_TRUE(opened);
  ASSERT_TRUE(write(opened->handle, more, kAdql.size()));
  ASSERT_TRUE(close(opened->handle));
  EXPECT_EQ(on_disk("a"), kAdql + more);
}

TEST_F(QueryFilesTest, TruncateWithoutAHandleIsCommitted) {
  fs::Change cut;
  cut.size = 6;
  ASSERT_TRUE(fs_->setattr(walk({"queries", "a", "query.adql"}), cut));
  EXPECT_EQ(on_disk("a"), "SELECT");
}

// vim with backupcopy=auto: probes 4913, moves the file away, writes a new one, removes the backup.
TEST_F(QueryFilesTest, Vim) {
  create(".query.adql.swp", "swap");
  create("4913", "");
  ASSERT_TRUE(fs_->unlink(query_, "4913"));
  ASSERT_TRUE(fs_->rename(query_, "query.adql", query_, "query.adql~", 0));
  EXPECT_FALSE(there("query.adql"));
  EXPECT_EQ(on_disk("a"), kAdql) << "a crash now must not lose the query";
  create("query.adql", "SELECT vim");
  fs::Change mode;
  mode.mode_or_owner = true;
  ASSERT_TRUE(fs_->setattr(walk({"queries", "a", "query.adql"}), mode));
  ASSERT_TRUE(fs_->unlink(query_, "query.adql~"));
  ASSERT_TRUE(fs_->unlink(query_, ".query.adql.swp"));
  EXPECT_EQ(on_disk("a"), "SELECT vim");
  EXPECT_EQ(query_text(), "SELECT vim");
}

// emacs: a dangling symbolic link as lock, a backup by rename, a fresh file.
TEST_F(QueryFilesTest, Emacs) {
  const auto lock = fs_->symlink(query_, ".#query.adql", "user@host.123:1");
  ASSERT_TRUE(lock) << lock.error().what();
  EXPECT_TRUE(S_ISLNK(lock->attributes.st_mode));
  auto target = fs_->readlink(lock->ino);
  ASSERT_TRUE(target);
  EXPECT_EQ(*target, "user@host.123:1");
  create("#query.adql#", "autosave");
  ASSERT_TRUE(fs_->rename(query_, "query.adql", query_, "query.adql~", 0));
  create("query.adql", "SELECT emacs");
  ASSERT_TRUE(fs_->unlink(query_, "#query.adql#"));
  ASSERT_TRUE(fs_->unlink(query_, ".#query.adql"));
  EXPECT_EQ(on_disk("a"), "SELECT emacs");
  EXPECT_EQ(cat({"queries", "a", "query.adql~"}), kAdql);
}

// sed -i: a temporary file beside it, renamed onto it.
TEST_F(QueryFilesTest, SedInPlace) {
  create("sedAbC123", "SELECT sed");
  EXPECT_EQ(on_disk("a"), kAdql);
  ASSERT_TRUE(fs_->rename(query_, "sedAbC123", query_, "query.adql", 0));
  EXPECT_EQ(on_disk("a"), "SELECT sed") << "committed when rename(2) returns";
  EXPECT_FALSE(there("sedAbC123"));
  EXPECT_EQ(query_text(), "SELECT sed");
}

// mv uses RENAME_NOREPLACE first.
TEST_F(QueryFilesTest, MvWithoutReplacing) {
  create("query.adql.new", "SELECT new");
  const auto refused = fs_->rename(query_, "query.adql.new", query_, "query.adql", RENAME_NOREPLACE);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), EEXIST);
  EXPECT_EQ(on_disk("a"), kAdql);
  EXPECT_EQ(fs_->rename(query_, "query.adql.new", query_, "query.adql", RENAME_EXCHANGE).error().code(),
            EINVAL);
}

TEST_F(QueryFilesTest, AFileCannotLeaveItsQuery) {
  save("b", "SELECT b");
  create("query.adql~", "y");
  EXPECT_EQ(fs_->rename(query_, "query.adql~", walk({"queries", "b"}), "query.adql", 0).error().code(),
            EXDEV);
}

TEST_F(QueryFilesTest, UnlinkOfQueryAdqlMakesTheQueryEmptyButKeepsTheText) {
  ASSERT_TRUE(fs_->unlink(query_, "query.adql"));
  EXPECT_EQ(list({"queries", "a"}), std::vector<std::string>{"status.txt"});
  EXPECT_EQ(on_disk("a"), kAdql);
  create("query.adql", "SELECT 3");
  EXPECT_EQ(on_disk("a"), "SELECT 3");
}

TEST_F(QueryFilesTest, TheSameTextWrittenAgainIsTheSameQuery) {
  ASSERT_TRUE(fs_->unlink(query_, "query.adql"));
  create("query.adql", kAdql);
  EXPECT_EQ(list({"queries", "a"}).size(), 5U);
  EXPECT_EQ(catalog_.forgotten(), 0);
}

TEST_F(QueryFilesTest, AReaderThatClosesDoesNotCommitWhatAWriterHasHalfWritten) {
  const auto ino = walk({"queries", "a", "query.adql"});
  auto writer = open(ino, O_WRONLY);
  ASSERT_TRUE(writer);
  ASSERT_TRUE(write(writer->handle, "HALF"));
  (void)cat(ino);
  auto reader = open(ino);
  ASSERT_TRUE(reader && close(reader->handle));
  EXPECT_EQ(on_disk("a"), kAdql);
  ASSERT_TRUE(close(writer->handle));
  EXPECT_EQ(on_disk("a").substr(0, 4), "HALF");
}

TEST_F(QueryFilesTest, FtruncateIsCommittedByClose) {
  const auto ino = walk({"queries", "a", "query.adql"});
  auto opened = open(ino, O_WRONLY);
  ASSERT_TRUE(opened);
  fs::Change cut;
  cut.size = 3;
  ASSERT_TRUE(fs_->setattr(ino, cut));
  ASSERT_TRUE(close(opened->handle));
  EXPECT_EQ(on_disk("a"), "SEL");
}

TEST_F(QueryFilesTest, CloseAndStatusTxtReportAFailedSave) {
  const auto ino = walk({"queries", "a", "query.adql"});
  auto opened = open(ino, O_WRONLY | O_TRUNC);
  ASSERT_TRUE(opened);
  ASSERT_TRUE(write(opened->handle, "SELECT lost"));
  const auto folder = temp_.path() / "queries";
  std::filesystem::remove_all(folder);
  std::ofstream(folder) << "in the way";
  EXPECT_FALSE(close(opened->handle));
  EXPECT_NE(cat(lookup(query_, "status.txt")->ino).find("not saved: "), std::string::npos);
  fs_->release(opened->handle);
  EXPECT_EQ(cat(ino), "SELECT * FROM ivoa.ObsCore") << "what is kept is shown";
}

TEST_F(QueryFilesTest, WhatAKilledSaverHasLeftIsRemoved) {
  const auto folder = temp_.path() / "queries";
  const auto left = folder / ".a.adql.999999999.tmp";
  const auto others = folder / (".a.adql." + std::to_string(::getpid()) + ".tmp");
  const auto young = folder / ".b.adql.999999999.tmp";
  for (const auto& path : {left, others, young}) std::ofstream(path) << "SELECT";
  const auto old = std::filesystem::file_time_type::clock::now() - std::chrono::minutes(1);
  for (const auto& path : {left, others}) std::filesystem::last_write_time(path, old);
  mount();
  EXPECT_FALSE(std::filesystem::exists(left));
  EXPECT_TRUE(std::filesystem::exists(others)) << "its process is there";
  EXPECT_TRUE(std::filesystem::exists(young)) << "it may be written on another machine";
}

TEST_F(QueryFilesTest, ScratchFilesAreForTextOnly) {
  auto created = fs_->create(query_, "query.adql.big");
  ASSERT_TRUE(created);
  EXPECT_EQ(write(created->opened.handle, "x", fs::TextFile::kMostBytes).error().code(), EFBIG);
  fs_->release(created->opened.handle);
}

TEST_F(QueryFilesTest, OnlyNamesOfEditorsCanBeMade) {
  for (const char* name :
       {"a.tmp", "image.imh", "login.cl", "core", "middumma.bdf", "default.sex", "test.cat"}) {
    EXPECT_EQ(fs_->create(query_, name).error().code(), EROFS) << name;
    EXPECT_EQ(fs_->symlink(query_, name, "x").error().code(), EROFS) << name;
    EXPECT_EQ(fs_->rename(query_, "query.adql", query_, name, 0).error().code(), EROFS) << name;
  }
  EXPECT_EQ(query_text(), kAdql);
}

TEST_F(QueryFilesTest, AnUnlinkedOpenFileHasNoLinks) {
  create("query.adql~", "text");
  const auto ino = walk({"queries", "a", "query.adql~"});
  EXPECT_EQ(fs_->getattr(ino)->attributes.st_nlink, 1U);
  ASSERT_TRUE(fs_->unlink(query_, "query.adql~"));
  EXPECT_EQ(fs_->getattr(ino)->attributes.st_nlink, 0U);
}

TEST_F(QueryFilesTest, AReplacedFileHasNoLinks) {
  const auto before = walk({"queries", "a", "query.adql"});
  create("query.adql.new", "SELECT new");
  ASSERT_TRUE(fs_->rename(query_, "query.adql.new", query_, "query.adql", 0));
  EXPECT_EQ(fs_->getattr(before)->attributes.st_nlink, 0U);
}

TEST_F(QueryFilesTest, TimesAreKeptToTheNanosecond) {
  create("query.adql~", "text");
  fs::Change times;
  times.mtime = timespec{1'600'000'000, 123'456'789};
  times.atime = timespec{1'500'000'000, 987'654'321};
  const auto kept = fs_->setattr(walk({"queries", "a", "query.adql~"}), times);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->attributes.st_mtim.tv_nsec, 123'456'789);
  EXPECT_EQ(kept->attributes.st_atim.tv_sec, 1'500'000'000);
  EXPECT_EQ(kept->attributes.st_atim.tv_nsec, 987'654'321);
}

TEST_F(QueryFilesTest, AnUnlinkedFileStaysReadableWhileOpen) {
  create("query.adql~", "text");
  auto opened = open(walk({"queries", "a", "query.adql~"}));
  ASSERT_TRUE(opened);
  ASSERT_TRUE(fs_->unlink(query_, "query.adql~"));
  auto bytes = read(opened->handle, 0, 100);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(bytes->size(), 4U);
  fs_->release(opened->handle);
}

TEST_F(QueryFilesTest, ATextThatIsCreatedInQueriesIsAQuery) {
  const auto queries = walk({"queries"});
  auto created = fs_->create(queries, "a.adql");
  ASSERT_TRUE(created) << created.error().what();
  ASSERT_TRUE(write(created->opened.handle, kAdql));
  ASSERT_TRUE(close(created->opened.handle));
  EXPECT_EQ(on_disk("a"), kAdql);
  EXPECT_EQ(cat({"queries", "a", "query.adql"}), kAdql);
  EXPECT_EQ(walk({"queries", "a.adql"}), walk({"queries", "a", "query.adql"}));
  EXPECT_EQ(list({"queries"}), std::vector<std::string>{"a"});
}

TEST_F(QueryFilesTest, OtherFilesInQueriesAreRefused) {
  const auto queries = walk({"queries"});
  EXPECT_EQ(fs_->create(queries, "notes.txt").error().code(), EROFS);
  EXPECT_EQ(fs_->create(queries, "my query.adql").error().code(), EINVAL);
  EXPECT_EQ(fs_->create(queries, ".adql").error().code(), EINVAL);
  EXPECT_EQ(lookup(queries, "b.adql")->ino, 0U);
}

TEST_F(QueryFilesTest, ALineIsAppendedToTheNewestText) {
  save("a", kAdql);
  const auto opened = open(walk({"queries", "a", "query.adql"}), O_WRONLY | O_APPEND);
  ASSERT_TRUE(opened);
  const fs::QueryStore other(temp_.path() / "queries");
  ASSERT_TRUE(other.save("a", "longer than before\n", std::nullopt));
  ASSERT_TRUE(write(opened->handle, "-- more\n", fs::FileWriter::kAtEnd));
  ASSERT_TRUE(close(opened->handle));
  EXPECT_EQ(on_disk("a"), "longer than before\n-- more\n");
}

TEST_F(QueryFilesTest, ATextThatWasReadReplacesNoNewerOne) {
  save("a", kAdql);
  const auto text = walk({"queries", "a", "query.adql"});
  EXPECT_EQ(cat(text), kAdql);
  const fs::QueryStore other(temp_.path() / "queries");
  ASSERT_TRUE(other.save("a", "newer", std::nullopt));
  for (int i = 0; i < 2; ++i) {
    const auto refused = open(text, O_WRONLY | O_TRUNC);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), EAGAIN);
  }
  EXPECT_EQ(cat(text), "newer");
  save("a", kAdql);
  EXPECT_EQ(on_disk("a"), kAdql);
}

TEST_F(QueryFilesTest, LinesFollowATextThatIsSavedBeforeClose) {
  save("a", kAdql);
  const auto opened = open(walk({"queries", "a", "query.adql"}), O_WRONLY | O_APPEND);
  ASSERT_TRUE(opened);
  ASSERT_TRUE(write(opened->handle, "-- more\n", fs::FileWriter::kAtEnd));
  const fs::QueryStore other(temp_.path() / "queries");
  ASSERT_TRUE(other.save("a", "newer\n", std::nullopt));
  ASSERT_TRUE(close(opened->handle));
  EXPECT_EQ(on_disk("a"), "newer\n-- more\n");
}

TEST_F(QueryFilesTest, ASaveIntoARemovedQueryFails) {
  const auto text = walk({"queries", "a", "query.adql"});
  const auto before = open(text, O_WRONLY);
  const auto written = open(text, O_WRONLY);
  ASSERT_TRUE(before && written);
  ASSERT_TRUE(write(written->handle, "SELECT 2"));
  ASSERT_TRUE(fs::QueryStore(temp_.path() / "queries").remove("a"));
  EXPECT_EQ(close(written->handle).error().code(), ENOENT);
  EXPECT_EQ(write(before->handle, "SELECT 3").error().code(), ENOENT);
  fs_->release(before->handle);
  EXPECT_EQ(open(text).error().code(), ESTALE);
  EXPECT_EQ(on_disk("a"), "absent");
}

TEST_F(QueryFilesTest, CreatingMeetsWhatAnotherMountHasSaved) {
  EXPECT_EQ(fs_->create(query_, "query.adql", {}, O_EXCL | O_WRONLY).error().code(), EEXIST);
  const auto created = fs_->create(query_, "query.adql", {}, O_TRUNC | O_WRONLY);
  ASSERT_TRUE(created);
  ASSERT_TRUE(write(created->opened.handle, "SELECT 2"));
  ASSERT_TRUE(close(created->opened.handle));
  EXPECT_EQ(on_disk("a"), "SELECT 2");
}

TEST_F(QueryFilesTest, AListOfPositionsThatIsRemovedElsewhere) {
  create("positions.csv", "ra,dec\n1,2\n");
  const auto opened = open(walk({"queries", "a", "positions.csv"}), O_WRONLY | O_APPEND);
  ASSERT_TRUE(opened);
  ASSERT_TRUE(fs::QueryStore(temp_.path() / "queries").remove_positions("a"));
  EXPECT_EQ(walk({"queries", "a"}), query_);
  (void)write(opened->handle, "3,4\n", fs::FileWriter::kAtEnd);
  EXPECT_EQ(close(opened->handle).error().code(), ENOENT);
}

}  // namespace
}  // namespace esofs::tests
