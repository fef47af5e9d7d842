// Names: which names may exist, decided from the name alone, so that what tools merely try costs nothing.
//
//   source   fs/SEMANTICS.md, "Directories" and "queries/"
//   threads  pure functions
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "client/base/result.h"
#include "client/model/model.h"

namespace esofs::fs {

// Names that many directories have.
inline constexpr const char* kStatusName = "status.txt";
inline constexpr const char* kReadmeName = "README.txt";

// The end of the name of a file in which a query or a template is kept.
inline constexpr std::string_view kAdqlExtension = ".adql";

// How names of the archive are shown; both forms can always be looked up.
// kOrigfile: as kOriginal, but what hangs under a dataset has the name that it had before it was archived (eso_origfile).
enum class NameStyle : std::uint8_t { kOriginal, kSafe, kOrigfile };

// What the archive's profile says of identifiers. No requests. Thread-safe functions.
struct IdGrammar {
  std::function<bool(const std::string& id)> valid;
  // The dataset, as far as its id alone describes it. REQUIRES: valid(id).
  std::function<client::Dataset(const std::string& id)> dataset;
  // What a URL is to the archive; empty: nothing is known of any.
  std::function<client::KnownUrl(const std::string& url)> known_url = {};
  bool formless = false;  // no form of the archive's ids is known: only listings name them
};

std::string shown_name(const std::string& name, NameStyle style);

// Whether a file of a listing that nobody has seen yet may have this name: a plain stem and one known extension.
bool may_name_a_dataset(std::string_view name);

// True for names that no directory of datasets ever has, whatever the archive holds.
bool never_a_name(std::string_view name);

// EINVAL with a sentence if `name` is no name for a saved query.
Result<void> check_query_name(const std::string& name);

// The id whose file name is `name`, which may be in the portable form ("T20_32_57" for "T20:32:57"). nullopt: none.
std::optional<std::string> id_of_name(const std::string& name, const IdGrammar& grammar);

// The date in an identifier such as ADP.2018-06-21T20:32:57.736, in seconds since 1970; 0 if there is none.
std::int64_t date_in_id(std::string_view id);

// The suffix that makes `name` a packed file: ".fits.Z", ".fits.gz", ".fits.fz", ".tar" in the spelling of `name`
// (APEX delivers ".TAR"); "" if it has none.
std::string packed_suffix(std::string_view name);

}  // namespace esofs::fs
