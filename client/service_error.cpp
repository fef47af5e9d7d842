#include "client/service_error.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "client/base/text.h"
#include "client/votable.h"

namespace esofs::client {

namespace {

constexpr std::size_t kMostSentence = 500;

template <std::size_t kCount>
bool holds_any(const std::string& text, const std::array<const char*, kCount>& parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [&text](const char* part) { return text.find(part) != std::string::npos; });
}

struct StatusFinder : VotableEvents {
  Result<void> status(const QueryStatus& status) override {
    if (status.value == "ERROR" && !error) error = status.text;
    return {};
  }
  std::optional<std::string> error;
};

// A text for people, as plain text or as SODA and some TAP services send it; "" for markup and for nothing.
std::string plain_sentence(const HttpHead& head, const std::string& body) {
  const auto type = lower(head.header("content-type"));
  const auto first = body.find_first_not_of(" \t\r\n");
  if (first == std::string::npos || body[first] == '<') return "";
  if (!type.empty() && type.rfind("text/plain", 0) != 0) return "";
  return one_line(body);
}

}  // namespace

bool says_timed_out(std::string_view text) {
  constexpr std::array phrases{"timed out",          "time out",          "timeout",
                               "time-out",           "timed-out",         "time limit",
                               "execution duration", "executionduration", "too long to execute"};
  return holds_any(lower(text), phrases);
}

std::optional<std::string> votable_error(const std::string& body) {
  StatusFinder finder;
  VotableReader reader(finder);
  if (reader.push(std::as_bytes(std::span(body)))) static_cast<void>(reader.finish());
  if (!finder.error) return std::nullopt;
  return one_line(*finder.error);
}

Error query_error(int status, const std::string& sentence, const std::string& url) {
  const auto text = sentence.empty() ? std::string("the query failed, and the server does not say why")
                                     : one_line(sentence);
  const auto what = text + " (" + shown_url(url) + ")";
  if (status == 401 || status == 403) return {EACCES, what};
  if (says_timed_out(text)) return {ETIMEDOUT, what};
  if (status == 429 || status >= 500) return {EIO, what};
  return {EINVAL, what};
}

Error answer_error(const HttpHead& head, const std::string& body) {
  if (const auto sentence = votable_error(body)) return query_error(head.status, *sentence, head.url);
  const auto sentence = plain_sentence(head, body);
  const auto plain = status_error(head);
  if (head.status == 400 && !sentence.empty()) return query_error(head.status, sentence, head.url);
  if (head.status == 400) return {EINVAL, plain.what()};
  return sentence.empty() ? plain : Error(plain.code(), plain.what() + ": " + sentence);
}

Error link_error(const std::string& message, const std::string& url) {
  const auto text = one_line(message);
  const auto low = lower(text);
  const auto what =
      (text.empty() ? std::string("error without a message") : text) + " (" + shown_url(url) + ")";
  constexpr std::array denials{"authentication", "authorization", "authorisation", "permission",
                               "not authori",    "access denied", "forbidden",     "proprietary"};
  if (holds_any(low, denials) && low.find("does not exist") == std::string::npos) return {EACCES, what};
  if (low.rfind("notfoundfault", 0) == 0) return {ENOENT, what};
  if (low.rfind("usagefault", 0) == 0) return {EINVAL, what};
  return {EIO, what};
}

std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool blank = static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
    if (!blank)
      line += c;
    else if (!line.empty() && line.back() != ' ')
      line += ' ';
    if (line.size() > kMostSentence) {
      line.resize(kMostSentence);
      return line + " …";
    }
  }
  while (!line.empty() && (line.back() == ' ' || line.back() == '.')) line.pop_back();
  return line;
}

}  // namespace esofs::client
