#include "tests/sim/tap/sqlite/functions.h"

#include <charconv>
#include <chrono>
#include <cmath>
#include <ctime>
#include <memory>
#include <numbers>
#include <random>
#include <string>

#include "tests/sim/tap/adql/geometry.h"
#include "tests/sim/tap/times.h"

namespace esofs::sim::tap {
namespace {

using Arguments = sqlite3_value**;

bool any_null(int count, Arguments values) {
  for (int i = 0; i < count; ++i)
    if (sqlite3_value_type(values[i]) == SQLITE_NULL) return true;
  return false;
}

double number(sqlite3_value* value) { return sqlite3_value_double(value); }

std::string text(sqlite3_value* value) {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_value_text(value));
  return bytes == nullptr ? std::string()
                          : std::string(bytes, static_cast<std::size_t>(sqlite3_value_bytes(value)));
}

void give(sqlite3_context* context, const std::string& out) {
  sqlite3_result_text(context, out.data(), static_cast<int>(out.size()), SQLITE_TRANSIENT);
}

// Argument i as a region; kept with the statement if the argument is constant. nullptr: no region.
const Region* region(sqlite3_context* context, Arguments values, int i, Region& place) {
  if (auto* kept = static_cast<Region*>(sqlite3_get_auxdata(context, i))) return kept;
  auto parsed = parse_region(text(values[i]));
  if (!parsed) return nullptr;
  place = *parsed;
  auto keep = std::make_unique<Region>(std::move(*parsed));
  sqlite3_set_auxdata(context, i, keep.release(),
                      [](void* old) { std::unique_ptr<Region>(static_cast<Region*>(old)); });
  return &place;
}

struct RegionPair {
  Region place_a;
  Region place_b;
  const Region* a = nullptr;
  const Region* b = nullptr;
};

// False if an argument is null or no region: such rows match nothing.
bool two_regions(sqlite3_context* context, int count, Arguments values, RegionPair& pair) {
  if (any_null(count, values)) return false;
  pair.a = region(context, values, 0, pair.place_a);
  pair.b = region(context, values, 1, pair.place_b);
  return pair.a != nullptr && pair.b != nullptr;
}

void contains(sqlite3_context* context, int count, Arguments values) {
  RegionPair pair;
  sqlite3_result_int(context,
                     two_regions(context, count, values, pair) && region_contains(*pair.b, *pair.a) ? 1 : 0);
}

void intersects(sqlite3_context* context, int count, Arguments values) {
  RegionPair pair;
  sqlite3_result_int(
      context, two_regions(context, count, values, pair) && regions_intersect(*pair.a, *pair.b) ? 1 : 0);
}

void intersection(sqlite3_context* context, int count, Arguments values) {
  RegionPair pair;
  if (two_regions(context, count, values, pair))
    sqlite3_result_double(context, overlap_area(*pair.a, *pair.b));
}

void point(sqlite3_context* context, int count, Arguments values) {
  if (!any_null(count, values)) give(context, point_text(number(values[0]), number(values[1])));
}

// (ra, dec, radius), or (point, radius) as in ADQL 2.1.
void circle(sqlite3_context* context, int count, Arguments values) {
  if (any_null(count, values)) return;
  if (count == 3) return give(context, circle_text(number(values[0]), number(values[1]), number(values[2])));
  const auto centre = parse_region(text(values[0]));
  if (!centre) return;
  const Direction at = region_centre(*centre);
  give(context, circle_text(longitude_deg(at), latitude_deg(at), number(values[1])));
}

void box(sqlite3_context* context, int count, Arguments values) {
  if (any_null(count, values)) return;
  if (count == 4)
    return give(context,
                box_text(number(values[0]), number(values[1]), number(values[2]), number(values[3])));
  const auto centre = parse_region(text(values[0]));
  if (!centre || count != 3) return;
  const Direction at = region_centre(*centre);
  give(context, box_text(longitude_deg(at), latitude_deg(at), number(values[1]), number(values[2])));
}

void polygon(sqlite3_context* context, int count, Arguments values) {
  if (any_null(count, values)) return;
  std::vector<double> numbers;
  for (int i = 0; i < count; ++i) {
    if (sqlite3_value_type(values[i]) != SQLITE_TEXT) {
      numbers.push_back(number(values[i]));
    } else if (const auto corner = parse_region(text(values[i]))) {
      const Direction at = region_centre(*corner);
      numbers.insert(numbers.end(), {longitude_deg(at), latitude_deg(at)});
    }
  }
  give(context, polygon_text(numbers));
}

void region_of_text(sqlite3_context* context, int count, Arguments values) {
  if (any_null(count, values)) return;
  if (!parse_region(text(values[0])))
    return sqlite3_result_error(context, "Incorrect region: it is not STC-S", -1);
  give(context, text(values[0]));
}

void centroid(sqlite3_context* context, int count, Arguments values) {
  Region place;
  const Region* of = any_null(count, values) ? nullptr : region(context, values, 0, place);
  if (of == nullptr) return;
  const Direction at = region_centre(*of);
  give(context, point_text(longitude_deg(at), latitude_deg(at)));
}

void area(sqlite3_context* context, int count, Arguments values) {
  Region place;
  const Region* of = any_null(count, values) ? nullptr : region(context, values, 0, place);
  if (of != nullptr) sqlite3_result_double(context, region_area(*of));
}

void distance(sqlite3_context* context, int count, Arguments values) {
  if (any_null(count, values)) return;
  if (count == 4) {
    return sqlite3_result_double(context, separation_deg(direction(number(values[0]), number(values[1])),
                                                         direction(number(values[2]), number(values[3]))));
  }
  RegionPair pair;
  if (count == 2 && two_regions(context, count, values, pair))
    sqlite3_result_double(context, separation_deg(region_centre(*pair.a), region_centre(*pair.b)));
}

void coordinate(sqlite3_context* context, int count, Arguments values, double (*part)(const Direction&)) {
  Region place;
  const Region* of = any_null(count, values) ? nullptr : region(context, values, 0, place);
  if (of != nullptr) sqlite3_result_double(context, part(region_centre(*of)));
}

void round_to(sqlite3_context* context, int count, Arguments values, double (*how)(double)) {
  if (any_null(count, values)) return;
  const double scale = std::pow(10.0, count > 1 ? sqlite3_value_int(values[1]) : 0);
  sqlite3_result_double(context, how(number(values[0]) * scale) / scale);
}

void add_seconds(sqlite3_context* context, int count, Arguments values) {
  if (any_null(count, values)) return;
  const auto time = parse_time(text(values[1]));
  if (!time) return sqlite3_result_error(context, "Incorrect date format: it should be ISO 8601", -1);
  give(context, time_text(*time + std::chrono::seconds(sqlite3_value_int64(values[0]))));
}

using Scalar = void (*)(sqlite3_context*, int, Arguments);

void add(sqlite3* database, const char* name, int count, Scalar function, bool fixed = true) {
  sqlite3_create_function_v2(database, name, count, SQLITE_UTF8 | (fixed ? SQLITE_DETERMINISTIC : 0), nullptr,
                             function, nullptr, nullptr, nullptr);
}

void add_geometry(sqlite3* database) {
  add(database, "adql_contains", 2, contains);
  add(database, "adql_intersects", 2, intersects);
  add(database, "eso_intersection", 2, intersection);
  add(database, "adql_point", 2, point);
  add(database, "adql_circle", -1, circle);
  add(database, "adql_box", -1, box);
  add(database, "adql_polygon", -1, polygon);
  add(database, "adql_region", 1, region_of_text);
  add(database, "adql_centroid", 1, centroid);
  add(database, "adql_area", 1, area);
  add(database, "adql_distance", -1, distance);
  add(database, "adql_coord1", 1,
      [](sqlite3_context* c, int n, Arguments v) { coordinate(c, n, v, longitude_deg); });
  add(database, "adql_coord2", 1,
      [](sqlite3_context* c, int n, Arguments v) { coordinate(c, n, v, latitude_deg); });
  add(database, "adql_coordsys", 1, [](sqlite3_context* c, int, Arguments) { give(c, "J2000"); });
}

}  // namespace

void add_functions(sqlite3* database) {
  add_geometry(database);
  add(database, "adql_round", -1,
      [](sqlite3_context* c, int n, Arguments v) { round_to(c, n, v, std::round); });
  add(database, "adql_truncate", -1,
      [](sqlite3_context* c, int n, Arguments v) { round_to(c, n, v, std::trunc); });
  add(database, "adql_cot", 1, [](sqlite3_context* c, int n, Arguments v) {
    if (!any_null(n, v)) sqlite3_result_double(c, 1 / std::tan(number(v[0])));
  });
  add(
      database, "adql_rand", -1,
      [](sqlite3_context* c, int, Arguments) {
        thread_local std::mt19937_64 engine{std::random_device{}()};
        sqlite3_result_double(c, std::uniform_real_distribution<double>(0, 1)(engine));
      },
      false);
  add(database, "eso_dateadd_sec", 2, add_seconds);
  add(
      database, "eso_getdate", 0,
      [](sqlite3_context* c, int, Arguments) { give(c, time_text(std::chrono::system_clock::now())); },
      false);
}

}  // namespace esofs::sim::tap
