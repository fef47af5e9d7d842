#include "mountopts/commands/command_line.h"

#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <stop_token>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "client/base/nearest.h"
#include "client/base/pause.h"
#include "mountopts/commands/archives_command.h"
#include "mountopts/commands/cache_command.h"
#include "mountopts/commands/doctor_command.h"
#include "mountopts/commands/exit_code.h"
#include "mountopts/commands/login_command.h"
#include "mountopts/commands/mount_command.h"
#include "mountopts/commands/mount_status.h"
#include "mountopts/commands/mountpoint.h"
#include "mountopts/commands/printed.h"
#include "mountopts/commands/unmount.h"
#include "mountopts/commands/warm_command.h"
#include "mountopts/commands/watch.h"
#include "mountopts/commands/why_command.h"
#include "mountopts/mount_table.h"
#include "mountopts/options.h"

namespace esofs::mountopts {
namespace {

// "umount" is as near to one as to the other of the first two, and means the first.
constexpr std::array<std::string_view, 10> kCommands{"unmount", "mount", "status", "login", "logout",
                                                     "warm",    "cache", "doctor", "why",   "archives"};

constexpr const char* kExamples =
    "Examples:\n"
    "  esofs mount ~/eso        then read ~/eso/README.txt\n"
    "  esofs status --watch     what is read by whom\n"
    "  esofs why ~/eso/PATH     why a path cannot be read\n"
    "  esofs unmount ~/eso\n"
    "\n";

int failed(const Error& error) {
  std::cerr << "esofs: " << error.what() << '\n';
  return exit_code(error);
}

bool is_command(const std::string& word) {
  return std::find(kCommands.begin(), kCommands.end(), word) != kCommands.end();
}

// " (did you mean 'unmount'?)", or nothing.
std::string command_meant(const std::string& word) {
  const auto meant = nearest(word, {kCommands.begin(), kCommands.end()});
  return meant.empty() ? "" : " (did you mean '" + meant + "'?)";
}

// mount(8) calls `esofs ARCHIVE MOUNTPOINT -o …`: the same as `esofs mount ARCHIVE MOUNTPOINT -o …`. EINVAL for a word that is
// neither a command nor followed by a mountpoint.
Result<std::vector<std::string>> with_command(int argc, const char* const* argv) {
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  if (!words.empty() && words[0] == "help") {
    if (words.size() == 1) return std::vector<std::string>{"--help"};
    if (words.size() == 2 && is_command(words[1])) return std::vector<std::string>{words[1], "--help"};
    return Error(EINVAL,
                 "there is no help of '" + words[1] + "'" + command_meant(words[1]) + "; run `esofs --help`");
  }
  if (words.empty() || is_command(words[0])) return words;
  if (words[0].starts_with('-')) {
    constexpr std::array<std::string_view, 4> kGeneral{"-h", "--help", "-V", "--version"};
    if (std::find(kGeneral.begin(), kGeneral.end(), words[0]) != kGeneral.end()) return words;
    return Error(EINVAL, "unknown option '" + words[0] + "'; run `esofs --help`");
  }
  if (words.size() < 2 || words[1].starts_with('-'))
    return Error(EINVAL,
                 "unknown command '" + words[0] + "'" + command_meant(words[0]) + "; run `esofs --help`");
  words.insert(words.begin(), "mount");
  return words;
}

// What begins as `name` does, "--s…".
std::vector<std::string> of_same_letter(std::vector<std::string> names, const std::string& name) {
  constexpr std::size_t kCompared = 3;
  std::erase_if(names, [&name](const std::string& other) {
    return other.substr(0, kCompared) != name.substr(0, kCompared);
  });
  return names;
}

// Why a word that begins with '-' is no option of the command; "" if all are.
std::string wrong_option(const CLI::App& app, const std::vector<std::string>& words) {
  if (words.empty() || !is_command(words[0])) return {};
  std::vector<std::string> known{"-h", "--help"};
  std::vector<std::string> with_value;
  for (const auto* option : app.get_subcommand(words[0])->get_options()) {
    std::vector<std::string> names;
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
    for (const auto& name : option->get_snames()) names.push_back("-" + name);
    known.insert(known.end(), names.begin(), names.end());
    if (option->get_expected_max() > 0) with_value.insert(with_value.end(), names.begin(), names.end());
  }
  const auto has = [](const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  for (std::size_t i = 1; i < words.size() && words[i] != "--"; ++i) {
    if (has(with_value, words[i])) ++i;
    if (i >= words.size() || words[i].size() < 2 || words[i].front() != '-') continue;
    const std::string name = words[i].substr(0, words[i].find('='));
    if (has(known, name) || (!name.starts_with("--") && has(known, name.substr(0, 2)))) continue;
    std::string meant =
        name.substr(name.find_first_not_of('-') == std::string::npos ? 0 : name.find_first_not_of('-'));
    std::replace(meant.begin(), meant.end(), '-', '_');
    for (const auto& option : option_help()) {
      if (option.name != meant) continue;
      const bool value = name != words[i];
      const std::string given = value                  ? words[i].substr(name.size() + 1)
                                : i + 1 < words.size() ? words[i + 1]
                                                       : "";
      return "'" + name + "' is an option of -o: write -o " + meant + (given.empty() ? "" : "=" + given);
    }
    // One letter is near to every other one.
    const auto near = name.starts_with("--") ? nearest(name, of_same_letter(known, name)) : std::string();
    return "`esofs " + words[0] + "` has no option '" + name + "'" +
           (near.empty() ? "" : " (did you mean '" + near + "'?)") + "; run `esofs help " + words[0] +
           "`, or esofs --help";
  }
  return {};
}

// CLI11's help, with the positionals of `mount` as they may be given and without the value of a negated flag.
class Help : public CLI::Formatter {
 public:
  std::string make_option_usage(const CLI::Option* option) const override {
    return option->get_expected_max() == 2 ? "[ARCHIVE] MOUNTPOINT"
                                           : CLI::Formatter::make_option_usage(option);
  }
  std::string make_option_name(const CLI::Option* option, bool is_positional) const override {
    std::string name = CLI::Formatter::make_option_name(option, is_positional);
    return name.substr(0, name.find("{false}"));
  }
};

// CLI11's sentence in the words of the other messages. command: "mount", or "" before one is known.
std::string usage_message(const CLI::Error& error, const std::string& command) {
  const std::string help =
      is_command(command) ? "; run `esofs help " + command + "`, or esofs --help" : "; run `esofs --help`";
  const std::string said = error.what();
  const auto colon = said.find(": ");
  const std::string subject = said.substr(0, colon);
  const std::string rest = colon == std::string::npos ? "" : said.substr(colon + 2);
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError))
    return "`esofs " + command + "` takes fewer words; too many: " + rest + help;
  const bool mismatch = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ArgumentMismatch);
  if (mismatch && subject == "MOUNTPOINT")
    return "`esofs mount` takes ARCHIVE and MOUNTPOINT, and no more words; an option is -o NAME=VALUE, "
           "without blanks" +
           help;
  if (mismatch) return subject + " needs a value" + help;
  return said + help;
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

struct StatusForm {
  bool json = false;
  bool verbose = false;
};

// Every mount of this machine, or the one at `only`. Returns whether all could be asked that the user may look into.
Result<bool> print_statuses(const std::string& only, const StatusForm& form) {
  auto mounts = esofs_mounts();
  if (!mounts) return mounts.error();
  if (!only.empty()) {
    std::erase_if(*mounts, [&only](const MountEntry& mount) { return mount.mountpoint != only; });
    // A bind of a whole tree is at another place of the table.
    const auto there = esofs_mount_at(only);
    if (mounts->empty() && there && *there) mounts->push_back(**there);
    if (mounts->empty()) return Error(ENXIO, only + ": no esofs is mounted there");
  }
  const auto statuses = read_mount_statuses(*mounts);
  auto all = nlohmann::ordered_json::array();
  bool answered = true;
  for (std::size_t i = 0; i < mounts->size(); ++i) {
    const auto& mount = (*mounts)[i];
    const auto& status = statuses[i];
    const bool anothers = !status && status.error().code() == EACCES && only.empty();
    answered = answered && (status || anothers);
    if (form.json) {
      all.push_back(status_json(mount, status));
    } else if (status) {
      std::cout << status_text(mount.mountpoint, *status, form.verbose);
    } else if (anothers) {
      std::cout << mount.mountpoint << "\n  another user's mount\n";
    }
    if (!status && !anothers) std::cerr << "esofs: " << status.error().what() << '\n';
  }
  if (form.json) print_document(all);
  if (!form.json && mounts->empty()) std::cout << "No esofs is mounted.\n";
  std::cout << std::flush;
  return answered;
}

int run_status(const std::string& mountpoint, const StatusForm& form, bool watch,
               const std::vector<std::string>& options) {
  const auto path = mountpoint.empty() ? Result<std::string>("") : mount_path(mountpoint);
  if (!path) return failed(path.error());
  if (watch && !form.json) return run_watch(*path);
  for (;;) {
    if (!path->empty() && !is_esofs_mount(*path))
      return failed(Error(ENXIO, *path + ": no esofs is mounted there"));
    const auto answered = print_statuses(*path, form);
    if (!answered) return failed(answered.error());
    if (path->empty() && !form.json) std::cout << sessions_text(options) << std::flush;
    if (!watch) return *answered ? kDone : kFailed;
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
  app.formatter(std::make_shared<Help>());
  app.footer(std::string(kExamples) + kExitCodes);

  std::vector<std::string> places;
  MountCommand mount;
  auto* mounting =
      app.add_subcommand("mount",
                         "Mount an archive. ARCHIVE: a profile's name (default eso), a profile file, or "
                         "the base URL of a TAP service");
  mounting->add_option("MOUNTPOINT", places, "where to mount; it is made if it is not there")
      ->expected(1, 2)
      ->required()
      ->option_text(" ");
  mounting->add_option("-o", mount.options, "options, separated by commas; see below")
      ->allow_extra_args(false)
      ->option_text("OPT[=VALUE],...");
  mounting->add_flag("-f,--foreground", mount.foreground, "stay in the foreground, log to standard error");
  mounting->footer(options_help());

  std::string mountpoint;
  bool only_if_idle = false;
  auto* unmounting = app.add_subcommand("unmount", "End a mount. Reads that wait end with an error");
  unmounting->add_option("MOUNTPOINT", mountpoint, "where it is mounted")->required()->option_text(" ");
  unmounting->add_flag("--if-idle", only_if_idle, "refuse while files are in use");

  bool watch = false;
  StatusForm form;
  auto* status = app.add_subcommand("status", "Show what a mount does: cache, transfers, errors");
  status->add_option("MOUNTPOINT", mountpoint, "where it is mounted; default: every mount")->option_text(" ");
  status->add_flag("--watch", watch,
                   "every two seconds: rates, hits of the cache, what is read by whom, queries that run");
  status->add_flag("--json", form.json, "as JSON");
  status->add_flag("-v,--verbose", form.verbose,
                   "also which programs fetch most, and what was read ahead, evicted and sent again");
  std::vector<std::string> status_options;
  status->add_option("-o", status_options, "where sessions are kept: state_dir=DIR")
      ->allow_extra_args(false)
      ->option_text("OPT[=VALUE],...");

  LoginCommand login;
  auto* logging_in = app.add_subcommand(
      "login",
      "Log in at an archive. The password is asked for, or read from standard input. It is exchanged for a "
      "token, which is kept");
  auto* logging_out = app.add_subcommand("logout", "Forget the login at an archive");
  for (auto* command : {logging_in, logging_out}) {
    command->add_option("ARCHIVE", login.archive, "as for mount; default: eso")->option_text(" ");
    command->add_option("-o", login.options, "options as for mount")
        ->allow_extra_args(false)
        ->option_text("OPT[=VALUE],...");
  }
  logging_in->add_option("--user", login.user, "the name at the archive")->option_text("NAME");
  logging_in->add_flag(
      "!--no-keyring", login.keyring,
      "keep the session in a file (for batch jobs and other machines), even if a desktop keyring runs");

  logging_in->footer(std::string("Examples:\n"
                                 "  esofs login --user NAME  then enter the password\n"
                                 "  esofs login eso < FILE   the password is the first line of FILE\n"
                                 "\n") +
                     kExitCodes);

  WarmCommand warm;
  auto* warming = app.add_subcommand(
      "warm", "Read files through a mount, so that the cache holds them for work without a network");
  warming->add_option("PATH", warm.paths, "files to read; of a directory, the files of its datasets")
      ->required()
      ->option_text(" ");
  warming->add_flag("-r,--recursive", warm.recursive, "also those of all directories below");
  auto* sizes =
      warming->add_flag("--sizes", warm.sizes,
                        "read no content: make sizes exact, for programs that look at them before they open");
  warming->add_flag("--headers", warm.headers, "read the headers of all HDUs, and no data")->excludes(sizes);
  warming->add_option("-j,--jobs", warm.jobs, "how many files are read at once")
      ->check(CLI::Range(1, 64))
      ->option_text("N [4; headers and sizes: 16]");

  warming->add_flag("--json", warm.as_json, "as JSON");
  warming->footer(std::string("Examples:\n"
                              "  esofs warm ~/eso/queries/NAME            all files of a query\n"
                              "  esofs warm --headers ~/eso/queries/NAME  their headers only\n"
                              "  esofs warm --sizes ~/eso/queries/NAME    before tar or cpio reads them\n"
                              "\n") +
                  kExitCodes);

  CacheCommand cache;
  auto* caching = app.add_subcommand("cache", "Show what the cache holds on disk");
  caching->add_flag("--clear", cache.clear, "remove the content of files; listings stay");
  caching->add_option("-o", cache.options, "where it is: cache_dir=DIR")
      ->allow_extra_args(false)
      ->option_text("OPT[=VALUE],...");

  caching->add_flag("--json", cache.as_json, "as JSON");

  DoctorCommand doctor;
  auto* examining = app.add_subcommand("doctor", "Look at all that a mount needs, and say what is wrong");
  examining->add_option("ARCHIVE", doctor.archive, "as for mount; default: eso")->option_text(" ");
  examining->add_option("-o", doctor.options, "options as for mount")
      ->allow_extra_args(false)
      ->option_text("OPT[=VALUE],...");

  examining->add_flag("--json", doctor.as_json, "as JSON");

  WhyCommand why;
  auto* explaining =
      app.add_subcommand("why", "Say why a path of a mount cannot be read, and what to do about it");
  explaining->add_option("PATH", why.paths, "files, directories, and names that are not there")
      ->required()
      ->option_text(" ");
  explaining->add_flag("--json", why.as_json, "as JSON");
  explaining->footer(
      std::string("Examples:\n"
                  "  esofs why ~/eso/queries/NAME            why it fails or shows no dataset\n"
                  "  esofs why ~/eso/browse/cone/10_20_5min  why there is no such name\n"
                  "\n") +
      kExitCodes);

  ArchivesCommand archives;
  auto* naming = app.add_subcommand("archives", "List the archives that can be mounted by their names");
  naming->add_flag("--json", archives.as_json, "as JSON");
  naming->add_option("-o", archives.options, "where profiles are: config_dir=DIR")
      ->allow_extra_args(false)
      ->option_text("OPT[=VALUE],...");

  auto words = with_command(argc, argv);
  if (!words) return failed(words.error());
  if (const auto wrong = wrong_option(app, *words); !wrong.empty()) return failed(Error(EINVAL, wrong));
  const std::string command = words->empty() ? "" : words->front();
  std::reverse(words->begin(), words->end());  // as CLI11 takes them
  try {
    app.parse(*words);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // help and version
    return failed(Error(EINVAL, usage_message(error, command)));
  }

  if (*mounting) {
    mount.mountpoint = places.back();
    if (places.size() == 2) mount.archive = places.front();
    std::error_code unknown;
    if (places.size() == 1 && places.front().ends_with(".json") &&
        !std::filesystem::exists(places.front(), unknown))
      return failed(Error(EINVAL, places.front() +
                                      ": there is no such profile; the command is `esofs mount " +
                                      places.front() + " MOUNTPOINT`"));
    if (places.size() == 1 && std::filesystem::is_regular_file(places.front(), unknown))
      return failed(Error(
          EINVAL, places.front() +
                      " is a file, and not a place to mount; is it the profile? Then write `esofs mount " +
                      places.front() + " MOUNTPOINT`"));
    const auto done = run_mount(mount);
    if (done) return kDone;
    const std::string first = argc > 1 ? argv[1] : "";
    const int code = done.error().code();
    const bool mistyped = (code == ENOENT || code == EINVAL) && !is_command(first);
    return failed(
        mistyped && !command_meant(first).empty()
            ? Error(code, "unknown command '" + first + "'" + command_meant(first) + "; run `esofs --help`")
            : done.error());
  }
  if (*unmounting) {
    const auto done = unmount(mountpoint, only_if_idle);
    if (!done) return failed(done.error());
    if (!done->empty()) std::cerr << "esofs: " << *done << '\n';
    return 0;
  }
  if (*logging_in || *logging_out) {
    const auto done = *logging_in ? run_login(login) : run_logout(login);
    return done ? 0 : failed(done.error());
  }
  if (*warming || *caching || *examining) {
    const auto done = *warming ? run_warm(warm) : *caching ? run_cache(cache) : run_doctor(doctor);
    return done ? kDone : failed(done.error());
  }
  if (*explaining || *naming) {
    const auto done = *explaining ? run_why(why) : run_archives(archives);
    return done ? kDone : failed(done.error());
  }
  return run_status(mountpoint, form, watch, status_options);
}

}  // namespace esofs::mountopts
