#include "mountopts/commands/mount_status.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <sstream>
#include <system_error>

#include "client/base/unique_fd.h"
#include "mountopts/human.h"

namespace esofs::mountopts {
Result<MountStatus> read_mount_status(const std::string& mountpoint) {
  const std::string path = mountpoint + "/.esofs/status.json";
  const auto failed = [&path, &mountpoint](int code) {
    if (code == ENOTCONN)
      return Error(code, mountpoint + ": its daemon has died; run `esofs unmount " + mountpoint + "`");
    return Error(code, path + ": " + std::generic_category().message(code));
  };
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return failed(errno);
  std::string text;
  std::array<char, 16384> buffer{};
  for (;;) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(errno);
    if (got == 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  MountStatus status;
  status.document = nlohmann::json::parse(text, nullptr, false);
  if (!status.document.is_object()) return Error(EBADMSG, path + ": not a status of esofs");
  const auto pid = status.document.find("pid");
  if (pid == status.document.end() || !pid->is_number_integer())
    return Error(EBADMSG, path + ": names no pid");
  status.pid = pid->get<pid_t>();
  return status;
}

std::string status_text(const std::string& mountpoint, const MountStatus& status) {
  const auto& document = status.document;
  const auto text = [&document](const char* key) { return document.value(key, std::string()); };
  std::ostringstream out;
  out << mountpoint << "\n  archive   " << text("title") << " (" << text("archive") << ")\n  daemon    pid "
      << status.pid << ", esofs " << text("version") << ", up "
      << document.value("uptime_s", std::uint64_t{0}) << " s"
      << (document.value("offline", false) ? ", offline" : "") << '\n';
  if (const auto cache = document.find("cache"); cache != document.end() && cache->is_object()) {
    const auto count = [&cache](const char* key) { return cache->value(key, std::uint64_t{0}); };
    out << "  cache     " << human_bytes(count("bytes")) << " of " << human_bytes(count("max_bytes"))
        << "\n  files     archive sent " << human_bytes(count("fetched_bytes")) << " in " << count("requests")
        << " requests\n";
  }
  for (const auto* lane : {"transfers", "queries"}) {
    const auto found = document.find(lane);
    if (found == document.end() || !found->is_object()) continue;
    out << "  " << lane << std::string(10 - std::string_view(lane).size(), ' ') << found->value("running", 0)
        << " running, " << found->value("queued", 0) << " queued";
    if (const int silent = found->value("waiting", 0); silent > 0)
      out << ", " << silent << " waiting for a silent server";
    out << '\n';
  }
  if (const auto login = document.find("login"); login != document.end() && login->is_object()) {
    const auto said = [&login](const char* key) { return login->value(key, std::string()); };
    out << "  login     " << said("state");
    if (!said("user").empty()) out << ": " << said("user");
    if (!said("until").empty()) out << ", until " << said("until");
    if (login->value("renews", false)) out << ", renewed by itself";
    if (said("kept") == "the desktop keyring") out << ", kept in the desktop keyring";
    if (!said("problem").empty()) out << " (" << said("problem") << ')';
    out << '\n';
  }
  const auto tree = document.value("filesystem", nlohmann::json::object());
  out << "  errors    " << tree.value("errors", std::uint64_t{0}) << " (see " << mountpoint
      << "/.esofs/errors)\n";
  return out.str();
}

}  // namespace esofs::mountopts
