#include "tests/sim/tap/adql/adql_functions.h"

#include <set>

namespace esofs::sim::tap {
namespace {

constexpr std::size_t kMany = 1000;

}  // namespace

const std::map<std::string, Function>& functions() {
  static const std::map<std::string, Function> known = {
      {"AVG", {"avg", 1, 1, "double"}},
      {"COUNT", {"count", 1, 1, "int"}},
      {"MAX", {"max", 1, 1, ""}},
      {"MIN", {"min", 1, 1, ""}},
      {"SUM", {"sum", 1, 1, ""}},
      {"ABS", {"abs", 1, 1, ""}},
      {"CEILING", {"ceil", 1, 1, "double"}},
      {"FLOOR", {"floor", 1, 1, "double"}},
      {"ROUND", {"adql_round", 1, 2, "double"}},
      {"TRUNCATE", {"adql_truncate", 1, 2, "double"}},
      {"MOD", {"mod", 2, 2, "double"}},
      {"POWER", {"pow", 2, 2, "double"}},
      {"SQRT", {"sqrt", 1, 1, "double"}},
      {"EXP", {"exp", 1, 1, "double"}},
      {"LOG", {"ln", 1, 1, "double"}},
      {"LOG10", {"log10", 1, 1, "double"}},
      {"DEGREES", {"degrees", 1, 1, "double"}},
      {"RADIANS", {"radians", 1, 1, "double"}},
      {"PI", {"pi", 0, 0, "double"}},
      {"RAND", {"adql_rand", 0, 1, "double"}},
      {"SIN", {"sin", 1, 1, "double"}},
      {"COS", {"cos", 1, 1, "double"}},
      {"TAN", {"tan", 1, 1, "double"}},
      {"COT", {"adql_cot", 1, 1, "double"}},
      {"ASIN", {"asin", 1, 1, "double"}},
      {"ACOS", {"acos", 1, 1, "double"}},
      {"ATAN", {"atan", 1, 1, "double"}},
      {"ATAN2", {"atan2", 2, 2, "double"}},
      {"LOWER", {"lower", 1, 1, "char"}},
      {"UPPER", {"upper", 1, 1, "char"}},
      {"COALESCE", {"coalesce", 2, kMany, ""}},
      {"ESO_SUBSTRING", {"substr", 3, 3, "char"}},
      {"ESO_DATEADD_SEC", {"eso_dateadd_sec", 2, 2, "timestamp"}},
      {"ESO_INTERSECTION", {"eso_intersection", 2, 2, "double"}},
      {"GETDATE", {"eso_getdate", 0, 0, "timestamp"}},
      {"POINT", {"adql_point", 2, 3, "region"}},
      {"CIRCLE", {"adql_circle", 2, 4, "region"}},
      {"BOX", {"adql_box", 3, 5, "region"}},
      {"POLYGON", {"adql_polygon", 3, kMany, "region"}},
      {"REGION", {"adql_region", 1, 1, "region"}},
      {"CENTROID", {"adql_centroid", 1, 1, "region"}},
      {"CONTAINS", {"adql_contains", 2, 2, "int"}},
      {"INTERSECTS", {"adql_intersects", 2, 2, "int"}},
      {"AREA", {"adql_area", 1, 1, "double"}},
      {"DISTANCE", {"adql_distance", 2, 4, "double"}},
      {"COORD1", {"adql_coord1", 1, 1, "double"}},
      {"COORD2", {"adql_coord2", 1, 1, "double"}},
      {"COORDSYS", {"adql_coordsys", 1, 1, "char"}}};
  return known;
}

bool makes_shape(const std::string& name) {
  return name == "POINT" || name == "CIRCLE" || name == "BOX" || name == "POLYGON";
}

bool geometric(const std::string& name) {
  static const std::set<std::string> names = {
      "POINT",      "CIRCLE", "BOX",      "POLYGON", "REGION", "CENTROID", "CONTAINS",
      "INTERSECTS", "AREA",   "DISTANCE", "COORD1",  "COORD2", "COORDSYS", "ESO_INTERSECTION"};
  return names.count(name) != 0;
}

}  // namespace esofs::sim::tap
