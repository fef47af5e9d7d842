#include "mountopts/commands/printed.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <iostream>
#include <nlohmann/json.hpp>
#include <system_error>

namespace esofs::mountopts {
namespace {

// Standard output is a pipe that nobody reads any more.
bool reader_has_gone() {
  pollfd output{STDOUT_FILENO, 0, 0};
  return ::poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0;
}

}  // namespace

void print_document(const nlohmann::ordered_json& document) {
  std::cout << document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
}

int code_after_printing(int code) {
  errno = 0;
  std::cout.flush();
  const int failure = errno;  // 0: an earlier write has failed
  if (std::cout.good() || reader_has_gone()) return code;
  std::cerr << "esofs: standard output: "
            << (failure == 0 ? "not all of it could be written" : std::generic_category().message(failure))
            << '\n';
  return code == 0 ? 1 : code;
}

}  // namespace esofs::mountopts
