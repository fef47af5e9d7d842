#include "client/base/cause.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "client/base/text.h"
#include "client/base/unique_fd.h"

namespace esofs {
namespace {

struct ProcessName {
  pid_t process;
  std::string name;
};

// False if /proc shows another pid namespace than ours: its numbers are not those that we are told.
bool proc_is_ours() {
  std::array<char, 24> target{};
  const ssize_t size = ::readlink("/proc/self", target.data(), target.size());
  return size > 0 &&
         std::string_view(target.data(), static_cast<std::size_t>(size)) == std::to_string(::getpid());
}

std::string_view status_value(std::string_view status, std::string_view key) {
  const auto at = status.find(key);
  if (at == std::string_view::npos) return {};
  status.remove_prefix(at + key.size());
  return trimmed(status.substr(0, status.find('\n')));
}

// The first lines of /proc/PID/status, which PID may be a thread's.
std::optional<ProcessName> process_of(pid_t pid) {
  const UniqueFd file(::open(("/proc/" + std::to_string(pid) + "/status").c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 512> buffer{};
  const ssize_t size = file ? ::read(file.get(), buffer.data(), buffer.size()) : -1;
  if (size <= 0) return std::nullopt;
  const std::string_view status(buffer.data(), static_cast<std::size_t>(size));
  const std::string_view number = status_value(status, "\nTgid:");
  ProcessName found{0, printable(status_value(status, "Name:"))};
  std::from_chars(number.data(), number.data() + number.size(), found.process);
  if (found.process <= 0) return std::nullopt;
  return found;
}

}  // namespace

std::string_view operation_name(Operation operation) {
  constexpr std::array<std::string_view, 23> kNames{
      "none",   "lookup", "getattr", "setattr", "readlink", "opendir", "readdir", "open",
      "read",   "write",  "flush",   "create",  "mkdir",    "symlink", "unlink",  "rmdir",
      "rename", "xattr",  "statfs",  "refused", "ahead",    "warm",    "headers"};
  return kNames.at(static_cast<std::size_t>(operation));
}

Cause Cause::named() const {
  if (pid <= 0 || !program().empty() || !proc_is_ours()) return *this;
  auto found = process_of(pid);
  if (found && found->process != pid) found = process_of(found->process);
  if (!found) return *this;
  Cause named = *this;
  named.pid = found->process;
  const std::size_t length = std::min(found->name.size(), name.size() - 1);
  std::copy_n(found->name.begin(), length, named.name.begin());
  if (named.program() == kWarmProgram) named.operation = Operation::kWarm;
  return named;
}

Cause LastProgram::named(const Cause& cause, std::chrono::steady_clock::time_point now) {
  if (cause.pid <= 0) return cause;
  const bool known = cause.pid == asked_ && cause.user == named_.user && now - at_ < std::chrono::seconds(1);
  if (!known) {
    Cause fresh = cause.named();
    // Of a process that has ended meanwhile, as one whose file is still read ahead, the name that it had is the best.
    const bool gone = fresh.program().empty() && cause.pid == asked_ && cause.user == named_.user;
    if (!gone) named_ = fresh;
    asked_ = cause.pid;
    at_ = now;
  }
  Cause named = named_;
  if (named.operation != Operation::kWarm) named.operation = cause.operation;
  return named;
}

Cause Cause::ahead() const {
  Cause ahead = *this;
  if (operation != Operation::kNone && operation != Operation::kWarm) ahead.operation = Operation::kAhead;
  return ahead;
}

std::string Cause::text() const {
  if (operation == Operation::kNone) return "esofs itself";
  const std::string number = pid > 0 ? "[" + std::to_string(pid) + "]" : "";
  if (operation == Operation::kWarm) return "warm" + number;
  std::string who = std::string(program()) + number;
  if (program().empty()) who = pid > 0 ? "process " + std::to_string(pid) : "an unknown program";
  const bool by = operation != Operation::kAhead && operation != Operation::kHeaders;
  return std::string(operation_name(operation)) + (by ? " by " : " for ") + who;
}

}  // namespace esofs
