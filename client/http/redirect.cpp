#include "client/http/redirect.h"

#include <cctype>
#include <cerrno>
#include <string>
#include <vector>

#include "client/http/url.h"

namespace esofs::client {
namespace {

bool is_credential(const std::string& header) {
  std::string name = header.substr(0, header.find_first_of(":;"));
  while (!name.empty() && name.back() == ' ') name.pop_back();
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name == "authorization" || name == "cookie" || name == "proxy-authorization";
}

std::string target_of(const HttpRequest& request, const HttpHead& head) {
  return resolved_url(request.url, head.header("location"));
}

}  // namespace

bool is_redirect(const HttpHead& head) {
  const int status = head.status;
  const bool redirects = status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
  return redirects && !head.header("location").empty();
}

bool is_move(const HttpRequest& request, const HttpHead& head) {
  return is_redirect(head) && head.status != 303 && same_place(request.url, target_of(request, head));
}

Result<void> follow(HttpRequest& request, const HttpHead& head) {
  const std::string target = target_of(request, head);
  const Origin origin = origin_of(target);
  if (origin.host.empty() || (origin.scheme != "http" && origin.scheme != "https"))
    return Error(EIO, "redirected to " + shown_url(target) + ", which is not an http or https URL");
  if (!same_trust(request.url, target)) std::erase_if(request.headers, is_credential);
  // RFC 9110 section 15.4: after 303 comes a GET. After 301 and 302 a POST becomes a GET, as in all clients, unless the
  // service has moved: then the query in the body would be lost.
  const bool by_get = head.status == 303 || ((head.status == 301 || head.status == 302) &&
                                             request.method == "POST" && !is_move(request, head));
  if (by_get && request.method != "HEAD") {
    request.method = "GET";
    request.body.clear();
    request.content_type.clear();
  }
  request.url = target;
  return {};
}

}  // namespace esofs::client
