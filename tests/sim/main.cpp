// esofs-archive-sim: the simulated archive as a program. It runs until SIGTERM or SIGINT.
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <string>

#include "tests/sim/archive_sim.h"
#include "tests/sim/knobs/faults.h"
#include "tests/sim/profile.h"

namespace {

using esofs::sim::ArchiveSim;

struct Options {
  ArchiveSim::Config config;
  std::string profile_file;
  std::string ready_file;
  std::string fault;
  bool parent_death = false;
};

// Writes the whole file or nothing: a program that waits for it must not read half of it.
bool write_file(const std::string& path, const std::string& text) {
  const std::string part = path + ".part";
  std::ofstream out(part, std::ios::trunc);
  out << text;
  out.close();
  return out && std::rename(part.c_str(), path.c_str()) == 0;
}

int run(const Options& options) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  if (options.parent_death) {
    const pid_t parent = getppid();
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) return 0;  // the parent has died already
  }
  const auto sim = ArchiveSim::start(options.config);
  if (!options.fault.empty()) {
    const auto parsed = esofs::sim::parse_faults(options.fault);
    if (const auto* wrong = std::get_if<std::string>(&parsed)) {
      std::cerr << "--fault: " << *wrong << '\n';
      return 2;
    }
    for (const auto& fault : std::get<std::vector<esofs::sim::Fault>>(parsed)) sim->set(fault);
  }
  const std::string url = sim->base_url();
  if (!options.profile_file.empty() && !write_file(options.profile_file, esofs::sim::profile_json(url))) {
    std::cerr << options.profile_file << " cannot be written\n";
    return 1;
  }
  if (!options.ready_file.empty() && !write_file(options.ready_file, url + "\n")) {
    std::cerr << options.ready_file << " cannot be written\n";
    return 1;
  }
  std::cout << url << std::endl;
  int signal = 0;
  sigwait(&ends, &signal);
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  Options options;
  CLI::App app("A simulated ESO science archive on 127.0.0.1; its base URL is printed.");
  app.add_option("--port", options.config.port, "TCP port; 0: any free one");
  app.add_option("--rows", options.config.extra_rows, "Invented rows of ivoa.ObsCore beside the holdings");
  app.add_option("--fits", options.config.fits_folder, "Folder of FITS files to serve too");
  app.add_flag("--large-raws", options.config.large_raws, "Serve packed frames of real size too");
  app.add_option("--profile", options.profile_file, "Write a profile for `esofs mount` to this file");
  app.add_option("--ready-file", options.ready_file,
                 "Write the base URL to this file once requests are answered");
  app.add_option("--fault", options.fault, "A fault, or an array of them, as JSON (see README.md)");
  app.add_flag("--parent-death", options.parent_death, "End when the parent process ends");
  CLI11_PARSE(app, argc, argv);
  return run(options);
} catch (const std::exception& error) {
  std::cerr << "esofs-archive-sim: " << error.what() << '\n';
  return 1;
}
