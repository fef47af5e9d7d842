#include "tests/sim/http/http_request.h"

#include <charconv>
#include <cstddef>
#include <cstdint>

namespace esofs::sim {
namespace {

constexpr std::size_t kMaxHead = 64U << 10U;
constexpr std::size_t kMaxBody = 256U << 20U;  // TAP uploads

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool same_text(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

bool parse_request_line(const std::string& line, httplib::Request& request) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string::npos || last <= first) return false;
  request.method = line.substr(0, first);
  request.target = line.substr(first + 1, last - first - 1);
  request.version = line.substr(last + 1);
  if (request.version.rfind("HTTP/1.", 0) != 0 || request.target.empty()) return false;
  if (request.target.front() != '/') return false;
  const auto question = request.target.find('?');
  request.path = percent_decode(request.target.substr(0, question), false);
  if (question != std::string::npos)
    parse_form(std::string_view(request.target).substr(question + 1), request.params);
  return true;
}

}  // namespace

std::string percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low >= 0) {
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      out.push_back(plus_is_space && text[i] == '+' ? ' ' : text[i]);
    }
  }
  return out;
}

void parse_form(std::string_view text, httplib::Params& params) {
  while (!text.empty()) {
    const auto end = text.find('&');
    const std::string_view pair = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    params.emplace(percent_decode(pair.substr(0, equals), true), percent_decode(value, true));
  }
}

int RequestReader::next(httplib::Request& request) {
  std::size_t end = std::string::npos;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (buffer_.size() > kMaxHead) return 431;
    if (!more_(buffer_)) return -1;
  }
  const std::string head = buffer_.substr(0, end + 2);
  buffer_.erase(0, end + 4);

  std::size_t start = head.find("\r\n");
  if (!parse_request_line(head.substr(0, start), request)) return 400;
  for (start += 2; start < head.size();) {
    const auto stop = head.find("\r\n", start);
    const std::string_view line = std::string_view(head).substr(start, stop - start);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return 400;
    request.headers.emplace(std::string(line.substr(0, colon)), std::string(trimmed(line.substr(colon + 1))));
    start = stop + 2;
  }
  const int refused = read_body(request);
  if (refused != 0) return refused;
  const std::string type = request.get_header_value("Content-Type");
  if (type.rfind("application/x-www-form-urlencoded", 0) == 0) parse_form(request.body, request.params);
  return 0;
}

int RequestReader::read_body(httplib::Request& request) {
  const bool chunked = same_text(request.get_header_value("Transfer-Encoding"), "chunked");
  if (!chunked && !request.has_header("Content-Length")) return 0;
  std::uint64_t length = 0;
  if (!chunked) {
    const std::string text = request.get_header_value("Content-Length");
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), length);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return 400;
    if (length > kMaxBody) return 413;
  }
  if (same_text(request.get_header_value("Expect"), "100-continue")) proceed_();
  if (chunked) return read_chunks(request.body);
  if (!need(length)) return -1;
  request.body = buffer_.substr(0, length);
  buffer_.erase(0, length);
  return 0;
}

int RequestReader::read_chunks(std::string& body) {
  for (std::string size_line; line(size_line);) {
    std::uint64_t size = 0;
    const auto parsed = std::from_chars(size_line.data(), size_line.data() + size_line.size(), size, 16);
    if (parsed.ec != std::errc()) return 400;
    if (body.size() + size > kMaxBody) return 413;
    if (size == 0) {
      for (std::string trailer; line(trailer);) {
        if (trailer.empty()) return 0;
      }
      return -1;
    }
    if (!need(size + 2)) return -1;
    body.append(buffer_, 0, size);
    buffer_.erase(0, size + 2);
  }
  return -1;
}

bool RequestReader::line(std::string& out) {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n")) == std::string::npos) {
    if (buffer_.size() > kMaxHead || !more_(buffer_)) return false;
  }
  out = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  return true;
}

bool RequestReader::need(std::size_t bytes) {
  while (buffer_.size() < bytes) {
    if (!more_(buffer_)) return false;
  }
  return true;
}

}  // namespace esofs::sim
