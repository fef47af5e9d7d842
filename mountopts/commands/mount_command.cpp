#include "mountopts/commands/mount_command.h"

#include <malloc.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <memory>
#include <system_error>
#include <utility>

#include "client/model/profile.h"
#include "mountopts/background.h"
#include "mountopts/build_mount.h"
#include "mountopts/caller_option.h"
#include "mountopts/commands/archive_check.h"
#include "mountopts/commands/mountpoint.h"
#include "mountopts/credential_options.h"
#include "mountopts/log.h"
#include "mountopts/merged_options.h"
#include "mountopts/options.h"

namespace esofs::mountopts {
namespace {

// Content passes through the daemon in blocks of 64 to 128 KiB. If glibc gave them back to the kernel, they would be cleared
// and mapped again a moment later, which costs more than all the copying.
void keep_freed_memory() {
  // NOLINTBEGIN(concurrency-mt-unsafe): there are no threads yet
  ::mallopt(M_MMAP_THRESHOLD, 4 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 16 << 20);
  ::mallopt(M_ARENA_MAX, 4);  // each keeps its own
  // NOLINTEND(concurrency-mt-unsafe)
}

// Directories of a mount must not lie below it: the daemon would wait for itself.
Result<void> check_places(const Options& options, const std::string& mountpoint) {
  const std::filesystem::path log = options.log.starts_with('/') ? options.log : "";
  for (const auto& [name, place] :
       {std::pair("cache_dir", options.cache_dir), std::pair("config_dir", options.config_dir),
        std::pair("state_dir", options.state_dir), std::pair("log", log)}) {
    std::error_code failed;
    const std::string real = std::filesystem::weakly_canonical(place, failed).string() + "/";
    if (!place.empty() && real.starts_with(mountpoint == "/" ? mountpoint : mountpoint + "/"))
      return Error(EINVAL, std::string("option '") + name + "': " + place.string() +
                               " is below the mountpoint " + mountpoint);
  }
  return {};
}

// Only the default place of the log is made: another one may be mistyped.
Result<void> check_log(const Options& options) {
  if (!options.log.starts_with('/')) return {};
  const auto folder = std::filesystem::path(options.log).parent_path();
  std::error_code failed;
  if (std::filesystem::is_directory(folder, failed)) return {};
  return Error(EINVAL, "option 'log': " + options.log + ": there is no directory " + folder.string());
}

void warn(const std::string& sentence) { std::cerr << "esofs: warning: " << sentence << '\n'; }

// Writing beyond a limit of size and to a reader that has gone is an error of the call, and ends nothing.
void ignore_signals_of_writes() {
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGXFSZ, &ignore, nullptr);
  ::sigaction(SIGPIPE, &ignore, nullptr);
}

// The child's part: from here on there are threads.
Result<void> serve(Background& background, const Options& options, const client::Profile& profile,
                   const MountCommand& command, Mountpoint& mountpoint) {
  keep_freed_memory();
  (void)::umask(077);  // what is kept is the user's own, wherever it is kept
  auto log = start_log(options, command.foreground);
  if (!log) return log.error();
  // A daemon opens its log again at SIGHUP; in the foreground that signal means that the terminal is gone.
  auto mount = BuiltMount::build(options, profile, command.archive, mountpoint.path(),
                                 command.foreground ? nullptr : log->reopen);
  if (!mount) return mount.error();
  mountpoint.unlock();
  spdlog::info("mounted {} on {}", profile.title, mountpoint.path());
  auto warnings = (*mount)->warnings();
  if (!log->refused.empty()) warnings.push_back(log->refused);
  for (const auto& warning : warnings) {
    spdlog::warn("{}", warning);
    warn(warning + "; mounted all the same");
  }
  background.report({});
  if (!command.foreground) Background::detach_terminal();
  auto served = (*mount)->run();
  if (served)
    spdlog::info("unmounted {}", mountpoint.path());
  else
    spdlog::error("{}: {}", mountpoint.path(), served.error().what());
  return served;
}

// For an archive that is only a URL: a slip in the URL would show at the first query only.
void look_at_url(const Options& options, const client::Profile& profile, const MountCommand& command) {
  const bool url = command.archive.starts_with("http://") || command.archive.starts_with("https://");
  if (!url || options.offline) return;
  const auto warning = check_service(options, profile.tap.front());
  if (!warning.empty()) warn(warning + "; mounted all the same");
}

// Returns when the daemon has reported and answers, or when the mount in the foreground has ended.
Result<void> start(const Options& options, const client::Profile& profile, const MountCommand& command,
                   Mountpoint& mountpoint) {
  if (command.foreground) look_at_url(options, profile, command);
  Background background;
  const auto started = background.start(!command.foreground);
  if (!started.parent) {
    auto served = serve(background, options, profile, command, mountpoint);
    background.report(served);
    if (!command.foreground) Background::detach_terminal();  // the parent tells the user
    return served;
  }
  if (!started.report) return started.report;
  mountpoint.unlock();
  // The daemon has mounted and is about to answer: wait for its first answer.
  struct stat root {};
  if (::stat((mountpoint.path() + "/.esofs").c_str(), &root) != 0) {
    return Error(errno, "the daemon does not answer: " + std::generic_category().message(errno));
  }
  // Only now: what curl starts would not survive the fork.
  look_at_url(options, profile, command);
  return {};
}

}  // namespace

Result<void> run_mount(const MountCommand& given) {
  ignore_signals_of_writes();
  if (!given.foreground) Background::close_inherited();
  auto options = merged_options(given.options);
  if (!options) return options.error();
  auto profile = profile_of(given.archive, *options);
  if (!profile) return profile.error();
  MountCommand command = given;
  command.archive = lasting_archive(given.archive);
  if (auto may = check_caller_identity(*options, *profile, ::geteuid()); !may) return may;
  if (auto there = check_credential_files(*options); !there) return there;
  if (auto there = check_log(*options); !there) return there;
  if (::access("/dev/fuse", F_OK) != 0) return Error(ENODEV, "this machine has no /dev/fuse");
  if (::access("/dev/fuse", R_OK | W_OK) != 0)
    return Error(errno, "you may not use /dev/fuse; `esofs doctor` says what is missing");
  auto mountpoint = Mountpoint::prepare(command.mountpoint);
  if (!mountpoint) return mountpoint.error();
  auto apart = check_places(*options, mountpoint->path());
  if (apart && !mountpoint->warning().empty()) warn(mountpoint->warning());
  auto done = apart ? start(*options, *profile, command, *mountpoint) : apart;
  if (!done) mountpoint->give_up();
  return done;
}

}  // namespace esofs::mountopts
