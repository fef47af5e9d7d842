// What compress(1), gzip(1) and bzip2(1) write, by libarchive.
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <cstddef>
#include <stdexcept>
#include <vector>

namespace esofs::tests {

// filter: ARCHIVE_FILTER_COMPRESS, ARCHIVE_FILTER_GZIP or ARCHIVE_FILTER_BZIP2.
inline std::vector<std::byte> packed_by(int filter, const std::vector<std::byte>& bytes) {
  std::vector<std::byte> packed(bytes.size() * 2 + 100'000);
  std::size_t used = 0;
  archive* writer = archive_write_new();
  archive_write_set_format_raw(writer);
  archive_write_add_filter(writer, filter);
  archive_write_set_bytes_in_last_block(writer, 1);
  archive_write_open_memory(writer, packed.data(), packed.size(), &used);
  archive_entry* entry = archive_entry_new();
  archive_entry_set_pathname(entry, "data");
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_write_header(writer, entry);
  archive_write_data(writer, bytes.data(), bytes.size());
  archive_entry_free(entry);
  const int closed = archive_write_close(writer);
  archive_write_free(writer);
  if (closed != ARCHIVE_OK) throw std::runtime_error("libarchive does not pack");
  packed.resize(used);
  return packed;
}

}  // namespace esofs::tests
