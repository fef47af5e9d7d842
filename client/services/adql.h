// ADQL as far as a client needs it: which tables a query names, which service holds them, and texts written safely.
//
//   shapes   identifiers without their quotes; comments and literals are skipped
//   threads  plain functions
//   source   ADQL 2.1 section 2 (tokens, FROM)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "client/base/result.h"
#include "client/model/profile.h"

namespace esofs::client {

// The tables named after FROM and JOIN, subqueries included, as written: "ivoa.ObsCore". In order, without repetition.
std::vector<std::string> tables_named(std::string_view adql);

// The service of the profile that holds the tables which `adql` names; the first service if the tables do not tell.
// EINVAL if they belong to two services, which no server can join. The pointer is into `profile`.
Result<const TapService*> service_of(const Profile& profile, std::string_view adql);

// The services that may hold the tables which `adql` names, the likeliest first. One, if a schema decides it; all of them, if a
// table is named without its schema and no other one decides (TAP 1.0 has bare names in its TAP_SCHEMA). EINVAL as above.
Result<std::vector<const TapService*>> services_of(const Profile& profile, std::string_view adql);

// The service named `name`. EINVAL with the nearest name.
Result<const TapService*> service_named(const Profile& profile, const std::string& name);

// True if `adql` itself asks for `rows` rows at most, by a TOP.
bool has_top(std::string_view adql, std::uint64_t rows);

// A string literal that holds exactly `text`: quotes doubled, in quotes. No text can leave it.
std::string adql_literal(std::string_view text);

// `adql` with its white space made single blanks outside literals, to compare two texts of one query.
std::string normalised_adql(std::string_view adql);

}  // namespace esofs::client
