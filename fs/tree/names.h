// Names: which names may exist, decided from the name alone, so that what tools merely try costs nothing.
//
//   source   fs/SEMANTICS.md, "Directories" and "queries/"
//   threads  pure functions
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "client/base/result.h"

namespace esofs::client {
class Identifiers;
}

namespace esofs::fs {

// Names that many directories have.
inline constexpr const char* kStatusName = "status.txt";
inline constexpr const char* kReadmeName = "README.txt";

// The end of the name of a file in which a query or a template is kept.
inline constexpr std::string_view kAdqlExtension = ".adql";

// How names of the archive are shown; the archive's own form and the safe one can always be looked up.
enum class NameStyle : std::uint8_t {
  kArchive,
  kSafe,  // in the portable form
  kOriginal,  // as kArchive, but what hangs under a dataset has the name that it had before it was archived (eso_origfile)
  kReadable  // in listings: what a file shows (fs/tree/listing_names.h)
};

std::string shown_name(const std::string& name, NameStyle style);

// Whether a file of a listing that nobody has seen yet may have this name: a plain stem and one known extension.
bool may_name_a_dataset(std::string_view name);

// True for names that no directory of datasets ever has, whatever the archive holds.
bool never_a_name(std::string_view name);

// True for names that programs try by themselves: login.cl, .git, X.fits.fits, X.fits[1], HEAD. Nobody needs to hear that they
// are missing.
bool tried_by_programs(std::string_view name);

// EINVAL with a sentence if `name` is no name for a saved query.
Result<void> check_query_name(const std::string& name);

// The id whose file name is `name`, which may be in the portable form ("T20_32_57" for "T20:32:57"). nullopt: none.
std::optional<std::string> id_of_name(const std::string& name, const client::Identifiers& ids);

// The date in an identifier such as ADP.2018-06-21T20:32:57.736, in seconds since 1970; 0 if there is none.
std::int64_t date_in_id(std::string_view id);

// The suffix that makes `name` a packed file: ".fits.Z", ".fits.gz", ".fits.fz", ".tar" in the spelling of `name`
// (APEX delivers ".TAR"); "" if it has none.
std::string packed_suffix(std::string_view name);

}  // namespace esofs::fs
