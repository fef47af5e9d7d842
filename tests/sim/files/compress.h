// The forms in which the archive packs files: Unix compress (LZW), gzip, tile-compressed FITS, tar; and a small PNG.
//
//   errors   std::runtime_error: a bug, as the bytes are our own
//   threads  thread-safe (CFITSIO is entered by one thread at a time)
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace esofs::sim {

// ".Z", as compress(1) writes it.
std::string lzw(const std::string& bytes);

// ".gz", without a time in it.
std::string gzip(const std::string& bytes);

// ".fz": every image tile-compressed by Rice, as fpack(1) writes it.
std::string tile_compressed(const std::string& fits);

// Files by name; all metadata constant.
std::string tar(const std::vector<std::pair<std::string, std::string>>& files);

// A grey square with a pattern that depends on `seed`.
std::string png(std::uint64_t seed, int side);

}  // namespace esofs::sim
