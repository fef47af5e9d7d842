// The file that a link leads to.
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "tests/unit/fs/datasets/links_fixture.h"

namespace esofs::tests {
namespace {

class LinkFileTest : public LinksFixture {};

TEST_F(LinkFileTest, AFileOfTheArchiveIsTheOneOfItsOwnDirectory) {
  put({link("#progenitor", kFilePrefix + kOtherId, "application/fits"),
       link("#progenitor", kLinksPrefix + kThird, "application/x-votable+xml;content=datalink")});
  EXPECT_EQ(in("progenitors"), (std::vector<std::string>{kOtherId + ".fits", kThird + ".fits"}));
  EXPECT_EQ(walk({"datasets", kId, "progenitors", kOtherId + ".fits"}),
            walk({"datasets", kOtherId, kOtherId + ".fits"}));
  EXPECT_EQ(walk({"datasets", kId, "progenitors", kThird + ".fits"}),
            walk({"datasets", kThird, kThird + ".fits"}));
}

TEST_F(LinkFileTest, OpeningAFileKeepsItsUrlAndAsksNoDataLinkForIt) {
  auto row = link("#auxiliary", kFilePrefix + kOtherId, "application/fits", "white.fits");
  row.content_length = 5'760;
  put({row});
  (void)in("auxiliary");
  const int asked = catalog_.asked();
  const auto ino = walk({"datasets", kId, "auxiliary", kOtherId + ".fits"});
  EXPECT_EQ(fs_->getattr(ino)->attributes.st_size, 5'760);
  EXPECT_TRUE(catalog_.learnt().empty()) << "looking is not opening";
  EXPECT_TRUE(open(ino));
  const auto source = catalog_.learnt().at(kOtherId);
  EXPECT_EQ(source.url, kFilePrefix + kOtherId);
  EXPECT_EQ(source.length, 5'760U);
  EXPECT_EQ(source.original_name, "white.fits");
  EXPECT_EQ(catalog_.asked(), asked);
  EXPECT_EQ(*fs_->getxattr(ino, "user.eso.origfile"), "white.fits");
  EXPECT_EQ(*fs_->getxattr(ino, "user.eso.semantics"), "#auxiliary");
  EXPECT_EQ(list({"datasets"}), std::vector<std::string>{kId})
      << "an ancillary file is no dataset that was visited";
}

TEST_F(LinkFileTest, LinksOtherThanHttpAreRefusedWhenOpened) {
  put({link("#auxiliary", "file:///etc/passwd", "text/plain"),
       link("#auxiliary", "FTP://host/x.txt", "text/plain")});
  for (const auto& name : in("auxiliary")) {
    const auto opened = open(walk({"datasets", kId, "auxiliary", name}));
    ASSERT_FALSE(opened) << name;
    EXPECT_EQ(opened.error().code(), EACCES);
    EXPECT_NE(opened.error().what().find("http and https only"), std::string::npos);
  }
  EXPECT_TRUE(catalog_.learnt().empty());
}

}  // namespace
}  // namespace esofs::tests
