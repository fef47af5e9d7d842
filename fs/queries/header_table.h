// HeaderTable: values of headers as a table, in the forms of table/headers.*.
//
//   shapes   a column is of whole numbers, of numbers, logical or of text, by the values in it; a value that is missing is
//            empty in CSV and VOTable, and NaN, TNULL or blanks in FITS
//   threads  plain data, plain functions
//   source   RFC 4180 (lines end in LF); FITS 4.0 section 7.3; VOTable 1.4, TABLEDATA
#pragma once

#include <string>
#include <vector>

#include "client/base/result.h"
#include "fs/queries/header_values.h"

namespace esofs::fs {

struct HeaderTable {
  std::vector<std::string> columns;
  std::vector<std::vector<HeaderValue>> rows;  // each as long as columns
};

std::string header_csv(const HeaderTable& table);
std::string header_votable(const HeaderTable& table);
// EOVERFLOW for more columns than FITS may have.
Result<std::string> header_fits(const HeaderTable& table);

}  // namespace esofs::fs
