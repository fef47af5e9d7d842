// TextStore: where the texts of saved queries are kept, by name.
//
//   errors   those of open(2), write(2), rename(2): EACCES, ENOSPC, EIO …; the sentence names the file
//   threads  thread-safe; blocks on the disk of the store only. Savers of one name must take turns.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/base/result.h"

namespace esofs::fs {

class TextStore {
 public:
  struct Saved {
    std::string text;
    std::int64_t mtime_ns = 0;  // since 1970: shows whether another mount has saved since
    std::string positions;
    std::int64_t positions_ns = 0;  // 0: there are none
  };

  TextStore() = default;
  TextStore(const TextStore&) = delete;
  TextStore& operator=(const TextStore&) = delete;
  virtual ~TextStore() = default;

  // The names of all saved queries, sorted; files whose name is no query name are skipped.
  virtual Result<std::vector<std::string>> names() const = 0;
  virtual Result<Saved> load(const std::string& name) const = 0;  // ENOENT: no such query
  // The file's time; ENOENT: no such query.
  virtual Result<std::int64_t> mtime_ns(const std::string& name) const = 0;
  // Returns the new file's time. Creates the directory (0700) if needed. before: the time that the text must have which this
  // one replaces, 0 if there must be none; EAGAIN: it is another. nullopt: any.
  virtual Result<std::int64_t> save(const std::string& name, const std::string& text,
                                    std::optional<std::int64_t> before) const = 0;
  // Of the list of positions; 0: there is none.
  virtual std::int64_t positions_ns(const std::string& name) const = 0;
  virtual Result<std::int64_t> save_positions(const std::string& name, const std::string& text,
                                              std::optional<std::int64_t> before) const = 0;
  virtual Result<void> remove_positions(const std::string& name) const = 0;
  // A query with its positions; success if there is none.
  virtual Result<void> remove(const std::string& name) const = 0;
  virtual Result<void> rename(const std::string& from, const std::string& to) const = 0;
};

}  // namespace esofs::fs
