#include "tests/sim/holdings/holdings.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/sim/files/content.h"
#include "tests/unit/sim/sim_fixture.h"

namespace esofs::sim {
namespace {

std::vector<TableRow> rows_of(const Holdings& holdings, const std::string& table) {
  std::vector<TableRow> out;
  holdings.rows(table, [&out](const TableRow& row) { out.push_back(row); });
  return out;
}

std::string text(const TableRow& row, const std::string& column) {
  return std::get<std::string>(row.at(column));
}

class HoldingsTest : public testing::Test {
 protected:
  std::shared_ptr<const Holdings> holdings_ = Holdings::make({"", 0, "http://127.0.0.1:1"});
};

TEST_F(HoldingsTest, HundredsOfDatasetsHaveUniqueIds) {
  std::set<std::string> ids;
  for (const Holding& holding : holdings_->all()) {
    EXPECT_TRUE(ids.insert(holding.file.id).second) << holding.file.id;
    for (const File& file : holding.auxiliary) EXPECT_TRUE(ids.insert(file.id).second) << file.id;
    EXPECT_EQ(holdings_->find(holding.dp_id), &holding);
    EXPECT_EQ(holdings_->find_file(holding.dp_id), &holding.file);
  }
  EXPECT_GT(holdings_->all().size(), 300U);
}

TEST_F(HoldingsTest, Ngc253HasCubesAndAGiant) {
  int cubes = 0;
  bool giant = false;
  for (const TableRow& row : rows_of(*holdings_, "ivoa.ObsCore")) {
    if (text(row, "target_name") != "NGC253" || text(row, "dataproduct_type") != "cube") continue;
    ++cubes;
    giant |= text(row, "dp_id") == kGiant;
  }
  EXPECT_GE(cubes, 8);
  EXPECT_TRUE(giant);
}

TEST_F(HoldingsTest, EveryRowLeadsToADataset) {
  for (const char* table : {"ivoa.ObsCore", "dbo.raw", "dbo.ssa"}) {
    const auto rows = rows_of(*holdings_, table);
    EXPECT_GE(rows.size(), 80U) << table;
    for (const TableRow& row : rows) EXPECT_NE(holdings_->find(text(row, "dp_id")), nullptr);
  }
  for (const TableRow& row : rows_of(*holdings_, "phase3v2.product_files")) {
    EXPECT_NE(holdings_->find_file(text(row, "archive_id")), nullptr);
  }
}

TEST_F(HoldingsTest, ObsCoreUrlsAreDataLinksWithAnUnescapedId) {
  const TableRow row = rows_of(*holdings_, "ivoa.ObsCore").front();
  EXPECT_EQ(text(row, "access_url"),
            "http://127.0.0.1:1/datalink/links?ID=ivo://eso.org/ID?" + text(row, "dp_id"));
  EXPECT_EQ(text(row, "access_format"), "application/x-votable+xml;content=datalink");
  EXPECT_EQ(text(row, "obs_publisher_did"), "ivo://eso.org/ID?" + text(row, "dp_id"));
}

TEST_F(HoldingsTest, EstimatedSizesAreKilobytesRoundedDown) {
  for (const TableRow& row : rows_of(*holdings_, "dbo.raw")) {
    const auto size = static_cast<std::int64_t>(holdings_->find(text(row, "dp_id"))->file.content->size());
    EXPECT_EQ(std::get<std::int64_t>(row.at("access_estsize")), size / 1000);
  }
}

TEST_F(HoldingsTest, ExtraRowsComeOnTopAndResolve) {
  const auto inflated = Holdings::make({"", 1000, "http://127.0.0.1:1"});
  const auto rows = rows_of(*inflated, "ivoa.ObsCore");
  ASSERT_EQ(rows.size(), rows_of(*holdings_, "ivoa.ObsCore").size() + 1000);
  std::set<std::string> ids;
  for (const TableRow& row : rows) ids.insert(text(row, "dp_id"));
  EXPECT_EQ(ids.size(), rows.size());
  const std::string last = text(rows.back(), "dp_id");
  const Holding* holding = inflated->find(last);
  ASSERT_NE(holding, nullptr);
  EXPECT_EQ(all_bytes(*holding->file.content).substr(0, 9), "SIMPLE  =");
  EXPECT_EQ(static_cast<std::int64_t>(holding->file.content->size() / 1000),
            std::get<std::int64_t>(rows.back().at("access_estsize")));
  EXPECT_EQ(holdings_->find(last), nullptr);
}

TEST_F(HoldingsTest, ColumnsAreThoseRecordedFromESO) {
  std::ifstream in(std::filesystem::path(ESOFS_SOURCE_DIR) /
                   "../shared/samples/eso/cassettes/tap_obs_columns_20260603.tsv");
  if (!in) GTEST_SKIP() << "no samples here";
  std::map<std::string, std::map<std::string, std::string>> types;
  for (std::string line; std::getline(in, line);) {
    std::stringstream fields(line);
    std::string table;
    std::string column;
    std::string type;
    std::getline(fields, table, '\t');
    std::getline(fields, column, '\t');
    std::getline(fields, type, '\t');
    types[table][column] = type;
  }
  for (const char* table :
       {"ivoa.ObsCore", "dbo.raw", "dbo.ssa", "phase3v2.product_files", "phase3v2.files",
        "phase3v2.provenance", "util.collections", "util.docurl", "ist.apex_quicklooks", "asm.meteo_paranal",
        "asm.dimm_paranal", "asm.ambient_lasilla", "asm.meteo_lasilla"}) {
    const auto rows = rows_of(*holdings_, table);
    EXPECT_FALSE(rows.empty()) << table;
    for (const TableRow& row : rows) {
      for (const auto& [column, cell] : row) {
        const std::string type = types[table][column];
        ASSERT_NE(type, "") << table << "." << column;
        if (std::holds_alternative<std::string>(cell)) {
          EXPECT_TRUE(type == "char" || column == "positionJ2000") << table << "." << column;
        } else if (std::holds_alternative<std::int64_t>(cell)) {
          EXPECT_TRUE(type == "long" || type == "int" || type == "short") << table << "." << column;
        } else if (std::holds_alternative<double>(cell)) {
          EXPECT_TRUE(type == "double" || type == "float") << table << "." << column;
        }
      }
    }
  }
  EXPECT_EQ(rows_of(*holdings_, "ivoa.ObsCore").front().size(), types["ivoa.ObsCore"].size());
}

}  // namespace
}  // namespace esofs::sim
