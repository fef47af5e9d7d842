// The columns of ESO's DataLink answers and calSelector answers, as ESO writes them.
//
//   source   recorded; client/ESO.md, "Columns"
#pragma once

#include <array>
#include <cstddef>
#include <string>

namespace esofs::sim {

// What ESO's own terms begin with.
inline constexpr const char* kEsoTerm = "http://archive.eso.org/rdf/datalink/eso#";

struct DataLinkField {
  const char* name;
  const char* ucd;
};
inline constexpr std::array<DataLinkField, 11> kDataLinkFields{
    {{"ID", "meta.id;meta.main"},
     {"access_url", "meta.ref.url"},
     {"service_def", "meta.ref"},
     {"error_message", "meta.code.error"},
     {"semantics", "meta.code"},
     {"description", "meta.note"},
     {"content_type", "meta.code.mime"},
     {"content_length", "phys.size;meta.file"},
     {"eso_origfile", "meta.id;meta.file"},
     {"eso_category", "meta.code.class;meta.dataset"},
     {"eso_datalink", "meta.ref.url"}}};
inline constexpr std::size_t kDataLinkLength = 7;    // content_length, the only number
inline constexpr std::size_t kDataLinkOrigfile = 8;  // not among calSelector's

// The FIELD element of a column. more: further attributes, with a blank before each.
inline std::string datalink_field(std::size_t i, const std::string& more = "") {
  const DataLinkField& field = kDataLinkFields[i];
  const std::string common = std::string("name=\"") + field.name + "\" ucd=\"" + field.ucd + '"';
  return i == kDataLinkLength ? "<FIELD datatype=\"long\" " + common + " unit=\"byte\"/>\n"
                              : "<FIELD arraysize=\"*\" datatype=\"char\" " + common + more + "/>\n";
}

}  // namespace esofs::sim
