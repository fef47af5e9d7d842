#include "client/http/http_session.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <exception>
#include <new>
#include <stop_token>
#include <string_view>

#include "client/base/text.h"
#include "client/http/url.h"

namespace esofs::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kLookAgain{100};         // longest sleep in poll: bounds how late a limit is noticed
constexpr milliseconds kSilence{500};           // without a byte for so long, a job counts as waiting
constexpr long kProbes = 15;                    // seconds between probes of a connection that is silent
constexpr std::size_t kMostHead = 256U << 10U;  // bytes of one answer's head; real ones have some hundreds
constexpr std::size_t kMostSkipped =
    64U << 10U;  // an unwanted body longer than this costs more than a new connection

struct ListDeleter {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, ListDeleter>;

void append(HeaderList& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  (void)list.release();
  list.reset(longer);
}

void add_header(HttpHead& head, std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  std::string& value = head.headers[lower(trimmed(line.substr(0, colon)))];
  if (!value.empty()) value += ", ";
  value += trimmed(line.substr(colon + 1));
}

// Makes one Content-Length of equal ones; false if they differ (RFC 9110 section 8.6).
bool one_length(HttpHead& head) {
  const auto found = head.headers.find("content-length");
  if (found == head.headers.end()) return true;
  std::string_view rest = found->second;
  const std::string first(trimmed(rest.substr(0, rest.find(','))));
  for (std::size_t comma = rest.find(','); comma != std::string_view::npos; comma = rest.find(',')) {
    rest.remove_prefix(comma + 1);
    if (trimmed(rest.substr(0, rest.find(','))) != first) return false;
  }
  found->second = first;
  return true;
}

// "HTTP/1.1 200 OK" -> 200; 0 for anything else.
int status_of(std::string_view line) {
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return 0;
  int status = 0;
  for (const char c : line.substr(space + 1, 3)) {
    if (c < '0' || c > '9') return 0;
    status = status * 10 + (c - '0');
  }
  return status;
}

// The state of one exchange, which curl's callbacks work on.
class Transfer {
 public:
  Transfer(CURL* easy, OpenSockets& sockets, const HttpExchange& exchange, Lane::Turn& turn)
      : easy_(easy), sockets_(sockets), exchange_(exchange), turn_(turn) {
    set_up();
  }
  ~Transfer() { curl_easy_reset(easy_); }  // it points to what ends here
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  static std::size_t on_header(char* text, std::size_t size, std::size_t count, void* self) noexcept {
    auto* transfer = static_cast<Transfer*>(self);
    return transfer->guarded(size * count, [&] { return transfer->header({text, size * count}); });
  }
  static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* self) noexcept {
    auto* transfer = static_cast<Transfer*>(self);
    return transfer->guarded(size * count, [&] {
      return transfer->body({reinterpret_cast<const std::byte*>(bytes), size * count});
    });
  }
  static int on_connected(void* self, char* /*to*/, char* /*from*/, int /*to_port*/,
                          int /*from_port*/) noexcept {
    auto* transfer = static_cast<Transfer*>(self);
    transfer->phase_ = HttpPhase::kAnswer;
    transfer->touch();
    return CURL_PREREQFUNC_OK;
  }

  // The limit that has been reached, if any.
  std::optional<HttpFailure> expired(steady_clock::time_point now) const {
    const HttpLimits& limits = exchange_.limits;
    if (exchange_.deadline && now >= *exchange_.deadline)
      return HttpFailure{Error(ETIMEDOUT, "the request took longer than its limit"), false};
    const auto silence = std::chrono::duration_cast<milliseconds>(now - touched_);
    if (!turn_.gives_up(silence)) {
      if (phase_ == HttpPhase::kConnect) return std::nullopt;  // curl watches
      const milliseconds limit = phase_ == HttpPhase::kBody ? limits.stall : limits.first_byte;
      if (limit.count() <= 0 || silence < limit) return std::nullopt;
    }
    const std::string& method = exchange_.request.method;
    return time_out(phase_, method == "GET" || method == "HEAD");
  }

  // True if nothing acknowledges what was sent: the connection was silently cut. A server that is slow to answer has
  // acknowledged the request.
  bool peer_is_gone(steady_clock::time_point now) const {
    const milliseconds limit = exchange_.limits.unacknowledged;
    if (phase_ != HttpPhase::kAnswer || limit.count() <= 0 || now - touched_ < limit) return false;
    return sockets_.unacknowledged(limit);
  }

  steady_clock::time_point touched() const noexcept { return touched_; }

  // The result of the exchange after curl has ended it with `code`.
  HttpOutcome finish(CURLcode code) {
    if (thrown_) std::rethrow_exception(thrown_);
    HttpOutcome outcome = taken();
    if (sink_error_) {
      outcome.failure = HttpFailure{*sink_error_, false};
    } else if (code != CURLE_OK && (delivered_ || phase_ != HttpPhase::kBody)) {
      long os_errno = 0;
      curl_easy_getinfo(easy_, CURLINFO_OS_ERRNO, &os_errno);
      outcome.failure = once(transport_failure(code, os_errno, phase_, error_text_.data()));
    } else if (phase_ != HttpPhase::kBody) {
      // curl takes a connection that ends within the head for a complete answer.
      outcome.failure = once(transport_failure(CURLE_GOT_NOTHING, 0, phase_, "the head is not complete"));
    }
    return outcome;
  }

