// Archive: everything esofs asks of an archive, as blocking calls. The seam for tests: the layers above know only
// this class, and a fake of it holds, fails and counts (tests/support/fake_archive.h).
//
//   errors   the errno table of DESIGN section 7; the sentence names the URL without secrets
//   threads  all functions are thread-safe and block: call them on a lane, or from a test
//   source   TAP 1.1, DALI 1.1, DataLink 1.1, RFC 9110 section 14 (ranges)
#pragma once

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "client/associations.h"
#include "client/base/lane.h"
#include "client/base/result.h"
#include "client/cutout_spec.h"
#include "client/model.h"
#include "client/uws.h"

namespace esofs::client {

enum class QueryMode { kAuto, kSync, kAsync };  // kAuto: sync, and an async job when sync runs out of time

struct QueryRequest {
  // A name of the profile ("obs", "cat"); "": found from the tables that the ADQL names; "ssap": its SSAP (client/ssap.h).
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
  // A retry starts the answer anew: forget bytes, columns and rows seen so far.
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
  // What earlier answers told of this file. A 206 that disagrees is ESTALE.
  std::string validator;
  std::optional<std::uint64_t> total;
  bool fits = false;  // the body from byte 0 must begin like FITS, or a compressed form of it
  bool page = false;  // the file is a web page, which is else taken for a login page
  FetchKind kind = FetchKind::kFile;
  // Whose rights are used. nullopt: nobody's first, and where that is refused those of who is logged in. "": nobody's.
  // Else this identity's: EACCES where it is not the one that is logged in.
  std::optional<std::string> as;
  bool restricted =
      false;  // with as == nullopt: rights are needed, as the release date says; they are shown at once
};

// Takes the body of one answer. A returned error ends the transfer with that error.
class FetchSink {
 public:
  virtual ~FetchSink() = default;
  // Once, before any body, when the answer has been accepted (DESIGN section 5). Retries happen before it.
  virtual Result<void> head(const FileHead& head) = 0;
  virtual Result<void> body(std::span<const std::byte> piece) = 0;
  // Before the error, where the server has no such range to give: it may still send all of the file.
  virtual void no_range() {}
};

class Archive {
 public:
  virtual ~Archive() = default;

  // Identifies the archive in caches: two archives never share a record. Constant.
  virtual std::string identity() const = 0;

  // EINVAL: the server refused the query (its sentence); ETIMEDOUT; EHOSTUNREACH; EIO …
  // An error never reaches the sink as rows.
  virtual Result<QuerySummary> query(const QueryRequest& request, TableSink& sink, Lane::Turn& turn) = 0;

  // The DataLink answer at `url`. ENOENT where its only rows are NotFoundFault; EACCES where access is denied.
  virtual Result<Links> links(const std::string& url, Lane::Turn& turn) = 0;

  // Where the bytes of a dataset are: by DataLink, directly, or, where only an answer can tell, by asking.
  // links: the DataLink answer met on the way, if any, so that it can be kept.
  struct Located {
    FileSource source;
    std::optional<Links> links;
  };
  virtual Result<Located> locate(const Dataset& dataset, Lane::Turn& turn) = 0;

  // All files of the product that `id` belongs to, by one query. ENOTSUP, without a request, where the archive has no table
  // of them or `id` is no product.
  virtual Result<std::vector<ProductFile>> product_files(const std::string& id, Lane::Turn& /*turn*/) {
    return Error(ENOTSUP, "this archive has no table of the files of a product: " + id);
  }

  // Streams the bytes of a file. Success: the body came whole (as long as announced and asked for).
  // ENOENT, EACCES, ESTALE, ETIMEDOUT, EIO …; EIO for a body that is not the file (HTML, short, wrong range).
  virtual Result<FileHead> fetch(const FetchRequest& request, FetchSink& sink, Lane::Turn& turn) = 0;

  // The calibrations of an observation, from the answer at `url`. id: of the observation, where the answer is of several.
  // A file type that has no calibrations is an answer without files, with a message.
  virtual Result<Associations> associations(const std::string& url, const std::string& id, Lane::Turn& turn) {
    (void)id, (void)turn;
    return Error(ENOTSUP, "this archive has no service for calibrations, at " + url);
  }

  // The position of an object, by the archive's name resolver. ENOENT: no catalogue knows the name; EIO, ETIMEDOUT …:
  // nothing was said about it.
  virtual Result<SkyPosition> resolve(const std::string& name, Lane::Turn&) {
    return Error(ENOTSUP, "this archive resolves no names of objects: " + name);
  }

