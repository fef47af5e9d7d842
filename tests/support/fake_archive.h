// FakeArchive: an Archive without a network, for the tests of the layers above it.
//
//   archive.put_file("http://archive/file/A", 3'000'000'000, {.name = "A.fits"});
//   archive.put_links("http://archive/links?ID=A", FakeArchive::links_to("http://archive/file/A", 3'000'000'000));
//   archive.put_table("SELECT 1", columns, rows);
//   archive.hold("http://archive/file/A");       // the next fetch waits, as for a silent server …
//   ASSERT_TRUE(archive.wait_held());            // … this waits until it does …
//   archive.release();                           // … and it continues
//
//   shapes   files are bytes computed from their offset (byte_at), or given; tables are keyed by their ADQL, links and files
//            by their URL. A dataset id is `NAME.2018-06-21T20:32:57.736`, its DataLink
//            "http://archive/links?ID=<id>"
//   errors   ENOENT for an unknown URL, EINVAL for an unknown ADQL text, and those of fail_next() and fail_after()
//   threads  all functions are thread-safe; query, links, locate and fetch block while held, and end with EINTR when
//            their turn is stopped
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "client/archive.h"

namespace esofs::tests {

class FakeArchive : public client::Archive {
 public:
  enum class Op { kQuery, kLinks, kLocate, kFetch, kAssociations };

  // Byte i of a file without bytes of its own is (i + salt) % 251: shifted bytes and bytes of another version are
  // wrong bytes.
  static std::byte byte_at(std::uint64_t i, unsigned salt = 0) {
    return static_cast<std::byte>((i + salt) % 251);
  }
  static std::vector<std::byte> bytes_at(std::uint64_t offset, std::size_t size, unsigned salt = 0);

  struct FileOptions {
    bool ranges = true;           // false: Range is ignored, the whole file comes (partial = false)
    bool refuses_ranges = false;  // a request of a range fails as HTTP 416 does
    std::string validator = "v1";
    std::string name = {};  // of Content-Disposition
    std::string content_type = "application/octet-stream";
    bool announce_length = true;
    unsigned salt = 0;               // see byte_at
    std::size_t piece = 64U << 10U;  // bytes passed to the sink at once
    std::string owner = {};          // whose login it needs; "": public
    std::string co_owner = {};       // whose login opens it too
    std::uint64_t most_part =
        0;  // bytes of an answer to a range, which may be shorter than requested; 0: as requested
    std::string tag = {};  // client::FileHead::tag and date
    std::string date = {};
  };
  // Adds or replaces a file; another validator (and salt) makes it a changed version.
  void put_file(const std::string& url, std::uint64_t size) { put_file(url, size, FileOptions()); }
  void put_file(const std::string& url, std::uint64_t size, FileOptions options);
  void put_bytes(const std::string& url, std::vector<std::byte> bytes) {
    put_bytes(url, std::move(bytes), FileOptions());
  }
  void put_bytes(const std::string& url, std::vector<std::byte> bytes, FileOptions options);
  void remove_file(const std::string& url);

  struct TableOptions {
    bool truncated = false;               // the server says OVERFLOW
    std::string document = "<VOTABLE/>";  // passed to bytes(), before the columns
  };
  void put_table(const std::string& adql, std::vector<client::Column> columns,
                 std::vector<client::Row> rows) {
    put_table(adql, std::move(columns), std::move(rows), TableOptions());
  }
  void put_table(const std::string& adql, std::vector<client::Column> columns, std::vector<client::Row> rows,
                 TableOptions options);
  // A table of any length, whose rows are made when they are sent.
  void put_table(const std::string& adql, std::vector<client::Column> columns, std::uint64_t rows,
                 std::function<client::Row(std::uint64_t)> row, TableOptions options);
  // Columns by name only; datatype char.
  static std::vector<client::Column> named(const std::vector<std::string>& names);

  void put_links(const std::string& url, client::Links links);
  // A DataLink answer of one #this row.
  static client::Links links_to(const std::string& file_url, std::optional<std::uint64_t> length = {});

