// RowMaker: the rows that a dataset has in the archive's tables.
//
//   source   client/ESO.md, "Tables": names of columns, forms of values
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tests/sim/holdings/datasets.h"
#include "tests/sim/holdings/holdings.h"

namespace esofs::sim {

class RowMaker {
 public:
  explicit RowMaker(std::string base_url) : base_url_(std::move(base_url)) {}

  // Of ivoa.ObsCore, dbo.raw, dbo.ssa, phase3v2.product_files, phase3v2.files, phase3v2.provenance; none for others.
  // position: of the dataset in the holdings, from which file numbers are made.
  std::vector<TableRow> rows(const std::string& table, const Dataset& dataset, const Holding& holding,
                             std::size_t position) const;
  TableRow obscore(const Dataset& dataset, std::uint64_t bytes) const;

 private:
  TableRow raw(const Dataset& dataset, const Holding& holding) const;
  TableRow ssa(const Dataset& dataset, std::uint64_t bytes) const;
  TableRow product_file(const Holding& holding, const File& file, std::int64_t number) const;

  std::string base_url_;
};

// In the form of ESO's URL columns: nothing is percent-encoded.
std::string file_url(const std::string& base_url, const std::string& id);
std::string datalink_url(const std::string& base_url, const std::string& id);
inline constexpr const char* kIdPrefix = "ivo://eso.org/ID?";

}  // namespace esofs::sim
