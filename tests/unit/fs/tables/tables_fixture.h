// TablesFixture: tables/ of two services, mounted over the fakes.
#pragma once

#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/fs_fixture.h"

namespace esofs::fs {

inline const std::string kTables = "SELECT * FROM TAP_SCHEMA.tables";
inline const std::string kAxes =
    "SELECT table_name, column_name, datatype, unit, ucd FROM TAP_SCHEMA.columns WHERE ucd LIKE 'pos.eq.%' "
    "OR ucd "
    "LIKE 'POS_EQ_%' OR ucd LIKE 'time.start%' OR column_name = 'start_date'";

inline std::shared_ptr<tests::FakeListing> listing_of(const std::string& name,
                                                      const std::vector<std::string>& columns,
                                                      const std::vector<std::vector<std::string>>& rows) {
  auto listing = std::make_shared<tests::FakeListing>();
  listing->name = name;
  for (const auto& column : columns) {
    listing->listing_columns.emplace_back();
    listing->listing_columns.back().name = column;
  }
  for (const auto& row : rows) {
    client::Row cells;
    for (const auto& cell : row) cells.push_back(cell.empty() ? client::Value{} : client::Value{cell});
    listing->listing_rows.push_back(std::move(cells));
  }
  return listing;
}

class TablesFixture : public tests::FsFixture {
 protected:
  TablesFixture() {
    catalog_.put(kTables,
                 listing_of("tables-1", {"schema_name", "table_name", "description", "title", "version"},
                            {{"safcat", "CAT_V1", "Old sources", "Sources", "1"},
                             {"safcat", "CAT_V2", "New sources", "Sources", "2"},
                             {"safcat", "A_LATE_ONE_V1", "", "Others", "1"},
                             {"ivoa", "ivoa.ObsCore", "Products", "", ""},
                             {"vizier", "vizier.\"II/246/out\"", "2MASS", "", ""},
                             {"vizier", "vizier.II.246.out", "", "", ""},
                             {"", "orphan", "", "", ""}}));
    catalog_.put(kAxes, listing_of("axes-1", {"table_name", "column_name", "datatype", "unit", "ucd"},
                                   {{"CAT_V2", "RA", "DOUBLE", "deg", "pos.eq.ra;meta.main"},
                                    {"CAT_V2", "DEC", "DOUBLE", "deg", "pos.eq.dec;meta.main"},
                                    {"CAT_V2", "RA_PSF", "DOUBLE", "deg", "pos.eq.ra"},
                                    {"CAT_V1", "RA1", "DOUBLE", "deg", "pos.eq.ra"},
                                    {"CAT_V1", "RA2", "DOUBLE", "deg", "pos.eq.ra"},
                                    {"CAT_V1", "DEC1", "DOUBLE", "deg", "pos.eq.dec"},
                                    {"ivoa.obscore", "start_date", "char", "", ""}}));
    auto config = this->config();
    config.tap_services = {"obs", "cat"};
    mount(config);
  }
  int absent(const std::vector<std::string>& directory, const std::string& name) {
    auto entry = lookup(walk(directory), name);
    if (!entry) return entry.error().code();
    return entry->ino == 0 ? ENOENT : 0;
  }
};

}  // namespace esofs::fs
