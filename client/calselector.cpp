#include "client/calselector.h"

#include <cctype>
#include <cerrno>
#include <string_view>
#include <utility>

#include "client/service_error.h"

namespace esofs::client {

namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (auto& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

// ESO writes the ':' of an id as it is.
std::string in_query(const std::string& id) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string text;
  for (const char c : id) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 &&
        (std::isalnum(byte) != 0 || std::string_view("-._~:").find(c) != std::string_view::npos)) {
      text += c;
    } else {
      text += {'%', hex[byte >> 4U], hex[byte & 0xFU]};
    }
  }
  return text;
}

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
  return base + (base.find('?') == std::string::npos ? "?" : "&") + "dp_id=" + in_query(id) +
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
