#include <exception>
#include <iostream>

#include "mountopts/background.h"
#include "mountopts/commands/command_line.h"
#include "mountopts/commands/printed.h"

int main(int argc, char** argv) {
  esofs::mountopts::Background::open_standard_streams();
  try {
    return esofs::mountopts::code_after_printing(esofs::mountopts::run_command_line(argc, argv));
  } catch (const std::exception& bug) {
    std::cerr << "esofs: " << bug.what() << '\n';
    return 1;
  }
}
