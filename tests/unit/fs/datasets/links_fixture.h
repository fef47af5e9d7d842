// LinksFixture: a dataset with a DataLink answer, mounted over the fakes.
#pragma once

#include <cerrno>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/fs_fixture.h"
#include "tests/unit/fs/datasets/link_rows.h"

namespace esofs::tests {

class LinksFixture : public FsFixture {
 protected:
  LinksFixture() { remount(fs::NameStyle::kArchive); }

  void remount(fs::NameStyle style) {
    auto changed = config();
    changed.ids = fake_ids(kLinksPrefix, kFilePrefix);
    changed.names = style;
    mount(changed);
  }
  void put(std::vector<client::Link> rows) { put_of(kId, std::move(rows)); }
  void put_of(const std::string& id, std::vector<client::Link> rows) {
    catalog_.put_links(kLinksPrefix + id, answer(std::move(rows)));
  }
  std::vector<std::string> in(const std::string& directory) { return list({"datasets", kId, directory}); }
  Error refused(const std::string& directory) {
    const auto opened = opendir(walk({"datasets", kId, directory}));
    return opened ? Error(EEXIST, "it opened") : opened.error();
  }
  std::uint64_t absent(const std::string& name) { return lookup(walk({"datasets", kId}), name)->ino; }
};

}  // namespace esofs::tests
