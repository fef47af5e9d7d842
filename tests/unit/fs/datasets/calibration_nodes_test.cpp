// datasets/<dp_id>/calibrations/: what is listed, when the archive is asked.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/fs/datasets/calibrations_fixture.h"

namespace esofs::tests {
namespace {

using namespace std::chrono_literals;

class CalibrationNodesTest : public CalibrationsFixture {};

TEST_F(CalibrationNodesTest, ADatasetThatHasThemListsBothKindsWithoutARequest) {
  const auto asked = catalog_.asked();
  EXPECT_EQ(list({"datasets", kId, "calibrations"}), (Names{"master", "raw"}));
  EXPECT_EQ(catalog_.asked(), asked);
  auto none = lookup(walk({"datasets", kOtherId}), "calibrations");
  EXPECT_TRUE(none && none->ino == 0);
}

TEST_F(CalibrationNodesTest, AListingIsOneRequestAndItsFilesAreThoseOfDatasets) {
  EXPECT_EQ(list_raw(), (Names{kOtherId + ".fits", "associations.xml", "status.txt"}));
  EXPECT_EQ(catalog_.asked(), 1);
  const auto file = walk({"datasets", kId, "calibrations", "raw", kOtherId + ".fits"});
  EXPECT_EQ(fs_->getattr(file)->attributes.st_size, 5760);
  EXPECT_EQ(catalog_.asked(), 1);
  auto opened = open(file);
  ASSERT_TRUE(opened);
  EXPECT_EQ(read(opened->handle, 0, 10)->size(), 10U);
  fs_->release(opened->handle);
  EXPECT_EQ(list({"datasets"}), Names{}) << "a calibration that was read is no dataset that was visited";
  EXPECT_EQ(file, walk({"datasets", kOtherId, kOtherId + ".fits"}));
}

TEST_F(CalibrationNodesTest, NamesThatToolsTryAreNotAskedFor) {
  catalog_.hold();
  const auto raw = walk({"datasets", kId, "calibrations", "raw"});
  for (const char* name : {"NAXIS1", "login.cl", "x.fits.fz", ".x", "@x.fits"}) {
    auto entry = lookup(raw, name);
    EXPECT_TRUE(entry && entry->ino == 0) << name;
  }
  EXPECT_EQ(catalog_.asked(), 0);
}

TEST_F(CalibrationNodesTest, AFileOfAnUnknownListingIsAskedForWithADeadline) {
  catalog_.hold();
  const auto raw = walk({"datasets", kId, "calibrations", "raw"});
  std::optional<Result<fs::Entry>> answer;
  (void)fs_->lookup(raw, kOtherId + ".fits", [&](Result<fs::Entry> entry) { answer = std::move(entry); });
  EXPECT_FALSE(answer);
  timer_.pass(10s);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->error().code(), EAGAIN);
  catalog_.release();
  EXPECT_NE(lookup(raw, kOtherId + ".fits")->ino, 0U);
  EXPECT_NE(lookup(raw, "ADP.2018-06-21T20_32_57.737.fits")->ino, 0U) << "the portable form";
  EXPECT_EQ(lookup(raw, kId + ".fits")->ino, 0U);
}

TEST_F(CalibrationNodesTest, AFailureIsAnErrnoOfOpendirAndASentenceInStatus) {
  const auto opened = opendir(walk({"datasets", kId, "calibrations", "master"}));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), EACCES);
  const auto text = status("master");
  EXPECT_TRUE(has(text, "phase: FAILED")) << text;
  EXPECT_TRUE(has(text, "EACCES no calibrations for you")) << text;
}

TEST_F(CalibrationNodesTest, AFileTypeWithoutCalibrationsHasAStatusOnly) {
  found_ = {};
  found_.messages = {"No association could be established: this file type is not supported"};
  put(CalibrationMode::kRaw, {});
  EXPECT_EQ(list_raw(), Names{"status.txt"});
  EXPECT_TRUE(has(status("raw"), "message: No association could be established"));
  EXPECT_EQ(lookup(walk({"datasets", kId, "calibrations", "raw"}), "associations.xml")->ino, 0U);
}

TEST_F(CalibrationNodesTest, TheTreeIsWhatTheServerSent) {
  EXPECT_EQ(cat({"datasets", kId, "calibrations", "raw", "associations.xml"}), "<association/>");
  catalog_.hold();
  EXPECT_NE(walk({"datasets", kId, "calibrations", "raw", "associations.xml"}), 0U);
}

TEST_F(CalibrationNodesTest, HostileNamesAreSafeUniqueAndInsideTheirDirectory) {
  put(CalibrationMode::kRaw,
      {calibration("1", "../../etc/passwd"), calibration("2", ".."), calibration("3", "a/b\x01.fits"),
       calibration("4", "same:x.fits"), calibration("5", "same_x.fits"), calibration("6", "status.txt"),
       calibration("7", "associations.xml"), calibration("8", "status.txt"),
       calibration("9", std::string(10'000, 'n') + ".fits"), calibration("10", "\xff\xfe"),
       calibration("11", "")});
  const auto names = list_raw();
  ASSERT_EQ(names.size(), 13U);
  for (const auto& name : names) {
    EXPECT_LE(name.size(), 255U);
    EXPECT_FALSE(name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos) << name;
    EXPECT_NE(lookup(walk({"datasets", kId, "calibrations", "raw"}), name)->ino, 0U) << name;
  }
  EXPECT_EQ(std::count(names.begin(), names.end(), "status.txt"), 1);
  std::set<std::string> portable;
  for (const auto& name : names) portable.insert(portable_name(name));
  EXPECT_EQ(portable.size(), names.size());
  EXPECT_TRUE(has(status("raw"), "asked: Raw2Raw")) << "the name of a server's file takes nothing away";
}

TEST_F(CalibrationNodesTest, ThousandsOfFilesOfOneNameAreNumberedQuickly) {
  std::vector<client::CalibrationFile> files;
  for (int i = 0; i < 20'000; ++i) files.push_back(calibration("id" + std::to_string(i), "one.fits"));
  put(CalibrationMode::kRaw, std::move(files));
  const auto names = list_raw();
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), 20'002U);
}

TEST_F(CalibrationNodesTest, AFileThatIsNotFitsIsGivenAsItIs) {
  auto document = calibration("http://h/d.pdf", "d.pdf");
  document.fits = false;
  put(CalibrationMode::kRaw, {document});
  EXPECT_EQ(list_raw().front(), "d.pdf");
}

}  // namespace
}  // namespace esofs::tests
