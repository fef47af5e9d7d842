#include "mountopts/command_line.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <iostream>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "client/base/pause.h"
#include "mountopts/cache_command.h"
#include "mountopts/doctor_command.h"
#include "mountopts/login_command.h"
#include "mountopts/mount_command.h"
#include "mountopts/mount_status.h"
#include "mountopts/mount_table.h"
#include "mountopts/options.h"
#include "mountopts/unmount.h"
#include "mountopts/warm_command.h"

namespace esofs::mountopts {
namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr std::array<std::string_view, 8> kCommands{"mount",  "unmount", "status", "login",
                                                    "logout", "warm",    "cache",  "doctor"};

int failed(const Error& error) {
  std::cerr << "esofs: " << error.what() << '\n';
  return error.code() == EINVAL ? kUsage : kFailed;
}

// mount(8) calls `esofs ARCHIVE MOUNTPOINT -o …`: the same as `esofs mount ARCHIVE MOUNTPOINT -o …`.
std::vector<std::string> with_command(int argc, const char* const* argv) {
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  const bool named =
      !words.empty() && (words[0].starts_with('-') ||
                         std::find(kCommands.begin(), kCommands.end(), words[0]) != kCommands.end());
  if (!words.empty() && !named) words.insert(words.begin(), "mount");
  return words;
}

std::string options_help() {
  std::string text = "Options of -o (and of config.json):\n";
  for (const auto& option : option_help()) {
    std::string line = "  " + option.name + "=" + option.unit;
    if (line.size() < 34) line.append(34 - line.size(), ' ');
    text += line + ' ' + option.help + (option.initial.empty() ? "" : " [" + option.initial + "]") + '\n';
  }
  return text + "  and ro, allow_root, auto_unmount, nosuid, nodev, noexec, fsname=… of mount(8) and FUSE";
}

// One mount, or every mount of this machine. Returns how many of them could not be asked.
int print_status(const std::vector<std::string>& mountpoints, bool as_json) {
  int silent = 0;
  for (const auto& mountpoint : mountpoints) {
    const auto status = read_mount_status(mountpoint);
    if (!status) {
      std::cerr << "esofs: " << status.error().what() << '\n';
      ++silent;
      continue;
    }
    std::cout << (as_json ? status->document.dump(2) + "\n" : status_text(mountpoint, *status)) << std::flush;
  }
  return silent;
}

int run_status(const std::string& mountpoint, bool as_json, bool watch,
               const std::vector<std::string>& options) {
  std::vector<std::string> mountpoints;
  if (mountpoint.empty()) {
    for (const auto& mount : esofs_mounts()) mountpoints.push_back(mount.mountpoint);
    if (mountpoints.empty()) std::cout << "No esofs is mounted.\n";
  } else {
    const auto path = mount_path(mountpoint);
    if (!path) return failed(path.error());
    if (!is_esofs_mount(*path)) return failed(Error(EINVAL, *path + ": no esofs is mounted there"));
    mountpoints.push_back(*path);
  }
  for (;;) {
    const int silent = print_status(mountpoints, as_json);
    if (mountpoint.empty() && !as_json) std::cout << sessions_text(options) << std::flush;
    if (!watch) return silent > 0 ? kFailed : 0;
    (void)pause(std::chrono::seconds(2), std::stop_token());
  }
}

}  // namespace

