#include "mountopts/commands/archive_check.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <stop_token>

#include "client/base/lane.h"
#include "client/http/http.h"
#include "client/http/url.h"
#include "client/services/service_error.h"
#include "mountopts/credential_options.h"

namespace esofs::mountopts {
namespace {

constexpr std::chrono::milliseconds kPatience{5000};  // a user at a prompt takes more for a hang
constexpr std::uint64_t kMostBytes = 1U << 20U;

class Asking {
 public:
  Asking(const Options& options, std::string base) : http_(settings(options)), base_(std::move(base)) {}

  Result<client::HttpText> query(const std::string& adql) {
    client::HttpRequest request;
    request.method = "POST";
    request.url = base_ + "/sync";
    request.body =
        client::form_encoded({{"REQUEST", "doQuery"}, {"LANG", "ADQL"}, {"MAXREC", "1"}, {"QUERY", adql}});
    request.content_type = "application/x-www-form-urlencoded";
    return http_.text(request, kMostBytes, turn_);
  }
  Result<client::HttpText> capabilities() {
    client::HttpRequest request;
    request.url = base_ + "/capabilities";
    return http_.text(request, kMostBytes, turn_);
  }

 private:
  static client::HttpSettings settings(const Options& options) {
    auto settings = http_settings(options);
    auto& limits = settings.limits;
    limits.attempts = 1;
    limits.connect = std::min(limits.connect, kPatience);
    limits.total = kPatience;
    return settings;
  }

  client::HttpClient http_;
  const std::string base_;
  Lane::Turn turn_{std::stop_token()};
};

bool holds(const std::string& body, const char* word) {
  return body.substr(0, 4096).find(word) != std::string::npos;
}

// True for what no TAP service answers to a query, not even to a wrong one.
bool is_no_answer(const client::HttpText& answer) {
  if (holds(answer.body, "VOTABLE")) return false;
  const int status = answer.head.status;
  return status < 400 || status == 404 || status == 405 || status == 410;
}

std::string what_came(const client::HttpText& answer) {
  std::string what = "HTTP " + std::to_string(answer.head.status);
  const std::string said = client::said_by(answer.body);
  if (!said.empty())
    what += ": " + said;
  else if (client::looks_like_page(answer.body))
    what += ": a web page";
  return what;
}

}  // namespace

std::string check_service(const Options& options, const client::TapService& service) {
  Asking asking(options, service.url);
  const std::string shown = client::shown_url(service.url);
  const auto answer = asking.query("SELECT TOP 1 table_name FROM TAP_SCHEMA.tables");
  if (!answer) {
    const int code = answer.error().code();
    if (code == EFBIG) return "";
    if (code == ETIMEDOUT)
      return shown + " does not answer within " + std::to_string(kPatience.count() / 1000) + " s";
    return shown + " does not answer: " + answer.error().what();
  }
  const int status = answer->head.status;
  if (status == 401 || status == 403) return shown + " wants a login: " + what_came(*answer);
  if (status == 429 || status >= 500) return shown + " does not answer queries now: " + what_came(*answer);
  if (!is_no_answer(*answer)) return "";
  // Some services have no usable TAP_SCHEMA. None lacks both capabilities and ObsCore.
  const auto says = asking.capabilities();
  if (says && says->head.status == 200 && !client::looks_like_page(says->body) &&
      holds(says->body, "capabilities"))
    return "";
  if (const auto data = asking.query("SELECT TOP 1 * FROM ivoa.ObsCore"); !data || !is_no_answer(*data))
    return "";
  return "there is no TAP service at " + shown + ": a query to " + client::shown_url(answer->head.url) +
         " was answered by " + what_came(*answer) +
         "; give the base URL of a service, to which /sync is added";
}

}  // namespace esofs::mountopts
