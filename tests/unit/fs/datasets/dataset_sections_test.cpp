// What lies beside the file of a dataset under fixed names.
#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "tests/support/fs_fixture.h"

namespace esofs::tests {
namespace {

class DatasetSectionsTest : public FsFixture {};

TEST_F(DatasetSectionsTest, LinksAndMetadataAreMadeWhenOpened) {
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

TEST_F(DatasetSectionsTest, WithoutARowTheMetadataAreTheKnownId) {
  EXPECT_EQ(open(walk({"datasets", kId, "metadata.json"})).error().code(), ENOENT) << "it may not exist";
  catalog_.put_links(kId, "<VOTABLE>links</VOTABLE>");
  (void)cat({"datasets", kId, "links.vot"});
  EXPECT_EQ(cat({"datasets", kId, "metadata.json"}), "{\n  \"dp_id\": \"" + kId + "\"\n}\n");
}

}  // namespace
}  // namespace esofs::tests
