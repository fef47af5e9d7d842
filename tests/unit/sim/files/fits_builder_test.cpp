#include <fcntl.h>
#include <fitsio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "tests/unit/sim/sim_fixture.h"

namespace esofs::sim {
namespace {

class TempFolder {
 public:
  TempFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "sim_test.XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = pattern;
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

struct Hdu {
  int type = 0;
  std::vector<long> axes;
  int cards = 0;
  std::vector<float> pixels;  // of images; first column as numbers of tables
};

// Opens a file with CFITSIO and reads it all, except the pixels of giants.
std::vector<Hdu> read_fits(const std::string& path, bool with_pixels = true) {
  std::vector<Hdu> hdus;
  fitsfile* file = nullptr;
  int status = 0;
  fits_open_diskfile(&file, path.c_str(), READONLY, &status);
  EXPECT_EQ(status, 0) << path;
  if (status != 0) return hdus;
  for (int number = 1; fits_movabs_hdu(file, number, nullptr, &status) == 0; ++number) {
    Hdu& hdu = hdus.emplace_back();
    fits_get_hdu_type(file, &hdu.type, &status);
    fits_get_hdrspace(file, &hdu.cards, nullptr, &status);
    if (hdu.type == IMAGE_HDU) {
      int axes = 0;
      fits_get_img_dim(file, &axes, &status);
      hdu.axes.resize(static_cast<std::size_t>(axes));
      fits_get_img_size(file, axes, hdu.axes.data(), &status);
      long count = axes == 0 ? 0 : 1;
      for (const long axis : hdu.axes) count *= axis;
      if (with_pixels && count > 0) {
        hdu.pixels.resize(static_cast<std::size_t>(count));
        fits_read_img(file, TFLOAT, 1, count, nullptr, hdu.pixels.data(), nullptr, &status);
      }
    } else {
      long rows = 0;
      fits_get_num_rows(file, &rows, &status);
      hdu.axes = {rows};
      long repeat = 0;
      fits_get_coltype(file, 1, nullptr, &repeat, nullptr, &status);
      hdu.pixels.resize(static_cast<std::size_t>(rows * repeat));
      fits_read_col(file, TFLOAT, 1, 1, 1, rows * repeat, nullptr, hdu.pixels.data(), nullptr, &status);
    }
    EXPECT_EQ(status, 0) << path << " HDU " << number;
    if (status != 0) break;
  }
  status = 0;
  fits_close_file(file, &status);
  return hdus;
}

class FitsBuilderTest : public SimTest {
 protected:
  std::string write(const File& file, const Content& bytes) {
    const std::string path = folder_.file(file.name);
    std::ofstream(path, std::ios::binary) << all_bytes(bytes);
    return path;
  }
  const Holding& holding(const std::string& id) const { return *sim_->holdings().find(id); }

