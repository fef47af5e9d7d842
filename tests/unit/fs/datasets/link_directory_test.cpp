// The directories of links: when they exist, when the archive is asked.
#include <gtest/gtest.h>

#include <cerrno>
#include <optional>
#include <string>
#include <vector>

#include "tests/unit/fs/datasets/links_fixture.h"

namespace esofs::tests {
namespace {

using namespace std::chrono_literals;

class LinkDirectoryTest : public LinksFixture {};

TEST_F(LinkDirectoryTest, DirectoriesFollowFromTheRowsOfTheAnswer) {
  auto image = link("#auxiliary", kFilePrefix + kOtherId, "image/png");
  image.content_length = 5'760;
  put({link("#this", kFilePrefix + kId), image,
       link("#preview", "http://archive/preview?format=DOWNLOAD", "application/pdf"),
       link("http://example.org/t#spectra", "http://archive/s.csv", "text/csv")});
  const auto names = list({"datasets", kId});
  EXPECT_EQ(std::vector<std::string>(names.end() - 3, names.end()),
            (std::vector<std::string>{"preview", "auxiliary", "spectra"}));
  EXPECT_EQ(catalog_.asked(), 2) << "where the file is, and its links";
  EXPECT_EQ(in("auxiliary"), std::vector<std::string>{kOtherId + ".png"});
  EXPECT_EQ(in("preview"), std::vector<std::string>{kId + ".pdf"});
  EXPECT_EQ(in("spectra"), std::vector<std::string>{"s.csv"});
  EXPECT_EQ(absent("derived"), 0U);
  EXPECT_EQ(catalog_.asked(), 2) << "nothing more was asked for that";
}

TEST_F(LinkDirectoryTest, ADatasetWithoutAFileOfItsOwnShowsWhatBelongsToIt) {
  put_of(kThird, {link("#preview", kFilePrefix + kOtherId, "image/png")});
  EXPECT_EQ(list({"datasets", kThird}),
            (std::vector<std::string>{"metadata.json", "links.vot", "links.json", "preview"}));
  EXPECT_EQ(list({"datasets", kThird, "preview"}), std::vector<std::string>{kOtherId + ".png"});
  put_of(kFourth, {});
  const auto opened = opendir(walk({"datasets", kFourth}));
  ASSERT_FALSE(opened) << "nothing at all";
  EXPECT_EQ(opened.error().code(), ENOENT);
}

TEST_F(LinkDirectoryTest, WellKnownDirectoriesExistUntilTheAnswerIsHere) {
  put({link("#auxiliary", kFilePrefix + kOtherId, "image/png")});
  catalog_.hold();
  EXPECT_NE(walk({"datasets", kId, "preview"}), 0U);
  EXPECT_NE(walk({"datasets", kId, "auxiliary"}), 0U);
  EXPECT_EQ(absent("NAXIS1"), 0U);
  EXPECT_EQ(catalog_.asked(), 0);
  catalog_.release();
  EXPECT_EQ(refused("preview").code(), ENOENT);
  EXPECT_NE(walk({"datasets", kId, "auxiliary", kOtherId + ".png"}), 0U)
      << "a path that nobody listed before";
}

TEST_F(LinkDirectoryTest, ATermIsAskedForWithADeadline) {
  put({link("#spectra", "http://archive/s.csv", "text/csv")});
  catalog_.hold();
  std::optional<Result<fs::Entry>> entry;
  (void)fs_->lookup(walk({"datasets", kId}), "spectra", [&](Result<fs::Entry> e) { entry = std::move(e); });
  EXPECT_FALSE(entry);
  timer_.pass(10s);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->error().code(), EAGAIN);
  catalog_.release();
  EXPECT_NE(walk({"datasets", kId, "spectra"}), 0U);
  EXPECT_EQ(absent("other_term"), 0U);
}

TEST_F(LinkDirectoryTest, AListBehindALinkIsAskedForWhenItsDirectoryIsOpened) {
  const std::string url = kLinksPrefix + kId + "&EXCLUDE=ALL&INCLUDE=progenitor";
  put({link("#progenitor", url, "application/x-votable+xml"),
       link("#preview", "http://archive/p.png", "image/png")});
  catalog_.put_links(url, answer({link("#progenitor", kFilePrefix + kOtherId, "application/fits"),
                                  link("#progenitor", kFilePrefix + kThird, "application/fits"),
                                  link("#preview", "http://archive/stray.png", "image/png")}));
  (void)list({"datasets", kId});
  (void)in("preview");
  EXPECT_EQ(catalog_.asked(), 2);
  EXPECT_EQ(in("progenitors"), (std::vector<std::string>{kOtherId + ".fits", kThird + ".fits"}));
  EXPECT_EQ(catalog_.asked(), 3);
  EXPECT_EQ(in("progenitors").size(), 2U);
  EXPECT_NE(walk({"datasets", kId, "progenitors", kThird + ".fits"}), 0U);
  EXPECT_EQ(catalog_.asked(), 3);
}

TEST_F(LinkDirectoryTest, ErrorRowsAreReportedAndNeverFiles) {
  put({link("#this", kFilePrefix + kId), failed("#progenitor", "DefaultFault: the database is down"),
       failed("#auxiliary", "NotFoundFault: lost"), link("#auxiliary", kFilePrefix + kOtherId, "image/png")});
  EXPECT_EQ(in("auxiliary").size(), 1U);
  EXPECT_NE(cat({".esofs", "errors"}).find("NotFoundFault: lost"), std::string::npos);
  const Error error = refused("progenitors");
  EXPECT_EQ(error.code(), EIO);
  EXPECT_NE(error.what().find("the database is down"), std::string::npos);
  EXPECT_NE(cat({"datasets", kId, "links.json"}).find("NotFoundFault: lost"), std::string::npos);
}

TEST_F(LinkDirectoryTest, OneQueryForProductFilesFillsInWhatDataLinkLeavesOpen) {
  put({link("#this", kFilePrefix + kId), link("#auxiliary", kFilePrefix + kOtherId, "", "README")});
  client::ProductFile readme;
  readme.id = kOtherId;
  readme.extension = ".txt";
  readme.category = "ANCILLARY.README";
  readme.estimate_bytes = 7'000;
  client::ProductFile further;
  further.id = kThird;
  further.access_url = kFilePrefix + kThird;
  further.extension = ".png";
  client::ProductFile itself;
  itself.id = kId;
  catalog_.put_product_files(kId, {itself, readme, further});
  (void)list({"datasets", kId});
  const int asked = catalog_.asked();
  EXPECT_EQ(in("auxiliary"), (std::vector<std::string>{kOtherId + ".txt", kThird + ".png"}));
  EXPECT_EQ(catalog_.asked(), asked + 1);
  const auto ino = walk({"datasets", kId, "auxiliary", kOtherId + ".txt"});
  EXPECT_EQ(fs_->getattr(ino)->attributes.st_size, 7'000);
  EXPECT_EQ(*fs_->getxattr(ino, "user.eso.category"), "ANCILLARY.README");
  EXPECT_EQ(catalog_.asked(), asked + 1);
}

TEST_F(LinkDirectoryTest, WithoutProductFilesDataLinkAloneIsShown) {
  put({link("#auxiliary", kFilePrefix + kOtherId, "", "README")});
  EXPECT_EQ(in("auxiliary"), std::vector<std::string>{kOtherId});
}

}  // namespace
}  // namespace esofs::tests
