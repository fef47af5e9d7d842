#include "tests/sim/archive_sim.h"

#include <atomic>
#include <mutex>
#include <utility>

#include "tests/sim/files/file_service.h"
#include "tests/sim/http/http_server.h"
#include "tests/sim/knobs/access.h"
#include "tests/sim/knobs/control.h"
#include "tests/sim/knobs/faults.h"
#include "tests/sim/profile.h"
#include "tests/sim/services/calselector_service.h"
#include "tests/sim/services/datalink_service.h"
#include "tests/sim/services/pages.h"
#include "tests/sim/services/sesame_service.h"
#include "tests/sim/services/ssap_service.h"
#include "tests/sim/soda/soda_descriptor.h"
#include "tests/sim/soda/soda_service.h"
#include "tests/sim/tap/tap_service.h"

namespace esofs::sim {
namespace {

constexpr std::size_t kMaxLogged = 200'000;  // requests; later ones are only counted
constexpr std::size_t kMaxLoggedBody = 64U << 10U;

struct LoggedEntry {
  LoggedRequest request;  // but for its status and body_bytes
  int status = 0;         // guarded by the log's mutex
  std::shared_ptr<std::atomic<std::uint64_t>> sent = std::make_shared<std::atomic<std::uint64_t>>(0);
};

class Log {
 public:
  std::shared_ptr<LoggedEntry> add(const httplib::Request& request) {
    auto entry = std::make_shared<LoggedEntry>();
    entry->request.method = request.method;
    entry->request.target = request.target;
    entry->request.range = request.get_header_value("Range");
    entry->request.authorization = request.get_header_value("Authorization");
    entry->request.body = request.body.substr(0, kMaxLoggedBody);
    const std::lock_guard lock(mutex_);
    ++count_;
    if (entries_.size() < kMaxLogged) {
      entries_.push_back(entry);
    } else {
      entry->sent = rest_;
    }
    return entry;
  }
  void answered(LoggedEntry& entry, int status) {
    const std::lock_guard lock(mutex_);
    entry.status = status;
  }
  std::vector<LoggedRequest> all() const {
    const std::lock_guard lock(mutex_);
    std::vector<LoggedRequest> out;
    out.reserve(entries_.size());
    for (const auto& entry : entries_) {
      out.push_back(entry->request);
      out.back().status = entry->status;
      out.back().body_bytes = *entry->sent;
    }
    return out;
  }
  void count(Counters& counters) const {
    const std::lock_guard lock(mutex_);
    counters.requests = count_;
    counters.body_bytes = *rest_;
    for (const auto& entry : entries_) counters.body_bytes += *entry->sent;
  }
  void reset() {
    const std::lock_guard lock(mutex_);
    entries_.clear();
    count_ = 0;
    rest_ = std::make_shared<std::atomic<std::uint64_t>>(0);
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<LoggedEntry>> entries_;  // guarded by mutex_
  std::uint64_t count_ = 0;                            // guarded by mutex_
  std::shared_ptr<std::atomic<std::uint64_t>> rest_ =
      std::make_shared<std::atomic<std::uint64_t>>(0);  // of requests that are only counted
};

// What comes after `prefix`, or nothing.
std::optional<std::string> below(const std::string& path, const std::string& prefix) {
  if (path.rfind(prefix, 0) != 0) return std::nullopt;
  return path.substr(prefix.size());
}

class Sim : public ArchiveSim {
 public:
  explicit Sim(const Config& config) {
    // The port must be known before the holdings can name it; requests that come in between wait.
    const std::unique_lock lock(ready_);
    server_ =
        HttpServer::start(config.port, [this](const httplib::Request& request) { return handle(request); });
    base_url_ = "http://127.0.0.1:" + std::to_string(server_->port());
    holdings_ = Holdings::make({config.fits_folder, config.extra_rows, base_url_, config.large_raws});
    files_ = std::make_unique<FileService>(holdings_);
    other_ = HttpServer::start(0, [this](const httplib::Request& request) { return elsewhere(request); });
    datalink_ = std::make_unique<DataLinkService>(holdings_, base_url_);
    calselector_ = std::make_unique<CalSelectorService>(holdings_, base_url_);
    soda_ = SodaService::make(holdings_, base_url_);
    ssap_ = std::make_unique<SsapService>(holdings_);
    tap_obs_ = TapService::make(TapService::Kind::kObs, base_url_ + "/tap_obs", holdings_);
    tap_cat_ = TapService::make(TapService::Kind::kCat, base_url_ + "/tap_cat", holdings_);
  }
  ~Sim() override {
    soda_->stop();
    tap_obs_->stop();
    tap_cat_->stop();
  }

