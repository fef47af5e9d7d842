// BrowseFixture: browse/ of an archive like ESO's, mounted over the fakes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "tests/support/fs_fixture.h"

namespace esofs::tests {

inline const std::string kCone = "10.5_-20_0.1";
inline const std::string kConeQuery =
    "SELECT * FROM ivoa.ObsCore WHERE INTERSECTS(s_region, CIRCLE('ICRS', 10.5, -20, 0.1)) = 1";
inline const std::string kObjectQuery =
    "SELECT * FROM ivoa.ObsCore WHERE INTERSECTS(s_region, CIRCLE('ICRS', 11.888, -25.288, 0.05)) = 1";
inline const std::string kInstruments =
    "SELECT name FROM util.docurl WHERE type = 'instrument' ORDER BY name";

class BrowseFixture : public FsFixture {
 protected:
  BrowseFixture() {
    catalog_.put(kConeQuery, listing_);
    catalog_.put(kObjectQuery, listing_);
    catalog_.put_position("NGC 253", {11.888, -25.288, "NGC   253", "AGN", "Simbad: CDS"});
    auto instruments = std::make_shared<FakeListing>();
    instruments->name = "instruments";
    for (const char* name : {"MUSE", "FORS2 (UT1)"})
      instruments->listing_rows.push_back({client::Value{name}});
    catalog_.put(kInstruments, instruments);
    mount_eso();
  }
  void mount_eso(bool ssap = true, bool resolver = true) {
    auto own = config();
    own.browse.eso_tables = true;
    own.browse.ssap = ssap;
    own.browse.resolver = resolver;
    own.browse.templates_dir = temp_ / "browse";
    mount(own);
  }
  void write_template(const std::string& name, const std::string& text) {
    std::filesystem::create_directories(temp_ / "browse");
    std::ofstream(temp_ / ("browse/" + name)) << text;
  }
  bool absent(std::uint64_t parent, const std::string& name) {
    auto entry = lookup(parent, name);
    return entry && entry->ino == 0;
  }
};

}  // namespace esofs::tests
