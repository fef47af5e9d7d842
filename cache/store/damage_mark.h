// DamageMark: records that a metadata store ended its process, so that the next process does not use it again.
//
// LMDB maps its file: a page that is not there, or that the disk does not give, is a SIGBUS. If a page is malformed,
// LMDB aborts. The process cannot survive either; without a mark every later mount would end in the same way.
//
//   shapes   an empty file `damaged` in the directory of the store, which moves with it when it is set aside
//   threads  one DamageMark is used by one thread at a time; a signal may come in any thread
#pragma once

#include <lmdb.h>

#include <cstdint>
#include <filesystem>
#include <utility>

#include "client/base/unique_fd.h"

namespace esofs::cache {

// The addresses [first, second) of this process's map of the store in `directory`. LMDB has no call for it.
// {0, 0}: nowhere, or there is no /proc.
std::pair<std::uintptr_t, std::uintptr_t> map_of(const std::filesystem::path& directory);

class DamageMark {
 public:
  // directory: of the store; exists. The handler of SIGBUS and SIGSEGV stays in this process, and calls the previous one for
  // signals outside of stores.
  explicit DamageMark(const std::filesystem::path& directory);
  ~DamageMark();
  DamageMark(const DamageMark&) = delete;
  DamageMark& operator=(const DamageMark&) = delete;

  // From now on signals within the map of `env`, and its failed assertions, are marked. To be called again when the map has
  // changed. REQUIRES: env's user context is not used otherwise.
  void watch(MDB_env* env);
  // LMDB has returned a code that means damage.
  void set() const noexcept;

  static bool is_set(const std::filesystem::path& directory);

 private:
  const std::filesystem::path path_;
  const UniqueFd directory_;
  const int slot_;  // of the handler's table; -1: it was full
};

}  // namespace esofs::cache
