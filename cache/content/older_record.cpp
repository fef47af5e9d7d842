#include "cache/content/older_record.h"

#include <algorithm>
#include <span>
#include <string_view>

#include "cache/content/forms/fits_structure.h"

namespace esofs::cache {
namespace {

constexpr int kMostLooks = 4096;  // chunks that hold headers; a file of more is not judged

bool begins_with_fits(std::span<const std::byte> bytes) {
  return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()).starts_with("SIMPLE  =");
}

}  // namespace

bool agrees_with_headers(ContentParts& parts, const FileRecord& record) {
  FitsStructure structure;
  for (int looks = 0; structure.size() < record.size; ++looks) {
    const std::uint64_t at = structure.size();
    const std::uint64_t index = at / kChunkBytes;
    const auto chunk = parts.here(record.key, index, chunk_size(record.size, index));
    if (!chunk || looks == kMostLooks || (at == 0 && !begins_with_fits(*chunk))) return true;
    structure.feed(std::span<const std::byte>(*chunk).subspan(at % kChunkBytes));
    structure.skip(std::min(structure.skippable(), record.size - structure.size()));
  }
  return structure.end().has_value();
}

}  // namespace esofs::cache