  HttpOutcome give_up(HttpFailure why) {
    HttpOutcome outcome = taken();
    outcome.failure = std::move(why);
    return outcome;
  }

  bool skipping() const noexcept { return phase_ == HttpPhase::kBody && !delivered_; }

  // The lane may use the place of this exchange until the server sends something.
  void note_silence() {
    if (!waiting_) waiting_.emplace(turn_);
  }

 private:
  template <class Value>
  void set(CURLoption option, Value value) {
    const CURLcode code = curl_easy_setopt(easy_, option, value);
    if (code == CURLE_OUT_OF_MEMORY) throw std::bad_alloc();
  }

  void set_up() {
    curl_easy_reset(easy_);
    const HttpSettings& settings = exchange_.settings;
    set(CURLOPT_URL, sendable_url(exchange_.request.url).c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_QUICK_EXIT, 1L);  // a stop request does not wait for the resolver's thread
    set(CURLOPT_TCP_KEEPALIVE, 1L);
    set(CURLOPT_TCP_KEEPINTVL, kProbes);
    set(CURLOPT_BUFFERSIZE, 256L * 1024L);
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    set(CURLOPT_HEADEROPT,
        static_cast<long>(CURLHEADER_SEPARATE));  // a proxy's CONNECT carries no credentials
    if (exchange_.request.direct) {
      set(CURLOPT_PROXY, "");
    } else if (!settings.proxy.empty()) {
      set(CURLOPT_PROXY, settings.proxy.c_str());
    }
    if (!settings.ca_file.empty()) set(CURLOPT_CAINFO, settings.ca_file.c_str());
    set(CURLOPT_USERAGENT,
        settings.user_agent.empty() ? "esofs/" ESOFS_VERSION : settings.user_agent.c_str());
    // On a connection that the server closes meanwhile curl would send the request a second time by itself.
    if (!exchange_.request.may_repeat) set(CURLOPT_FRESH_CONNECT, 1L);
    sockets_.watch(easy_);
    set_connect_limit();
    set_method();
    set_headers();
    set(CURLOPT_ERRORBUFFER, error_text_.data());
    set(CURLOPT_PREREQFUNCTION, &Transfer::on_connected);
    set(CURLOPT_PREREQDATA, this);
    set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_WRITEFUNCTION, &Transfer::on_body);
    set(CURLOPT_WRITEDATA, this);
  }

  void set_connect_limit() {
    const auto limit = exchange_.limits.connect.count();
    if (limit > 0) set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limit));
  }

  void set_method() {
    const HttpRequest& request = exchange_.request;
    if (request.method == "HEAD") {
      set(CURLOPT_NOBODY, 1L);
      return;
    }
    if (!request.body.empty() || request.method == "POST") {
      set(CURLOPT_POST, 1L);
      set(CURLOPT_POSTFIELDS, request.body.c_str());
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    }
    if (request.method != "GET" || !request.body.empty()) set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }

  void set_headers() {
    const HttpRequest& request = exchange_.request;
    append(headers_, "Accept-Encoding: identity");
    append(headers_, "Expect:");  // no 100-continue: bodies are small, and its wait is a second
    // An empty value takes away the header that curl would make.
    append(headers_,
           request.content_type.empty() ? "Content-Type:" : "Content-Type: " + request.content_type);
    for (const std::string& line : request.headers) append(headers_, line);
    set(CURLOPT_HTTPHEADER, headers_.get());
  }

  // Runs a callback's work; an exception must not cross curl's C frames. Anything but `size` ends the transfer.
  template <class Work>
  std::size_t guarded(std::size_t size, Work work) noexcept {
    const std::size_t stop = size == 0 ? 1 : 0;
    try {
      waiting_.reset();
      const bool go_on = work();
      // After the work: time spent in a sink is not the server's. A head that comes line by line has no more time for it.
      if (phase_ == HttpPhase::kBody) touch();
      return go_on ? size : stop;
    } catch (...) {
      thrown_ = std::current_exception();
      return stop;
    }
  }

  // A request that must not be repeated has failed: it may be sent again only if it was never sent.
  HttpFailure once(HttpFailure failure) const {
    if (!exchange_.request.may_repeat && phase_ != HttpPhase::kConnect) failure.retry = false;
    return failure;
  }

  void touch() noexcept { touched_ = steady_clock::now(); }

  bool header(std::string_view line) {
    if (phase_ == HttpPhase::kBody) return true;  // a trailer
    phase_ = HttpPhase::kAnswer;
    head_bytes_ += line.size();
    if (head_bytes_ > kMostHead) {
      sink_error_ = Error(EIO, "the answer's head is too long");
      return false;
    }
    if (line.substr(0, 5) == "HTTP/" && head_.status == 0) {
      head_.status = status_of(line);
    } else if (!trimmed(line).empty()) {
      add_header(head_, line);
    } else if (head_.status >= 100 && head_.status < 200) {
      head_ = {};  // 1xx: the answer proper follows
    } else {
      return head_complete();
    }
    return true;
  }

  bool head_complete() {
    phase_ = HttpPhase::kBody;
    if (!one_length(head_)) {
      sink_error_ = Error(EIO, "the answer announces two lengths");
      return false;
    }
    head_.url = exchange_.request.url;
    head_.identity = exchange_.identity;
    if (!exchange_.wanted(head_)) return true;
    delivered_ = true;
    return accepted(exchange_.sink.head(head_));
  }

  bool body(std::span<const std::byte> piece) {
    if (delivered_) return accepted(exchange_.sink.body(piece));
    skipped_ += piece.size();
    return skipped_ <= kMostSkipped;
  }

  bool accepted(const Result<void>& result) {
    if (!result) sink_error_ = result.error();
    return result.has_value();
  }

  HttpOutcome taken() {
    HttpOutcome outcome;
    outcome.head = head_;
    if (phase_ != HttpPhase::kBody) outcome.head.status = 0;
    outcome.delivered = delivered_;
    return outcome;
  }

  CURL* easy_;
  OpenSockets& sockets_;
  const HttpExchange& exchange_;
  Lane::Turn& turn_;
  std::optional<Turn::Waiting> waiting_;  // for a server that is silent
  HeaderList headers_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  HttpPhase phase_ = HttpPhase::kConnect;
  steady_clock::time_point touched_ = steady_clock::now();
  HttpHead head_;
  std::size_t head_bytes_ = 0;
  std::size_t skipped_ = 0;
  bool delivered_ = false;
  std::optional<Error> sink_error_;
  std::exception_ptr thrown_;
};

