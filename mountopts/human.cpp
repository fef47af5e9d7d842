#include "mountopts/human.h"

#include <array>
#include <sstream>

namespace esofs::mountopts {

std::string human_bytes(std::uint64_t bytes) {
  constexpr std::array<const char*, 5> units{"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < units.size()) {
    value /= 1024;
    ++unit;
  }
  std::ostringstream text;
  text.precision(unit == 0 ? 0 : 1);
  text << std::fixed << value << ' ' << units[unit];
  return text.str();
}

}  // namespace esofs::mountopts
