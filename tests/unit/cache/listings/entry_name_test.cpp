#include "cache/listings/entry_name.h"

#include <gtest/gtest.h>

#include <string>

namespace esofs::cache {
namespace {

std::string named(const std::string& id, const std::string& extension = ".fits") {
  client::Dataset dataset;
  dataset.id = id;
  dataset.extension = extension;
  return entry_name(dataset);
}

TEST(EntryNameTest, AnIdIsItsOwnStem) {
  EXPECT_EQ(named("ADP.2018-06-21T20:32:57.736"), "ADP.2018-06-21T20:32:57.736.fits");
  EXPECT_EQ(named("ADP.2018-06-21T20:32:57.736", ".tar"), "ADP.2018-06-21T20:32:57.736.tar");
}

TEST(EntryNameTest, OfAnIvoidOrUrlTheLastComponentIsTheStem) {
  EXPECT_EQ(named("ivo://eso.org/ID?ADP.2018-06-21T20:32:57.736"), "ADP.2018-06-21T20:32:57.736.fits");
  EXPECT_EQ(named("ivo://org.gavo.dc/~?califa/cubes/NGC0001.fits"), "NGC0001.fits");
  EXPECT_EQ(named("ivo://x/a/b.FITS.Gz"), "b.fits");
  EXPECT_EQ(named("ivo://x/a/b.fit"), "b.fits");
  EXPECT_EQ(named("ivo://x/a/b.fits.Z"), "b.fits");
  EXPECT_EQ(named("http://x/y/"), "y.fits");
  EXPECT_EQ(named("//"), "dataset.fits");
  EXPECT_EQ(named(""), "dataset.fits");
}

TEST(EntryNameTest, NoNameLeavesItsDirectory) {
  EXPECT_EQ(named("../../etc/passwd", ""), "passwd");
  EXPECT_EQ(named("a/..", ""), "__");
  EXPECT_EQ(named("..", ""), "__");
  EXPECT_EQ(named("x\ny", "/../z"), "x_y_.._z");
  EXPECT_LE(named(std::string(5000, 'a')).size(), 255U);
}

TEST(EntryNameTest, AnExtensionIsNotGivenTwice) {
  EXPECT_EQ(named("ivo://x?data/a.jpg", ".jpg"), "a.jpg");
  EXPECT_EQ(named("http://x/a.JPG", ".jpg"), "a.jpg");
  EXPECT_EQ(named("ivo://x?a.fits.bz2"), "a.fits");
  EXPECT_EQ(named("a.jpg", ".jpg"), "a.jpg");
  EXPECT_EQ(named("image_2.fits"), "image_2.fits");
  EXPECT_EQ(named("image_2.fits.fz"), "image_2.fits");
  EXPECT_EQ(named("preview.png", ".png"), "preview.png");
  EXPECT_EQ(named("a@b.fits"), "a@b.fits");
  EXPECT_EQ(named(".fits"), ".fits.fits") << "a name of nothing but an extension";
  EXPECT_EQ(entry_stem("image_2.fits"), "image_2");
  EXPECT_EQ(entry_stem("ADP.2018-06-21T20:32:57.736"), "ADP.2018-06-21T20:32:57.736");
}

TEST(EntryNameTest, TheDirectoryIsCalledAsTheEntryWithoutItsExtension) {
  EXPECT_EQ(directory_name("a-2.fits", ".fits"), "a-2");
  EXPECT_EQ(directory_name("a.tar.gz", ".tar.gz"), "a");
  EXPECT_EQ(directory_name("E-1.TAR", ""), "E-1.TAR");
  EXPECT_EQ(directory_name(".fits", ".fits"), ".fits");
}

}  // namespace
}  // namespace esofs::cache
