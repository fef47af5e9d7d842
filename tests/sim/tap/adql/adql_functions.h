// The functions that a query may call, and what SQLite calls them.
//
//   threads  plain functions
//   source   ADQL 2.0 section 2.3; client/ESO.md, "ADQL"
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace esofs::sim::tap {

struct Function {
  std::string_view sql;
  std::size_t least;
  std::size_t most;
  std::string_view datatype;  // "": that of the first argument
};

// By their names in ADQL, in upper case.
const std::map<std::string, Function>& functions();

// True of functions that make a region, whose first argument may be a coordinate system.
bool makes_shape(const std::string& name);

bool geometric(const std::string& name);

}  // namespace esofs::sim::tap
