#include "fs/tree/error_log.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "client/base/iso_time.h"
#include "client/base/text.h"

namespace esofs::fs {
namespace {

constexpr std::int64_t kTogether = 10;  // seconds

bool is_change(Operation operation) {
  switch (operation) {
    case Operation::kSetattr:
    case Operation::kCreate:
    case Operation::kMkdir:
    case Operation::kSymlink:
    case Operation::kUnlink:
    case Operation::kRmdir:
    case Operation::kRename:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::string errno_name(int code) {
  const char* name = strerrorname_np(code);
  return name != nullptr ? name : "errno " + std::to_string(code);
}

std::string iso_time(std::int64_t seconds) {
  if (seconds == 0) return "never";
  const std::string text = client::iso_time_text(seconds);
  return text.empty() ? "never" : text;
}

bool ErrorLog::worth_a_line(int code) {
  switch (code) {
    case ENOENT:
    case ENODATA:
    case EINTR:
    case EROFS:
    case ENOTDIR:
    case EISDIR:
    case EEXIST:
    case EXDEV:
    case EPERM:
    case ERANGE:
    case ENOTSUP:
      return false;
    default:
      return true;
  }
}

bool ErrorLog::add(std::int64_t time, const std::string& path, const Error& error, const Cause& cause) {
  const std::string sentence = errno_name(error.code()) + " " + error.what();
  std::string line = iso_time(time) + " " + path + " " + sentence;
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';  // a line each, whatever a server wrote
  }
  line = printable(line);
  std::string told = path.substr(0, path.rfind('/')) + '\n' + sentence;
  const bool known = cause.operation != Operation::kNone;
  // What a program saw whose user is not known is for those who see all.
  const uid_t user = !known ? Cause::kNoUser : cause.user == Cause::kNoUser ? 0 : cause.user;
  auto lines = lines_.lock();
  auto& own = lines->by_user[user];
  const bool joins = is_change(cause.operation);
  for (auto before = own.rbegin(); joins && before != own.rend() && time - before->time <= kTogether;
       ++before) {
    if (before->told != told) continue;
    ++before->times;
    return false;
  }
  own.push_back({std::move(line), known ? cause.text() : "", lines->added++, time, std::move(told)});
  if (own.size() > most_) own.pop_front();
  if (lines->by_user.size() > kMostUsers) forget_a_user(*lines);
  return true;
}

void ErrorLog::forget_a_user(Lines& lines) {
  const auto earlier = [](const auto& a, const auto& b) {
    return a.second.back().number < b.second.back().number;
  };
  lines.by_user.erase(std::min_element(lines.by_user.begin(), lines.by_user.end(), earlier));
}

template <class Use>
void ErrorLog::of_reader(const Lines& lines, std::optional<uid_t> reader, const Use& use) {
  for (const auto& [user, own] : lines.by_user) {
    if (!reader || user == *reader || user == Cause::kNoUser) use(own);
  }
}

std::size_t ErrorLog::size(std::optional<uid_t> reader) const {
  std::size_t size = 0;
  of_reader(*lines_.lock(), reader, [&size](const auto& own) { size += own.size(); });
  return size;
}

std::string ErrorLog::text(std::optional<uid_t> reader) const {
  std::string text;
  auto lines = lines_.lock();
  std::vector<const Line*> shown;
  of_reader(*lines, reader, [&shown](const auto& own) {
    for (const Line& line : own) shown.push_back(&line);
  });
  std::sort(shown.begin(), shown.end(), [](const Line* a, const Line* b) { return a->number < b->number; });
  for (const Line* line : shown) {
    text += line->text;
    std::string more = line->cause;
    if (line->times > 1) more += (more.empty() ? "" : ", ") + std::to_string(line->times) + " times";
    if (!more.empty()) text += " (" + more + ")";
    text += '\n';
  }
  return text;
}

}  // namespace esofs::fs
