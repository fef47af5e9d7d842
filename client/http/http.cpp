#include "client/http/http.h"

#include <curl/curl.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <random>
#include <string_view>
#include <utility>

#include "client/base/descriptors.h"
#include "client/base/guarded.h"
#include "client/base/text.h"
#include "client/http/authoriser.h"
#include "client/http/gunzip.h"
#include "client/http/host_limits.h"
#include "client/http/http_error.h"
#include "client/http/http_session.h"
#include "client/http/redirect.h"
#include "client/http/retry.h"
#include "client/http/traffic.h"
#include "client/http/url.h"

namespace esofs::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kMostRedirects = 10;
constexpr int kUnauthorised = 401;
constexpr int kForbidden = 403;
constexpr int kSuccess = 2;            // the first digit
constexpr std::size_t kMostIdle = 64;  // sessions kept; more jobs than this never run at once by default

std::string host_of(const std::string& url) {
  const Origin origin = origin_of(url);
  return origin.host + ":" + origin.port;
}

std::string shown(const HttpRequest& request) {
  return request.shown.empty() ? shown_url(request.url) : request.shown;
}

double chance() {
  std::random_device device;
  return std::uniform_real_distribution<double>(0, 1)(device);
}

class TextSink : public HttpSink {
 public:
  explicit TextSink(std::uint64_t most_bytes) : most_bytes_(most_bytes) {}

  Result<void> head(const HttpHead& head) override {
    if (packed_by_gzip(head)) plain_.emplace([this](std::span<const std::byte> piece) { return add(piece); });
    return {};
  }
  Result<void> body(std::span<const std::byte> piece) override {
    return plain_ ? plain_->push(piece) : add(piece);
  }
  bool restart() override {
    text_.clear();
    plain_.reset();
    return true;
  }
  Result<std::string> take() {
    if (plain_) {
      if (auto ended = plain_->finish(); !ended) return Error(EIO, ended.error().what());
    }
    return std::move(text_);
  }

 private:
  Result<void> add(std::span<const std::byte> piece) {
    if (piece.size() > most_bytes_ - text_.size())
      return Error(EFBIG, "the answer is longer than " + std::to_string(most_bytes_) + " bytes");
    text_.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    return {};
  }

  std::uint64_t most_bytes_;
  std::string text_;
  std::optional<Gunzip> plain_;
};

}  // namespace

class HttpClient::Pool {
 public:
  explicit Pool(HttpSettings settings) : settings_(std::move(settings)) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
  }
  ~Pool() {
    idle_.lock()->clear();
    curl_global_cleanup();
  }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  const HttpSettings& settings() const noexcept { return settings_; }
  HostLimits& hosts() noexcept { return hosts_; }

  std::unique_ptr<HttpSession> take() {
    {
      auto idle = idle_.lock();
      if (!idle->empty()) {
        auto session = std::move(idle->back());  // the one used last has the connections most likely to live
        idle->pop_back();
        return session;
      }
    }
    return std::make_unique<HttpSession>();
  }

  // Another connection was cut, so theirs may be as well.
  void forget_idle() { const auto ended = std::exchange(*idle_.lock(), {}); }

  void give_back(std::unique_ptr<HttpSession> session) {
    auto idle = idle_.lock();
    if (idle->size() < kMostIdle) idle->push_back(std::move(session));
  }

 private:
  HttpSettings settings_;
  HostLimits hosts_;
  Guarded<std::vector<std::unique_ptr<HttpSession>>> idle_;
};

namespace {

// Passes an answer on and counts its bytes.
class CountedSink : public HttpSink {
 public:
  CountedSink(HttpSink& sink, Traffic* traffic, const Cause& cause)
      : sink_(sink), traffic_(traffic), cause_(cause) {}
  ~CountedSink() override { tell(); }
  CountedSink(const CountedSink&) = delete;
  CountedSink& operator=(const CountedSink&) = delete;

  Result<void> head(const HttpHead& head) override { return sink_.head(head); }
  Result<void> body(std::span<const std::byte> piece) override {
    bytes_ += piece.size();
    if (bytes_ - told_ >= kTellAfter) tell();
    return sink_.body(piece);
  }
  bool restart() override { return sink_.restart(); }
  std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  static constexpr std::uint64_t kTellAfter = 1U << 20U;  // so that a long answer shows while it comes
  void tell() {
    if (traffic_ != nullptr && bytes_ > told_) traffic_->received(cause_, bytes_ - told_);
    told_ = bytes_;
  }

