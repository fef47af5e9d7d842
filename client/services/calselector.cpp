#include "client/services/calselector.h"

#include <cerrno>
#include <utility>

#include "client/base/text.h"
#include "client/http/url.h"
#include "client/services/service_error.h"

namespace esofs::client {

namespace {

// Of an error answer only "there are none for this file type" counts.
bool says_unsupported(const Associations& found) {
  return found.files.empty() && !found.messages.empty() &&
         found.messages.front().find("No association could be established") != std::string::npos;
}

}  // namespace

std::string mode_name(CalibrationMode mode) {
  return mode == CalibrationMode::kRaw ? "Raw2Raw" : "Raw2Master";
}

std::string calselector_url(const std::string& base, const std::string& id, CalibrationMode mode) {
  // ESO writes the ':' of an id as it is.
  return base + (base.find('?') == std::string::npos ? "?" : "&") + "dp_id=" + percent_encoded(id, ":") +
         "&mode=" + mode_name(mode) + "&responseformat=votable";
}

std::string calselector_url(const Links& links, CalibrationMode mode) {
  const auto term = "calselector_" + lower(mode_name(mode));
  for (const auto& link : links.rows) {
    const auto hash = link.semantics.rfind('#');
    const auto fragment = hash == std::string::npos ? link.semantics : link.semantics.substr(hash + 1);
    if (lower(fragment) == term && !link.access_url.empty() && link.error_message.empty())
      return link.access_url;
  }
  return "";
}

Result<Associations> CalSelector::associations(const std::string& url, const std::string& id,
                                               Lane::Turn& turn) const {
  HttpRequest request;
  request.url = url;
  request.rights = {Rights::Kind::kLoggedInFirst};
  auto answer = http_.text(request, kMostAssociationsBytes, turn);
  if (!answer) return answer.error();
  const auto& head = answer->head;
  const bool refused_access = head.status == 401 || head.status == 403;
  if (refused_access) return status_error(head);
  auto parsed = parse_associations(answer->body, head.header("content-type"), head.url, id, ids_);
  if (head.status >= 400) {
    if (parsed && says_unsupported(*parsed)) return parsed;
    const auto plain = status_error(head);
    const auto said = one_line(answer->body.substr(0, kMostErrorBytes));
    return said.empty() || said.front() == '<' ? plain : Error(plain.code(), plain.what() + ": " + said);
  }
  if (!parsed && parsed.error().code() == EBADMSG)
    return Error(EIO, parsed.error().what() + ", from " + shown_url(url));
  return parsed;
}

}  // namespace esofs::client
