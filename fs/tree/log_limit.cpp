#include "fs/tree/log_limit.h"

namespace esofs::fs {

LogLimit::Answer LogLimit::add(std::int64_t time, uid_t user) {
  Answer answer;
  auto windows = windows_.lock();
  std::erase_if(*windows, [&](const auto& of_user) {
    const auto& [other, window] = of_user;
    const bool over = time - window.since >= kWithin || time < window.since;
    if (over && window.failures > kMost) answer.omitted.emplace_back(other, window.failures - kMost);
    return over;
  });
  Window& window = windows->try_emplace(user, Window{time, 0}).first->second;
  ++window.failures;
  if (window.failures == kMost) answer.line = Line::kLast;
  if (window.failures > kMost) answer.line = Line::kNone;
  return answer;
}

}  // namespace esofs::fs