  HttpSink& sink_;
  Traffic* const traffic_;
  const Cause cause_;
  std::uint64_t bytes_ = 0;
  std::uint64_t told_ = 0;
};

// One send(): the attempts, redirects and waits around the exchanges of a session.
class Sending {
 public:
  // forget_idle: called when a connection was found cut, or no descriptor was left.
  Sending(HttpSession& session, HostLimits& hosts, std::function<void()> forget_idle,
          const HttpSettings& settings, const HttpRequest& request, HttpSink& sink, Lane::Turn& turn)
      : session_(session),
        hosts_(hosts),
        forget_idle_(std::move(forget_idle)),
        settings_(settings),
        limits_(request.limits.value_or(settings.limits)),
        original_(request),
        sink_(sink),
        turn_(turn) {
    if (limits_.total.count() > 0) deadline_ = steady_clock::now() + limits_.total;
  }

  Result<HttpHead> run() {
    for (int failures = 0;;) {
      const bool last = failures + 1 >= limits_.attempts;
      at_home_ = true;
      identity_.clear();
      over_limit_ = false;
      HttpOutcome outcome = attempt(last);
      if (outcome.peer_gone) forget_idle_();
      name_lack_of_descriptors(outcome);
      if (!outcome.failure && outcome.delivered) return std::move(outcome.head);
      if (outcome.failure && (last || !(outcome.failure->retry || started_again(*outcome.failure))))
        return outcome.failure->error;
      if (!over_limit_) ++failures;
      if (settings_.traffic) settings_.traffic->sent_again(reason(outcome));
      const std::string why =
          outcome.failure ? outcome.failure->error.what() : "HTTP " + std::to_string(outcome.head.status);
      if (auto waited =
              wait(retry_pause(limits_, std::max(failures, 1), chance(), retry_after(outcome.head)), why);
          !waited)
        return waited.error();
    }
  }

 private:
  // curl does not say that it could open no socket. Idle connections make room for it.
  void name_lack_of_descriptors(HttpOutcome& outcome) const {
    if (!outcome.failure || outcome.head.status != 0 || turn_.stop().stop_requested()) return;
    const auto none = no_descriptor_left();
    if (!none) return;
    forget_idle_();
    outcome.failure = HttpFailure{*none, true};
  }

  // The request and its redirects. If it has no failure and is not delivered, its status is worth another attempt.
  HttpOutcome attempt(bool last) {
    session_.forget_cookies();
    HttpRequest request = original_;
    if (settings_.authoriser && !nobody()) request.url = settings_.authoriser->secured(request.url);
    for (int hops = 0;; ++hops) {
      HttpOutcome outcome = hop(request, last);
      if (outcome.failure || outcome.delivered || over_limit_ || tried_again(outcome.head.status))
        return outcome;
      const auto followed = hops < kMostRedirects ? follow(request, outcome.head)
                                                  : Result<void>(Error(ELOOP, "more than 10 redirects"));
      if (followed) continue;
      outcome.failure = HttpFailure{Error(EIO, followed.error().what()), false};
      return outcome;
    }
  }

  HttpOutcome hop(const HttpRequest& request, bool last) {
    // Once a redirect has led to another origin, no credentials are sent, not even after a redirect back.
    const bool was_home = at_home_;
    at_home_ = at_home_ && (request.url == original_.url || same_trust(original_.url, request.url));
    if (was_home && !at_home_) session_.forget_cookies();
    auto granted = grant(request.url);
    if (!granted) return failed(granted.error());
    const std::string identity = identity_;
    for (;;) {
      const bool may_renew = *granted && !renewed_ && settings_.authoriser->renewable(**granted);
      const bool may_drop = *granted && !may_renew && original_.rights.kind == Rights::Kind::kLoggedInFirst;
      HttpOutcome outcome = exchange(request, *granted, may_renew || may_drop, last);
      if (outcome.failure || outcome.delivered || outcome.head.status != kUnauthorised) return outcome;
      if (may_drop) {
        identity_ = identity;
        return without(**granted, request, last);
      }
      if (!may_renew) return outcome;
      renewed_ = true;
      auto renewed = settings_.authoriser->renewed(request.url, **granted, turn_);
      if (!renewed) return failed(renewed.error());
      if (auto right = check(*renewed); !right) return failed(right.error());
      *granted = *std::move(renewed);
    }
  }

