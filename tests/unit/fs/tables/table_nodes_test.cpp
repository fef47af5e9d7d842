// tables/: from TAP_SCHEMA to directories.
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "tests/unit/fs/tables/tables_fixture.h"

namespace esofs::fs {
namespace {

class TableNodesTest : public TablesFixture {};

TEST_F(TableNodesTest, ServicesAreThoseOfTheProfileAndAskNothing) {
  EXPECT_EQ(list({"tables"}), (std::vector<std::string>{"obs", "cat"}));
  EXPECT_EQ(catalog_.asked(), 0);
}

TEST_F(TableNodesTest, OneQueryLearnsAllTables) {
  EXPECT_EQ(list({"tables", "cat"}), (std::vector<std::string>{"safcat", "ivoa", "vizier", "default"}));
  EXPECT_EQ(list({"tables", "cat", "ivoa"}), std::vector<std::string>{"ObsCore"});
  EXPECT_EQ(list({"tables", "cat", "default"}), std::vector<std::string>{"orphan"});
  EXPECT_EQ(catalog_.asked(), 1);
}

TEST_F(TableNodesTest, ATableIsLookedUpWithoutItsDirectoriesListed) {
  EXPECT_NE(walk({"tables", "cat", "safcat", "CAT_V2"}), 0U);
  EXPECT_EQ(catalog_.asked(), 1);
}

TEST_F(TableNodesTest, ANameInAnotherCaseIsASymbolicLink) {
  auto entry = lookup(walk({"tables", "cat", "ivoa"}), "OBSCORE");
  ASSERT_TRUE(entry && entry->ino != 0);
  EXPECT_TRUE(S_ISLNK(entry->attributes.st_mode));
  EXPECT_EQ(*fs_->readlink(entry->ino), "ObsCore");
}

TEST_F(TableNodesTest, WhatToolsTryAsksNothing) {
  EXPECT_EQ(absent({"tables", "cat"}, "@x"), ENOENT);
  EXPECT_EQ(absent({"tables", "cat"}, ".hidden"), ENOENT);
  EXPECT_EQ(catalog_.asked(), 0);
  EXPECT_EQ(absent({"tables", "cat", "ivoa", "ObsCore"}, "columns.csv.gz"), ENOENT);
  EXPECT_EQ(absent({"tables", "cat", "ivoa"}, "nosuch"), ENOENT);
  EXPECT_EQ(catalog_.asked(), 1);
}

TEST_F(TableNodesTest, AFailureIsItsErrnoAndNoEmptyDirectory) {
  catalog_.fail(kTables, Error(EHOSTUNREACH, "nobody there"));
  auto opened = opendir(walk({"tables", "cat"}));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), EHOSTUNREACH);
  EXPECT_EQ(absent({"tables", "cat"}, "safcat"), EHOSTUNREACH);
}

TEST_F(TableNodesTest, ConesAndNightsNeedColumnsThatUcdsName) {
  EXPECT_EQ(list({"tables", "cat", "safcat", "CAT_V2"}),
            (std::vector<std::string>{"columns.csv", "description.txt", "sample.csv", "cone"}));
  EXPECT_EQ(list({"tables", "cat", "safcat", "CAT_V1"}),
            (std::vector<std::string>{"columns.csv", "description.txt", "sample.csv"}))
      << "two positions, and no main one";
  EXPECT_EQ(list({"tables", "cat", "ivoa", "ObsCore"}),
            (std::vector<std::string>{"columns.csv", "description.txt", "sample.csv", "night"}));
  EXPECT_EQ(absent({"tables", "cat", "safcat", "CAT_V1"}, "cone"), ENOENT);
  EXPECT_EQ(catalog_.asked(), 2) << "the tables, and the columns of all of them";
}

// A service that gives two rows at most.
class CutTablesTest : public TablesFixture {
 protected:
  CutTablesTest() {
    put(kTables, {{"early", "early.a"}, {"wide", "wide.b"}}, true);
    put(kTables + " WHERE schema_name = 'early'", {{"early", "early.a"}}, false);
    put(kTables + " WHERE schema_name = 'wide'", {{"wide", "wide.b"}, {"wide", "wide.c"}}, true);
    put(kTables + " WHERE schema_name = 'wide' AND table_name IN ('z', 'wide.z')", {{"wide", "wide.z"}},
        false);
    put(kTables + " WHERE schema_name = 'wide' AND table_name IN ('none', 'wide.none')", {}, false);
    put(kTables + " WHERE schema_name = 'wide' AND table_name IN ('far', 'wide.far')",
        {{"wide", "wide.b"}, {"wide", "wide.c"}}, true);
    put(kTables + " WHERE schema_name = 'late'", {{"late", "late.y"}}, false);
    put(kTables + " WHERE schema_name = 'none'", {}, false);
    catalog_.put("SELECT schema_name FROM TAP_SCHEMA.schemas",
                 listing_of("schemas", {"schema_name"}, {{"early"}, {"wide"}, {"late"}}));
  }
  void put(const std::string& adql, const std::vector<std::vector<std::string>>& rows, bool truncated) {
    auto listing = listing_of(adql, {"schema_name", "table_name"}, rows);
    listing->truncated = truncated;
    catalog_.put(adql, listing);
  }
  std::string errors() { return cat({".esofs", "errors"}); }
};

