// Keys of the shelves that hold listings. cache/README.md describes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cache/store/records.h"

namespace esofs::cache {

// kListings: 'S' + query → SnapshotRecord, 'A' + query → AttemptRecord, 'C' + generation → ColumnsRecord,
// 'G' + generation → GenerationRecord.
std::string snapshot_key(std::string_view query);
std::string attempt_key(std::string_view query);
std::string columns_key(const Generation& generation);
inline constexpr std::string_view kGenerationPrefix = "G";
std::string generation_key(const Generation& generation);

// kEntries and kRows: generation + row number, most significant byte first.
std::string row_key(const Generation& generation, std::uint64_t row);
// nullopt: not a row of that generation.
std::optional<std::uint64_t> row_of(std::string_view key, const Generation& generation);

// kNames: generation + 0 + portable name → row; + 1 + id → row and + 3 + portable name of its directory → row, of entries
// whose name is not their id's stem and ".fits"; + 2 + portable name → the number to try next.
std::string name_key(const Generation& generation, std::string_view portable);
std::string id_key(const Generation& generation, std::string_view id);
std::string counter_key(const Generation& generation, std::string_view portable);
std::string directory_key(const Generation& generation, std::string_view portable);

// Lower-case hexadecimal: Listing::id() and the name of its result file.
std::string generation_id(const Generation& generation);

}  // namespace esofs::cache
