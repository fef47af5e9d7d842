#include "client/base/process.h"

#include <fcntl.h>
#include <signal.h>  // kill
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <string_view>

#include "client/base/unique_fd.h"

namespace esofs {

bool process_alive(pid_t pid) {
  if (pid <= 0 || (::kill(pid, 0) != 0 && errno == ESRCH)) return false;
  const UniqueFd fd(::open(("/proc/" + std::to_string(pid) + "/stat").c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return errno != ENOENT && errno != ESRCH;
  std::array<char, 1024> buffer{};
  const ssize_t size = ::read(fd.get(), buffer.data(), buffer.size());
  if (size < 0) return errno != ESRCH;  // it may end between two calls
  const std::string_view stat(buffer.data(), static_cast<std::size_t>(size));
  const auto name_end = stat.rfind(") ");
  return name_end == std::string_view::npos || name_end + 2 >= stat.size() || stat[name_end + 2] != 'Z';
}

}  // namespace esofs
