// OpenFile: an open file of one version, as the file system reads it.
//
//   errors   those of client::Archive; ESTALE if the content changed while open
//   threads  thread-safe; read() never waits for the network on the caller's thread (client/base/ask.h)
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "client/base/ask.h"

namespace esofs::cache {

using Bytes = std::vector<std::byte>;

// Dropping the last reference closes it.
class OpenFile {
 public:
  virtual ~OpenFile() = default;
  virtual std::uint64_t size() const noexcept = 0;  // exact, but for Form::kHeaders
  virtual const std::string& version() const noexcept = 0;
  // True if it needed a login.
  virtual bool restricted() const noexcept { return false; }
  // The version, with the archive's identity and without a login: users whose openings of a file have equal texts read the
  // same bytes.
  virtual std::string shared_version(const std::string& /*archive*/) const { return version(); }
  // The bytes of [offset, min(offset + size, file size)): all of them, or an error.
  virtual Cancel read(std::uint64_t offset, std::size_t size, Done<Bytes> done) = 0;
  // Asks for what is not here of a range that will probably be read. Nobody waits for it; it is stopped with the last handle.
  virtual void ask_ahead(std::uint64_t /*offset*/, std::uint64_t /*size*/, const Cause& /*cause*/) {}
  // False if a read of this range would make a request to the archive. Never waits.
  virtual bool at_hand(std::uint64_t /*offset*/, std::size_t /*size*/) { return true; }
};

}  // namespace esofs::cache
