// CutoutsFixture: datasets out of which circles can be cut, mounted over the fakes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/fs_fixture.h"

namespace esofs::tests {

inline const std::string kSpec = "circle_11.888_-25.288_30arcsec";
inline const std::string kCanonical = "circle_11.888_-25.288_0.008333333333";

inline client::CutoutOffer circles() {
  client::CutoutOffer offer;
  offer.any = offer.circles = true;
  offer.field = client::SkyCircle{{11.888, -25.288}, 0.02};
  offer.service = "http://archive/soda";
  return offer;
}

class CutoutsFixture : public FsFixture {
 protected:
  CutoutsFixture() {
    catalog_.put_offer(circles());
    for (const auto& id : {kId, kOtherId}) cache_.put(id + "/" + kCanonical, {70'000, "v2", ""});
  }
  std::uint64_t child(const std::vector<std::string>& path, const std::string& name) {
    auto entry = lookup(walk(path), name);
    EXPECT_TRUE(entry) << name << ": " << entry.error().what();
    if (entry && entry->ino == 0) {
      EXPECT_GT(entry->entry_timeout, 0) << name << ": the kernel may remember it";
    }
    return entry ? entry->ino : 0;
  }
  bool exists(const std::string& name) { return child({"datasets", kId, "cutout"}, name) != 0; }
  std::string xattr(std::uint64_t ino, const std::string& name) {
    auto value = fs_->getxattr(ino, name);
    return value ? *value : "failed: " + value.error().what();
  }
};

}  // namespace esofs::tests
