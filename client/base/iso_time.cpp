#include "client/base/iso_time.h"

#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace esofs::client {

namespace {

constexpr std::size_t kDayLength = 10;

// Takes numbers and signs from the front of a text.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool done() const { return text_.empty(); }
  char peek() const { return text_.empty() ? '\0' : text_.front(); }
  bool take(std::string_view one_of) {
    if (text_.empty() || one_of.find(text_.front()) == std::string_view::npos) return false;
    text_.remove_prefix(1);
    return true;
  }
  std::optional<int> number(std::size_t digits) {
    if (text_.size() < digits) return std::nullopt;
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (text_[i] < '0' || text_[i] > '9') return std::nullopt;
      value = value * 10 + (text_[i] - '0');
    }
    text_.remove_prefix(digits);
    return value;
  }
  void skip_digits() {
    while (!text_.empty() && text_.front() >= '0' && text_.front() <= '9') text_.remove_prefix(1);
  }

 private:
  std::string_view text_;
};

// Seconds of the day; nullopt if the text is no time of day. A leap second counts as the one before.
std::optional<std::int64_t> time_of_day(Reader& reader) {
  const auto hours = reader.number(2);
  if (!hours || *hours > 24 || !reader.take(":_")) return std::nullopt;
  const auto minutes = reader.number(2);
  if (!minutes || *minutes > 59) return std::nullopt;
  int seconds = 0;
  if (reader.take(":_")) {
    const auto given = reader.number(2);
    if (!given || *given > 60) return std::nullopt;
    seconds = *given;
    if (reader.take(".,")) reader.skip_digits();
  }
  return *hours * 3600 + *minutes * 60 + seconds;
}

// Seconds east of UTC; nullopt if the rest is no offset.
std::optional<std::int64_t> offset(Reader& reader) {
  if (reader.take("Zz")) return reader.done() ? std::optional<std::int64_t>(0) : std::nullopt;
  if (reader.done()) return 0;
  const bool west = reader.peek() == '-';
  if (!reader.take("+-")) return std::nullopt;
  const auto hours = reader.number(2);
  reader.take(":");
  const auto minutes = reader.done() ? std::optional<int>(0) : reader.number(2);
  if (!hours || !minutes || !reader.done()) return std::nullopt;
  const std::int64_t east = *hours * 3600 + *minutes * 60;
  return west ? -east : east;
}

}  // namespace

std::optional<std::chrono::sys_days> parse_day(std::string_view text) {
  Reader reader(text);
  const auto year = reader.number(4);
  if (!year || !reader.take("-")) return std::nullopt;
  const auto month = reader.number(2);
  if (!month || !reader.take("-")) return std::nullopt;
  const auto day = reader.number(2);
  if (!day || !reader.done()) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  return date.ok() ? std::optional(std::chrono::sys_days(date)) : std::nullopt;
}

std::string day_text(std::chrono::sys_days day) {
  const std::chrono::year_month_day date(day);
  std::array<char, 32> text{};
  (void)std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return text.data();
}

std::optional<std::int64_t> parse_iso_time(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  const auto day = parse_day(text.substr(0, kDayLength));
  if (!day) return std::nullopt;
  const std::int64_t days = day->time_since_epoch().count();
  Reader reader(text.substr(kDayLength));
  if (reader.done()) return days * 86400;
  if (!reader.take("T ")) return std::nullopt;
  const auto seconds = time_of_day(reader);
  if (!seconds) return std::nullopt;
  const auto east = offset(reader);
  if (!east) return std::nullopt;
  return days * 86400 + *seconds - *east;
}

std::optional<std::int64_t> time_of_mjd(double mjd) {
  constexpr double mjd_of_1970 = 40587;
  constexpr double mjd_of_9999 = 2'973'484;
  if (!(mjd > 0 && mjd < mjd_of_9999)) return std::nullopt;
  return static_cast<std::int64_t>(std::floor((mjd - mjd_of_1970) * 86400));
}

std::string iso_time_text(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  if (::gmtime_r(&time, &parts) == nullptr) return {};
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

}  // namespace esofs::client
