#include "client/http/retry.h"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace esofs::client {
namespace {

constexpr std::int64_t kMost = 1'000'000'000;  // seconds; keeps sums of durations far from overflow

}  // namespace

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::system_clock;

std::optional<seconds> retry_after(const std::string& header, system_clock::time_point now) {
  if (header.empty()) return std::nullopt;
  std::int64_t number = 0;
  const char* end = header.data() + header.size();
  const auto [stopped, problem] = std::from_chars(header.data(), end, number);
  if (stopped == end && problem == std::errc::result_out_of_range) return seconds(kMost);
  if (stopped == end && problem == std::errc()) {
    if (number < 0) return std::nullopt;
    return seconds(std::min(number, kMost));
  }
  const time_t date = curl_getdate(header.c_str(), nullptr);
  if (date == -1) return std::nullopt;
  const auto wait = std::chrono::duration_cast<seconds>(system_clock::from_time_t(date) - now);
  return std::clamp(wait, seconds(0), seconds(kMost));
}

std::optional<seconds> retry_after(const HttpHead& head) {
  const time_t date = curl_getdate(head.header("date").c_str(), nullptr);
  return retry_after(head.header("retry-after"),
                     date == -1 ? system_clock::now() : system_clock::from_time_t(date));
}

milliseconds retry_pause(const HttpLimits& limits, int failures, double chance,
                         std::optional<seconds> asked) {
  const double most = static_cast<double>(limits.retry_most.count());
  const double ceiling =
      std::min(most, static_cast<double>(limits.retry_wait.count()) * std::exp2(failures - 1));
  const milliseconds jitter(static_cast<std::int64_t>(ceiling * chance));
  const milliseconds wait = asked ? std::max<milliseconds>(jitter, *asked) : jitter;
  return std::clamp(wait, milliseconds(0), limits.retry_most);
}

}  // namespace esofs::client
