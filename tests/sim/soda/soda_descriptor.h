// The service descriptors of cutouts, as DataLink answers carry them: ESO's recorded form, and those of other archives.
//
//   source   client/ESO.md, "Service descriptor"; recorded answers of CADC, CASDA and GAVO for the others;
//            DataLink 1.0 section 4
#pragma once

#include <string>
#include <vector>

#include "tests/sim/holdings/holdings.h"

namespace esofs::sim {

struct SodaDescriptor {
  std::string id;           // of the RESOURCE, and of service_def in the row
  std::string description;  // of the row
  std::string xml;          // the RESOURCE
};

// about: the publisher DID of the file.
std::vector<SodaDescriptor> soda_descriptors(const std::string& base_url, const File& file,
                                             const std::string& about);

// The opaque token that the form kCasda has instead of an identifier, in a column of the answer.
std::string soda_token(const std::string& archive_id);

// A fixed parameter of the form kCadc, which clients must send back.
inline constexpr const char* kRunId = "e3h6rssb161oyf7j";

// The paths of the services below the simulator's base URL.
inline constexpr const char* kEsoSoda = "/dataPortal/soda/sync";
inline constexpr const char* kCadcSync = "/caom2ops/sync";  // with "?view=cutout", which clients must keep
inline constexpr const char* kCadcAsync = "/caom2ops/async";
inline constexpr const char* kCasdaAsync = "/casda_data_access/data/async";
inline constexpr const char* kGavoSync = "/dlget";
inline constexpr const char* kPosSync = "/cutouts/sync";

}  // namespace esofs::sim
