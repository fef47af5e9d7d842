#include "client/services/service_error.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <pugixml.hpp>
#include <utility>

#include "client/base/text.h"
#include "client/http/url.h"
#include "client/votable/votable.h"

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
    if (status.value == "ERROR") error = error.value_or(status.text);
    return {};
  }
  Result<void> table(const VotableTable& /*table*/) override {
    has_table = true;
    return {};
  }
  Result<void> failure(const std::string& text) override {
    if (!text.empty() && !older_form) older_form = text;
    return {};
  }
  std::optional<std::string> error;
  std::optional<std::string> older_form;
  bool has_table = false;
};

std::string_view begun(std::string_view body) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (body.starts_with(byte_order_mark)) body.remove_prefix(byte_order_mark.size());
  return body.substr(std::min(body.find_first_not_of(" \t\r\n"), body.size()));
}

// True if there is nothing but text; programs send core dumps and images with errors, too.
bool is_text(std::string_view body) {
  return std::all_of(body.begin(), body.end(), [](unsigned char c) {
    return (c >= ' ' && c != 0x7F) || c == '\t' || c == '\n' || c == '\r' || c == '\f';
  });
}

// The texts of the elements of an XML document.
class Texts : public pugi::xml_tree_walker {
 public:
  bool for_each(pugi::xml_node& node) override {
    if (node.type() == pugi::node_pcdata || node.type() == pugi::node_cdata)
      text.append(node.value()).append(" ");
    return text.size() < kMostSentence;
  }
  std::string text;
};

std::string text_of_xml(std::string_view document) {
  pugi::xml_document xml;
  Texts texts;
  if (xml.load_buffer(document.data(), document.size())) xml.traverse(texts);
  return std::move(texts.text);
}

// The title of a page; "" if it has none.
std::string title_of(std::string_view page) {
  const std::string low = lower(page);
  const auto tag = low.find("<title");
  const auto begin = tag == std::string::npos ? tag : low.find('>', tag);
  const auto end = begin == std::string::npos ? begin : low.find("</title", begin);
  if (end == std::string::npos) return "";
  return one_line(page.substr(begin + 1, end - begin - 1));
}

// A sentence for people, as a text, as JSON or in the elements of an XML document; "" for pages and for nothing.
std::string plain_sentence(std::string_view body) {
  const auto text = begun(body);
  if (text.empty() || looks_like_page(text) || !is_text(text)) return "";
  return one_line(text[0] == '<' ? text_of_xml(text) : std::string(text));
}

constexpr std::string_view kBlanks = " \t\r\n";

// True if `text` begins with the tag of an INFO, with any prefix.
bool is_info(std::string_view text) {
  auto name = text.substr(1, text.find_first_of(" \t\r\n/>", 1) - 1);
  if (const auto colon = name.find(':'); colon != std::string_view::npos) name.remove_prefix(colon + 1);
  return same_word(name, "INFO");
}

// The end of the tag that begins `text`, behind its '>'; npos: there is none.
std::size_t tag_end(std::string_view text) {
  char quote = '\0';
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (quote == '\0' && c == '>') return at + 1;
    if (c == '"' || c == '\'') quote = quote == '\0' ? c : quote == c ? '\0' : quote;
  }
  return std::string_view::npos;
}

// The value of an attribute of a tag; "" without it. name: in lower case.
std::string_view attribute_of(std::string_view tag, std::string_view name) {
  const std::string low = lower(tag);
  for (auto at = low.find(name); at != std::string::npos; at = low.find(name, at + 1)) {
    const auto equals = low.find_first_not_of(kBlanks, at + name.size());
    const bool whole = at > 0 && kBlanks.find(low[at - 1]) != std::string_view::npos;
    if (!whole || equals == std::string::npos || low[equals] != '=') continue;
    const auto open = low.find_first_of("\"'", equals);
    const auto close = open == std::string::npos ? open : low.find(low[open], open + 1);
    if (close == std::string::npos) return "";
    return tag.substr(open + 1, close - open - 1);
  }
  return "";
}

bool tells_error(std::string_view tag) {
  return same_word(trimmed(attribute_of(tag, "name")), "QUERY_STATUS") &&
         same_word(trimmed(attribute_of(tag, "value")), "ERROR");
}

