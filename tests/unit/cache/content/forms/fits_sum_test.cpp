#include "cache/content/forms/fits_sum.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace esofs::cache {
namespace {

TEST(FitsSum, IsThatOfAllPartsInAnyOrder) {
  std::vector<std::byte> bytes(1001);
  std::mt19937 random(3);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  const auto sum = fits_sum(bytes, 0);
  for (const std::size_t cut : {1U, 2U, 3U, 4U, 7U, 500U, 1000U}) {
    const std::span all(bytes);
    EXPECT_EQ(add_sums(fits_sum(all.subspan(cut), cut), fits_sum(all.first(cut), 0)), sum) << cut;
  }
}

}  // namespace
}  // namespace esofs::cache
