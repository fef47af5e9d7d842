// Recorded answers beside the project; without them their tests are skipped.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <optional>
#include <sstream>
#include <string>

namespace esofs::tests {

inline std::optional<std::string> sample(const std::string& path) {
  std::ifstream in(std::string(ESOFS_SHARED) + "/samples/" + path, std::ios::binary);
  if (!in) return std::nullopt;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace esofs::tests
