// Many datasets in one DataLink request: its URL, and its answer divided among them.
//
//   shapes   a pattern whose query is "ID=…{id}" and nothing more
//   threads  pure, but for ManyLinksLuck, which is thread-safe
//   source   DataLink 1.1 section 2.1.1 (ID may be repeated), section 3.3.1 (services that accept one ID only)
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "client/model/model.h"

namespace esofs::client {

inline constexpr std::size_t kMostLinksTogether = 32;  // ids: a URL of some 2 KB

// The URL for all of these ids; "" if the pattern has not the right shape.
std::string many_links_url(const std::string& pattern, const std::vector<std::string>& ids);

// The rows of each id, in the order of `ids`, with all services. Rows of other ids are left out.
std::vector<Links> divided_links(const Links& links, const std::vector<std::string>& ids);

// Whether a service takes many ids at once, found out by its answers.
class ManyLinksLuck {
 public:
  bool worth_asking() const { return luck_ > 0; }
  // asked, answered: ids.
  void answered(std::size_t asked, std::size_t answered);
  void failed() { --luck_; }

 private:
  static constexpr int kPatience = 2;  // so many failures in a row are too many
  std::atomic<int> luck_ = kPatience;
};

}  // namespace esofs::client
