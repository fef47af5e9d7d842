#include "mountopts/commands/doctor_command.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stop_token>
#include <system_error>
#include <utility>

#include "client/archive.h"
#include "client/base/iso_time.h"
#include "client/base/lane.h"
#include "client/base/text.h"
#include "client/base/unique_fd.h"
#include "client/http/url.h"
#include "client/http_archive.h"
#include "client/login/credentials.h"
#include "client/model/profile.h"
#include "mountopts/commands/mount_status.h"
#include "mountopts/commands/printed.h"
#include "mountopts/credential_options.h"
#include "mountopts/disks.h"
#include "mountopts/merged_options.h"
#include "mountopts/mount_table.h"
#include "mountopts/units.h"

namespace esofs::mountopts {
namespace {

namespace stdfs = std::filesystem;

class Report {
 public:
  explicit Report(bool as_json) : as_json_(as_json) {}
  void ok(const std::string& text) { line("ok", text); }
  void note(const std::string& text) { line("note", text); }
  void problem(const std::string& text) {
    line("PROBLEM", text);
    ++problems_;
  }
  int problems() const noexcept { return problems_; }
  void end() const {
    if (as_json_) print_document({{"problems", problems_}, {"checks", checks_}});
  }

 private:
  void line(const char* verdict, const std::string& text) {
    if (as_json_) return checks_.push_back({{"verdict", lower(verdict)}, {"text", text}});
    std::cout << verdict << std::string(9 - std::string_view(verdict).size(), ' ') << text << '\n'
              << std::flush;
  }
  const bool as_json_;
  nlohmann::ordered_json checks_ = nlohmann::ordered_json::array();
  int problems_ = 0;
};

std::string said(int code) { return std::generic_category().message(code); }

void look_at_fuse(Report& report) {
  if (const UniqueFd device(::open("/dev/fuse", O_RDWR | O_CLOEXEC)); device) {
    report.ok("/dev/fuse can be opened");
  } else {
    report.problem(
        "/dev/fuse cannot be opened: " + said(errno) +
        (errno == ENOENT ? "; load the kernel module fuse, or, in a container, hand the device in" : ""));
  }
  const char* path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): there is one thread
  std::istringstream places(path != nullptr ? path : "/usr/bin:/bin");
  for (std::string place; std::getline(places, place, ':');) {
    struct stat state {};
    const auto program = stdfs::path(place) / "fusermount3";
    if (::stat(program.c_str(), &state) != 0 || ::access(program.c_str(), X_OK) != 0) continue;
    if (::geteuid() != 0 && (state.st_mode & S_ISUID) == 0)
      return report.problem(program.string() + " is not set-uid root: only root can mount with it");
    return report.ok(program.string());
  }
  const std::string missing = "there is no fusermount3 in PATH";
  if (::geteuid() == 0) return report.note(missing + ": root needs it for the option auto_unmount only");
  report.problem(missing + ": install the package fuse3");
}

void look_at_other_users(Report& report, const Options& options) {
  if (!options.allow_other || ::geteuid() == 0) return;
  // As fusermount3 reads it: blanks around the word and a comment behind it do not count, nor does a last line without its end.
  std::ifstream file("/etc/fuse.conf");
  for (std::string line; std::getline(file, line) && !file.eof();) {
    if (trimmed(line.substr(0, line.find('#'))) == "user_allow_other")
      return report.ok("/etc/fuse.conf lets users share their mounts");
  }
  report.problem("allow_other needs the line user_allow_other in /etc/fuse.conf");
}

// True if its program's file was replaced or removed, as by an upgrade. False if that cannot be seen.
bool runs_old_program(const MountStatus& status) {
  std::error_code hidden;
  const auto program = stdfs::read_symlink("/proc/" + std::to_string(status.pid) + "/exe", hidden).string();
  const bool other = status.document.value("version", std::string()) != ESOFS_VERSION;
  return other || program.ends_with("/esofs (deleted)");
}

// The nearest directory above that is there.
stdfs::path existing(stdfs::path path) {
  std::error_code failed;
  while (!stdfs::exists(path, failed) && path.has_relative_path()) path = path.parent_path();
  return path;
}

// Why no directory can be made in `place`, which permissions do not show, as of /proc; 0: one can.
int refuses_directories(const stdfs::path& place) {
  std::string name = (place / ".esofs-doctor-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) return errno;
  (void)::rmdir(name.c_str());
  return 0;
}

void look_at_directory(Report& report, const char* name, const stdfs::path& directory) {
  const auto place = existing(directory);
  // The '/' at the end makes a file an error.
  if (::access((place / "").c_str(), W_OK | X_OK) != 0)
    return report.problem(directory.string() + " cannot be written: " + place.string() + ": " + said(errno));
  const int refused = place == directory ? 0 : refuses_directories(place);
  if (refused != 0)
    return report.problem(directory.string() + " cannot be made: no directory can be made in " +
                          place.string() + ": " + said(refused));
  report.ok(directory.string() + (place == directory ? " can be written" : " can be made") + ": " + name);
}

void look_at_directories(Report& report, const Options& options) {
  for (const auto& [name, directory] :
       {std::pair("cache", options.cache_dir), std::pair("configuration", options.config_dir),
        std::pair("state", options.state_dir)}) {
    look_at_directory(report, name, directory);
  }
  if (const auto shared = shared_disk_note(existing(options.cache_dir)); !shared.empty())
    report.note(shared +
                ": several mounts may share a cache on one machine, never on several; a directory on a local "
                "disk is faster and safe: -o cache_dir=DIR");
  if (const auto shared = shared_disk_note(existing(options.config_dir)); !shared.empty())
    report.note(shared +
                ": saved queries can be used on all machines; what is saved on one may be seen "
                "some seconds later on another");
  struct statvfs disk {};
  const auto place = existing(options.cache_dir);
  if (::statvfs(place.c_str(), &disk) != 0 || disk.f_blocks == 0) return;
  const std::uint64_t free = static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
  const auto problem = cache_disk_problem(place, options.cache_reserve, held_content(options.cache_dir));
  if (!problem.empty())
    report.problem(problem);
  else
    report.ok("the disk of the cache has " + human_bytes(free) + " left");
}

void look_at_mounts(Report& report) {
  const auto mounts = esofs_mounts();
  if (!mounts) return report.problem(mounts.error().what());
  const auto statuses = read_mount_statuses(*mounts);
  for (std::size_t i = 0; i < mounts->size(); ++i) {
    const auto& mount = (*mounts)[i];
    const auto& status = statuses[i];
    if (status && runs_old_program(*status))
      report.note(mount.mountpoint + " is mounted, by process " + std::to_string(status->pid) +
                  ", which is another version of the program: unmount it and mount it again to use this one");
    else if (status)
      report.ok(mount.mountpoint + " is mounted, by process " + std::to_string(status->pid));
    else if (status.error().code() == EACCES)
      report.note(mount.mountpoint + " is another user's mount");
    else
      report.problem(mount.mountpoint + " does not answer (" + said(status.error().code()) +
                     "): run `esofs unmount " + mount.mountpoint + "`");
  }
}

class CountRows : public client::TableSink {
 public:
  Result<void> bytes(std::span<const std::byte> /*piece*/) override { return {}; }
  Result<void> columns(const std::vector<client::Column>& /*columns*/) override { return {}; }
  Result<void> row(std::span<const client::Value> /*row*/) override { return {}; }
  void job_started(const std::string& /*job_url*/) override {}
  void restart() override {}
};

void look_at_login(Report& report, client::Credentials& credentials, const std::string& command) {
  const auto status = credentials.status();
  const std::string who = status.user.empty() ? std::string() : " as " + status.user;
  const std::string until = status.expires > 0 ? " until " + client::iso_time_text(status.expires) : "";
  const std::string problem = status.problem.empty() ? "" : " (" + status.problem + ")";
  switch (status.state) {
    case client::Credentials::State::kNobody:
      return report.note("nobody is logged in: private data cannot be read; run `" + command + "`");
    case client::Credentials::State::kLoggedIn:
      return report.ok("logged in" + who + until + problem);
    default:
      return report.problem("the login" + who + " cannot be used: " + client::state_name(status.state) +
                            until + problem + "; run `" + command + "`");
  }
}

void look_at_archive(Report& report, const Options& options, const client::Profile& profile,
                     const std::string& archive_name) {
  if (options.offline) return report.note("offline=yes: the archive is not asked");
  std::shared_ptr<client::Credentials> credentials;
  client::HttpSettings settings = http_settings(options);
  if (!profile.credential_hosts.empty()) {
    credentials =
        std::make_shared<client::Credentials>(credentials_config(options), profile, http_settings(options));
    look_at_login(report, *credentials, login_command(archive_name));
    settings.authoriser = credentials;
  }
  const auto archive = client::HttpArchive::make(profile, settings);
  Lane::Turn turn{std::stop_token()};
  for (const auto& service : profile.tap) {
    client::QueryRequest request;
    request.service = service.name;
    request.adql = "SELECT TOP 1 table_name FROM TAP_SCHEMA.tables";
    request.mode = client::QueryMode::kSync;
    CountRows rows;
    const auto answer = archive->query(request, rows, turn);
    if (answer)
      report.ok("TAP " + service.name + " answers: " + client::shown_url(service.url));
    else
      report.problem("TAP " + service.name + ": " + answer.error().what());
  }
}

}  // namespace

Result<void> run_doctor(const DoctorCommand& command) {
  Report report(command.as_json);
  bool wrong_usage = false;  // as every command has it
  look_at_fuse(report);
  const auto options = merged_options(command.options);
  if (options) {
    report.ok("configuration and options");
    look_at_other_users(report, *options);
    look_at_directories(report, *options);
    const auto profile = profile_of(command.archive, *options);
    if (profile) {
      report.ok("profile of " + profile->title);
      if (const auto there = check_credential_files(*options); !there) {
        report.problem(there.error().what());
        wrong_usage = true;
      }
      look_at_archive(report, *options, *profile, command.archive);
    } else {
      report.problem(profile.error().what());
      wrong_usage = profile.error().code() == EINVAL;
    }
  } else {
    report.problem(options.error().what());
    wrong_usage = options.error().code() == EINVAL;
  }
  look_at_mounts(report);
  report.end();
  if (report.problems() == 0) return {};
  return Error(wrong_usage ? EINVAL : EIO,
               std::to_string(report.problems()) + (report.problems() == 1 ? " problem" : " problems"));
}

}  // namespace esofs::mountopts
