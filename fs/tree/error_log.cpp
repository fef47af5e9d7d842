#include "fs/tree/error_log.h"

#include <cerrno>
#include <cstring>

#include "client/base/iso_time.h"
#include "client/base/text.h"

namespace esofs::fs {

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

void ErrorLog::add(std::int64_t time, const std::string& path, const Error& error, const Cause& cause) {
  std::string line = iso_time(time) + " " + path + " " + errno_name(error.code()) + " " + error.what();
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';  // a line each, whatever a server wrote
  }
  line = printable(line);
  const bool known = cause.operation != Operation::kNone;
  auto lines = lines_.lock();
  lines->push_back({std::move(line), known ? cause.text() : "", cause.user});
  if (lines->size() > most_) lines->pop_front();
}

std::string ErrorLog::text(std::optional<uid_t> reader) const {
  std::string text;
  auto lines = lines_.lock();
  for (const Line& line : *lines) {
    text += line.text;
    if (!line.cause.empty() && (!reader || *reader == line.user)) text += " (" + line.cause + ")";
    text += '\n';
  }
  return text;
}

}  // namespace esofs::fs
