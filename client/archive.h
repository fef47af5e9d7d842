// Archive: everything esofs asks of an archive, as blocking calls. The seam for tests: the layers above know only
// this class, and a fake of it holds, fails and counts (tests/support/fake_archive.h).
//
//   errors   by http_error.h and service_error.h; the sentence names the URL without secrets
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

#include "client/base/lane.h"
#include "client/base/result.h"
#include "client/model/cutout_spec.h"
#include "client/model/model.h"
#include "client/model/requests.h"
#include "client/services/associations.h"
#include "client/services/uws.h"

namespace esofs::client {

class Archive {
 public:
  virtual ~Archive() = default;

  // Identifies the archive in caches: two archives never share a record. Constant.
  virtual std::string identity() const = 0;

  // EINVAL: the server refused the query (its sentence); ETIMEDOUT; EHOSTUNREACH; EIO …
  // An error never reaches the sink as rows.
  virtual Result<QuerySummary> query(const QueryRequest& request, TableSink& sink, Lane::Turn& turn) = 0;

  // The DataLink answer at `url`. ENOENT if its only rows are NotFoundFault; EACCES if access is denied.
  virtual Result<Links> links(const std::string& url, Lane::Turn& turn) = 0;

  // Where the bytes of a dataset are: by DataLink, or directly; if only an answer can tell, it sends a request.
  // links: the DataLink answer met on the way, if any, so that it can be kept.
  struct Located {
    FileSource source;
    std::optional<Links> links;
  };
  virtual Result<Located> locate(const Dataset& dataset, Lane::Turn& turn) = 0;

  // The sources of several datasets by one request, in their order; nullopt: this one is to be located by itself. An error:
  // all of them are. Only of datasets that are located_together().
  using Together = std::vector<std::optional<FileSource>>;
  virtual Result<Together> locate_together(const std::vector<Dataset>& /*datasets*/, Lane::Turn& /*turn*/) {
    return Error(ENOTSUP, "this archive tells of one dataset at a time");
  }
  // Whether a request for many may tell where the file of this dataset is. No request.
  virtual bool located_together(const Dataset& /*dataset*/) const { return false; }

  // All files of the product that `id` belongs to, by one query. ENOTSUP, without a request, if the archive has no table
  // of them or `id` is not a product.
  virtual Result<std::vector<ProductFile>> product_files(const std::string& id, Lane::Turn& /*turn*/) {
    return Error(ENOTSUP, "this archive has no table of the files of a product: " + id);
  }

  // Streams the bytes of a file. Success: the body came whole (as long as announced and asked for).
  // ENOENT, EACCES, ESTALE, ETIMEDOUT, EIO …; EIO for a body that is not the file (HTML, short, wrong range).
  virtual Result<FileHead> fetch(const FetchRequest& request, FetchSink& sink, Lane::Turn& turn) = 0;

  // The calibrations of an observation, from the answer at `url`. id: of the observation, for an answer about several.
  // A file type that has no calibrations is an answer without files, with a message.
  virtual Result<Associations> associations(const std::string& url, const std::string& id, Lane::Turn& turn) {
    (void)id, (void)turn;
    return Error(ENOTSUP, "this archive has no service for calibrations, at " + url);
  }

  // The position of an object, by the archive's name resolver. ENOENT: no catalogue knows the name; EIO, ETIMEDOUT …:
  // the name may still be known.
  virtual Result<SkyPosition> resolve(const std::string& name, Lane::Turn&) {
    return Error(ENOTSUP, "this archive resolves no names of objects: " + name);
  }

  // The user who is logged in; "" for nobody, also after a session has ended. No request.
  virtual std::string user() { return {}; }
  // The identity whose login a request to `url` would carry now; "": none. Their answers are kept under this identity.
  // No request.
  virtual std::string identity_for(const std::string& /*url*/) { return {}; }
  // The same for a query: a service's name in the profile, or "" for the service that has its tables.
  virtual std::string query_identity(const std::string& /*service*/) { return {}; }

  // --- asynchronous jobs: UWS 1.1 and 1.0. ENOTSUP if the archive has none ---

