// A saved query, the state of its answer, and the answer itself as a snapshot: what listings/ gives to the tree.
//
//   shapes   a listing is an immutable snapshot of one query's answer; a refresh makes a new one beside it
//   errors   of the MetadataStore that holds the snapshot
//   threads  QuerySpec and QueryState are plain data; a Listing is thread-safe
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/base/result.h"
#include "client/model/model.h"
#include "client/model/requests.h"

namespace esofs::cache {

// A query as saved by the user: the text of query.adql, its directives taken out.
struct QuerySpec {
  std::string adql;     // without directives and surrounding white space; "" : nothing was saved yet
  std::string service;  // "" : found from the tables named
  std::uint64_t maxrec = 0;
  client::QueryMode mode = client::QueryMode::kAuto;
  std::chrono::seconds ttl{24 * 3600};
};

// What status.txt says about a query.
struct QueryState {
  bool known = false;             // there is a snapshot
  bool running = false;           // a request or job is under way
  std::int64_t started_at = 0;    // of what is running
  std::uint64_t rows_so_far = 0;  // of what is running
  std::string service;
  std::string service_url;
  std::string job_url;     // of the last or running async job
  std::uint64_t rows = 0;  // of the snapshot, and so on
  std::uint64_t datasets = 0;
  bool names_datasets = false;
  bool truncated = false;
  std::int64_t fetched_at = 0;
  std::uint64_t result_bytes = 0;  // size of result.vot, 0 if it was not kept
  std::optional<Error> error;      // of the last attempt, if it failed
  std::int64_t error_at = 0;
};

// A snapshot. Thread-safe; stays readable as long as it is held, also after a refresh.
class Listing {
 public:
  struct Entry {
    std::uint64_t row;  // 0 …
    std::string name;   // unique in the listing, safe; "ADP.2018-06-21T20:32:57.736.fits"
    client::Dataset dataset;
  };

  virtual ~Listing() = default;

  virtual std::uint64_t rows() const = 0;
  virtual std::uint64_t datasets() const = 0;  // entries; a row may name none, two rows may name one
  virtual const std::vector<client::Column>& columns() const = 0;
  virtual std::string id() const = 0;  // of this snapshot: changes with every refresh
  // False if it needed a login that is not the present one.
  virtual bool shown() const { return true; }

  // Visits entries in row order from the first whose row is >= `from`, until visit() returns false.
  virtual Result<void> entries(std::uint64_t from, const std::function<bool(const Entry&)>& visit) const = 0;
  // By its name, in the archive's or the portable form.
  virtual Result<std::optional<Entry>> find(std::string_view name) const = 0;
  // The rows of the entries that follow `name` in the order of portable names (as shells sort them, but for marks), at most
  // `most`.
  virtual Result<std::vector<std::uint64_t>> rows_after(std::string_view name, std::size_t most) const;
  // By the identifier, the first of several files.
  virtual Result<std::optional<Entry>> find_id(const std::string& id) const;
  // By the name of its directory below datasets/ (cache/listings/entry_name.h), in the archive's or the portable form; the FITS file
  // if several have that name.
  virtual Result<std::optional<Entry>> find_directory(const std::string& name) const;
  virtual Result<client::Row> row(std::uint64_t row) const = 0;

  // The answer as the server sent it; nullopt if it was not kept (disk full), or is gone since.
  virtual std::optional<std::filesystem::path> result_file() const = 0;
  // Whether it was kept.
  virtual bool result_kept() const { return result_file().has_value(); }
  // Why it was not kept, and what to do: ENODATA. REQUIRES: !result_kept().
  Error not_kept() const;

 protected:
  // The errno with which the disk refused the answer; 0: not known any more.
  virtual int keeping_failure() const { return 0; }
  static bool in_directory(const Entry& entry, const std::string& name);
  // The entry found under a key that several entries may share; nullopt if it is another one.
  static Result<std::optional<Entry>> only(Result<std::optional<Entry>> found,
                                           const std::function<bool(const Entry&)>& right);
};

}  // namespace esofs::cache
