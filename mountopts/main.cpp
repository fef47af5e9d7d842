#include <exception>
#include <iostream>

#include "mountopts/commands/command_line.h"

int main(int argc, char** argv) {
  try {
    return esofs::mountopts::run_command_line(argc, argv);
  } catch (const std::exception& bug) {
    std::cerr << "esofs: " << bug.what() << '\n';
    return 1;
  }
}