  // Makes a job of a query (service, adql and maxrec of `request`) and leaves it PENDING; its URL.
  virtual Result<std::string> create_job(const QueryRequest& /*request*/, Lane::Turn& /*turn*/) {
    return no_jobs();
  }
  // The jobs that a service lists.
  virtual Result<std::vector<JobReference>> jobs(const std::string& /*service*/, Lane::Turn& /*turn*/) {
    return no_jobs();
  }
  // A job by its URL. ENOENT: it is gone.
  virtual Result<Job> job(const std::string& /*url*/, Lane::Turn& /*turn*/) { return no_jobs(); }
  // EINVAL with the server's sentence if it refuses the change.
  virtual Result<void> change_job(const std::string& /*url*/, JobSetting /*setting*/,
                                  const std::string& /*value*/, Lane::Turn& /*turn*/) {
    return no_jobs();
  }
  // Success if the job was already gone.
  virtual Result<void> delete_job(const std::string& /*url*/, Lane::Turn& /*turn*/) { return no_jobs(); }
  // Why a job failed, in the server's words; "" if it does not say.
  virtual Result<std::string> job_failure(const std::string& /*url*/, const Job& /*job*/,
                                          Lane::Turn& /*turn*/) {
    return no_jobs();
  }

  // --- from the profile, without any request ---

  // The URL that lists the calibrations of a dataset; "" if there is no such service, or the dataset is not raw.
  virtual std::string associations_url(const Dataset& dataset, CalibrationMode mode) const {
    (void)dataset, (void)mode;
    return "";
  }
  // The services that have asynchronous jobs, by their names.
  virtual std::vector<std::string> job_services() const { return {}; }
  // The URL of the job `id` of a service; "" if there is no such service. REQUIRES: plain_job_id(id).
  virtual std::string job_url(const std::string& /*service*/, const std::string& /*id*/) const { return {}; }

  // The service that a query is sent to first, by its name; `service`: what the query itself says.
  virtual std::string query_service(const std::string& service, const std::string& /*adql*/) const {
    return service;
  }

  // True if `id` has the form of an identifier of this archive. false for every name that tools merely try.
  virtual bool valid_id(const std::string& id) const = 0;
  // The dataset that an id alone describes (patterns of the profile). REQUIRES: valid_id(id).
  virtual Dataset dataset(const std::string& id) const = 0;
  // The DataLink URL of a dataset: its access_url, or by the profile's pattern; "" if there is none.
  virtual std::string links_url(const Dataset& dataset) const = 0;
  // Where the file of a dataset probably is: by the profile's pattern, without DataLink, which may say otherwise. "" if only
  // DataLink tells, or if it need not be asked.
  virtual std::string likely_url(const Dataset& /*dataset*/) const { return {}; }
  // The query for all that is known of one id: `SELECT * FROM ivoa.ObsCore WHERE …`, for raw ids on dbo.raw.
  virtual QueryRequest row_query(const std::string& id) const = 0;
  // Distinguishes the files of one id: the access_url, in one form if several lead to the file.
  virtual std::string canonical_url(const Dataset& dataset) const { return dataset.access_url; }
  // What can be cut out of a dataset, and the request for dataset.cutout, by the service descriptors of its DataLink
  // answer; links == nullptr: it has none, and the profile tells. cutout_source(): ENOTSUP if there is no service, EINVAL
  // if it does not take such a spec, ENODATA if the dataset does not reach there.
  virtual CutoutOffer cutout_offer(const Dataset&, const Links* /*links*/) const { return {}; }
  virtual Result<FileSource> cutout_source(const Dataset& dataset, const Links* /*links*/) const {
    return Error(ENOTSUP, "this archive has no cutout service for " + dataset.id);
  }
  // From a table's columns to its datasets; nullptr if the columns name none.
  virtual std::function<std::optional<Dataset>(std::span<const Value>)> dataset_reader(
      const std::vector<Column>& columns) const = 0;

 private:
  static Error no_jobs() { return {ENOTSUP, "this archive has no asynchronous jobs"}; }
};

}  // namespace esofs::client
