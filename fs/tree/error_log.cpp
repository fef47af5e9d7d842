#include "fs/tree/error_log.h"

#include <cerrno>
#include <cstring>

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
  auto lines = lines_.lock();
  const bool joins = is_change(cause.operation);
  for (auto before = lines->rbegin(); joins && before != lines->rend() && time - before->time <= kTogether;
       ++before) {
    if (before->user != cause.user || before->told != told) continue;
    ++before->times;
    return false;
  }
  lines->push_back({std::move(line), known ? cause.text() : "", cause.user, time, std::move(told)});
  if (lines->size() > most_) lines->pop_front();
  return true;
}

std::string ErrorLog::text(std::optional<uid_t> reader) const {
  std::string text;
  auto lines = lines_.lock();
  for (const Line& line : *lines) {
    if (reader && !line.cause.empty() && *reader != line.user) continue;
    text += line.text;
    std::string more = line.cause;
    if (line.times > 1) more += (more.empty() ? "" : ", ") + std::to_string(line.times) + " times";
    if (!more.empty()) text += " (" + more + ")";
    text += '\n';
  }
  return text;
}

}  // namespace esofs::fs
