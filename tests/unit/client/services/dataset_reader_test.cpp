#include "client/services/dataset_reader.h"

#include <gtest/gtest.h>

#include "client/base/iso_time.h"
#include "client/votable/votable.h"
#include "tests/unit/client/services/samples.h"

namespace esofs::client {
namespace {

Column column(const std::string& name, const std::string& utype = "", const std::string& unit = "",
              const std::string& ucd = "") {
  Column column;
  column.name = name;
  column.utype = utype;
  column.unit = unit;
  column.ucd = ucd;
  return column;
}

Value text(const std::string& text) { return {text}; }
Value number(std::int64_t number) { return {number}; }

class DatasetReaderTest : public ::testing::Test {
 protected:
  // The dataset of one row of a table of the ESO archive.
  std::optional<Dataset> read(const std::vector<Column>& columns, const Row& row) const {
    const auto reader = make_dataset_reader(eso_, columns);
    if (!reader) return std::nullopt;
    return reader(row);
  }
  // Of a file that is no FITS.
  std::uint64_t size(const std::string& unit, const std::string& description, std::int64_t amount) const {
    return size_of("http://x/y.dat", eso_, unit, description, amount);
  }
  static std::uint64_t size_of(const std::string& url, const std::shared_ptr<const Identifiers>& archive,
                               const std::string& unit, const std::string& description, std::int64_t amount) {
    auto estsize = column("access_estsize", "", unit);
    estsize.description = description;
    const auto reader =
        make_dataset_reader(archive, {column("obs_publisher_did"), column("access_url"), estsize});
    return reader(Row{text("X"), text(url), number(amount)})->estimate_bytes;
  }
  std::shared_ptr<const Identifiers> eso_ = std::make_shared<const Identifiers>(eso_profile());
  std::shared_ptr<const Identifiers> bare_ = std::make_shared<const Identifiers>(Profile{});
};

TEST_F(DatasetReaderTest, ARowOfObsCoreIsADataLink) {
  const auto dataset =
      read({column("access_estsize", "obscore:Access.size", "kbyte"), column("access_format"),
            column("access_url"), column("dp_id"), column("last_mod_date"), column("obs_publisher_did"),
            column("obs_release_date")},
           {number(8458), text("application/x-votable+xml; charset=utf-8; Content=\"datalink\""),
            text("http://archive.eso.org/datalink/links?ID=ivo://eso.org/ID?ADP.1"), text("ADP.1"),
            text("2026-08-19T13:32:34.690Z"), text("ivo://eso.org/ID?ADP.1"), text("2026-08-19T13:28:29Z")});
  ASSERT_TRUE(dataset);
  EXPECT_EQ(dataset->id, "ADP.1");
  EXPECT_EQ(dataset->access, AccessKind::kDataLink);
  EXPECT_EQ(dataset->access_url, "http://archive.eso.org/datalink/links?ID=ivo://eso.org/ID?ADP.1");
  EXPECT_EQ(dataset->extension, ".fits");
  EXPECT_EQ(dataset->estimate_bytes,
            8'461'440U);  // the archive cuts: 8 458 560 bytes are 8458; then whole blocks
  EXPECT_EQ(dataset->mtime, 1787146354);
  EXPECT_EQ(dataset->modified, 1787146354);
  EXPECT_EQ(dataset->release_date, "2026-08-19T13:28:29Z");
}

TEST_F(DatasetReaderTest, ARawRowPrefersItsDataLink) {
  const auto dataset = read({column("access_url"), column("datalink_url"), column("dp_id"),
                             column("release_date"), column("date_obs")},
                            {text("https://dataportal.eso.org/dataPortal/file/SINFO.1"),
                             text("https://archive.eso.org/datalink/links?ID=ivo://eso.org/ID?SINFO.1"),
                             text("SINFO.1"), Value{}, text("2013-08-27T01:05:24.3279")});
  ASSERT_TRUE(dataset);
  EXPECT_EQ(dataset->access, AccessKind::kDataLink);
  EXPECT_EQ(dataset->access_url, "https://archive.eso.org/datalink/links?ID=ivo://eso.org/ID?SINFO.1");
  EXPECT_EQ(dataset->mtime, 1377565524);
  EXPECT_EQ(dataset->modified, 0) << "the date of an observation tells of no version";
  EXPECT_EQ(dataset->estimate_bytes, 0U);
}

TEST_F(DatasetReaderTest, AUrlWithoutAFormatIsKnownByItsForm) {
  const auto links =
      read({column("dp_id"), column("access_url")},
           {text("ADP.1"), text("http://archive.eso.org/datalink/links?ID=ivo://eso.org/ID?ADP.1")});
  EXPECT_EQ(links->access, AccessKind::kDataLink);
  const auto file = read({column("dp_id"), column("access_url")},
                         {text("MUSE.1"), text("https://dataportal.eso.org/dataPortal/file/MUSE.1")});
  EXPECT_EQ(file->access, AccessKind::kFile);
  const auto other = read({column("dp_id"), column("access_url")}, {text("X"), text("https://alma.org/x")});
  EXPECT_EQ(other->access, AccessKind::kUnknown);
}

TEST_F(DatasetReaderTest, AnIdAloneIsEnoughWhereThePatternsKnowIt) {
  const auto dataset = read({column("dp_id")}, {text("ADP.2018-06-21T20:32:57.736")});
  ASSERT_TRUE(dataset);
  EXPECT_EQ(dataset->access_url,
            "https://archive.eso.org/datalink/links?ID=ivo://eso.org/ID?ADP.2018-06-21T20:32:57.736");
  EXPECT_FALSE(read({column("dp_id")}, {text("something else")}));
  EXPECT_FALSE(read({column("dp_id")}, {Value{}}));
}

TEST_F(DatasetReaderTest, TheFilesOfAProductAreListedWithTheirExtensions) {
  const std::vector<Column> columns{column("access_url"), column("archive_id"), column("extension"),
                                    column("product_id")};
  const auto file =
      read(columns, {text("https://dataportal.eso.org/dataPortal/file/ADP.2024-03-19T05:58:04.410"),
                     text("ADP.2024-03-19T05:58:04.410"), text("PNG"), text("ADP.0")});
  ASSERT_TRUE(file);
  EXPECT_EQ(file->id, "ADP.2024-03-19T05:58:04.410");
  EXPECT_EQ(file->access, AccessKind::kFile);
  EXPECT_EQ(file->extension, ".png");
  const auto packed = read(columns, {text("https://dataportal.eso.org/dataPortal/file/ADP.2"), text("ADP.2"),
                                     text("FZ"), text("ADP.0")});
  EXPECT_EQ(packed->extension, ".fits");
}

TEST_F(DatasetReaderTest, AFileInAJoinNeverTakesItsProductsUrl) {
  const auto dataset =
      read({column("dp_id"), column("archive_id"), column("access_url")},
           {text("ADP.2018-06-21T20:32:57.736"), text("ADP.2018-06-21T20:32:57.737"),
            text("http://archive.eso.org/datalink/links?ID=ivo://eso.org/ID?ADP.2018-06-21T20:32:57.736")});
  ASSERT_TRUE(dataset);
  EXPECT_EQ(dataset->id, "ADP.2018-06-21T20:32:57.737");
  EXPECT_EQ(dataset->access_url,
            "https://archive.eso.org/datalink/links?ID=ivo://eso.org/ID?ADP.2018-06-21T20:32:57.737");
}

TEST_F(DatasetReaderTest, SizesAreTakenByTheirUnit) {
  EXPECT_EQ(size("kbyte", "", 1), 2000U);
  EXPECT_EQ(size("", "", 1), 2000U);
  EXPECT_EQ(size("byte", "", 2880), 2880U);
  EXPECT_EQ(size("", "ESO file size (in bytes).", 2880), 2880U);
  EXPECT_EQ(size("", "in KBytes", 2), 3000U);
  EXPECT_EQ(size("MB", "", 1), 2'000'000U);
  EXPECT_EQ(size("kbyte", "", 0), 0U);
  EXPECT_EQ(size("kbyte", "", -5), 0U);
  EXPECT_EQ(size("kbyte", "", std::int64_t{1} << 62), 0U);
}

TEST_F(DatasetReaderTest, AnEstimateOfAnUnknownKilobyteIsNotTooSmall) {
  const std::uint64_t truth = 308'160;  // as kB of 1024 bytes, cut: 300
  EXPECT_GE(size_of("http://x/y.dat", bare_, "kbyte", "", 300), truth);
  EXPECT_GE(size_of("http://x/y.dat", bare_, "", "", 300), truth);
  EXPECT_GE(size_of("http://x/y.dat", bare_, "MB", "", 2), 3U << 20U);
  EXPECT_GE(size_of("http://x/y.dat", bare_, "TB", "", 2), 3ULL << 40U);
  EXPECT_EQ(size_of("http://x/y.dat", bare_, "byte", "", 2881), 2881U);
}

TEST_F(DatasetReaderTest, AnEstimateOfAFitsFileIsWholeBlocks) {
  EXPECT_EQ(size_of("http://x/y.fits", eso_, "kbyte", "", 308), 311'040U);
  EXPECT_EQ(size_of("http://x/y.fits", eso_, "kbyte", "", 2), 5760U);
  EXPECT_EQ(size_of("http://x/y.fits", eso_, "byte", "", 2881), 2881U) << "these are exact";
  EXPECT_EQ(size_of("http://x/y.fits", eso_, "PB", "", 20'000), 1'000'000'000'000'000'000U);
}

TEST_F(DatasetReaderTest, UnitsOfSizesAreKnownInTheirUsualSpellings) {
  struct Spelling {
    const char* unit;
    std::uint64_t bytes;
  };
  for (const auto& [unit, bytes] : std::vector<Spelling>{{"kB", 1000},
                                                         {"KB", 1000},
                                                         {"kilobytes", 1000},
                                                         {"Kibyte", 1024},
                                                         {"KiB", 1024},
                                                         {"Mbyte", 1'000'000},
                                                         {"megabyte", 1'000'000},
                                                         {"MiB", 1ULL << 20U},
                                                         {"GB", 1'000'000'000},
                                                         {" Gbytes ", 1'000'000'000},
                                                         {"Gibyte", 1ULL << 30U},
                                                         {"TB", 1'000'000'000'000},
                                                         {"Tbyte", 1'000'000'000'000},
                                                         {"TiB", 1ULL << 40U},
                                                         {"PB", 1'000'000'000'000'000},
                                                         {"PiB", 1ULL << 50U}})
    EXPECT_EQ(size(unit, "", 2), 3 * bytes) << unit;
  for (const char* unit : {"byte", "bytes", "B", "Bytes"}) EXPECT_EQ(size(unit, "", 2), 2U) << unit;
  EXPECT_EQ(size("pixels", "", 2), 3000U) << "the archive's own unit";
}

TEST_F(DatasetReaderTest, ASizeBeyondAllMeasureIsAnExabyte) {
  EXPECT_EQ(size("PB", "", 20'000), 1'000'000'000'000'000'000U);
  EXPECT_EQ(size("GiB", "", 999'999'999'999'999), 1'000'000'000'000'000'000U);
}

TEST_F(DatasetReaderTest, AGenericArchiveIsReadByNamesAndUtypes) {
  const auto by_name = make_dataset_reader(bare_, {column("access_url"), column("OBS_PUBLISHER_DID")});
  ASSERT_TRUE(by_name);
  const auto dataset = by_name(Row{text("http://a/x"), text("ivo://a/b?c/d.fits")});
  ASSERT_TRUE(dataset);
  EXPECT_EQ(dataset->id, "ivo://a/b?c/d.fits");
  EXPECT_EQ(dataset->access, AccessKind::kUnknown);
  EXPECT_FALSE(by_name(Row{Value{}, text("ivo://a/b?c")}));
  EXPECT_EQ(by_name(Row{text("http://a/x/file.fits"), Value{}})->id, "http://a/x/file.fits");

  const auto by_utype = make_dataset_reader(
      bare_, {column("a", "obscore:Access.Reference"), column("b", "obscore:Curation.PublisherDID"),
              column("c", "obscore:Access.Format"),
              column("d", "t:Char.TimeAxis.Coverage.Bounds.Limits.StartTime")});
  ASSERT_TRUE(by_utype);
  const auto jpeg = by_utype(Row{text("http://a/x"), text("ivo://x"), text("image/jpeg"), Value{60647.5}});
  EXPECT_EQ(jpeg->access, AccessKind::kFile);
  EXPECT_EQ(jpeg->extension, ".jpg");
  EXPECT_EQ(jpeg->mtime, 1733227200);
}

TEST_F(DatasetReaderTest, ASpectrumWithoutIdentifiersIsNamedByItsUrl) {
  const std::vector<Column> columns{column("acref", "ssa:Access.Reference"),
                                    column("fmt", "ssa:Access.Format")};
  const auto reader = make_dataset_reader(bare_, columns);
  ASSERT_TRUE(reader);
  const Row row{text("http://spectra.example/get?x/y/star-1.fits"), text("application/fits")};
  const auto dataset = reader(row);
  ASSERT_TRUE(dataset);
  EXPECT_EQ(dataset->id, "http://spectra.example/get?x/y/star-1.fits");
  EXPECT_EQ(file_stem(dataset->id), "star-1");
  EXPECT_EQ(dataset->access, AccessKind::kFile);
  // In ObsCore it is the query that has left the identifiers out.
  EXPECT_FALSE(make_dataset_reader(bare_, {column("access_url", "obscore:Access.reference")}));
}

TEST_F(DatasetReaderTest, ColumnsWithoutDatasetsHaveNoReader) {
  EXPECT_FALSE(make_dataset_reader(eso_, {column("count")}));
  EXPECT_FALSE(make_dataset_reader(bare_, {column("obs_publisher_did"), column("s_ra")}));
  EXPECT_FALSE(make_dataset_reader(bare_, {column("dp_id")}));
  EXPECT_FALSE(make_dataset_reader(eso_, {}));
}

TEST_F(DatasetReaderTest, WithoutAFormatTheUrlOrTheIdTellsTheExtension) {
  const auto extension = [this](const std::string& id, const std::string& url, const std::string& format) {
    const auto reader = make_dataset_reader(
        bare_, {column("obs_publisher_did"), column("access_url"), column("access_format")});
    const Row row{text(id), text(url), text(format)};
    return reader(row)->extension;
  };
  EXPECT_EQ(extension("ivo://a/x", "http://h/x.jpg?size=1", ""), ".jpg");
  EXPECT_EQ(extension("ivo://a/x", "http://h/get?file=x.TXT", ""), ".txt");
  EXPECT_EQ(extension("ivo://a/x.png", "http://h/get/1", ""), ".png");
  EXPECT_EQ(extension("ivo://a/x", "http://h/x.fits.gz", "application/gzip"), ".fits");
  EXPECT_EQ(extension("ivo://a/x", "http://h/x.tar.gz", "application/gzip"), ".tar.gz");
  EXPECT_EQ(extension("ivo://a/x", "http://h/x.jpg", "image/fits"), ".fits");
  EXPECT_EQ(extension("ivo://a/x", "http://h/v1.2/x.736", ""), ".fits");
}

TEST_F(DatasetReaderTest, AnIdMayBeANumber) {
  const auto reader = make_dataset_reader(bare_, {column("obs_publisher_did"), column("access_url")});
  const Row row{number(9'007'199'254'740'993), text("http://h/x")};
  EXPECT_EQ(reader(row)->id, "9007199254740993");
}

TEST(ExtensionTest, FollowsTheMediaType) {
  EXPECT_EQ(extension_of_type("application/fits"), ".fits");
  EXPECT_EQ(extension_of_type("application/x-fits-hcompress"), ".fits");
  EXPECT_EQ(extension_of_type("image/x-fits"), ".fits");
  EXPECT_EQ(extension_of_type("Application/X-VOTable+xml;content=datalink"), ".fits");
  EXPECT_EQ(extension_of_type("application/x-votable+xml"), ".vot");
  EXPECT_EQ(extension_of_type("text/plain; charset=utf-8"), ".txt");
  EXPECT_EQ(extension_of_type("application/x-tar"), ".tar");
  EXPECT_EQ(extension_of_type("application/octet-stream"), "");
}

TEST(ExtensionTest, PackagesAreKnownByTheirTypeOrTheirName) {
  EXPECT_EQ(package_extension("application/x-tar", "http://x/get?id=1"), ".tar");
  EXPECT_EQ(package_extension("application/octet-stream", "http://x/A.TAR?token=1"), ".tar");
  EXPECT_EQ(package_extension("", "http://x/a.tar.gz"), ".tar.gz");
  EXPECT_EQ(package_extension("", "a.tgz"), ".tgz");
  EXPECT_EQ(package_extension("application/zip", ""), ".zip");
  EXPECT_EQ(package_extension("application/fits", "http://x/a.tar"), "");
  EXPECT_EQ(package_extension("", "http://x/a.fits?file=b.tar"), "");
}

// The datasets that a recorded answer names.
struct Datasets : VotableEvents {
  explicit Datasets(std::shared_ptr<const Identifiers> of) : ids(std::move(of)) {}
  Result<void> table(const VotableTable& table) override {
    reader = make_dataset_reader(ids, table.columns);
    return {};
  }
  Result<void> row(std::span<const Value> row) override {
    if (!reader) return {};
    if (auto dataset = reader(row)) found.push_back(std::move(*dataset));
    return {};
  }
  std::shared_ptr<const Identifiers> ids;
  DatasetReader reader;
  std::vector<Dataset> found;
};

std::optional<std::vector<Dataset>> datasets_of(const std::string& path,
                                                std::shared_ptr<const Identifiers> ids) {
  const auto document = tests::sample(path);
  if (!document) return std::nullopt;
  Datasets datasets(std::move(ids));
  VotableReader reader(datasets);
  EXPECT_TRUE(reader.push(std::as_bytes(std::span(*document))));
  EXPECT_TRUE(reader.finish());
  return datasets.found;
}

TEST_F(DatasetReaderTest, TheRecordedObsCoreRowOfEsoIsRead) {
  const auto found = datasets_of("eso/css_earth/eso-obscore.xml", eso_);
  if (!found) GTEST_SKIP();
  ASSERT_EQ(found->size(), 1U);
  const auto& dataset = found->front();
  EXPECT_EQ(dataset.id, "ADP.2026-08-19T13:19:07.647");
  EXPECT_EQ(dataset.access, AccessKind::kDataLink);
  EXPECT_EQ(dataset.estimate_bytes, 8'461'440U);
  EXPECT_EQ(dataset.mtime, 1787146354);
  EXPECT_TRUE(eso_->valid(dataset.id));
}

TEST_F(DatasetReaderTest, TheRecordedAsyncResultOfEsoNamesItsDatasets) {
  const auto found = datasets_of("eso/cassettes/uws/async_result_3rows.vot", eso_);
  if (!found) GTEST_SKIP();
  ASSERT_EQ(found->size(), 3U);
  EXPECT_EQ(found->front().id, "ADP.2014-07-11T10:00:32.830");
  EXPECT_NE(found->front().access_url, "");
}

TEST_F(DatasetReaderTest, AnswersOfOtherArchivesAreRead) {
  const auto cadc = datasets_of("other/pyvo/dal__datalink__datalink-obscore.xml", bare_);
  if (!cadc) GTEST_SKIP();
  ASSERT_FALSE(cadc->empty());
  EXPECT_EQ(cadc->front().access, AccessKind::kDataLink);
  const auto ssa = datasets_of("other/pyvo/dal__ssa__result.xml", bare_);
  ASSERT_TRUE(ssa);
  ASSERT_FALSE(ssa->empty());
  EXPECT_EQ(ssa->front().access_url.rfind("http", 0), 0U);
  const auto sia = datasets_of("other/pyvo/dal__sia__dataset.xml", bare_);
  ASSERT_TRUE(sia);
  EXPECT_FALSE(sia->empty());
  const auto obscore = datasets_of("other/pyvo/dal__tap__obscore-image.xml", bare_);
  ASSERT_TRUE(obscore);
  EXPECT_FALSE(obscore->empty());
}

}  // namespace
}  // namespace esofs::client
