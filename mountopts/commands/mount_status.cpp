#include "mountopts/commands/mount_status.h"

#include <cerrno>
#include <cstdint>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "client/base/text.h"
#include "mountopts/probe.h"
#include "mountopts/units.h"

namespace esofs::mountopts {
namespace {

std::string status_file(const std::string& mountpoint) { return mountpoint + "/.esofs/status.json"; }

Error no_status(const std::string& mountpoint, const Error& error) {
  const int code = error.code();
  if (code == ENOTCONN)
    return {code, mountpoint + ": its daemon has died; run `esofs unmount " + mountpoint + "`"};
  if (code == ETIMEDOUT)
    return {code,
            mountpoint + ": its daemon does not answer; `esofs unmount " + mountpoint + "` detaches it"};
  return {code, status_file(mountpoint) + ": " + std::generic_category().message(code)};
}

Result<MountStatus> parsed(const std::string& mountpoint, const Result<std::string>& text) {
  if (!text) return no_status(mountpoint, text.error());
  MountStatus status;
  status.document = nlohmann::json::parse(*text, nullptr, false);
  if (!status.document.is_object())
    return Error(EBADMSG, status_file(mountpoint) + ": not a status of esofs");
  const auto pid = status.document.find("pid");
  if (pid == status.document.end() || !pid->is_number_integer())
    return Error(EBADMSG, status_file(mountpoint) + ": names no pid");
  status.pid = pid->get<pid_t>();
  return status;
}

std::uint64_t count_in(const nlohmann::json& object, const char* key) {
  return object.value(key, std::uint64_t{0});
}

// A member of the document; an empty object if it is none, as of a daemon of an earlier version.
nlohmann::json member(const nlohmann::json& document, const char* key) {
  const auto found = document.find(key);
  return found != document.end() && found->is_object() ? *found : nlohmann::json::object();
}

std::string programs_text(const nlohmann::json& document) {
  const auto programs = document.find("programs");
  if (programs == document.end() || !programs->is_array()) return "";
  std::ostringstream out;
  const char* beginning = "  programs  ";
  if (programs->empty()) out << beginning << "none has asked the archive for anything\n";
  for (const auto& program : *programs) {
    if (!program.is_object()) continue;
    out << beginning << printable(program.value("program", std::string())) << ": "
        << human_bytes(count_in(program, "bytes")) << " in " << count_in(program, "requests")
        << " requests\n";
    beginning = "            ";
  }
  return out.str();
}

std::string decisions_text(const nlohmann::json& document) {
  std::ostringstream out;
  const auto ahead = member(document, "read_ahead");
  if (!ahead.empty())
    out << "  ahead     " << human_bytes(count_in(ahead, "asked_bytes"))
        << " asked for ahead of readers: " << human_bytes(count_in(ahead, "used_bytes")) << " read, "
        << human_bytes(count_in(ahead, "dropped_bytes")) << " dropped\n";
  const auto evicted = member(document, "evicted");
  if (!evicted.empty()) {
    const auto size = member(evicted, "for_cache_size");
    const auto reserve = member(evicted, "for_cache_reserve");
    out << "  evicted   " << human_bytes(count_in(size, "bytes")) << " (" << count_in(size, "segments")
        << " segments) to keep cache_size, " << human_bytes(count_in(reserve, "bytes")) << " ("
        << count_in(reserve, "segments") << " segments) to keep cache_reserve\n";
  }
  const auto retries = document.find("retries");
  if (retries == document.end() || !retries->is_object()) return out.str();
  out << "  retries   " << (retries->empty() ? "none" : "");
  for (const auto& [reason, count] : retries->items()) {
    if (reason != retries->begin().key()) out << ", ";
    out << printable(reason) << ": " << (count.is_number_integer() ? count.get<std::uint64_t>() : 0);
  }
  out << '\n';
  return out.str();
}

}  // namespace

Result<MountStatus> read_mount_status(const std::string& mountpoint) {
  Probe probe(read_whole_file, status_file(mountpoint));
  return parsed(mountpoint, probe.answer(probe_deadline()));
}

std::vector<Result<MountStatus>> read_mount_statuses(const std::vector<MountEntry>& mounts) {
  std::vector<Probe> probes;
  probes.reserve(mounts.size());
  for (const auto& mount : mounts) probes.emplace_back(read_whole_file, status_file(mount.mountpoint));
  std::vector<Result<MountStatus>> statuses;
  const auto until = probe_deadline();
  for (std::size_t i = 0; i < mounts.size(); ++i)
    statuses.push_back(parsed(mounts[i].mountpoint, probes[i].answer(until)));
  return statuses;
}

nlohmann::ordered_json status_json(const MountEntry& mount, const Result<MountStatus>& status) {
  const int code = status ? 0 : status.error().code();
  nlohmann::ordered_json object;
  object["mountpoint"] = mount.mountpoint;
  object["source"] = mount.source;
  object["state"] = code == 0           ? "mounted"
                    : code == ENOTCONN  ? "dead"
                    : code == ETIMEDOUT ? "silent"
                    : code == EACCES    ? "another user's"
                                        : "unknown";
  if (!status) {
    object["problem"] = status.error().what();
    return object;
  }
  for (const auto& [key, value] : status->document.items()) object[key] = value;
  return object;
}

std::string status_text(const std::string& mountpoint, const MountStatus& status, bool verbose) {
  const auto& document = status.document;
  const auto text = [&document](const char* key) { return document.value(key, std::string()); };
  std::ostringstream out;
  out << mountpoint << "\n  archive   " << text("title") << " (" << text("archive") << ")\n  daemon    pid "
      << status.pid << ", esofs " << text("version") << ", up "
      << document.value("uptime_s", std::uint64_t{0}) << " s"
      << (document.value("offline", false) ? ", offline" : "") << '\n';
  if (const auto cache = document.find("cache"); cache != document.end() && cache->is_object()) {
    const auto count = [&cache](const char* key) { return cache->value(key, std::uint64_t{0}); };
    out << "  cache     " << human_bytes(count("bytes")) << " of " << human_bytes(count("max_bytes"));
    const std::string problem = printable(cache->value("problem", std::string()));
    if (!problem.empty()) out << "\n  PROBLEM   " << problem;
    out << "\n  files     archive sent " << human_bytes(count("fetched_bytes")) << " in " << count("requests")
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
  if (verbose) out << programs_text(document) << decisions_text(document);
  const auto tree = document.value("filesystem", nlohmann::json::object());
  out << "  errors    " << tree.value("errors", std::uint64_t{0}) << " (see " << mountpoint
      << "/.esofs/errors)\n";
  return out.str();
}

}  // namespace esofs::mountopts
