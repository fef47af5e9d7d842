#include "client/http_archive.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "client/http/url.h"
#include "client/product_files.h"
#include "client/services/adql.h"
#include "client/services/dataset_reader.h"
#include "client/services/fetch.h"

namespace esofs::client {
namespace {

// A login would change nothing: no advice goes with it.
Error not_fetched(const std::string& url) {
  return {EACCES, "the archive gives it by " + foreign_scheme(url) + " (" + shown_url(url) +
                      "), and esofs follows links to http and https only"};
}

}  // namespace

std::unique_ptr<Archive> HttpArchive::make(Profile profile, HttpSettings settings, Tap::Times times) {
  return std::make_unique<HttpArchive>(std::move(profile), std::move(settings), times);
}

HttpArchive::HttpArchive(Profile profile, HttpSettings settings, Tap::Times times)
    : ids_(std::make_shared<const Identifiers>(std::move(profile))),
      http_(std::move(settings)),
      tap_(http_, ids_->profile(), times),
      datalink_(http_, ids_->profile().placeholder_lengths),
      calselector_(http_, *ids_),
      ssap_(http_, ids_->profile().ssap_url),
      sesame_(http_, ids_->profile().resolver_url),
      soda_(http_, ids_->profile().soda_url),
      jobs_(http_) {}

std::string HttpArchive::identity() const { return profile().name + " " + profile().tap.front().url; }

Result<QuerySummary> HttpArchive::query(const QueryRequest& request, TableSink& sink, Lane::Turn& turn) {
  if (request.service == kSsapService) return ssap_.query(request, sink, turn);
  return advised(tap_.query(request, sink, turn), profile().tap.front().url);
}

Result<Links> HttpArchive::links(const std::string& url, Lane::Turn& turn) {
  auto links = advised(datalink_.links(url, turn), url);
  if (links) make_discreet(*links);
  return links;
}

void HttpArchive::make_discreet(Links& links) const {
  const auto& authoriser = http_.settings().authoriser;
  if (!authoriser) return;
  for (auto& link : links.rows)
    link.error_message = authoriser->without_secrets(std::move(link.error_message));
}

Result<Archive::Located> HttpArchive::locate(const Dataset& dataset, Lane::Turn& turn) {
  const auto& url = dataset.access_url;
  if (url.empty()) return Error(ENOENT, "the archive gives no URL for " + dataset.id);
  if (!foreign_scheme(url).empty()) return not_fetched(url).at("locating " + dataset.id);
  if (dataset.access == AccessKind::kFile) return Located{{url, {}, "", ""}, {}};
  auto found = dataset.access == AccessKind::kDataLink ? datalink_.file(url, dataset.id, turn)
                                                       : datalink_.file_or_links(url, dataset.id, turn);
  if (!found) return advised(Result<Located>(found.error().at("locating " + dataset.id)), url);
  if (!foreign_scheme(found->source.url).empty())
    return not_fetched(found->source.url).at("locating " + dataset.id);
  if (found->links) make_discreet(*found->links);
  return Located{std::move(found->source), std::move(found->links)};
}

bool HttpArchive::located_together(const Dataset& dataset) const {
  return many_links_.worth_asking() && !ids_->likely_url(dataset).empty();
}

Result<Archive::Together> HttpArchive::locate_together(const std::vector<Dataset>& datasets,
                                                       Lane::Turn& turn) {
  std::vector<std::string> ids;
  ids.reserve(datasets.size());
  for (const auto& dataset : datasets) ids.push_back(dataset.id);
  const std::string url = many_links_url(profile().datalink_pattern, ids);
  if (url.empty() || !many_links_.worth_asking())
    return Error(ENOTSUP, "DataLink is asked for one dataset at a time");
  auto links = datalink_.links(url, turn);
  if (!links) {
    if (!turn.stop().stop_requested()) many_links_.failed();
    return links.error();
  }
  const auto parts = divided_links(*links, ids);
  Together found(ids.size());
  std::size_t answered = 0;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (parts[i].rows.empty()) continue;
    ++answered;
    // A refusal is asked for again by itself: its words depend on the login.
    if (links_error(parts[i], url)) found[i] = DataLink::direct_file(parts[i], ids[i]);
  }
  many_links_.answered(ids.size(), answered);
  return found;
}

Result<std::vector<ProductFile>> HttpArchive::product_files(const std::string& id, Lane::Turn& turn) {
  return client::product_files(*this, *ids_, id, turn);
}

Result<FileHead> HttpArchive::fetch(const FetchRequest& request, FetchSink& sink, Lane::Turn& turn) {
  if (request.kind != FetchKind::kFile) return advised(soda_.fetch(request, sink, turn), request.url);
  return advised(fetch_file(http_, request, sink, turn), request.url);
}

std::string HttpArchive::user() {
  const auto& authoriser = http_.settings().authoriser;
  return authoriser ? authoriser->user() : std::string();
}

