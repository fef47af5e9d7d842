#include "client/http_archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "tests/support/scripted_server.h"
#include "tests/unit/client/votable/collected_table.h"

namespace esofs::client {
namespace {

using ::testing::HasSubstr;
using tests::answer_with;

class HttpArchiveTest : public ::testing::Test {
 protected:
  // The ESO archive, at this test's server.
  HttpArchiveTest() {
    auto profile = parse_profile(
        R"({"name": "mirror", "extends": "eso", "base_url": ")" + server_.url("") + "\"}", "test");
    HttpSettings settings;
    settings.limits.attempts = 1;
    archive_ = HttpArchive::make(*profile, settings);
  }

  tests::ScriptedServer server_;
  std::unique_ptr<Archive> archive_;
  Lane::Turn turn_{std::stop_token()};
};

TEST_F(HttpArchiveTest, TwoArchivesAreToldApart) {
  const auto eso = HttpArchive::make(eso_profile(), {});
  EXPECT_EQ(eso->identity(), "eso https://archive.eso.org/tap_obs");
  EXPECT_NE(eso->identity(), archive_->identity());
}

TEST_F(HttpArchiveTest, AnIdIsAskedForInTheTableWhereItLives) {
  const auto product = archive_->row_query("ADP.2018-06-21T20_32_57.736");
  EXPECT_EQ(product.adql, "SELECT * FROM ivoa.ObsCore WHERE dp_id = 'ADP.2018-06-21T20:32:57.736'");
  EXPECT_EQ(product.service, "obs");
  EXPECT_EQ(product.maxrec, 1U);
  EXPECT_EQ(archive_->row_query("MUSE.2018-06-05T01:06:59.418").adql,
            "SELECT * FROM dbo.raw WHERE dp_id = 'MUSE.2018-06-05T01:06:59.418'");
  EXPECT_EQ(archive_->row_query("x' OR 'a'='a").adql,
            "SELECT * FROM ivoa.ObsCore WHERE dp_id = 'x'' OR ''a''=''a'");
}

TEST_F(HttpArchiveTest, LinksUrlsComeFromTheRowOrThePattern) {
  Dataset dataset;
  dataset.id = "ADP.2018-06-21T20:32:57.736";
  dataset.access = AccessKind::kFile;
  dataset.access_url = "http://f";
  EXPECT_EQ(archive_->links_url(dataset),
            server_.url("/datalink/links?ID=ivo://eso.org/ID?ADP.2018-06-21T20:32:57.736"));
  dataset.access = AccessKind::kDataLink;
  EXPECT_EQ(archive_->links_url(dataset), "http://f");
  EXPECT_EQ(archive_->links_url(archive_->dataset("MUSE.2018-06-05T01:06:59.418.NL")), "");
}

TEST_F(HttpArchiveTest, ADatasetIsLocatedThroughItsLinks) {
  const auto dataset = archive_->dataset("ADP.2018-06-21T20:32:57.736");
  server_.at("/datalink/links?ID=ivo://eso.org/ID?ADP.2018-06-21T20:32:57.736",
             answer_with(200, R"({"metadata":[{"name":"ID"},{"name":"access_url"},{"name":"semantics"},
               {"name":"content_length"},{"name":"content_type"},{"name":"eso_origfile"}],
               "data":[["x","http://f/A","#this",2880,"application/fits","NAME.fits"]]})"));
  auto located = archive_->locate(dataset, turn_);
  ASSERT_TRUE(located) << located.error().what();
  EXPECT_EQ(located->source.url, "http://f/A");
  EXPECT_EQ(located->source.length, 2880U);
  EXPECT_EQ(located->source.content_type, "application/fits");
  EXPECT_EQ(located->source.original_name, "NAME.fits");
  ASSERT_TRUE(located->links);
}

TEST_F(HttpArchiveTest, AFileThatHttpDoesNotLeadToIsRefusedWithTheSchemeOfItsUrl) {
  auto dataset = archive_->dataset("ADP.2018-06-21T20:32:57.736");
  server_.at("/datalink/links?ID=ivo://eso.org/ID?ADP.2018-06-21T20:32:57.736",
             answer_with(200, R"({"metadata":[{"name":"access_url"},{"name":"semantics"}],
                                  "data":[["ftp://f/A","#this"]]})"));
  for (const auto access : {AccessKind::kDataLink, AccessKind::kUnknown, AccessKind::kFile}) {
    dataset.access = access;
    if (access != AccessKind::kDataLink) dataset.access_url = "ftp://f/A";
    const auto located = archive_->locate(dataset, turn_);
    ASSERT_FALSE(located);
    EXPECT_EQ(located.error().code(), EACCES);
    EXPECT_THAT(located.error().what(), HasSubstr("by ftp"));
    EXPECT_THAT(located.error().what(), HasSubstr("http and https only"));
  }
}

