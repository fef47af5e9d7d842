// Rows of one user's query, on a mount whose other users read the same datasets.
#include "mountopts/shared_archive.h"

#include <gtest/gtest.h>

#include <string>

#include "client/model/eso_profile.h"

namespace esofs::mountopts {
namespace {

const std::string kId = "ADP.2018-06-21T20:32:57.736";

std::optional<client::Dataset> read(const std::string& id, const std::string& url) {
  const SharedArchive archive(client::eso_profile(), client::HttpSettings());
  std::vector<client::Column> columns(3);
  columns[0].name = "dp_id";
  columns[1].name = "access_url";
  columns[2].name = "access_format";
  const client::Row row{client::Value{id}, client::Value{url},
                        client::Value{std::string("application/fits")}};
  return archive.dataset_reader(columns)(row);
}

TEST(SharedArchiveTest, ARowDoesNotDecideWhereADatasetIs) {
  const auto forged = read(kId, "http://elsewhere/other.fits");
  ASSERT_TRUE(forged);
  const auto by_id = client::Identifiers(client::eso_profile()).dataset(kId);
  EXPECT_EQ(forged->access_url, by_id.access_url);
  EXPECT_EQ(forged->access, by_id.access);
}

TEST(SharedArchiveTest, OfOtherIdsTheRowSaysWhereTheyAre) {
  const auto other = read("of another archive", "http://elsewhere/other.fits");
  ASSERT_TRUE(other);
  EXPECT_EQ(other->access_url, "http://elsewhere/other.fits");
}

}  // namespace
}  // namespace esofs::mountopts
