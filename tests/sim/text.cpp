#include "tests/sim/text.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>

namespace esofs::sim {
namespace {

constexpr std::int64_t kMjdOf1970 = 40587;

template <class... Args>
std::string print(const char* format, Args... args) {
  std::array<char, 96> out{};
  const int size = std::snprintf(out.data(), out.size(), format, args...);
  return {out.data(), static_cast<std::size_t>(size)};
}

}  // namespace

std::string reason_phrase(int http_status) {
  switch (http_status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 413:
      return "Content Too Large";
    case 416:
      return "Range Not Satisfiable";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 422:
      return "Unprocessable Entity";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Status";
  }
}

std::string xml_escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string decimal(double value) {
  std::array<char, 40> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  std::string out(text.data(), end);
  for (char& c : out) {
    if (c == 'e') c = 'E';
  }
  if (out.find_first_of(".En") == std::string::npos) out += ".0";
  return out;
}

std::string iso_date(double mjd, int decimals) {
  const double scale = std::pow(10.0, decimals);
  const auto ticks = std::llround((mjd - static_cast<double>(kMjdOf1970)) * 86400.0 * scale);
  const auto per_second = static_cast<long long>(scale);
  const long long seconds = ticks / per_second;
  const long long fraction = ticks % per_second;
  const std::chrono::sys_seconds when{std::chrono::seconds(seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(when);
  const std::chrono::year_month_day date(day);
  const long long rest = (when - day).count();
  std::string out = print("%04d-%02u-%02uT%02lld:%02lld:%02lld", static_cast<int>(date.year()),
                          static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), rest / 3600,
                          rest / 60 % 60, rest % 60);
  if (decimals > 0) out += print(".%0*lld", decimals, fraction);
  return out;
}

double mjd_of(std::string_view iso) {
  int y = 0;
  unsigned m = 0;
  unsigned d = 0;
  int hh = 0;
  int mm = 0;
  double ss = 0;
  const std::string text(iso);
  if (std::sscanf(text.c_str(), "%d-%u-%uT%d:%d:%lf", &y, &m, &d, &hh, &mm, &ss) < 3) return 0;
  const std::chrono::sys_days day = std::chrono::year(y) / static_cast<int>(m) / static_cast<int>(d);
  const double seconds = hh * 3600 + mm * 60 + ss;
  return static_cast<double>(day.time_since_epoch().count() + kMjdOf1970) + seconds / 86400.0;
}

std::string http_date(std::int64_t unix_seconds) {
  constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::chrono::sys_seconds when{std::chrono::seconds(unix_seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(when);
  const std::chrono::year_month_day date(day);
  const long long rest = (when - day).count();
  return print("%s, %02u %s %04d %02lld:%02lld:%02lld GMT", days.at(std::chrono::weekday(day).c_encoding()),
               static_cast<unsigned>(date.day()), months.at(static_cast<unsigned>(date.month()) - 1),
               static_cast<int>(date.year()), rest / 3600, rest / 60 % 60, rest % 60);
}

std::uint64_t seed_of(std::string_view text) {
  std::uint64_t seed = 0xCBF29CE484222325U;
  for (const char c : text) seed = (seed ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  return mix(seed);
}

}  // namespace esofs::sim
