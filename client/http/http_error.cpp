#include "client/http/http_error.h"

#include <cerrno>

namespace esofs::client {
namespace {

struct Verdict {
  int code;
  bool retry;
  const char* what;
};

Verdict verdict(CURLcode code, long os_errno, HttpPhase phase) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return {EHOSTUNREACH, true, "the host's name cannot be resolved"};
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {EHOSTUNREACH, true, "the proxy's name cannot be resolved"};
    case CURLE_COULDNT_CONNECT:
    case CURLE_INTERFACE_FAILED:
      if (os_errno == ENETUNREACH || os_errno == ENETDOWN) return {ENETUNREACH, true, "the network is down"};
      return {EHOSTUNREACH, true, "the connection failed"};
    case CURLE_SSL_CONNECT_ERROR:
      return {EHOSTUNREACH, true, "no TLS connection could be made"};
    case CURLE_PROXY:
      return {EHOSTUNREACH, true, "the proxy refused the connection"};
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
      return {EIO, false, "the server's certificate was refused"};
    case CURLE_SSL_CACERT_BADFILE:
      return {EIO, false, "the file of certificate authorities cannot be used"};
    case CURLE_OPERATION_TIMEDOUT:
      return {ETIMEDOUT, phase == HttpPhase::kConnect, "the time limit was reached"};
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      if (phase == HttpPhase::kBody) return {EIO, false, "the connection was lost within the body"};
      return {EHOSTUNREACH, true, "the connection was dropped before an answer"};
    case CURLE_PARTIAL_FILE:
      return {EIO, false, "the body is shorter than announced"};
    case CURLE_UNSUPPORTED_PROTOCOL:
      // These bytes may be the rest of an earlier answer that was longer than announced; the connection ends.
      if (phase != HttpPhase::kConnect) return {EIO, true, "not an HTTP answer"};
      return {EIO, false, "not an http or https URL"};
    case CURLE_WEIRD_SERVER_REPLY:
      // curl 8.7 and later say this instead if the connection has carried an HTTP/1 answer before.
      if (phase == HttpPhase::kAnswer) return {EIO, true, "not an HTTP answer"};
      return {EIO, false, "the transfer failed"};
    case CURLE_URL_MALFORMAT:
      return {EIO, false, "not an http or https URL"};
    case CURLE_OUT_OF_MEMORY:
      return {ENOMEM, false, "out of memory"};
    default:
      return {EIO, false, "the transfer failed"};
  }
}

// curl's sentence about a proxy quotes its URL with the password.
std::string without_user_info(const std::string& text) {
  const auto at = text.rfind('@');
  if (at == std::string::npos) return text;
  const auto scheme = text.find("://");
  const auto quote = text.find('\'');
  const auto from = scheme < at ? scheme + 3 : quote < at ? quote + 1 : 0;
  return text.substr(0, from) + "***" + text.substr(at);
}

}  // namespace

HttpFailure transport_failure(CURLcode code, long os_errno, HttpPhase phase, const std::string& detail) {
  const Verdict is = verdict(code, os_errno, phase);
  const std::string why = detail.empty() ? curl_easy_strerror(code) : without_user_info(detail);
  const bool lost = code == CURLE_GOT_NOTHING || code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR ||
                    code == CURLE_PARTIAL_FILE;
  return {Error(is.code, std::string(is.what) + " (" + why + ")"), is.retry,
          lost && phase == HttpPhase::kBody};
}

HttpFailure time_out(HttpPhase phase, bool repeatable) {
  if (phase == HttpPhase::kBody) return {Error(ETIMEDOUT, "the body stalled"), false, true};
  return {Error(ETIMEDOUT, "the server did not answer in time"), repeatable};
}

int status_errno(int status) {
  switch (status) {
    case 401:
    case 403:
      return EACCES;
    case 404:
    case 410:
      return ENOENT;
    default:
      return EIO;
  }
}

bool status_retried(int status) {
  return status == 408 || status == 425 || status == 429 || (status >= 502 && status <= 504);
}

}  // namespace esofs::client