  // Who is logged in; "" nobody, also when a session has ended. No request.
  virtual std::string user() { return {}; }
  // Whose rights a request for `url` would use now; "": nobody's. What such requests tell is kept under this identity.
  // No request.
  virtual std::string identity_for(const std::string& /*url*/) { return {}; }
  // The same of a query: a name of the profile, or "" for the service that its tables tell.
  virtual std::string query_identity(const std::string& /*service*/) { return {}; }

  // --- asynchronous jobs: UWS 1.1 and 1.0. ENOTSUP where the archive has none ---

  // Makes a job of a query (service, adql and maxrec of `request`) and leaves it PENDING; its URL.
  virtual Result<std::string> create_job(const QueryRequest& /*request*/, Lane::Turn& /*turn*/) {
    return no_jobs();
  }
  // The jobs that a service is willing to list.
  virtual Result<std::vector<JobReference>> jobs(const std::string& /*service*/, Lane::Turn& /*turn*/) {
    return no_jobs();
  }
  // A job by its URL. ENOENT: there is none any more.
  virtual Result<Job> job(const std::string& /*url*/, Lane::Turn& /*turn*/) { return no_jobs(); }
  // EINVAL with the server's sentence where it refuses the change.
  virtual Result<void> change_job(const std::string& /*url*/, JobSetting /*setting*/,
                                  const std::string& /*value*/, Lane::Turn& /*turn*/) {
    return no_jobs();
  }
  // Success where the job was gone already.
  virtual Result<void> delete_job(const std::string& /*url*/, Lane::Turn& /*turn*/) { return no_jobs(); }
  // Why a job failed, in the server's words; "" where it does not say.
  virtual Result<std::string> job_failure(const std::string& /*url*/, const Job& /*job*/,
                                          Lane::Turn& /*turn*/) {
    return no_jobs();
  }

  // --- from the profile, without any request ---

  // The URL that tells the calibrations of a dataset; "" where there is no such service, or no raw data.
  virtual std::string associations_url(const Dataset& dataset, CalibrationMode mode) const {
    (void)dataset, (void)mode;
    return "";
  }
  // The services that have asynchronous jobs, by their names.
  virtual std::vector<std::string> job_services() const { return {}; }
  // The URL of the job `id` of a service; "" where there is no such service. REQUIRES: plain_job_id(id).
  virtual std::string job_url(const std::string& /*service*/, const std::string& /*id*/) const { return {}; }

  // The service that a query is sent to first, by its name; `service`: what the query itself says.
  virtual std::string query_service(const std::string& service, const std::string& /*adql*/) const {
    return service;
  }

  // True where `id` has the form of an identifier of this archive. false for every name that tools merely try.
  virtual bool valid_id(const std::string& id) const = 0;
  // The dataset that an id alone tells of (patterns of the profile). REQUIRES: valid_id(id).
  virtual Dataset dataset(const std::string& id) const = 0;
  // The DataLink URL of a dataset: its access_url, or by the profile's pattern; "" where there is none.
  virtual std::string links_url(const Dataset& dataset) const = 0;
  // The query for all that is known of one id: `SELECT * FROM ivoa.ObsCore WHERE …`, for raw ids on dbo.raw.
  virtual QueryRequest row_query(const std::string& id) const = 0;
  // Nothing is known where the archive's profile has no patterns.
  virtual KnownUrl known_url(const std::string& /*url*/) const { return {}; }
  // What tells the file of a dataset from others of the same id: its access_url, in one form where several lead to it.
  virtual std::string canonical_url(const Dataset& dataset) const { return dataset.access_url; }
  // What can be cut out of a dataset, and the request for dataset.cutout, by the service descriptors of its DataLink
  // answer; links == nullptr: it has none, and the profile tells. cutout_source(): ENOTSUP where there is no service, EINVAL
  // where it does not take such a spec, ENODATA where the dataset does not reach.
  virtual CutoutOffer cutout_offer(const Dataset&, const Links* /*links*/) const { return {}; }
  virtual Result<FileSource> cutout_source(const Dataset& dataset, const Links* /*links*/) const {
    return Error(ENOTSUP, "this archive has no cutout service for " + dataset.id);
  }
  // From a table's columns to its datasets; nullptr where the columns name none.
  virtual std::function<std::optional<Dataset>(std::span<const Value>)> dataset_reader(
      const std::vector<Column>& columns) const = 0;

 private:
  static Error no_jobs() { return {ENOTSUP, "this archive has no asynchronous jobs"}; }
};

}  // namespace esofs::client
