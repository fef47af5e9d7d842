#include "client/soda/soda.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <string_view>
#include <utility>

#include "client/http/http_error.h"
#include "client/http/retry.h"
#include "client/http/url.h"
#include "client/services/datalink.h"
#include "client/services/fetch.h"
#include "client/services/service_error.h"
#include "client/soda/soda_descriptor.h"
#include "client/soda/soda_job.h"

namespace esofs::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Added to the estimate of a cutout: headers stay whole, and pixels are not halved.
constexpr std::uint64_t kHeaderBytes = 1ULL << 20U;

std::optional<std::uint64_t> estimate(const Links& links, double share) {
  for (const auto& link : links.rows) {
    if (!has_semantics(link, "this") || !link.content_length) continue;
    const double bytes = std::ceil(static_cast<double>(*link.content_length) * share);
    return std::min(static_cast<std::uint64_t>(bytes), *link.content_length) + kHeaderBytes;
  }
  return std::nullopt;
}

// Notes whether any part of an answer was passed on.
class Watched : public FetchSink {
 public:
  explicit Watched(FetchSink& sink) : sink_(sink) {}
  Result<void> head(const FileHead& head) override {
    begun = true;
    return sink_.head(head);
  }
  Result<void> body(std::span<const std::byte> piece) override { return sink_.body(piece); }

  bool begun = false;

 private:
  FetchSink& sink_;
};

// status: of the answer to the request for the cutout; 0: it did not come to that.
bool worth_another_try(FetchKind kind, const Error& error, int status) {
  if (status != 0) return status_retried(status);
  // The job may have been made; what can be repeated for it was.
  if (kind == FetchKind::kJob) return false;
  return error.code() == EHOSTUNREACH || error.code() == ENETUNREACH;
}

}  // namespace

Error soda_error(const HttpHead& head, const std::string& text) {
  struct Word {
    std::string_view begins;
    int code;
  };
  constexpr std::array<Word, 5> kWords{{{"UsageError", EINVAL},
                                        {"MultiValuedParamNotSupported", EINVAL},
                                        {"AuthenticationError", EACCES},
                                        {"AuthorizationError", EACCES},
                                        {"ServiceUnavailable", EIO}}};
  HttpHead answer = head;
  const bool refused_with_200 = head.status < 400;
  if (refused_with_200) answer.status = 400;  // the sentence is what there is
  Error said = answer_error(answer, text);
  if (head.status >= 400 && status_errno(head.status) != EIO) return said;  // 401, 403, 404 say enough
  const auto first = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  for (const auto& word : kWords) {
    if (std::string_view(text).substr(first).starts_with(word.begins)) return {word.code, said.what()};
  }
  if (refused_with_200) return {EIO, "the service sent a text instead of a cutout: " + said.what()};
  const bool unfit = head.status == 400 || head.status == 413 || head.status == 422;
  return unfit ? Error(EINVAL, said.what()) : said;
}

// If a DataLink answer names no cutout service, there are no cutouts (client/ESO.md, "Cutouts"); one that
// names a service and does not describe it (as JSON) leaves that to the profile.
bool Soda::falls_back(const Links* links) const {
  if (fallback_url_.empty()) return false;
  if (links == nullptr) return true;
  return std::any_of(links->rows.begin(), links->rows.end(), [](const Link& link) {
    return has_semantics(link, "cutout") && link.error_message.empty();
  });
}

CutoutOffer Soda::offer(const Dataset& dataset, const Links* links) const {
  if (links != nullptr) {
    if (const auto service = find_cutout_service(*links, dataset.id)) return offer_of(*service);
  }
  CutoutOffer offer;
  if (!falls_back(links)) return offer;
  offer.any = offer.circles = offer.polygons = offer.bands = true;
  offer.service = fallback_url_;
  return offer;
}

Result<FileSource> Soda::source(const Dataset& dataset, const Links* links) const {
  const auto spec = parse_cutout_spec(dataset.cutout);
  if (!spec) return Error(EINVAL, "no cutout: " + dataset.cutout);
  const auto reach = offer(dataset, links);
  if (auto possible = check_cutout(*spec, reach); !possible) return possible.error().at(dataset.id);
  FileSource source;
  source.kind = reach.by_job ? FetchKind::kJob : FetchKind::kMade;
  const auto service = links == nullptr ? std::nullopt : find_cutout_service(*links, dataset.id);
  auto fields = service ? cutout_fields(*service, *links, *spec)
                        : Result<Fields>(plain_cutout_fields(dataset.id, *spec));
  if (!fields) return fields.error().at(dataset.id);
  source.url = with_parameters(reach.service, *fields);
  if (links != nullptr) source.length = estimate(*links, cutout_share(*spec, reach));
  return source;
}

Result<FileHead> Soda::fetch(const FetchRequest& request, FetchSink& sink, Lane::Turn& turn) const {
  const auto& settings = http_.settings();
  const auto deadline = steady_clock::now() + settings.cutout;
  Watched watched(sink);
  HttpHead answer;
  FetchOptions options;
  options.limits = settings.limits;
  options.limits->attempts = 1;
  options.explain = soda_error;
  options.answer = &answer;
  for (int failures = 1;; ++failures) {
    answer = {};
    options.limits->first_byte =
        std::max(milliseconds(1), std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now()));
    auto fetched = request.kind == FetchKind::kJob
                       ? SodaJob(http_, deadline).fetch(request, watched, turn, options)
                       : fetch_file(http_, request, watched, turn, options);
    if (fetched || watched.begun || !worth_another_try(request.kind, fetched.error(), answer.status))
      return fetched;
    const auto rest = retry_pause(settings.limits, failures, 0.5, retry_after(answer));
    if (failures >= settings.limits.attempts || steady_clock::now() + rest >= deadline) return fetched;
    if (auto paused = turn.pause(rest); !paused) return paused.error();
  }
}

}  // namespace esofs::client
