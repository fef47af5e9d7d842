// SimTest: a running simulator and the ids of some of its holdings.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/sim/archive_sim.h"
#include "tests/sim/files/content.h"
#include "tests/unit/sim/raw_client.h"

namespace esofs::sim {

inline constexpr const char* kGiant = "ADP.2018-06-21T20:32:57.736";
inline constexpr const char* kLargest = "ADP.2025-07-06T07:52:11.871";
inline constexpr const char* kImage = "ADP.2014-11-12T16:17:07.630";
inline constexpr const char* kPatched = "ADP.2016-02-19T05:40:12.512";
inline constexpr const char* kProprietary = "ADP.2026-02-02T02:02:02.222";
inline constexpr const char* kRawFz = "MUSE.2018-06-05T01:06:59.418";
inline constexpr const char* kRawZ = "HARPS.2006-07-05T03:52:40.071";

class SimTest : public testing::Test {
 protected:
  std::string url() const { return sim_->base_url(); }
  static std::string file(const std::string& id) { return "/dataPortal/file/" + id; }
  const Content& content(const std::string& id) const { return *sim_->holdings().find_file(id)->content; }
  std::string bytes(const std::string& id, std::uint64_t first, std::size_t size) const {
    std::string out(size, '\0');
    content(id).read(first, std::as_writable_bytes(std::span(out)));
    return out;
  }
  void set(Fault fault) { sim_->set(fault); }

  std::unique_ptr<ArchiveSim> sim_ = ArchiveSim::start({});
};

}  // namespace esofs::sim
