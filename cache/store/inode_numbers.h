// InodeNumbers: inode numbers of 32 bits, for programs that cannot take more.
//
// The number of a node is a hash of 62 bits (fs/kernel/inode_table.h). It gets a short number here, once: the store keeps it, so
// that it is the same after a remount and for all mounts of a cache directory, and no other node ever gets it. Nodes of small
// numbers (the texts of queries) have smaller short numbers than all others, whenever these were given: `rm -r` removes the
// files of a long directory in the order of their numbers.
//
//   errors   none: if the store fails, a number is given from the upper end, and forgotten with the mount
//   threads  thread-safe; blocks on the local disk only
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "cache/store/metadata_store.h"
#include "client/base/guarded.h"

namespace esofs::cache {

class InodeNumbers {
 public:
  static constexpr std::uint64_t kSmall = (1ULL << 30U) - 1;  // the largest of the small numbers

  // store: outlives it.
  explicit InodeNumbers(MetadataStore& store) : store_(store) {}

  // The short number of a node. That of the root (1) is 1.
  std::uint32_t of(std::uint64_t node);
  // Gives numbers to many nodes in one transaction; of() is cheap for them then.
  void prepare(const std::vector<std::uint64_t>& nodes);

 private:
  struct State {
    std::unordered_map<std::uint64_t, std::uint32_t> stored;      // those used lately
    std::unordered_map<std::uint64_t, std::uint32_t> not_stored;  // for as long as the mount lives
  };

  MetadataStore& store_;
  Guarded<State> state_;
};

}  // namespace esofs::cache