int run_command_line(int argc, const char* const* argv) {
  CLI::App app{
      "esofs mounts the ESO science archive, or any archive that speaks TAP and DataLink, as a drive.",
      "esofs"};
  app.set_version_flag("-V,--version", "esofs " ESOFS_VERSION);
  app.require_subcommand(1);

  std::vector<std::string> places;
  MountCommand mount;
  auto* mounting =
      app.add_subcommand("mount",
                         "Mount an archive. ARCHIVE: a profile's name (default eso), a profile file, or "
                         "the base URL of a TAP service");
  mounting->add_option("MOUNTPOINT", places, "where to mount; before it, if wanted, the archive")
      ->expected(1, 2)
      ->required()
      ->option_text(" ");
  mounting->add_option("-o", mount.options, "options, separated by commas; see below")
      ->allow_extra_args(false)
      ->option_text("OPT[=VALUE],…");
  mounting->add_flag("-f,--foreground", mount.foreground, "stay in the foreground, log to standard error");
  mounting->footer(options_help());

  std::string mountpoint;
  bool only_if_idle = false;
  auto* unmounting = app.add_subcommand("unmount", "End a mount. Reads that wait are ended with an error");
  unmounting->add_option("MOUNTPOINT", mountpoint, "where it is mounted")->required();
  unmounting->add_flag("--if-idle", only_if_idle, "refuse while files are in use");

  bool watch = false;
  bool as_json = false;
  auto* status = app.add_subcommand("status", "What a mount does: cache, transfers, errors");
  status->add_option("MOUNTPOINT", mountpoint, "where it is mounted; default: every mount");
  status->add_flag("--watch", watch, "again every two seconds");
  status->add_flag("--json", as_json, "as JSON");
  std::vector<std::string> status_options;
  status->add_option("-o", status_options, "where sessions are kept: state_dir=DIR")->allow_extra_args(false);

  LoginCommand login;
  auto* logging_in = app.add_subcommand(
      "login",
      "Log in at an archive. The password is asked for, or read from standard input; it is not kept, "
      "what the archive gives for it is");
  auto* logging_out = app.add_subcommand("logout", "Forget the login at an archive");
  for (auto* command : {logging_in, logging_out}) {
    command->add_option("ARCHIVE", login.archive, "as for mount; default: eso")->option_text(" ");
    command->add_option("-o", login.options, "options as for mount")
        ->allow_extra_args(false)
        ->option_text("OPT[=VALUE],…");
  }
  logging_in->add_option("--user", login.user, "the name at the archive")->option_text("NAME");
  logging_in->add_flag(
      "!--no-keyring", login.keyring,
      "keep the session in a file (for batch jobs and other machines), also where a desktop keyring runs");

  WarmCommand warm;
  auto* warming = app.add_subcommand(
      "warm", "Read files through a mount, so that the cache holds them for work without a network");
  warming->add_option("PATH", warm.paths, "files, and directories: their dataset files")->required();
  warming->add_flag("-r,--recursive", warm.recursive, "those of the directories below them too");
  warming->add_option("-j,--jobs", warm.jobs, "files read at once")
      ->check(CLI::Range(1, 64))
      ->option_text("N [4]");

  CacheCommand cache;
  auto* caching = app.add_subcommand("cache", "What the cache holds on disk");
  caching->add_flag("--clear", cache.clear, "remove the content of files; listings stay");
  caching->add_option("-o", cache.options, "where it is: cache_dir=DIR")
      ->allow_extra_args(false)
      ->option_text("OPT[=VALUE],…");

  DoctorCommand doctor;
  auto* examining =
      app.add_subcommand("doctor", "Look at all that a mount needs, and say what is in its way");
  examining->add_option("ARCHIVE", doctor.archive, "as for mount; default: eso")->option_text(" ");
  examining->add_option("-o", doctor.options, "options as for mount")
      ->allow_extra_args(false)
      ->option_text("OPT[=VALUE],…");

  auto words = with_command(argc, argv);
  std::reverse(words.begin(), words.end());  // as CLI11 takes them
  try {
    app.parse(words);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : kUsage;
  }

  if (*mounting) {
    mount.mountpoint = places.back();
    if (places.size() == 2) mount.archive = places.front();
    const auto done = run_mount(mount);
    return done ? 0 : failed(done.error());
  }
  if (*unmounting) {
    const auto done = unmount(mountpoint, only_if_idle);
    return done ? 0 : failed(done.error());
  }
  if (*logging_in || *logging_out) {
    const auto done = *logging_in ? run_login(login) : run_logout(login);
    return done ? 0 : failed(done.error());
  }
  if (*warming || *caching || *examining) {
    const auto done = *warming ? run_warm(warm) : *caching ? run_cache(cache) : run_doctor(doctor);
    return done ? 0 : failed(done.error());
  }
  return run_status(mountpoint, as_json, watch, status_options);
}

}  // namespace esofs::mountopts
