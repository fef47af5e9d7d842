#include "client/http/multipart.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>

#include "client/base/text.h"

namespace esofs::client {

namespace {

constexpr std::size_t kMostParts = 10'000;
constexpr std::size_t kMostBoundary = 70;  // RFC 2046 section 5.1.1

// A line that delimits parts: where it begins (including the line end before it), where the next line begins, and whether it
// is the last.
struct Delimiter {
  std::size_t begin;
  std::size_t end;
  bool last;
};

std::optional<Delimiter> next_delimiter(std::string_view text, std::size_t from, const std::string& dashes) {
  for (auto at = text.find(dashes, from); at != std::string_view::npos; at = text.find(dashes, at + 1)) {
    if (at != 0 && text[at - 1] != '\n') continue;
    auto rest = at + dashes.size();
    const bool last = text.substr(rest, 2) == "--";
    if (last) rest += 2;
    const auto line_end = std::min(text.find('\n', rest), text.size());
    if (!trimmed(text.substr(rest, line_end - rest)).empty())
      continue;  // a longer boundary, of something else
    std::size_t begin = at;
    if (begin > from && text[begin - 1] == '\n') --begin;
    if (begin > from && begin < at && text[begin - 1] == '\r') --begin;
    return Delimiter{begin, std::min(line_end + 1, text.size()), last};
  }
  return std::nullopt;
}

Part part_of(std::string_view text) {
  Part part;
  std::size_t at = 0;
  std::string* folded = nullptr;
  while (at < text.size()) {
    const auto end = std::min(text.find('\n', at), text.size());
    const auto line = text.substr(at, end - at);
    at = std::min(end + 1, text.size());
    if (trimmed(line).empty()) break;
    const auto colon = line.find(':');
    if (folded != nullptr && (line.front() == ' ' || line.front() == '\t')) {
      *folded += ' ';
      *folded += trimmed(line);
    } else if (colon != std::string_view::npos) {
      folded = &part.headers[lower(trimmed(line.substr(0, colon)))];
      *folded = trimmed(line.substr(colon + 1));
    }
  }
  part.body = text.substr(at);
  return part;
}

}  // namespace

std::optional<std::string> multipart_boundary(const std::string& content_type) {
  const auto low = lower(content_type);
  if (trimmed(low).rfind("multipart/", 0) != 0) return std::nullopt;
  const auto at = low.find("boundary=");
  if (at == std::string::npos) return std::nullopt;
  auto value = trimmed(std::string_view(content_type).substr(at + 9));
  if (!value.empty() && value.front() == '"') {
    value.remove_prefix(1);
    value = value.substr(0, value.find('"'));
  } else {
    value = trimmed(value.substr(0, value.find(';')));
  }
  if (value.empty() || value.size() > kMostBoundary) return std::nullopt;
  return std::string(value);
}

Result<std::vector<Part>> multipart_parts(std::string_view body, const std::string& boundary) {
  const std::string dashes = "--" + boundary;
  std::vector<Part> parts;
  auto here = next_delimiter(body, 0, dashes);
  if (!here) return Error(EBADMSG, "a multipart answer without its boundary");
  while (!here->last) {
    const auto next = next_delimiter(body, here->end, dashes);
    if (!next) return Error(EBADMSG, "a multipart answer that was cut");
    if (parts.size() == kMostParts) return Error(EBADMSG, "a multipart answer of too many parts");
    parts.push_back(part_of(body.substr(here->end, next->begin - here->end)));
    here = next;
  }
  return parts;
}

}  // namespace esofs::client