  TempFolder folder_;
};

TEST_F(FitsBuilderTest, EveryStoredFitsFileOpens) {
  std::set<std::string> endings;
  for (const Holding& each : sim_->holdings().all()) {
    if (each.file.content->size() > 100'000'000) continue;
    const auto hdus = read_fits(write(each.file, *each.file.content));
    ASSERT_FALSE(hdus.empty()) << each.dp_id;
    EXPECT_GE(hdus[0].cards, 90) << each.dp_id;
    EXPECT_LE(hdus[0].cards, 350) << each.dp_id;
    endings.insert(each.file.name.substr(each.file.name.rfind('.')));
    const bool plain = each.file.name.ends_with(".fits");
    EXPECT_EQ(plain ? each.file.content->size() % 2880 : 0, 0U) << each.dp_id;
  }
  EXPECT_EQ(endings, (std::set<std::string>{".fits", ".Z", ".fz", ".gz"}));
}

TEST_F(FitsBuilderTest, GiantsHaveValidHeadersAndTheirLength) {
  int giants = 0;
  for (const Holding& each : sim_->holdings().all()) {
    const Content& bytes = *each.file.content;
    if (bytes.size() < 1'000'000'000) continue;
    ++giants;
    const std::string path = folder_.file(each.file.name);
    std::string start(1U << 20U, '\0');
    bytes.read(0, std::as_writable_bytes(std::span(start)));
    std::ofstream(path, std::ios::binary) << start;
    ASSERT_EQ(truncate(path.c_str(), static_cast<off_t>(bytes.size())), 0);
    // The header of the second extension lies gigabytes away.
    fitsfile* file = nullptr;
    int status = 0;
    LONGLONG data = 0;
    LONGLONG end = 0;
    fits_open_diskfile(&file, path.c_str(), READONLY, &status);
    if (fits_movabs_hdu(file, 2, nullptr, &status) == 0) {
      fits_get_hduaddrll(file, nullptr, &data, &end, &status);
      std::string header(2880, '\0');
      bytes.read(static_cast<std::uint64_t>(end), std::as_writable_bytes(std::span(header)));
      EXPECT_EQ(header.substr(0, 20), "XTENSION= 'IMAGE   '");
      EXPECT_EQ(static_cast<std::uint64_t>(end - data) + 2880,
                bytes.size() - static_cast<std::uint64_t>(end));
    } else {
      status = 0;
      fits_movabs_hdu(file, 1, nullptr, &status);
      fits_get_hduaddrll(file, nullptr, &data, &end, &status);
      EXPECT_EQ(static_cast<std::uint64_t>(end), bytes.size());
    }
    EXPECT_EQ(status, 0);
    status = 0;
    fits_close_file(file, &status);
    std::filesystem::remove(path);
  }
  EXPECT_EQ(giants, 4);
}

TEST_F(FitsBuilderTest, PixelsOfGiantsAreFiniteNumbers) {
  std::string pixels = bytes(kGiant, 1'000'000'000, 4000);
  for (std::size_t i = 0; i < pixels.size(); i += 4) {
    EXPECT_EQ(static_cast<unsigned char>(pixels[i]), 0x3FU);
    EXPECT_GE(static_cast<unsigned char>(pixels[i + 1]), 0x80U);
  }
}

TEST_F(FitsBuilderTest, LzwUnpacksToThePlainFile) {
  const Holding& raw = holding(kRawZ);
  const std::string packed = write(raw.file, *raw.file.content);
  const std::string plain = folder_.file("plain.fits");
  ASSERT_EQ(std::system(("gzip -dc '" + packed + "' > '" + plain + "'").c_str()), 0);
  const auto a = read_fits(packed);
  const auto b = read_fits(plain);
  ASSERT_EQ(a.size(), 1U);
  EXPECT_EQ(a[0].axes, (std::vector<long>{160, 96}));
  EXPECT_EQ(a[0].pixels, b.at(0).pixels);
  EXPECT_EQ(std::filesystem::file_size(plain) % 2880, 0U);
}

TEST_F(FitsBuilderTest, TileCompressedRawsUnpackToUnsignedPixels) {
  const Holding& raw = holding(kRawFz);
  const std::string packed = write(raw.file, *raw.file.content);
  const auto hdus = read_fits(packed);
  ASSERT_EQ(hdus.size(), 7U);
  std::set<std::vector<float>> different;
  for (std::size_t i = 1; i < hdus.size(); ++i) {
    EXPECT_EQ(hdus[i].axes, (std::vector<long>{64, 64}));
    ASSERT_EQ(hdus[i].pixels.size(), 4096U);
    EXPECT_GT(hdus[i].pixels[0], 100.F);
    EXPECT_LT(hdus[i].pixels[0], 60000.F);
    different.insert(hdus[i].pixels);
  }
  EXPECT_EQ(different.size(), 6U);
  EXPECT_NE(all_bytes(*raw.file.content).find("ZCMPTYPE= 'RICE_1"), std::string::npos);
}

TEST_F(FitsBuilderTest, BytesAreTheSameInEveryRun) {
  const auto other = ArchiveSim::start({});
  for (const char* id : {kImage, kRawZ, kRawFz}) {
    EXPECT_EQ(all_bytes(content(id)), all_bytes(*other->holdings().find_file(id)->content)) << id;
  }
}

TEST_F(FitsBuilderTest, AChangedFileIsStillAFitsFile) {
  for (const char* id : {kImage, kRawZ, kRawFz}) {
    const Holding& each = holding(id);
    const auto before = read_fits(write(each.file, *each.file.content));
    const auto after = read_fits(write(each.file, *each.file.changed));
    ASSERT_EQ(before.size(), after.size());
    EXPECT_NE(before.back().pixels, after.back().pixels);
  }
}

TEST_F(FitsBuilderTest, RealFilesAreServedToo) {
  const std::filesystem::path samples = std::filesystem::path(ESOFS_SOURCE_DIR) / "../shared/samples/fits";
  if (!std::filesystem::exists(samples)) GTEST_SKIP() << "no samples here";
  ArchiveSim::Config config;
  config.fits_folder = samples.string();
  const auto sim = ArchiveSim::start(config);
  const Holding* real = sim->holdings().find("CRIRE.2022-03-25T09:56:03.536");
  ASSERT_NE(real, nullptr);
  EXPECT_EQ(real->file.content->size(), std::filesystem::file_size(samples / "viper_CRIRES_220325_1.fits"));
  int rows = 0;
  sim->holdings().rows("ivoa.ObsCore", [&rows](const TableRow& row) {
    rows += std::get<std::string>(row.at("obs_collection")) == "REAL" ? 1 : 0;
  });
  EXPECT_GE(rows, 10);
}

}  // namespace
}  // namespace esofs::sim
