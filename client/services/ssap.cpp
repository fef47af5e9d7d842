#include "client/services/ssap.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdint>
#include <string_view>
#include <utility>

#include "client/services/service_error.h"
#include "client/services/table_stream.h"

namespace esofs::client {
namespace {

constexpr int kMostAttempts = 3;  // of an answer that breaks off

bool has_parameter(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const auto field = text.substr(0, text.find('&'));
    const auto given = field.substr(0, field.find('='));
    const bool same = given.size() == name.size() &&
                      std::equal(given.begin(), given.end(), name.begin(), [](char a, char b) {
                        return std::toupper(static_cast<unsigned char>(a)) == b;
                      });
    if (same) return true;
    text.remove_prefix(std::min(text.size(), field.size() + 1));
  }
  return false;
}

// "?" or "&", as far as the URL lacks it (SSA 1.1 section 4.1: a base URL ends with either).
std::string joined(const std::string& url, const std::string& parameters) {
  if (url.ends_with('?') || url.ends_with('&')) return url + parameters;
  return url + (url.find('?') == std::string::npos ? "?" : "&") + parameters;
}

}  // namespace

std::string Ssap::service_url() const {
  std::string url = url_.substr(0, url_.find('?'));
  while (url.ends_with('/')) url.pop_back();
  return url;
}

Result<QuerySummary> Ssap::query(const QueryRequest& request, TableSink& sink, Lane::Turn& turn) const {
  if (url_.empty()) return Error(EINVAL, "this archive has no SSAP service");
  const bool plain = std::all_of(request.adql.begin(), request.adql.end(), [](unsigned char c) {
    return c > 0x20 && c < 0x7f && c != '#' && c != '"' && c != '<' && c != '>';
  });
  if (!plain || !has_parameter(request.adql, "REQUEST"))
    return Error(EINVAL,
                 "a query of service ssap is a list of URL parameters without blanks, such as "
                 "REQUEST=queryData&POS=10.68,41.27&SIZE=0.2");
  std::string parameters = request.adql;
  if (request.maxrec > 0 && !has_parameter(parameters, "MAXREC"))
    parameters += "&MAXREC=" + std::to_string(one_more(request.maxrec));

  HttpRequest http;
  http.url = joined(url_, parameters);
  for (int start = 1;; ++start) {
    TableStream table(sink, request.maxrec);
    auto done = table.finish(http_.send(http, table, turn));
    if (done) {
      QuerySummary summary;
      summary.service = kSsapService;
      summary.url = url_;
      summary.rows = table.rows();
      summary.truncated = table.truncated();
      if (!summary.truncated && (request.maxrec == 0 || summary.rows < request.maxrec))
        summary.truncated = limits_.stopped(service_url(), summary.rows, turn);
      return summary;
    }
    if (!table.broke_off() || start == kMostAttempts || turn.stop().stop_requested())
      return not_missing(done.error());
    spdlog::info("{}; asking again", done.error().what());
    sink.restart();
  }
}

}  // namespace esofs::client
