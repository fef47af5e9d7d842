#include "fs/browse/browse_builtin.h"

#include <functional>

namespace esofs::fs {
namespace {

constexpr const char* kConePath = "-- path: {ra:ra}_{dec:dec}_{radius:radius}\n";
// The default radius is the field of a typical camera.
constexpr const char* kObjectPath = "-- path: {object:object}_{radius:radius=3arcmin}\n";

using Templates = std::vector<std::pair<std::string, std::string>>;

std::string circle(bool object) {
  return object ? "CIRCLE('ICRS', {object.ra}, {object.dec}, {radius})"
                : "CIRCLE('ICRS', {ra}, {dec}, {radius})";
}

// One query around a position, given by its coordinates or by an object's name.
void add_around(Templates& to, const BrowseConfig& archive, const std::string& leaf, const std::string& title,
                const std::function<std::string(bool object)>& query, const std::string& narrow = "") {
  const std::string by = narrow.empty() ? "" : "-- narrow: " + narrow + "\n";
  to.emplace_back("cone." + leaf + ".adql", "-- " + title + ".\n" + kConePath + by + query(false) + "\n");
  if (archive.resolver)
    to.emplace_back("object." + leaf + ".adql",
                    "-- " + title + " around a named object.\n" + kObjectPath + by + query(true) + "\n");
}

void add_spectra(Templates& to, const BrowseConfig& archive) {
  add_around(to, archive, "spectra", "Spectra, as the SSAP service lists them", [](bool object) {
    return "-- service: ssap\nREQUEST=queryData&POS=" +
           std::string(object ? "{object.ra},{object.dec}" : "{ra},{dec}") + "&SIZE={radius.diameter}";
  });
}

Templates eso_templates(const BrowseConfig& archive) {
  Templates templates;
  add_around(
      templates, archive, "phase3", "Products whose footprint touches a circle",
      [](bool object) {
        return "SELECT * FROM ivoa.ObsCore WHERE INTERSECTS(s_region, " + circle(object) + ") = 1";
      },
      "instrument_name");
  add_around(
      templates, archive, "raw", "Raw frames whose footprint touches a circle",
      [](bool object) {
        return "SELECT * FROM dbo.raw WHERE INTERSECTS(s_region, " + circle(object) + ") = 1";
      },
      "instrument");
  if (archive.ssap) add_spectra(templates, archive);
  const std::string near =
      "-- near programme: SELECT DISTINCT prog_id FROM dbo.raw WHERE prog_id LIKE {programme.period}\n";
  templates.emplace_back("programme.phase3.adql",
                         "-- Products of an observing programme, or of one of its runs.\n"
                         "-- path: {programme:programme}\n-- narrow: instrument_name\n" +
                             near +
                             "SELECT * FROM ivoa.ObsCore WHERE proposal_id LIKE {programme.contains}\n");
  templates.emplace_back("programme.raw.adql",
                         "-- Raw frames of an observing programme, or of one of its runs.\n"
                         "-- path: {programme:programme}\n-- narrow: instrument\n" +
                             near + "SELECT * FROM dbo.raw WHERE prog_id LIKE {programme.prefix}\n");
  templates.emplace_back(
      "night.adql",
      "-- Raw frames of one instrument and night, from 12:00 UT to 12:00 UT.\n"
      "-- path: {instrument:text}/{night:night}\n"
      "-- list instrument: SELECT name FROM util.docurl WHERE type = 'instrument' ORDER BY name\n"
      "-- recent night: SELECT TOP 5000 exp_start FROM dbo.raw WHERE instrument = {instrument}"
      " ORDER BY exp_start DESC\n"
      "-- without instrument: SELECT * FROM dbo.raw"
      " WHERE exp_start >= {night.begin} AND exp_start < {night.end}\n"
      "SELECT * FROM dbo.raw WHERE instrument = {instrument}\n"
      "  AND exp_start >= {night.begin} AND exp_start < {night.end}\n");
  templates.emplace_back("collection.adql",
                         "-- Products of one data collection.\n"
                         "-- path: {collection:text}\n-- narrow: instrument_name\n"
                         "-- list collection: SELECT name FROM util.collections ORDER BY name\n"
                         "SELECT * FROM ivoa.ObsCore WHERE obs_collection = {collection}\n");
  return templates;
}

// For any archive with ObsCore. s_region may be empty there, or not a region; the position is always right.
Templates obscore_templates(const BrowseConfig& archive) {
  const std::string& table = archive.obscore_table;
  Templates templates;
  add_around(
      templates, archive, "obscore", "Datasets whose position is in a circle",
      [&table](bool object) {
        return "SELECT * FROM " + table + " WHERE CONTAINS(POINT('ICRS', s_ra, s_dec), " + circle(object) +
               ") = 1";
      },
      "instrument_name");
  if (archive.ssap) add_spectra(templates, archive);
  templates.emplace_back("night.adql",
                         "-- Datasets of one instrument and night, from 12:00 UT to 12:00 UT.\n"
                         "-- path: {instrument:text}/{night:night}\n"
                         "-- list instrument: SELECT DISTINCT instrument_name FROM " +
                             table + "\n-- recent night: SELECT TOP 5000 t_min FROM " + table +
                             " WHERE instrument_name = {instrument} ORDER BY t_min DESC" +
                             "\n-- without instrument: SELECT * FROM " + table +
                             " WHERE t_min >= {night.begin_mjd} AND t_min < {night.end_mjd}\nSELECT * FROM " +
                             table +
                             " WHERE instrument_name = {instrument}\n"
                             "  AND t_min >= {night.begin_mjd} AND t_min < {night.end_mjd}\n");
  templates.emplace_back("collection.adql",
                         "-- Datasets of one data collection.\n"
                         "-- path: {collection:text}\n-- narrow: instrument_name\n"
                         "-- list collection: SELECT DISTINCT obs_collection FROM " +
                             table + "\nSELECT * FROM " + table + " WHERE obs_collection = {collection}\n");
  return templates;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> builtin_templates(const BrowseConfig& archive) {
  return archive.eso_tables ? eso_templates(archive) : obscore_templates(archive);
}

}  // namespace esofs::fs
