// Requests to an archive, and the receivers of their answers: a query and its TableSink, a file and its FetchSink.
//
//   threads  plain data; a sink is called on the thread that runs the request
//   source   TAP 1.1, DALI 1.1, RFC 9110 section 14 (ranges)
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "client/base/result.h"
#include "client/http/rights.h"
#include "client/model/model.h"

namespace esofs::client {

enum class QueryMode { kAuto, kSync, kAsync };  // kAuto: sync, and an async job when sync runs out of time

struct QueryRequest {
  // A name of the profile ("obs", "cat"); "": found from the tables that the ADQL names; "ssap": its SSAP (client/services/ssap.h).
  std::string service;
  std::string adql;          // of "ssap": its parameters
  std::uint64_t maxrec = 0;  // rows wanted (one more is asked for, to see the end); 0: the profile's default
  QueryMode mode = QueryMode::kAuto;
  std::string job_url;  // a job of this query started earlier: waited for instead of starting another
};

// Takes a table as it arrives. A returned error ends the query with that error.
class TableSink {
 public:
  virtual ~TableSink() = default;
  // The answer as the server sends it, piece by piece, before it is parsed (a VOTable document).
  virtual Result<void> bytes(std::span<const std::byte> piece) = 0;
  // Once, before the first row.
  virtual Result<void> columns(const std::vector<Column>& columns) = 0;
  // row: valid during the call only.
  virtual Result<void> row(std::span<const Value> row) = 0;
  // An async job was created for this query: keep its URL, so that the job can be picked up after a restart.
  virtual void job_started(const std::string& job_url) = 0;
  // A retry begins the answer again: forget bytes, columns and rows seen so far.
  virtual void restart() = 0;
};

struct QuerySummary {
  std::string service;     // the profile's name of the service that answered
  std::string url;         // its TAP base URL
  std::string job_url;     // of the async job, "" for a sync query
  std::uint64_t rows = 0;  // passed to the sink: at most maxrec
  bool truncated = false;  // there are more: the maxrec + 1st row came, or the server said OVERFLOW
};

struct FetchRequest {
  std::string url;
  std::optional<ByteRange> range;  // nullopt: the whole file, without a Range header
  bool tail = false;               // with range: the last range->size bytes (first is ignored)
  // What earlier answers said about this file. A 206 that disagrees is ESTALE.
  std::string validator;
  std::string tag;  // FileHead::tag and date: an answer with same_stamps() is of the same version
  std::string date;
  std::optional<std::uint64_t> total;
  bool fits = false;  // the body from byte 0 must begin like FITS, or a compressed form of it
  bool page = false;  // the file is a web page, which would otherwise count as a login page
  // ".png": as the archive announces the file, "" unknown. A text that comes instead is refused.
  std::string extension = {};
  FetchKind kind = FetchKind::kFile;
  // kLoggedIn: the release date says that a login is needed, so it is sent at once.
  Rights rights{Rights::Kind::kNobodyFirst};
};

// Takes the body of one answer. A returned error ends the transfer with that error.
class FetchSink {
 public:
  virtual ~FetchSink() = default;
  // Once, before any body, when the answer has been accepted (fetch.h). Retries happen before it.
  virtual Result<void> head(const FileHead& head) = 0;
  virtual Result<void> body(std::span<const std::byte> piece) = 0;
  // Before the error, if the server does not have such a range: it may still send the whole file.
  virtual void no_range() {}
  // Before ESTALE, if the answer does not show whether it is of another version: its server has stopped sending what did.
  virtual void version_unknown() {}
};

}  // namespace esofs::client
