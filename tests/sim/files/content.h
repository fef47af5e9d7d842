// The kinds of Content: bytes in memory, bytes made at first use, bytes computed from their offset, files on disk.
//
//   threads  all are thread-safe
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/holdings/holdings.h"

namespace esofs::sim {

using ContentPtr = std::shared_ptr<const Content>;

ContentPtr stored(std::string bytes);

// `make` runs once, at the first read; it must return `size` bytes.
ContentPtr made(std::uint64_t size, std::function<std::string()> make);
// As above with an unknown size: size() makes the bytes.
ContentPtr made(std::function<std::string()> make);

// The content that `make` returns, which runs at the first use.
ContentPtr deferred(std::function<ContentPtr()> make);

// `size` bytes of big-endian 32-bit floats in [1, 2), whose mantissa is a mix of seed and position, so that shifted bytes
// and bytes of another seed differ. Never stored.
ContentPtr computed(std::uint64_t seed, std::uint64_t size);

// `content` followed by zeros up to a multiple of 2880.
ContentPtr padded(ContentPtr content);

// The contents, one after the other.
ContentPtr joined(std::vector<ContentPtr> parts);

// A file on disk; throws std::system_error if it cannot be opened. Reads past its end give zeros.
ContentPtr on_disk(const std::string& path);

// Another version of the same size: the lowest bit of every byte is flipped, but FITS headers (blocks of 2880 printable
// characters) stay as they are.
ContentPtr altered(ContentPtr content);

// All bytes of a content that fits into memory.
std::string all_bytes(const Content& content);

}  // namespace esofs::sim