  HttpOutcome without(const Grant& refused, const HttpRequest& request, bool last) {
    HttpOutcome outcome = exchange(request, std::nullopt, false, last);
    if (!outcome.failure && outcome.head.status / 100 == kSuccess) settings_.authoriser->not_taken(refused);
    return outcome;
  }

  // unless_401: a 401 is not delivered.
  HttpOutcome exchange(const HttpRequest& request, const std::optional<Grant>& grant, bool unless_401,
                       bool last) {
    const bool counts = request.method == "GET" && limits_.first_byte <= settings_.limits.first_byte;
    auto place = hosts_.enter(host_of(request.url), counts, patience(), turn_);
    if (turn_.stop().stop_requested()) return failed(Error(EINTR, "stopped"));
    const std::string what = request.url + '\n' + (grant ? grant->identity : std::string());
    const auto wanted = [&](const HttpHead& head) {
      over_limit_ = is_over_limit(request, head.status, place, what);
      if (over_limit_) return false;
      if (tried_again(head.status)) return last;
      if (head.status / 100 == kSuccess) place.flows(what);
      if (head.status == kUnauthorised && unless_401) return false;
      return !(is_redirect(head) && (request.follow_redirects || is_move(request, head)));
    };
    // Credentials were sent before this redirect, so whatever it leads to counts as obtained with them.
    if (grant) identity_ = grant->identity;
    if (!grant)
      return session_.exchange({settings_, limits_, request, deadline_, wanted, sink_, identity_}, turn_);
    HttpRequest authorised = request;
    authorised.direct = in_the_clear_here(request.url);
    authorised.headers.push_back("Authorization: " + grant->value);
    return session_.exchange({settings_, limits_, authorised, deadline_, wanted, sink_, grant->identity},
                             turn_);
  }

  // How long the request may wait for its turn at a host.
  milliseconds patience() const {
    if (!deadline_) return limits_.retry_most;
    const auto left = std::chrono::duration_cast<milliseconds>(*deadline_ - steady_clock::now());
    return std::clamp(left, milliseconds(0), limits_.retry_most);
  }

  static HttpOutcome failed(const Error& error) {
    HttpOutcome outcome;
    outcome.failure = HttpFailure{error, false};
    return outcome;
  }

  bool nobody() const { return original_.rights.kind == Rights::Kind::kNobody; }

  // What the request to `url` carries.
  Result<std::optional<Grant>> grant(const std::string& url) {
    if (!settings_.authoriser || !at_home_ || nobody()) return std::optional<Grant>();
    auto granted = settings_.authoriser->grant(url, turn_);
    if (!granted) return granted;
    if (wants_identity() && !*granted)
      return Error(EACCES, "it needs the rights of " + original_.rights.identity + ", who is not logged in");
    if (*granted) {
      if (auto right = check(**granted); !right) return right.error();
    }
    return granted;
  }
  bool wants_identity() const { return original_.rights.kind == Rights::Kind::kIdentity; }
  Result<void> check(const Grant& grant) const {
    const std::string& identity = original_.rights.identity;
    if (!wants_identity() || grant.identity == identity) return {};
    return Error(EACCES, "it needs the rights of " + identity + ", and " + grant.identity + " is logged in");
  }

  // True if the answer that broke off can be requested again, and the sink has forgotten it.
  bool started_again(const HttpFailure& failure) {
    const bool repeatable = original_.may_repeat && (original_.method == "GET" || original_.method == "HEAD");
    return failure.broke_off && repeatable && sink_.restart();
  }

  // Why a request is sent again, in words that Traffic counts by.
  std::string reason(const HttpOutcome& outcome) const {
    if (over_limit_) return "the server takes no more at once";
    if (!outcome.failure) return "HTTP " + std::to_string(outcome.head.status);
    if (outcome.peer_gone) return "the connection was cut";
    if (outcome.failure->broke_off) return "the answer broke off";
    return outcome.failure->error.code() == ETIMEDOUT ? "no answer in time" : "the connection failed";
  }

