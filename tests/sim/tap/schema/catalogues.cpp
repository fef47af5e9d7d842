// One column a line, as described in schema_core.cpp. The sources lie on a grid of one degree about (53.1, -27.8).

#include "tests/sim/tap/schema/catalogues.h"

#include <array>
#include <cstdio>

namespace esofs::sim::tap {
namespace {

constexpr int kSourcesPerSide = 20;  // version 1; version 2 has 30
constexpr int kEpochs = 3;
constexpr double kCentreRa_deg = 53.1;
constexpr double kCentreDec_deg = -27.8;

int side_of(const std::string& table) {
  return table.ends_with("_V1") ? kSourcesPerSide : kSourcesPerSide * 3 / 2;
}

std::int64_t source_id(int side, int i) { return side * 100000LL + i; }

TableRow source(int side, int i) {
  const double ra = kCentreRa_deg + (static_cast<double>(i % side) / side - 0.5);
  const double dec = kCentreDec_deg + (static_cast<double>(i / side) / side - 0.5);
  std::array<char, 32> name{};
  std::snprintf(name.data(), name.size(), "SIM J%09.5f%+09.5f", ra, dec);
  TableRow row = {{"SOURCEID", source_id(side, i)},
                  {"IAUNAME", std::string(name.data())},
                  {"RA2000", ra},
                  {"DEC2000", dec},
                  {"JMAG", 14.0 + 0.01 * i},
                  {"CLASS", std::int64_t{i % 3 - 1}}};
  if (i % 7 != 0) row["KSMAG"] = 13.0 + 0.01 * i;  // not every source was seen in Ks
  return row;
}

}  // namespace

const std::vector<TableText>& catalogue_tables() {
  static constexpr std::string_view kSources = R"(
IAUNAME|char(29)||meta.id||p|Name of the source
SOURCEID|long||meta.id;meta.main||pi|Number of the source
RA2000|double|deg|pos.eq.ra;meta.main||pi|Right ascension
DEC2000|double|deg|pos.eq.dec;meta.main||pi|Declination
JMAG|float|mag|phot.mag;em.IR.J||p|Magnitude in J
KSMAG|float|mag|phot.mag;em.IR.K||p|Magnitude in Ks
CLASS|short||src.class||p|-1 star, 0 noise, 1 galaxy
)";
  static const std::vector<TableText> tables = {
      {"safcat.SIMSURVEY_CAT_V1", "Sources of an invented survey, first release", kSources},
      {"safcat.SIMSURVEY_CAT_V2", "Sources of an invented survey, second release", kSources},
      {"safcat.SIMSURVEY_MPHOT_Ks_V2", "Magnitudes of the sources at single epochs", R"(
PHOT_ID|long||meta.id;meta.main||p|Number of the measurement
SOURCEID|long||meta.id||pi|Number of the source
MJD|double|d|time.epoch||p|Epoch
KSMAG|float|mag|phot.mag;em.IR.K||p|Magnitude in Ks
KSMAG_ERR|float|mag|stat.error;phot.mag;em.IR.K||p|Its error
)"},
      {"TAP_SCHEMA.schemas", "Schemas", R"(
schema_name|char(64*)||||p|Schema
utype|char(512*)||||p|Utype
description|char(512*)||||p|Description
schema_index|int||||p|Order of the schema
)"},
      {"TAP_SCHEMA.tables", "Tables", R"(
schema_name|char(64*)||||p|Schema
table_name|char(64*)||||p|Table
table_type|char(8*)||||p|table or view
utype|char(512*)||||p|Utype
description|char(512*)||||p|Description
table_index|int||||p|Order within the schema
cat_id|int||||p|Number of the catalogue
collection|char(64*)||||p|Collection
title|char(255*)||||p|Title, the same for all versions
version|int||||p|Version
publication_date|char(32*)||||p|When it was published
number_rows|long||||p|Number of rows
rel_descr_url|char(255*)||||p|Document describing the release
instrument|char(64*)||||p|Instrument
telescope|char(64*)||||p|Telescope
)"},
      {"TAP_SCHEMA.columns", "Columns of the tables", R"(
table_name|char(64*)||||p|Table
column_name|char(64*)||||p|Column
datatype|char(64*)||||p|SQL datatype
arraysize|char(12*)||||p|VOTable arraysize
xtype|char(64*)||||p|VOTable xtype
size|int||||p|Length of strings
description|char(512*)||||p|Description
utype|char(512*)||||p|Utype
unit|char(64*)||||p|Unit
ucd|char(64*)||||p|UCD
indexed|int||||p|1 if indexed
principal|int||||p|1 if shown by default
std|int||||p|1 if defined by a standard
column_index|int||||p|Order within the table
)"},
      {"TAP_SCHEMA.keys", "Foreign keys", R"(
key_id|char(64*)||||p|Identifier of the foreign key
from_table|char(64*)||||p|Table with the foreign key
target_table|char(64*)||||p|Table it points to
description|char(512*)||||p|Description
utype|char(512*)||||p|Utype
)"},
      {"TAP_SCHEMA.key_columns", "Columns of foreign keys", R"(
key_id|char(64*)||||p|Identifier of the foreign key
from_column|char(64*)||||p|Column with the key
target_column|char(64*)||||p|Column it points to
)"}};
  return tables;
}

void complete_catalogues(Schema& schema) {
  std::int64_t cat_id = 13;
  for (auto& table : schema.tables) {
    if (table.schema != "safcat") continue;
    const bool epochs = table.name.find("MPHOT") != std::string::npos;
    const int sources = side_of(table.name) * side_of(table.name);
    table.extras = {
        {"cat_id", cat_id},
        {"collection", std::string("SIMSURVEY")},
        {"title", std::string(epochs ? "Invented survey: single epochs" : "Invented survey: sources")},
        {"version", std::int64_t{table.name.ends_with("_V1") ? 1 : 2}},
        {"publication_date", std::string(table.name.ends_with("_V1") ? "2015-03-02" : "2019-11-20")},
        {"number_rows", std::int64_t{epochs ? sources * kEpochs : sources}},
        {"rel_descr_url",
         "https://www.eso.org/rm/api/v1/public/releaseDescriptions/" + std::to_string(cat_id)},
        {"instrument", std::string("VIRCAM")},
        {"telescope", std::string("ESO-VISTA")}};
    if (epochs) table.keys = {{"SIMSURVEY_V2_SOURCEID", "safcat.SIMSURVEY_CAT_V2", "SOURCEID", "SOURCEID"}};
    ++cat_id;
  }
}

void catalogue_rows(const std::string& table, const std::function<void(const TableRow&)>& visit) {
  const int side = side_of(table);
  const bool epochs = table.find("MPHOT") != std::string::npos;
  for (int i = 0; i < side * side; ++i) {
    if (!epochs) {
      visit(source(side, i));
      continue;
    }
    for (int epoch = 0; epoch < kEpochs; ++epoch) {
      visit({{"PHOT_ID", std::int64_t{i} * kEpochs + epoch},
             {"SOURCEID", source_id(side, i)},
             {"MJD", 56000.5 + 30 * epoch},
             {"KSMAG", 13.0 + 0.01 * i + 0.001 * epoch},
             {"KSMAG_ERR", 0.01}});
    }
  }
}

}  // namespace esofs::sim::tap
