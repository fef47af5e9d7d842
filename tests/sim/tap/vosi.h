// The documents in which a service describes itself: capabilities, availability, tables, examples.
//
//   source   VOSI 1.1, TAPRegExt 1.0, DALI examples; /tables in the form that the archive sent in June 2026
#pragma once

#include <string>

#include "tests/sim/tap/schema/schema.h"

namespace esofs::sim::tap {

struct VosiFacts {
  std::string url;           // of the service
  bool observations = true;  // tap_obs, not tap_cat
  bool bare_names = false;
};

std::string capabilities(const VosiFacts& facts);
std::string availability();
std::string examples(const VosiFacts& facts);
std::string tableset(const Schema& schema,
                     const VosiFacts& facts);  // in full, whatever detail was requested
std::string table_document(const Schema& schema, const Table& table, const VosiFacts& facts);

}  // namespace esofs::sim::tap
