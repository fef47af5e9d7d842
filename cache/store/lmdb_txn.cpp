#include "cache/store/lmdb_txn.h"

#include <cerrno>
#include <string>
#include <utility>

namespace esofs::cache {

int begin_txn(MDB_env* env, unsigned flags, LmdbTxn& txn) {
  MDB_txn* begun = nullptr;
  const int code = mdb_txn_begin(env, nullptr, flags, &begun);
  txn.reset(begun);
  return code;
}

int commit_txn(LmdbTxn txn) { return mdb_txn_commit(txn.release()); }

int open_cursor(MDB_txn* txn, MDB_dbi dbi, LmdbCursor& cursor) {
  MDB_cursor* opened = nullptr;
  const int code = mdb_cursor_open(txn, dbi, &opened);
  cursor.reset(opened);
  return code;
}

std::string_view text_of(const MDB_val& value) noexcept {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}

MDB_val value_of(std::string_view text) noexcept {
  // LMDB takes its inputs through a pointer to non-const and does not write through it.
  return {text.size(), const_cast<char*>(text.data())};  // NOLINT(cppcoreguidelines-pro-type-const-cast)
}

Error lmdb_error(int code, std::string_view step) {
  const int number = [code] {
    if (code > 0) return code;  // LMDB passes the system's own on
    switch (code) {
      case MDB_NOTFOUND:
        return ENOENT;
      case MDB_MAP_FULL:
      case MDB_DBS_FULL:
        return ENOSPC;
      case MDB_BAD_VALSIZE:
        return EINVAL;
      default:
        return EIO;
    }
  }();
  return Error(number, std::string("metadata store: ") + mdb_strerror(code)).at(step);
}

bool lmdb_unreadable(int code) noexcept {
  switch (code) {
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_PANIC:
    case MDB_INCOMPATIBLE:
      return true;
    default:
      return false;
  }
}

}  // namespace esofs::cache
