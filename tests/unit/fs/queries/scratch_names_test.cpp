#include "fs/queries/scratch_names.h"

#include <gtest/gtest.h>

namespace esofs::fs {
namespace {

TEST(ScratchNames, EditorsMayMakeTheirFilesBesideQueryAdql) {
  for (const char* name :
       {".query.adql.swp", ".query.adql.swo", "query.adql~", "4913", "5036", ".query.adql.un~",  // vim
        "query.adql.save", "query.adql.save.1",                                                  // nano
        "#query.adql#", ".#query.adql", "query.adql.~1~",  // Emacs, mcedit
        "sedAbC123", "query.adql.bak",                     // sed -i
        "query.adql.QzXkBv", ".query.adql.kate-swp",       // Kate
        ".goutputstream-A1B2C3",                           // gedit
        "cooleditGhIjKl"})                                 // mcedit
    EXPECT_TRUE(scratch_name(name)) << name;
}

TEST(ScratchNames, OtherNamesAreNot) {
  for (const char* name : {"query.adql", "query.adql.fits", "status.txt", "table", "new", "a.tmp", "sed",
                           "sedAbC12", "4914", "1", "123456", ".goutputstream-", "image.fits", "core"})
    EXPECT_FALSE(scratch_name(name)) << name;
}

}  // namespace
}  // namespace esofs::fs
