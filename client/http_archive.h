// HttpArchive: an archive as its profile describes it, over HTTP: TAP queries, DataLink, files.
//
//   errors   as Archive promises
//   threads  thread-safe: a profile, compiled patterns and a pool of connections; nothing else is kept
//   source   client/README.md names the document of each service
#pragma once

#include <cerrno>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "client/archive.h"
#include "client/http/authoriser.h"
#include "client/http/http.h"
#include "client/model/identifiers.h"
#include "client/model/profile.h"
#include "client/services/calselector.h"
#include "client/services/datalink.h"
#include "client/services/job_service.h"
#include "client/services/many_links.h"
#include "client/services/sesame.h"
#include "client/services/ssap.h"
#include "client/services/tap.h"
#include "client/soda/soda.h"

namespace esofs::client {

class HttpArchive : public Archive {
 public:
  // REQUIRES: profile is from parse_profile(), find_profile() or eso_profile().
  static std::unique_ptr<Archive> make(Profile profile, HttpSettings settings) {
    return make(std::move(profile), std::move(settings), Tap::Times());
  }
  static std::unique_ptr<Archive> make(Profile profile, HttpSettings settings, Tap::Times times);

  HttpArchive(Profile profile, HttpSettings settings, Tap::Times times);

  std::string identity() const override;
  Result<QuerySummary> query(const QueryRequest& request, TableSink& sink, Lane::Turn& turn) override;
  Result<Links> links(const std::string& url, Lane::Turn& turn) override;
  Result<Located> locate(const Dataset& dataset, Lane::Turn& turn) override;
  Result<Together> locate_together(const std::vector<Dataset>& datasets, Lane::Turn& turn) override;
  bool located_together(const Dataset& dataset) const override;
  Result<std::vector<ProductFile>> product_files(const std::string& id, Lane::Turn& turn) override;
  Result<FileHead> fetch(const FetchRequest& request, FetchSink& sink, Lane::Turn& turn) override;
  Result<SkyPosition> resolve(const std::string& name, Lane::Turn& turn) override;
  std::string user() override;
  std::string identity_for(const std::string& url) override;
  std::string query_identity(const std::string& service) override;

  Result<Associations> associations(const std::string& url, const std::string& id, Lane::Turn& turn) override;
  std::string associations_url(const Dataset& dataset, CalibrationMode mode) const override;
  Result<std::string> create_job(const QueryRequest& request, Lane::Turn& turn) override;
  Result<std::vector<JobReference>> jobs(const std::string& service, Lane::Turn& turn) override;
  Result<Job> job(const std::string& url, Lane::Turn& turn) override;
  Result<void> change_job(const std::string& url, JobSetting setting, const std::string& value,
                          Lane::Turn& turn) override;
  Result<void> delete_job(const std::string& url, Lane::Turn& turn) override;
  Result<std::string> job_failure(const std::string& url, const Job& job, Lane::Turn& turn) override;
  std::vector<std::string> job_services() const override;
  std::string job_url(const std::string& service, const std::string& id) const override;
  std::string query_service(const std::string& service, const std::string& adql) const override;

  bool valid_id(const std::string& id) const override;
  Dataset dataset(const std::string& id) const override;
  std::string links_url(const Dataset& dataset) const override;
  CutoutOffer cutout_offer(const Dataset& dataset, const Links* links) const override;
  Result<FileSource> cutout_source(const Dataset& dataset, const Links* links) const override;
  std::string likely_url(const Dataset& dataset) const override;
  QueryRequest row_query(const std::string& id) const override;
  std::string canonical_url(const Dataset& dataset) const override;
  std::function<std::optional<Dataset>(std::span<const Value>)> dataset_reader(
      const std::vector<Column>& columns) const override;

 private:
  const Profile& profile() const noexcept { return ids_->profile(); }
  // A failure without secrets, which the service may have quoted.
  template <class T>
  Result<T> discreet(Result<T> result) const {
    const auto& authoriser = http_.settings().authoriser;
    if (result || !authoriser) return result;
    return Error(result.error().code(), authoriser->without_secrets(result.error().what()));
  }
  // Like discreet(), and adds to EACCES what the user can do.
  template <class T>
  Result<T> advised(Result<T> result, const std::string& url) const {
    if (result || result.error().code() != EACCES || !http_.settings().authoriser)
      return discreet(std::move(result));
    const std::string advice = http_.settings().authoriser->advice(url);
    return discreet(advice.empty() ? std::move(result)
                                   : Result<T>(Error(EACCES, result.error().what() + "; " + advice)));
  }
  void make_discreet(Links& links) const;

  const std::shared_ptr<const Identifiers> ids_;
  HttpClient http_;
  const Tap tap_;
  const DataLink datalink_;
  ManyLinksLuck many_links_;
  const CalSelector calselector_;
  const Ssap ssap_;
  const Sesame sesame_;
  const Soda soda_;
  const JobService jobs_;
};

}  // namespace esofs::client