  std::string base_url() const override { return base_url_; }
  const Holdings& holdings() const override { return *holdings_; }
  void set(const Fault& fault) override { faults_.set(fault); }
  void clear_faults() override {
    faults_.clear();
    server_->release();
  }
  void release() override { server_->release(); }
  std::vector<LoggedRequest> requests() const override { return log_.all(); }
  Counters counters() const override {
    Counters counters;
    log_.count(counters);
    const HttpServer::Counts counts = server_->counts();
    counters.connections = counts.connections;
    counters.open = counts.open;
    counters.stalled = counts.stalled;
    return counters;
  }
  void reset_log() override {
    log_.reset();
    other_log_.reset();
  }
  std::string set_access(const std::string& json) override {
    std::string wrong = access_.set(json);
    if (wrong.empty()) tap_obs_->hide(access_.hidden());
    return wrong;
  }
  std::string other_url() const override { return "http://localhost:" + std::to_string(other_->port()); }
  std::vector<LoggedRequest> other_requests() const override { return other_log_.all(); }

 private:
  Answer handle(const httplib::Request& request) {
    { const std::lock_guard lock(ready_); }
    if (request.path == "/_sim/tap" && request.method == "POST") return set_tap(request.body);
    if (request.path == "/_sim/soda" && request.method == "POST")
      return knobs_answer(soda_->handle_knobs(request.body));
    if (const auto verb = below(request.path, "/_sim/")) return control(*verb, request, *this);
    const auto entry = log_.add(request);
    const Effect effect = faults_.take(request.target, request.path);
    Answer answer = answer_with(request, effect);
    if (!effect.content_type.empty()) answer.set("Content-Type", effect.content_type);
    answer.delivery = effect.delivery;
    answer.chunked |= effect.no_length;
    answer.sent = entry->sent;
    log_.answered(*entry, answer.status);
    return answer;
  }

  Answer answer_with(const httplib::Request& request, const Effect& effect) {
    if (effect.head_refused && request.method == "HEAD") {
      Answer refusal = html_answer(405, "Method Not Allowed", "HEAD is not supported here.");
      refusal.set("Allow", "GET, POST");
      return refusal;
    }
    if (effect.fail_status) {
      Answer failure =
          effect.error_text.empty()
              ? html_answer(*effect.fail_status, "Error", "The archive cannot answer this request now.")
              : text_answer(*effect.fail_status, "text/plain;charset=UTF-8", effect.error_text);
      if (effect.retry_after) failure.set("Retry-After", std::to_string(*effect.retry_after));
      if (*effect.fail_status == 401) failure.set("WWW-Authenticate", "Basic realm=\"ESO Archive\"");
      return failure;
    }
    if (effect.login_page) return login_page();
    if (!effect.redirect.empty()) {
      Answer away = text_answer(302, "text/plain", "");
      away.set("Location", (effect.redirect == "other" ? other_url() : effect.redirect) + request.target);
      return away;
    }
    return route(request, effect);
  }

  Answer set_tap(const std::string& json) {
    std::string wrong = tap_obs_->handle_knobs(json);
    if (wrong.empty()) wrong = tap_cat_->handle_knobs(json);
    return knobs_answer(wrong);
  }

  static Answer knobs_answer(const std::string& wrong) {
    if (wrong.empty()) return text_answer(200, "application/json", "{\"ok\": true}\n");
    return text_answer(400, "text/plain", wrong + "\n");
  }