  // Calibrations at a URL; with a service, those of a dataset are at calibrations_url().
  void put_associations(const std::string& url, client::Associations found);
  void calibration_service(bool there);
  static std::string calibrations_url(const std::string& id, client::CalibrationMode mode) {
    return "http://archive/calibrations?ID=" + id +
           (mode == client::CalibrationMode::kRaw ? "&mode=raw" : "&mode=master");
  }

  // The next `times` operations of a kind fail, without reaching the sink. `what` is a URL or an ADQL text; "": any.
  // times < 0: until clear_failures().
  void fail_next(Op op, const Error& error, int times = 1, const std::string& what = "");
  void clear_failures();
  // The next `times` fetches or queries of `what` fail after so many body bytes, or rows. times < 0: until clear_failures().
  void fail_after(const std::string& what, std::uint64_t count, const Error& error, int times = 1);
  // The next `times` fetches of `what` end after so many body bytes, as if that were all.
  void end_after(const std::string& what, std::uint64_t count, int times = 1);
  // The next query of `adql` begins again (TableSink::restart) after so many rows.
  void restart_after(const std::string& adql, std::uint64_t rows);

  // While held, operations on `what` ("": all) wait: before their answer, or after so many body bytes or rows.
  void hold(const std::string& what = "", std::uint64_t after = 0);
  void release();
  // What waits in a hold continues, and waits again in front of this byte.
  void release_until(const std::string& what, std::uint64_t after);
  // What waits in a hold has been silent for so long (Turn::gives_up).
  void silent_for(std::chrono::milliseconds silence) {
    const std::lock_guard lock(mutex_);
    state_.silence = silence;
  }
  // Waits until so many operations wait in a hold; false after kPatience.
  bool wait_held(int operations = 1);

  // The number of operations since the beginning. what: a URL or an ADQL text; "": all.
  int query_count(const std::string& what = "") const { return count(Op::kQuery, what); }
  int link_count(const std::string& what = "") const { return count(Op::kLinks, what); }
  int locate_count(const std::string& what = "") const { return count(Op::kLocate, what); }
  int fetch_count(const std::string& what = "") const { return count(Op::kFetch, what); }
  int association_count(const std::string& what = "") const { return count(Op::kAssociations, what); }
  std::uint64_t fetched_bytes(const std::string& url = "") const;  // passed to sinks
  std::vector<client::FetchRequest> fetches() const;
  std::vector<Cause> fetch_causes() const {  // for whom, in the same order
    const std::lock_guard lock(mutex_);
    return state_.fetch_causes;
  }
  std::vector<client::QueryRequest> queries() const;

  // From now on a pattern gives the URL of the file of every id: "http://archive/file/<id>".
  void know_file_pattern() {
    const std::lock_guard lock(mutex_);
    state_.file_pattern = true;
  }
  // From now on locate_together() answers, without those ids that it is to leave out.
  void tell_of_many(std::vector<std::string> left_out = {}) {
    const std::lock_guard lock(mutex_);
    state_.tells_of_many = true;
    state_.left_out = std::move(left_out);
  }
  int together_count() const { return count(Op::kLocate, "together"); }
  bool located_together(const client::Dataset& dataset) const override {
    const std::lock_guard lock(mutex_);
    return state_.tells_of_many && dataset.access == client::AccessKind::kDataLink;
  }
  Result<Together> locate_together(const std::vector<client::Dataset>& datasets, Lane::Turn& turn) override;
  std::string likely_url(const client::Dataset& dataset) const override {
    const std::lock_guard lock(mutex_);
    const bool known = state_.file_pattern && dataset.access == client::AccessKind::kDataLink;
    return known ? "http://archive/file/" + dataset.id : "";
  }

  // Sets the login; "": nobody. Links and queries are requested with this login.
  void log_in(const std::string& user) {
    const std::lock_guard lock(mutex_);
    state_.user = user;
  }