std::string HttpArchive::identity_for(const std::string& url) {
  const auto& authoriser = http_.settings().authoriser;
  return authoriser && !url.empty() ? authoriser->identity_for(url) : std::string();
}

std::string HttpArchive::query_identity(const std::string& service) {
  // Most queries are for the first of several services, so its login stands for all.
  const auto& services = profile().tap;
  const auto named = std::find_if(services.begin(), services.end(),
                                  [&service](const TapService& tap) { return tap.name == service; });
  return identity_for((named == services.end() ? services.front() : *named).url);
}

Result<Associations> HttpArchive::associations(const std::string& url, const std::string& id,
                                               Lane::Turn& turn) {
  return discreet(calselector_.associations(url, id, turn));
}

std::string HttpArchive::associations_url(const Dataset& dataset, CalibrationMode mode) const {
  const auto& base = profile().calselector_url;
  if (base.empty() || !ids_->raw(dataset.id)) return "";
  return calselector_url(base, Identifiers::canonical(dataset.id), mode);
}

Result<SkyPosition> HttpArchive::resolve(const std::string& name, Lane::Turn& turn) {
  return sesame_.resolve(name, turn);
}

CutoutOffer HttpArchive::cutout_offer(const Dataset& dataset, const Links* links) const {
  return soda_.offer(dataset, links);
}

Result<FileSource> HttpArchive::cutout_source(const Dataset& dataset, const Links* links) const {
  return soda_.source(dataset, links);
}

Result<std::string> HttpArchive::create_job(const QueryRequest& request, Lane::Turn& turn) {
  return discreet(tap_.create_job(request, turn));
}

Result<std::vector<JobReference>> HttpArchive::jobs(const std::string& service, Lane::Turn& turn) {
  const auto found = service_named(profile(), service);
  if (!found) return found.error();
  return discreet(jobs_.list((*found)->url + "/async", turn));
}

Result<Job> HttpArchive::job(const std::string& url, Lane::Turn& turn) {
  auto job = discreet(jobs_.read(url, std::nullopt, turn));
  const auto& authoriser = http_.settings().authoriser;
  if (job && authoriser) job->error_message = authoriser->without_secrets(std::move(job->error_message));
  return job;
}

Result<void> HttpArchive::change_job(const std::string& url, JobSetting setting, const std::string& value,
                                     Lane::Turn& turn) {
  return discreet(jobs_.change(url, setting, value, turn));
}

Result<void> HttpArchive::delete_job(const std::string& url, Lane::Turn& turn) {
  return discreet(jobs_.remove(url, turn));
}

Result<std::string> HttpArchive::job_failure(const std::string& url, const Job& job, Lane::Turn& turn) {
  auto text = discreet(jobs_.failure(url, job, turn));
  const auto& authoriser = http_.settings().authoriser;
  return text && authoriser ? authoriser->without_secrets(*std::move(text)) : text;
}

std::vector<std::string> HttpArchive::job_services() const {
  std::vector<std::string> names;
  for (const auto& service : profile().tap) names.push_back(service.name);
  return names;
}

std::string HttpArchive::job_url(const std::string& service, const std::string& id) const {
  const auto found = service_named(profile(), service);
  return found ? (*found)->url + "/async/" + id : std::string();
}

std::string HttpArchive::query_service(const std::string& service, const std::string& adql) const {
  if (!service.empty()) return service;
  const auto found = services_of(profile(), adql);
  return found && !found->empty() ? found->front()->name : std::string();
}

bool HttpArchive::valid_id(const std::string& id) const { return ids_->valid(id); }

Dataset HttpArchive::dataset(const std::string& id) const { return ids_->dataset(id); }

std::string HttpArchive::links_url(const Dataset& dataset) const {
  if (dataset.access == AccessKind::kDataLink && !dataset.access_url.empty())
    return ids_->canonical_url(dataset);
  return ids_->links_url(dataset.id);
}

std::string HttpArchive::likely_url(const Dataset& dataset) const { return ids_->likely_url(dataset); }

QueryRequest HttpArchive::row_query(const std::string& id) const {
  const auto written = Identifiers::canonical(id);
  const bool raw = !profile().raw_table.empty() && ids_->raw(written);
  const auto& table = raw ? profile().raw_table : profile().obscore_table;
  const auto& column = raw ? profile().raw_id_column : profile().obscore_id_column;
  QueryRequest request;
  request.adql = "SELECT * FROM " + table + " WHERE " + column + " = " + adql_literal(written);
  const auto service = service_of(profile(), request.adql);
  if (service) request.service = (*service)->name;
  request.maxrec = 1;
  request.mode = QueryMode::kSync;
  return request;
}

std::string HttpArchive::canonical_url(const Dataset& dataset) const { return ids_->canonical_url(dataset); }

std::function<std::optional<Dataset>(std::span<const Value>)> HttpArchive::dataset_reader(
    const std::vector<Column>& columns) const {
  return make_dataset_reader(ids_, columns);
}

}  // namespace esofs::client