// The easy handle's membership of the multi handle. Leaving before the end closes the connection.
class Membership {
 public:
  Membership(CURLM* multi, CURL* easy) : multi_(multi), easy_(easy) {
    if (curl_multi_add_handle(multi_, easy_) != CURLM_OK) throw std::bad_alloc();
  }
  ~Membership() { curl_multi_remove_handle(multi_, easy_); }
  Membership(const Membership&) = delete;
  Membership& operator=(const Membership&) = delete;

  // nullopt while the transfer runs.
  std::optional<CURLcode> advance() {
    int running = 0;
    if (curl_multi_perform(multi_, &running) != CURLM_OK) return CURLE_FAILED_INIT;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left))
      if (message->msg == CURLMSG_DONE) return message->data.result;
    if (running == 0) return CURLE_FAILED_INIT;
    return std::nullopt;
  }

  void wait(milliseconds most) {
    curl_multi_poll(multi_, nullptr, 0, static_cast<int>(most.count()), nullptr);
  }

 private:
  CURLM* multi_;
  CURL* easy_;
};

}  // namespace

HttpSession::HttpSession() : multi_(curl_multi_init()), easy_(curl_easy_init()) {
  if (!multi_ || !easy_) throw std::bad_alloc();
  curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, 2L);
  // Some servers redirect a client without their cookie in a circle. Setting any cookie makes curl keep cookies in memory, also
  // after curl_easy_reset(). COOKIEFILE "" would have to be set for each request, and curl 7.88 leaks memory then.
  curl_easy_setopt(easy_.get(), CURLOPT_COOKIELIST, "Set-Cookie: esofs=1; domain=localhost; path=/");
  forget_cookies();
}

HttpSession::~HttpSession() = default;

void HttpSession::forget_cookies() noexcept { curl_easy_setopt(easy_.get(), CURLOPT_COOKIELIST, "ALL"); }

HttpOutcome HttpSession::exchange(const HttpExchange& exchange, Lane::Turn& turn) {
  Transfer transfer(easy_.get(), sockets_, exchange, turn);
  Membership membership(multi_.get(), easy_.get());
  const std::stop_callback wake(turn.stop(), [this] { curl_multi_wakeup(multi_.get()); });
  for (;;) {
    if (turn.stop().stop_requested()) return transfer.give_up({Error(EINTR, "stopped"), false});
    if (const auto code = membership.advance()) return transfer.finish(*code);
    const auto now = steady_clock::now();
    if (const auto limit = transfer.expired(now)) {
      if (transfer.skipping()) return transfer.finish(CURLE_OK);
      return transfer.give_up(*limit);
    }
    if (transfer.peer_is_gone(now)) {
      HttpOutcome outcome =
          transfer.give_up({Error(EHOSTUNREACH, "the connection was cut: nothing acknowledges the request"),
                            exchange.request.may_repeat});
      outcome.peer_gone = true;
      return outcome;
    }
    if (now - transfer.touched() >= kSilence) transfer.note_silence();
    membership.wait(kLookAgain);
  }
}

}  // namespace esofs::client