TEST_F(CutTablesTest, ACutListIsReportedAndSchemasBehindItAreListed) {
  EXPECT_EQ(list({"tables", "cat"}), (std::vector<std::string>{"early", "wide", "late"}));
  EXPECT_NE(errors().find("/tables/cat EOVERFLOW the service cuts its list of tables"), std::string::npos);
  EXPECT_EQ(*fs_->getxattr(walk({"tables", "cat"}), "user.esofs.truncated"), "true");
}

TEST_F(CutTablesTest, ASchemaIsListedByAQueryOfItsOwn) {
  EXPECT_EQ(list({"tables", "cat", "early"}), std::vector<std::string>{"a"});
  EXPECT_EQ(*fs_->getxattr(walk({"tables", "cat", "early"}), "user.esofs.truncated"), "false");
  EXPECT_EQ(list({"tables", "cat", "late"}), std::vector<std::string>{"y"});
  EXPECT_EQ(errors(), "");
  EXPECT_EQ(list({"tables", "cat", "wide"}), (std::vector<std::string>{"b", "c"}));
  EXPECT_NE(errors().find("/tables/cat/wide EOVERFLOW"), std::string::npos);
}

TEST_F(CutTablesTest, NamesBehindTheCutAreAskedFor) {
  EXPECT_NE(walk({"tables", "cat", "late", "y"}), 0U);
  EXPECT_NE(walk({"tables", "cat", "wide", "z"}), 0U);
  EXPECT_EQ(absent({"tables", "cat"}, "none"), ENOENT);
  EXPECT_EQ(absent({"tables", "cat", "wide"}, "none"), ENOENT);
  EXPECT_EQ(absent({"tables", "cat", "wide"}, "far"), EIO) << "that answer is cut too";
  EXPECT_EQ(absent({"tables", "cat", "early"}, "none"), ENOENT) << "this list is whole";
  const int asked = catalog_.asked();
  EXPECT_EQ(absent({"tables", "cat", "wide"}, "@x"), ENOENT);
  EXPECT_EQ(absent({"tables", "cat", "early"}, "none"), ENOENT);
  EXPECT_EQ(catalog_.asked(), asked);
}

TEST_F(CutTablesTest, CutColumnsAreReportedAndAskedForByTheTable) {
  auto all = listing_of("axes", {"table_name", "column_name", "datatype", "unit", "ucd"},
                        {{"early.a", "ra", "double", "deg", "pos.eq.ra"}});
  all->truncated = true;
  catalog_.put(kAxes, all);
  const std::string own =
      std::string(kAxes).insert(kAxes.find("ucd LIKE"), "table_name = 'early.a' AND (") + ")";
  catalog_.put(own, listing_of("own axes", {"table_name", "column_name", "datatype", "unit", "ucd"},
                               {{"early.a", "ra", "double", "deg", "pos.eq.ra"},
                                {"early.a", "dec", "double", "deg", "pos.eq.dec"}}));
  EXPECT_NE(walk({"tables", "cat", "early", "a", "cone"}), 0U);
  EXPECT_EQ(absent({"tables", "cat", "early", "a"}, "night"), ENOENT);
  auto columns = listing_of("columns", {"column_name"}, {{"ra"}});
  columns->truncated = true;
  catalog_.put("SELECT * FROM TAP_SCHEMA.columns WHERE table_name = 'early.a'", columns);
  const auto file = walk({"tables", "cat", "early", "a", "columns.csv"});
  EXPECT_EQ(fs_->getxattr(file, "user.esofs.truncated").error().code(), ENODATA) << "not asked for yet";
  (void)cat(file);
  EXPECT_EQ(*fs_->getxattr(file, "user.esofs.truncated"), "true");
  EXPECT_NE(errors().find("columns.csv EOVERFLOW the service cuts its list of columns after the first 1"),
            std::string::npos)
      << errors();
}

TEST_F(TableNodesTest, WithoutServicesThereIsNoTablesDirectory) {
  mount();
  EXPECT_EQ(absent({}, "tables"), ENOENT);
}

}  // namespace
}  // namespace esofs::fs