  // Whether the host refuses the request because of other transfers. A URL that is signed is refused when its time is over.
  bool is_over_limit(const HttpRequest& request, int status, HostLimits::Place& place,
                     const std::string& what) {
    if (refuses_more(status)) return place.refused();
    const bool limited =
        status == kForbidden && shown_url(request.url) == request.url && place.forbidden(what, forbidden_);
    forbidden_ += limited ? 1 : 0;
    return limited;
  }
  static bool refuses_more(int status) { return status == 429 || status == 503; }

  // 502 and 504 come from a front end that may have passed the request on; 429 and 503 say that it was not taken.
  bool tried_again(int status) const {
    return status_retried(status) && (original_.may_repeat || refuses_more(status));
  }

  Result<void> wait(milliseconds time, const std::string& why) {
    if (deadline_ && steady_clock::now() + time >= *deadline_)
      return Error(ETIMEDOUT, "no time is left to try again after: " + why);
    spdlog::debug("{}: {}; trying again in {} ms", shown(original_), why, time.count());
    return turn_.pause(time);
  }

  HttpSession& session_;
  HostLimits& hosts_;
  const std::function<void()> forget_idle_;
  const HttpSettings& settings_;
  const HttpLimits limits_;
  const HttpRequest& original_;
  HttpSink& sink_;
  Lane::Turn& turn_;
  std::optional<steady_clock::time_point> deadline_;
  bool at_home_ = true;      // of this attempt: no redirect has led to another origin
  std::string identity_;     // of this attempt: whose login one of its requests has carried
  bool renewed_ = false;     // the grant has been renewed once
  bool over_limit_ = false;  // of this attempt: the host refused it because of other transfers
  int forbidden_ = 0;        // how often it did so by 403
};

}  // namespace

std::string HttpHead::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

HttpClient::HttpClient(HttpSettings settings) : pool_(std::make_unique<Pool>(std::move(settings))) {}
HttpClient::~HttpClient() = default;

const HttpSettings& HttpClient::settings() const noexcept { return pool_->settings(); }

Result<HttpHead> HttpClient::send(const HttpRequest& request, HttpSink& sink, Lane::Turn& turn) {
  const std::string step = request.method + " " + shown(request);
  if (settings().offline)
    return Error(ENETUNREACH, "the mount is offline (-o offline) and makes no request").at(step);
  if (turn.stop().stop_requested()) return Error(EINTR, "stopped").at(step);
  auto session = pool_->take();
  const auto begun = steady_clock::now();
  Traffic* const traffic = settings().traffic.get();
  if (traffic != nullptr) traffic->asked(turn.cause());
  CountedSink counted(sink, traffic, turn.cause());
  auto head =
      Sending(
          *session, pool_->hosts(), [this] { pool_->forget_idle(); }, settings(), request, counted, turn)
          .run();
  if (spdlog::should_log(spdlog::level::debug))
    spdlog::debug("{}: {} after {} ms: {} bytes, {}", step,
                  head ? "HTTP " + std::to_string(head->status) : head.error().what(),
                  std::chrono::duration_cast<milliseconds>(steady_clock::now() - begun).count(),
                  counted.bytes(), turn.cause().text());
  pool_->give_back(std::move(session));
  if (!head) return head.error().at(step);
  return head;
}

Result<HttpText> HttpClient::text(const HttpRequest& request, std::uint64_t most_bytes, Lane::Turn& turn) {
  TextSink sink(most_bytes);
  auto head = send(request, sink, turn);
  if (!head) return head.error();
  auto text = sink.take();
  if (!text) return text.error().at(request.method + " " + shown(request));
  return HttpText{std::move(*head), *std::move(text)};
}

bool packed_by_gzip(const HttpHead& head) {
  const std::string encoding = lower(head.header("content-encoding"));
  return encoding == "gzip" || encoding == "x-gzip";
}

Error status_error(const HttpHead& head) {
  return {status_errno(head.status), "HTTP " + std::to_string(head.status) + " from " + shown_url(head.url)};
}

}  // namespace esofs::client