  // --- Archive ---
  std::string user() override {
    const std::lock_guard lock(mutex_);
    return state_.user;
  }
  std::string identity_for(const std::string& /*url*/) override { return user(); }
  std::string query_identity(const std::string& /*service*/) override { return user(); }
  std::string identity() const override { return "fake"; }
  Result<client::QuerySummary> query(const client::QueryRequest& request, client::TableSink& sink,
                                     Lane::Turn& turn) override;
  Result<client::Links> links(const std::string& url, Lane::Turn& turn) override;
  // By the kind of access; kUnknown is DataLink if there are links for the URL, else the file.
  Result<Located> locate(const client::Dataset& dataset, Lane::Turn& turn) override;
  Result<client::FileHead> fetch(const client::FetchRequest& request, client::FetchSink& sink,
                                 Lane::Turn& turn) override;
  Result<client::Associations> associations(const std::string& url, const std::string& id,
                                            Lane::Turn& turn) override;
  std::string associations_url(const client::Dataset& dataset, client::CalibrationMode mode) const override;
  bool valid_id(const std::string& id) const override;
  client::Dataset dataset(const std::string& id) const override;
  std::string links_url(const client::Dataset& dataset) const override;
  client::QueryRequest row_query(const std::string& id) const override;
  // Reads dp_id, access_url, access_format, access_estsize (kilobytes), last_mod_date (seconds since 1970, as an
  // integer), extension and obs_release_date by name; nullptr without dp_id.
  std::function<std::optional<client::Dataset>(std::span<const client::Value>)> dataset_reader(
      const std::vector<client::Column>& columns) const override;

 private:
  struct File {
    std::uint64_t size;
    FileOptions options;
    std::shared_ptr<const std::vector<std::byte>> bytes;  // null: computed
  };
  struct Table {
    std::vector<client::Column> columns;
    std::uint64_t rows;
    std::function<client::Row(std::uint64_t)> row;
    TableOptions options;
  };
  struct Failure {
    Op op;
    std::string what;
    int times;
    Error error;
  };
  struct LateFailure {
    std::uint64_t count;
    Error error;
    int times;
    bool clean = false;  // the answer ends without the error
  };
  struct State {
    std::string user;
    bool file_pattern = false;
    bool tells_of_many = false;
    std::vector<std::string> left_out;
    std::map<std::string, File> files;
    std::map<std::string, Table> tables;
    std::map<std::string, client::Links> links;
    std::map<std::string, client::Associations> associations;
    bool calibration_service = false;
    std::vector<Failure> failures;
    std::map<std::string, LateFailure> late_failures;
    std::map<std::string, std::uint64_t> restarts;
    std::map<std::string, std::uint64_t> holds;
    std::uint64_t releases = 0;
    int held = 0;
    std::chrono::milliseconds silence{0};
    std::map<std::pair<Op, std::string>, int> counts;
    std::map<std::string, std::uint64_t> bytes;
    std::vector<client::FetchRequest> fetches;
    std::vector<Cause> fetch_causes;
    std::vector<client::QueryRequest> queries;
  };

  int count(Op op, const std::string& what) const;
  // Counts the operation, waits in a hold, and returns the failure that is set for it.
  Result<void> begin(Op op, const std::string& what, Lane::Turn& turn);
  // Waits while `what` is held at `position`.
  Result<void> pass(const std::string& what, std::uint64_t position, Lane::Turn& turn);
  // The position of the next hold of `what` above `position`, or the largest number.
  std::uint64_t next_hold(const std::string& what, std::uint64_t position) const;
  std::optional<LateFailure> take_late_failure(const std::string& what);
  Result<void> send_body(const std::string& url, const File& file, client::ByteRange range,
                         client::FetchSink& sink, Lane::Turn& turn);
  Result<std::uint64_t> send_rows(const client::QueryRequest& request, const Table& table,
                                  client::TableSink& sink, Lane::Turn& turn);

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  State state_;  // guarded by mutex_
};

}  // namespace esofs::tests
