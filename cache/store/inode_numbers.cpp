#include "cache/store/inode_numbers.h"

#include <spdlog/spdlog.h>

#include <cerrno>
#include <limits>
#include <optional>
#include <string>

namespace esofs::cache {
namespace {

constexpr std::uint32_t kRoot = 1;
constexpr std::uint64_t kFirst = 2;
constexpr std::uint32_t kLargest = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t kForSmall = 1ULL << 24U;  // the numbers below it are for the nodes of small numbers
constexpr std::size_t kMostAtHand = 200'000;      // some 10 MB

// From the numbers that the store counts, which are of one node each.
std::uint64_t shown(std::uint64_t node, std::uint64_t counted) {
  return node <= InodeNumbers::kSmall && counted < kForSmall ? counted : counted + kForSmall;
}

std::string key_of(std::uint64_t node) {
  std::string key;
  for (int shift = 56; shift >= 0; shift -= 8)
    key += static_cast<char>((node >> static_cast<unsigned>(shift)) & 0xffU);
  return key;
}

}  // namespace

std::uint32_t InodeNumbers::of(std::uint64_t node) {
  if (node == kRoot) return kRoot;
  for (int attempt = 0;; ++attempt) {
    {
      auto state = state_.lock();
      if (const auto found = state->stored.find(node); found != state->stored.end()) return found->second;
      if (const auto found = state->not_stored.find(node); found != state->not_stored.end())
        return found->second;
    }
    prepare({node});
  }
}

void InodeNumbers::prepare(const std::vector<std::uint64_t>& nodes) {
  std::vector<std::uint64_t> asked;
  std::vector<std::string> keys;
  {
    auto state = state_.lock();
    for (const auto node : nodes) {
      if (node == kRoot || state->stored.contains(node) || state->not_stored.contains(node)) continue;
      asked.push_back(node);
      keys.push_back(key_of(node));
    }
  }
  if (asked.empty()) return;
  auto numbers = store_.number(Shelf::kInodes, keys, kFirst);
  std::optional<Error> failure;
  if (!numbers) failure = numbers.error();
  auto state = state_.lock();
  if (state->stored.size() + asked.size() > kMostAtHand) state->stored.clear();
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const std::uint64_t number = failure ? 0 : shown(asked[i], (*numbers)[i]);
    if (number != 0 && number < kLargest - state->not_stored.size()) {
      state->stored.emplace(asked[i], static_cast<std::uint32_t>(number));
    } else {
      const auto next = static_cast<std::uint32_t>(kLargest - state->not_stored.size());
      state->not_stored.emplace(asked[i], next);
    }
  }
  if (failure) spdlog::warn("inode numbers will be others after a remount: {}", failure->what());
}

}  // namespace esofs::cache
