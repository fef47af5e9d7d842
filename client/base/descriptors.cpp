#include "client/base/descriptors.h"

#include <fcntl.h>
#include <sys/resource.h>

#include <string>
#include <system_error>

#include "client/base/unique_fd.h"

namespace esofs {

std::optional<Error> no_descriptor_left() {
  const UniqueFd free(::open("/", O_PATH | O_CLOEXEC));
  const int code = errno;
  if (free || !out_of_descriptors(code)) return std::nullopt;
  rlimit most{};
  ::getrlimit(RLIMIT_NOFILE, &most);
  return Error(code, std::system_category().message(code) + ": esofs may have " +
                         std::to_string(most.rlim_cur) + " file descriptors at once (ulimit -n)");
}

}  // namespace esofs
