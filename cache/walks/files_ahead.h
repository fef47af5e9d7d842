// FilesAhead: programs that open the files of a listing in an order get the next files asked for ahead of them: first an open
// (links, head and tail), then what was read of the files before.
//
//   shapes   a walk is a sequence of opens in one listing, by whichever programs; several may go on at once. What is asked for
//            ahead is held open until a program opens it, or until it is dropped
//   errors   none: a file that cannot be opened ahead is left to its program
//   threads  thread-safe; nothing waits. Opens are submitted from the thread of opened()
//   source   cache/WALKS.md
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "cache/catalog.h"
#include "cache/content/file_cache.h"
#include "cache/listings/listing.h"

namespace esofs::cache {

// One open of a file by a program. Its end is the close.
class FileVisit {
 public:
  virtual ~FileVisit() = default;
  // The program's own open has been submitted: now the next files may be asked for.
  virtual void ask_ahead() = 0;
  // The open is answered; size: of the file.
  virtual void answered(std::uint64_t size) = 0;
  virtual void read(std::uint64_t offset, std::uint64_t size) = 0;
  // A read is answered.
  virtual void moved() = 0;
};

class FilesAhead {
 public:
  struct Config {
    std::size_t most_files = 16;               // asked for ahead and not opened yet; 0: never any
    std::uint64_t most_bytes = 128ULL << 20U;  // of files that are read to their end, together
    // The inode number of a file; empty: nobody follows their order.
    std::function<std::uint64_t(const client::Dataset&, Form)> inode;
    std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;
  };
  struct Counters {
    std::uint64_t opened;   // by programs, of files that were not known before or had been asked for ahead
    std::uint64_t asked;    // ahead
    std::uint64_t used;     // of these, opened by a program
    std::uint64_t dropped;  // of these, given up
  };

  // files and catalog outlive it, and all that it has asked of them.
  static std::shared_ptr<FilesAhead> create(Config config, FileCache& files, Catalog& catalog);
  virtual ~FilesAhead() = default;

  // A program opens the dataset of this row. null: nothing is to be learnt from it. cause: of its open.
  virtual std::shared_ptr<FileVisit> opened(const std::shared_ptr<const Listing>& listing, std::uint64_t row,
                                            const client::Dataset& dataset, Form form,
                                            const Cause& cause) = 0;
  virtual Counters counters() const = 0;
  // Drops all; nothing is asked any more.
  virtual void end() = 0;
};

}  // namespace esofs::cache