TEST_F(HttpArchiveTest, AFileIsLocatedWithoutARequest) {
  auto located = archive_->locate(archive_->dataset("MUSE.2018-06-05T01:06:59.418.NL"), turn_);
  ASSERT_TRUE(located);
  EXPECT_EQ(located->source.url, server_.url("/dataPortal/file/MUSE.2018-06-05T01:06:59.418.NL"));
  EXPECT_FALSE(located->links);
  EXPECT_TRUE(server_.requests().empty());
  EXPECT_EQ(archive_->locate(Dataset{}, turn_).error().code(), ENOENT);
}

TEST_F(HttpArchiveTest, AFailureToLocateNamesTheDataset) {
  server_.otherwise(answer_with(500, "sick"));
  const auto located = archive_->locate(archive_->dataset("ADP.2018-06-21T20:32:57.736"), turn_);
  ASSERT_FALSE(located);
  EXPECT_EQ(located.error().code(), EIO);
  EXPECT_THAT(located.error().what(), HasSubstr("ADP.2018-06-21T20:32:57.736"));
}

TEST_F(HttpArchiveTest, AQueryGoesToTheServiceOfItsTables) {
  server_.at("/tap_cat/sync", answer_with(200, tests::votable({"A"})));
  tests::CollectedTable table;
  QueryRequest request;
  request.adql = "SELECT * FROM safcat.KiDS";
  auto summary = archive_->query(request, table, turn_);
  ASSERT_TRUE(summary) << summary.error().what();
  EXPECT_EQ(summary->service, "cat");
}

TEST_F(HttpArchiveTest, TheServiceOfAQueryIsKnownWithoutARequest) {
  EXPECT_EQ(archive_->query_service("", "SELECT * FROM ivoa.ObsCore"), "obs");
  EXPECT_EQ(archive_->query_service("", "SELECT * FROM safcat.KiDS"), "cat");
  EXPECT_EQ(archive_->query_service("ssap", "POS=1,2"), "ssap");
  EXPECT_EQ(archive_->query_service("", "SELECT * FROM ivoa.ObsCore, safcat.KiDS"), "");
}

TEST_F(HttpArchiveTest, TheFilesOfAProductComeByOneQuery) {
  server_.at("/tap_obs/sync",
             answer_with(200,
                         R"(<?xml version="1.0"?><VOTABLE version="1.3"><RESOURCE type="results">
      <INFO name="QUERY_STATUS" value="OK"/><TABLE>
      <FIELD name="archive_id" datatype="char" arraysize="*"/><FIELD name="access_url" datatype="char" arraysize="*"/>
      <FIELD name="extension" datatype="char" arraysize="*"/><FIELD name="eso_category" datatype="char" arraysize="*"/>
      <FIELD name="original_filename" datatype="char" arraysize="*"/>
      <FIELD name="access_estsize" datatype="long" unit="kbyte"/><DATA><TABLEDATA>
      <TR><TD>ADP.2018-06-21T20:32:57.737</TD><TD>)" +
                             server_.url("/dataPortal/file/ADP.2018-06-21T20:32:57.737") +
                             R"(</TD><TD>LOG</TD><TD>ANCILLARY.README</TD><TD>r.log</TD><TD>7</TD></TR>
      </TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>)",
                         {{"Content-Type", "application/x-votable+xml"}}));
  const auto files = archive_->product_files("ADP.2018-06-21T20_32_57.736", turn_);
  ASSERT_TRUE(files) << files.error().what();
  ASSERT_EQ(files->size(), 1U);
  EXPECT_EQ(files->front().id, "ADP.2018-06-21T20:32:57.737");
  EXPECT_EQ(files->front().access_url, server_.url("/dataPortal/file/ADP.2018-06-21T20:32:57.737"));
  EXPECT_EQ(files->front().extension, ".log");
  EXPECT_EQ(files->front().category, "ANCILLARY.README");
  EXPECT_EQ(files->front().original_name, "r.log");
  EXPECT_EQ(files->front().estimate_bytes, 8'000U);
  ASSERT_EQ(server_.requests().size(), 1U);
  EXPECT_THAT(server_.requests().front().body, HasSubstr("product_files"));
  EXPECT_THAT(server_.requests().front().body, HasSubstr("ADP.2018-06-21T20%3A32%3A57.736"));
}

TEST_F(HttpArchiveTest, ARawFrameIsNoProduct) {
  EXPECT_EQ(archive_->product_files("MUSE.2018-06-05T01:06:59.418", turn_).error().code(), ENOTSUP);
  EXPECT_EQ(archive_->product_files("no id", turn_).error().code(), ENOTSUP);
  EXPECT_TRUE(server_.requests().empty());
}

}  // namespace
}  // namespace esofs::client
