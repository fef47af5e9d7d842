// A query with {ra} and {dec} in its conditions, asked for many positions at once.
//
//   shapes   the conditions that hold {ra} or {dec} are repeated for each position and joined by OR; the others stay
//   units    degrees
//   errors   EINVAL with what to write
//   threads  plain functions
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "client/base/result.h"
#include "fs/positions/positions.h"

namespace esofs::fs {

// "s_ra" of "{s_ra}", which is no placeholder; "": there is none.
std::string unknown_placeholder(std::string_view adql);

// Whether {ra} or {dec} is in the query, outside of texts and comments.
bool asks_positions(std::string_view adql);

// REQUIRES: asks_positions(). EINVAL: no positions; {ra} or {dec} elsewhere than in the conditions of one SELECT.
Result<std::string> query_of_positions(std::string_view adql, const std::vector<Position>& positions);

// How far from its position a dataset may be: the radius of CIRCLE(…, {ra}, {dec}, RADIUS), or what DISTANCE(…) is compared
// to; 0 if the conditions have neither.
double radius_of_positions(std::string_view adql);

}  // namespace esofs::fs