// Bytes of `text` before the end tag of its element, of which the text itself may hold signs that look like tags.
std::size_t content_size(std::string_view text) {
  for (auto at = text.find("</"); at != std::string_view::npos; at = text.find("</", at + 1)) {
    if (is_info(text.substr(at + 1))) return at;
  }
  return text.size();
}

std::string without_references(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, char>, 5> kKnown{
      {{"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}, {"&amp;", '&'}}};
  std::string plain;
  while (!text.empty()) {
    const auto known = std::find_if(kKnown.begin(), kKnown.end(),
                                    [&text](const auto& entry) { return text.starts_with(entry.first); });
    plain += known == kKnown.end() ? text.front() : known->second;
    text.remove_prefix(known == kKnown.end() ? 1 : known->first.size());
  }
  return plain;
}

}  // namespace

std::optional<std::string> error_in_text(std::string_view text) {
  std::optional<std::string> found;
  for (auto at = text.find('<'); at != std::string_view::npos; at = text.find('<', at + 1)) {
    const auto rest = text.substr(at);
    const auto end = is_info(rest) ? tag_end(rest) : std::string_view::npos;
    if (end == std::string_view::npos || !tells_error(rest.substr(0, end))) continue;
    found = one_line(without_references(rest.substr(end, content_size(rest.substr(end)))));
  }
  return found;
}

bool says_timed_out(std::string_view text) {
  constexpr std::array phrases{"timed out",          "time out",          "timeout",
                               "time-out",           "timed-out",         "time limit",
                               "execution duration", "executionduration", "too long to execute"};
  return holds_any(lower(text), phrases);
}

std::optional<std::string> votable_error(const std::string& body) {
  StatusFinder finder;
  VotableReader reader(finder);
  auto read = reader.push(std::as_bytes(std::span(body)));
  if (read) read = reader.finish();
  if (!read && !finder.error)
    if (auto said = error_in_text(body)) return said;
  const auto& said = finder.error || finder.has_table ? finder.error : finder.older_form;
  return said ? std::optional(one_line(*said)) : std::nullopt;
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

bool looks_like_page(std::string_view body) {
  const std::string low = lower(begun(body).substr(0, 512));
  return low.starts_with("<!doctype html") || low.starts_with("<html") ||
         (low.starts_with("<?xml") && low.find("<html") != std::string::npos);
}

std::string said_by(const std::string& body) {
  if (auto sentence = votable_error(body)) return *std::move(sentence);
  if (auto sentence = plain_sentence(body); !sentence.empty()) return sentence;
  const auto title = looks_like_page(body) ? title_of(body) : std::string();
  return title.empty() ? title : "a web page, \"" + title + '"';
}

Error answer_error(const HttpHead& head, const std::string& body) {
  if (const auto sentence = votable_error(body)) return query_error(head.status, *sentence, head.url);
  const auto sentence = plain_sentence(body);
  if (head.status == 400 && !sentence.empty()) return query_error(head.status, sentence, head.url);
  const auto plain = file_error(status_error(head), body);
  return head.status == 400 ? Error(EINVAL, plain.what()) : plain;
}

Error file_error(const Error& wrong, const std::string& body) {
  const auto said = said_by(body);
  return said.empty() ? wrong : Error(wrong.code(), wrong.what() + ": " + said);
}

Error not_missing(const Error& error) { return error.code() == ENOENT ? Error(EIO, error.what()) : error; }

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
  std::string readable(text.substr(0, 64 * kMostSentence));
  std::replace_if(
      readable.begin(), readable.end(), [](unsigned char c) { return c <= ' ' || c == 0x7F; }, ' ');
  std::string line;
  for (const char c : printable(readable)) {
    if (c != ' ')
      line += c;
    else if (!line.empty() && line.back() != ' ')
      line += ' ';
    if (line.size() > kMostSentence) {
      line.resize(kMostSentence);
      while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0xC0U) == 0x80U) line.pop_back();
      if (!line.empty() && static_cast<unsigned char>(line.back()) >= 0xC0U) line.pop_back();
      return line + " …";
    }
  }
  while (!line.empty() && (line.back() == ' ' || line.back() == '.')) line.pop_back();
  return line;
}

}  // namespace esofs::client