  Answer route(const httplib::Request& request, const Effect& effect) {
    const std::string& path = request.path;
    const Access::Caller caller = access_.caller(request.get_header_value("Authorization"));
    const auto refusal = [&](const File& file) -> std::optional<Answer> {
      if (!caller.bad && access_.may_read(caller, file)) return std::nullopt;
      return access_.refusal();
    };
    for (const char* prefix : {"/dataPortal/file/", "/dataPortal_new/file/"}) {
      if (const auto id = below(path, prefix)) return files_->answer(*id, request, effect, refusal);
    }
    if (const auto rest = below(path, "/folders/")) return files_->in_folder(*rest, request, effect, refusal);
    if (path == "/sso/oidc/token") return access_.token(request);
    if (caller.bad && (path == "/datalink/links" || below(path, "/tap_obs"))) return access_.refusal();
    if (path == "/datalink/links")
      return datalink_->answer(request, [&](const std::string& id) { return !access_.may_know(caller, id); });
    if (const auto rest = below(path, "/tap_obs")) {
      const bool sees_all =
          access_.may_know(caller, access_.hidden().empty() ? "" : access_.hidden().front());
      return tap_obs_->handle(*rest, with_caller(request, caller), sees_all);
    }
    if (auto cutout = soda_->answer(for_cutouts(request, caller), effect)) return *std::move(cutout);
    if (path == "/calselector/v1/associations") return calselector_->answer(request);
    if (const auto rest = below(path, "/tap_cat")) return tap_cat_->handle(*rest, request);
    if (path == "/ssap") return ssap_->answer(request);
    if (below(path, "/cgi-bin/nph-sesame"))
      return sesame_answer(below(request.target, path + "?").value_or(""));
    if (path == "/profile.json") return text_answer(200, "application/json", profile_json(base_url_));
    if (const auto rest = below(path, "/previews/v1/files/")) return preview(*rest);
    if (below(path, "/rm/api/v1/public/releaseDescriptions/")) return pdf_answer("Release description");
    if (const auto id = below(path, "/dataset/")) return html_answer(200, *id, "Dataset " + *id);
    return html_answer(404, "Not Found", "There is nothing at " + path + ".");
  }

  std::mutex ready_;  // held until the services below are built
  std::string base_url_;
  std::shared_ptr<const Holdings> holdings_;
  std::unique_ptr<FileService> files_;
  std::unique_ptr<DataLinkService> datalink_;
  std::unique_ptr<CalSelectorService> calselector_;
  std::unique_ptr<SodaService> soda_;
  std::unique_ptr<SsapService> ssap_;
  std::unique_ptr<TapService> tap_obs_;
  std::unique_ptr<TapService> tap_cat_;
  // Tells the job lists whose jobs the caller may see.
  static httplib::Request with_caller(httplib::Request request, const Access::Caller& caller) {
    request.headers.erase(kCallerHeader);
    if (!caller.name.empty()) request.set_header(kCallerHeader, caller.name);
    return request;
  }

  // id: an archive id, an identifier that ends with one, or the token of the form kCasda.
  const File* file_to_cut(const std::string& id) const {
    for (const Holding& holding : holdings_->all()) {
      if (soda_token(holding.dp_id) == id) return holdings_->find_file(holding.dp_id);
    }
    return holdings_->find_file(id.substr(id.rfind('?') + 1));
  }

  // The cutout service knows one user: observer if the caller may read the files that the request names, else nobody.
  httplib::Request for_cutouts(const httplib::Request& request, const Access::Caller& caller) const {
    httplib::Request out = with_caller(request, caller);
    out.headers.erase(kForbiddenHeader);
    bool may_read = !caller.bad;
    for (const auto& [name, value] : request.params) {
      const File* file = name == "ID" ? file_to_cut(value) : nullptr;
      if (file == nullptr) continue;
      if (!access_.may_read(caller, *file)) out.set_header(kForbiddenHeader, "1");
      may_read = may_read && access_.may_read(caller, *file);
    }
    out.headers.erase("Authorization");
    if (may_read) out.set_header("Authorization", std::string("Bearer ") + kToken);
    return out;
  }

  // Answers a request to the other host.
  Answer elsewhere(const httplib::Request& request) {
    const auto entry = other_log_.add(request);
    Answer answer = html_answer(404, "Not Found", "There is nothing at " + request.path + ".");
    if (const auto id = below(request.path, "/dataPortal/file/"))
      answer = files_->answer(*id, request, {}, nullptr);
    answer.sent = entry->sent;
    other_log_.answered(*entry, answer.status);
    return answer;
  }

  Access access_;
  FaultBook faults_;
  Log log_;
  Log other_log_;
  std::unique_ptr<HttpServer> other_;
  std::unique_ptr<HttpServer> server_;  // last, so that its threads end before what they use
};

}  // namespace

std::unique_ptr<ArchiveSim> ArchiveSim::start(const Config& config) { return std::make_unique<Sim>(config); }

}  // namespace esofs::sim
