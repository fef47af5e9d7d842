#include "tests/sim/files/compress.h"

#include <archive.h>
#include <archive_entry.h>
#include <fitsio.h>
#include <zlib.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <stdexcept>

#include "tests/sim/text.h"

namespace esofs::sim {
namespace {

using Writer = std::unique_ptr<archive, decltype(&archive_write_free)>;
using Entry = std::unique_ptr<archive_entry, decltype(&archive_entry_free)>;

la_ssize_t append(archive* /*writer*/, void* to, const void* bytes, size_t size) {
  static_cast<std::string*>(to)->append(static_cast<const char*>(bytes), size);
  return static_cast<la_ssize_t>(size);
}

void check(archive* writer, int code) {
  if (code != ARCHIVE_OK) throw std::runtime_error(archive_error_string(writer));
}

void add_entry(archive* writer, const std::string& name, const std::string& bytes) {
  const Entry entry(archive_entry_new(), &archive_entry_free);
  archive_entry_set_pathname(entry.get(), name.c_str());
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(bytes.size()));
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), 0644);
  archive_entry_set_mtime(entry.get(), 1436918400, 0);
  check(writer, archive_write_header(writer, entry.get()));
  if (archive_write_data(writer, bytes.data(), bytes.size()) != static_cast<la_ssize_t>(bytes.size())) {
    throw std::runtime_error(archive_error_string(writer));
  }
}

std::string write_archive(int (*format)(archive*), int (*filter)(archive*),
                          const std::vector<std::pair<std::string, std::string>>& files) {
  std::string out;
  const Writer writer(archive_write_new(), &archive_write_free);
  check(writer.get(), format(writer.get()));
  check(writer.get(), filter(writer.get()));
  check(writer.get(), archive_write_set_bytes_in_last_block(writer.get(), 1));
  check(writer.get(), archive_write_open(writer.get(), &out, nullptr, append, nullptr));
  for (const auto& [name, bytes] : files) add_entry(writer.get(), name, bytes);
  check(writer.get(), archive_write_close(writer.get()));
  return out;
}

void fits_check(int status) {
  if (status != 0) throw std::runtime_error("CFITSIO status " + std::to_string(status));
}

void png_chunk(std::string& out, const char* type, const std::string& data) {
  const auto put = [&out](std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8)
      out += static_cast<char>(value >> static_cast<unsigned>(shift) & 0xFFU);
  };
  put(static_cast<std::uint32_t>(data.size()));
  const std::string body = type + data;
  out += body;
  put(static_cast<std::uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()))));
}

}  // namespace

std::string lzw(const std::string& bytes) {
  return write_archive(archive_write_set_format_raw, archive_write_add_filter_compress, {{"data", bytes}});
}

std::string gzip(const std::string& bytes) {
  const auto filter = [](archive* writer) {
    const int added = archive_write_add_filter_gzip(writer);
    return added != ARCHIVE_OK ? added
                               : archive_write_set_filter_option(writer, "gzip", "timestamp", nullptr);
  };
  return write_archive(archive_write_set_format_raw, filter, {{"data", bytes}});
}

std::string tar(const std::vector<std::pair<std::string, std::string>>& files) {
  return write_archive(archive_write_set_format_ustar, archive_write_add_filter_none, files);
}

std::string tile_compressed(const std::string& fits) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  int status = 0;
  std::string plain = fits;
  void* plain_memory = plain.data();
  size_t plain_size = plain.size();
  fitsfile* in = nullptr;
  fits_check(fits_open_memfile(&in, "plain.fits", READONLY, &plain_memory, &plain_size, 0, nullptr, &status));

  size_t packed_size = 2880;
  void* packed = std::malloc(packed_size);
  fitsfile* out = nullptr;
  fits_create_memfile(&out, &packed, &packed_size, 2880, std::realloc, &status);
  fits_set_compression_type(out, RICE_1, &status);
  for (int number = 1; status == 0; ++number) {
    int type = 0;
    if (fits_movabs_hdu(in, number, &type, &status) != 0) break;
    int axes = 0;
    fits_get_img_dim(in, &axes, &status);
    if (type == IMAGE_HDU && axes > 0) {
      fits_img_compress(in, out, &status);
    } else {
      fits_copy_hdu(in, out, 0, &status);
    }
  }
  if (status == END_OF_FILE) status = 0;
  LONGLONG end = 0;
  int out_number = 0;
  fits_get_num_hdus(out, &out_number, &status);
  fits_movabs_hdu(out, out_number, nullptr, &status);
  fits_flush_file(out, &status);
  fits_get_hduaddrll(out, nullptr, nullptr, &end, &status);
  const int failed = status;
  std::string bytes(static_cast<const char*>(packed), failed == 0 ? static_cast<std::size_t>(end) : 0);
  status = 0;
  fits_close_file(out, &status);
  status = 0;
  fits_close_file(in, &status);
  std::free(packed);
  fits_check(failed);
  return bytes;
}

std::string png(std::uint64_t seed, int side) {
  std::string rows;
  for (int y = 0; y < side; ++y) {
    rows += '\0';
    for (int x = 0; x < side; ++x)
      rows += static_cast<char>(
          (mix(seed + static_cast<std::uint64_t>(x / 8 * 64 + y / 8)) + static_cast<unsigned>(x)) & 0xFFU);
  }
  std::string packed(compressBound(static_cast<uLong>(rows.size())), '\0');
  uLongf size = static_cast<uLongf>(packed.size());
  if (compress2(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(rows.data()),
                static_cast<uLong>(rows.size()), 6) != Z_OK) {
    throw std::runtime_error("zlib cannot compress");
  }
  packed.resize(size);
  std::string head;
  for (const int value : {side, side}) {
    for (int shift = 24; shift >= 0; shift -= 8) head += static_cast<char>((value >> shift) & 0xFF);
  }
  head += std::string("\x08\x00\x00\x00\x00", 5);
  std::string out = "\x89PNG\r\n\x1a\n";
  png_chunk(out, "IHDR", head);
  png_chunk(out, "IDAT", packed);
  png_chunk(out, "IEND", "");
  return out;
}

}  // namespace esofs::sim
