// FileRecord: what is remembered of a file between runs, on the shelf kFiles under file_id().
//
//   shapes   the number of the format (one byte), then a JSON object. An unknown format is no record
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cache/unpack.h"

namespace esofs::cache {

struct FileRecord {
  std::string key;   // content key of the file as delivered
  std::string url;   // where its bytes are; "" where the URL holds a secret
  std::string name;  // delivered name; ""
  std::string validator;
  std::uint64_t size = 0;
  bool whole = false;  // came as one response, cannot be asked for in ranges
  Packing packing = Packing::kNone;
  std::optional<std::uint64_t> plain_size;  // of the decompressed view, once it was made
  std::int64_t mtime = 0;                   // of the dataset when the file was asked for
  std::string identity;                     // whose rights it took to get it; "": nobody's
  std::int64_t checked_at = 0;              // when the archive last told of it, seconds since 1970
  std::string parent;  // of a cutout: the content key of the file that it was cut out of; "" unknown
};

std::string encoded(const FileRecord& record);
std::optional<FileRecord> decoded_file_record(std::string_view value);

}  // namespace esofs::cache
