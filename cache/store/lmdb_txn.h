// LMDB's handles as owners, and the one table from its return codes to errno.
//
//   threads  a write transaction belongs to the thread that began it; a read transaction (the environment is opened with
//            MDB_NOTLS) may move between threads, but serves one at a time
//   source   lmdb.h 0.9.24
#pragma once

#include <lmdb.h>

#include <memory>
#include <string_view>

#include "client/base/result.h"

namespace esofs::cache {

struct CloseEnv {
  void operator()(MDB_env* env) const noexcept { mdb_env_close(env); }
};
struct AbortTxn {
  void operator()(MDB_txn* txn) const noexcept { mdb_txn_abort(txn); }
};
struct CloseCursor {
  void operator()(MDB_cursor* cursor) const noexcept { mdb_cursor_close(cursor); }
};

using LmdbEnv = std::unique_ptr<MDB_env, CloseEnv>;
// Dropped: aborted.
using LmdbTxn = std::unique_ptr<MDB_txn, AbortTxn>;
// Must be dropped before its transaction.
using LmdbCursor = std::unique_ptr<MDB_cursor, CloseCursor>;

// Each returns LMDB's code, 0 for success.
int begin_txn(MDB_env* env, unsigned flags, LmdbTxn& txn);
int commit_txn(LmdbTxn txn);
int open_cursor(MDB_txn* txn, MDB_dbi dbi, LmdbCursor& cursor);

// The view of LMDB's map, valid as long as the transaction.
std::string_view text_of(const MDB_val& value) noexcept;
MDB_val value_of(std::string_view text) noexcept;

// REQUIRES: code != 0.
Error lmdb_error(int code, std::string_view step);

// True if the code says that the file is not one that this LMDB can read, now or later.
bool lmdb_unreadable(int code) noexcept;

}  // namespace esofs::cache
