// FileRecord: what is remembered about a file between runs, on the shelf kFiles under file_id().
//
//   shapes   the number of the format (one byte), then a JSON object. An unknown format is no record
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cache/content/disk/content_key.h"
#include "cache/content/forms/unpack.h"
#include "client/model/model.h"

namespace esofs::client {
class Archive;
}

namespace esofs::cache {

// The file of a dataset. archive_id: archive.identity().
FileId file_id(const client::Archive& archive, const std::string& archive_id, const client::Dataset& dataset);

struct FileRecord {
  ContentKey key;    // of the file as delivered
  std::string url;   // where its bytes are; "" if the URL holds a secret
  std::string name;  // delivered name; ""
  std::string validator;
  std::string tag;  // client::FileHead::tag and date
  std::string date;
  std::uint64_t size = 0;
  bool whole = false;  // came as one response, cannot be requested in ranges
  bool checked =
      false;  // of a whole one: that its answer did not end too early (not known of files of older programs)
  Packing packing = Packing::kNone;
  std::optional<std::uint64_t> plain_size;  // of the plain form, once it is known
  bool plain_odd = false;                   // only its end tells that size: the headers told another one
  std::int64_t mtime = 0;                   // the date that the dataset had when this version came; 0 unknown
  std::int64_t modified = 0;                // Dataset::modified of this version; 0 unknown
  std::int64_t since = 0;                   // when this version came, seconds since 1970
  std::int64_t checked_at = 0;              // when the archive last confirmed it, seconds since 1970
  std::string
      parent;  // of a cutout: the text of the content key of the file that it was cut out of; "" unknown

  // The login that it needed.
  const Login& login() const noexcept { return key.login(); }
};

// True if the remembered version is the one that a listing describes, as far as dates show. A row without the date, or an
// identifier alone, describes no other version.
bool same_version(const FileRecord& record, const client::Dataset& dataset);

// Takes over the dates of the earlier record if `record` is of the same version.
void continue_record(FileRecord& record, const FileRecord& before, const client::Dataset& dataset);

std::string encoded(const FileRecord& record);
std::optional<FileRecord> decoded_file_record(std::string_view value, const FileId& id);

}  // namespace esofs::cache
