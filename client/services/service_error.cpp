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

// Where nothing but text is; programs send core dumps and images with errors, too.
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

// The title of a page; "" where it has none.
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
