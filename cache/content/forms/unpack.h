// How files are packed, and the unpacking of tile-compressed FITS (.fits.fz), which takes the whole file. Streams: unpacking.h.
//
//   shapes   .fits.fz gives its images with the same pixels and the headers that CFITSIO restores (what funpack writes);
//            CHECKSUM and DATASUM are of that
//   errors   EIO with a sentence for data that cannot be unpacked, is cut off, has the wrong DATASUM, or if not every byte belongs
//            to an HDU; ENOSPC, EDQUOT if the place has no room (no_room())
//   threads  thread-safe; blocks on disk and processor
//   source   CFITSIO (fits_img_decompress)
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "client/base/result.h"
#include "client/base/unique_fd.h"

namespace esofs::cache {

enum class Packing : std::uint8_t { kNone = 0, kCompress = 1, kGzip = 2, kFpack = 3, kBzip2 = 4 };

// How a file of this delivered name ("" unknown) that begins with `head` is packed. The first bytes identify LZW,
// gzip and bzip2, whatever the name says; a tile-compressed FITS file is recognised by its name.
Packing packing_of(const std::string& name, std::span<const std::byte> head);
// By the name alone, before any byte is here.
Packing packing_of(const std::string& name);
// It can be unpacked from its front as the bytes come.
constexpr bool is_stream(Packing packing) { return packing != Packing::kNone && packing != Packing::kFpack; }

// Where scratch files may go, the best first: the cache's own directory, the machine's for temporary files, memory.
std::vector<std::filesystem::path> scratch_places(const std::filesystem::path& directory);

// True if the place and not the data caused the failure: another place may work.
bool no_room(const Error& error);

// A file without a name in `place`.
Result<UniqueFd> scratch_file(const std::filesystem::path& place);

// All of `bytes` at `offset` of a scratch file. ENOSPC also if nothing would be left to others (16 MiB), or in memory above
// 1 GiB.
Result<void> write_scratch(int fd, std::span<const std::byte> bytes, std::uint64_t offset);

// Unpacks the tile-compressed file `packed` into a scratch file.
Result<UniqueFd> funpacked(int packed, const std::filesystem::path& scratch, const std::stop_token& stop);

}  // namespace esofs::cache
