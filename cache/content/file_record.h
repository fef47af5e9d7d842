// FileRecord: what is remembered of a file between runs, on the shelf kFiles under file_id().
//
//   shapes   the number of the format (one byte), then a JSON object. An unknown format is no record
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cache/content/forms/unpack.h"
#include "client/model/model.h"

namespace esofs::cache {

struct FileRecord {
  std::string key;   // content key of the file as delivered
  std::string url;   // where its bytes are; "" where the URL holds a secret
  std::string name;  // delivered name; ""
  std::string validator;
  std::string tag;  // client::FileHead::tag and date
  std::string date;
  std::uint64_t size = 0;
  bool whole = false;  // came as one response, cannot be asked for in ranges
  Packing packing = Packing::kNone;
  std::optional<std::uint64_t> plain_size;  // of the decompressed view, once it was made
  std::int64_t mtime = 0;                   // the date that the dataset had when this version came; 0 unknown
  std::int64_t modified = 0;                // Dataset::modified of this version; 0 unknown
  std::int64_t since = 0;                   // when this version came, seconds since 1970
  std::string identity;                     // whose rights it took to get it; "": nobody's
  std::int64_t checked_at = 0;              // when the archive last told of it, seconds since 1970
  std::string parent;  // of a cutout: the content key of the file that it was cut out of; "" unknown
};

// Whether the version that is remembered is that of which a listing tells, as far as dates go. A row without the date, or
// an identifier alone, tells of no other version.
bool same_version(const FileRecord& record, const client::Dataset& dataset);

// Dates of `record`, as an answer tells it, that are known from before, where it is of the same version.
void continue_record(FileRecord& record, const FileRecord& before, const client::Dataset& dataset);

std::string encoded(const FileRecord& record);
std::optional<FileRecord> decoded_file_record(std::string_view value);

}  // namespace esofs::cache
