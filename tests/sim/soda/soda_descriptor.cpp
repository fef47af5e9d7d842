#include "tests/sim/soda/soda_descriptor.h"

#include <array>
#include <cstdio>

#include "tests/sim/text.h"

namespace esofs::sim {
namespace {

using Form = CutoutOffer::Form;

constexpr const char* kSync = "ivo://ivoa.net/std/SODA#sync-1.0";
constexpr const char* kAsync = "ivo://ivoa.net/std/SODA#async-1.0";

std::string low(const std::string& band) { return band.substr(0, band.find(' ')); }
std::string high(const std::string& band) { return band.substr(band.find(' ') + 1); }

std::string param(const std::string& name, const std::string& value) {
  return "<PARAM name=\"" + name + "\" datatype=\"char\" arraysize=\"*\" value=\"" + xml_escape(value) +
         "\"/>\n";
}

// Recorded, except the first line and BAND, which is that of SODA.
SodaDescriptor eso(const std::string& base_url, const File& file, const std::string& about) {
  SodaDescriptor service{file.id + "_soda", "Cutout of #this (SODA-sync)", {}};
  service.xml = "<RESOURCE ID=\"" + service.id +
                "\" type=\"meta\" utype=\"adhoc:service\">\n"
                "<PARAM name=\"accessURL\" datatype=\"char\" arraysize=\"*\" ucd=\"meta.ref.url\" value=\"" +
                base_url + kEsoSoda + "\"/>\n" + param("standardID", kSync) +
                "<GROUP name=\"inputParams\">\n"
                "<PARAM name=\"ID\" datatype=\"char\" arraysize=\"*\" ucd=\"meta.id;meta.dataset\" value=\"" +
                about +
                "\">\n<DESCRIPTION>The publisher DID of the dataset of interest</DESCRIPTION>\n</PARAM>\n";
  if (!file.cutout.circle.empty()) {
    service.xml +=
        "<PARAM name=\"CIRCLE\" datatype=\"double\" arraysize=\"3\" ucd=\"pos.outline;obs\" unit=\"deg\" "
        "value=\"0 0 0\" xtype=\"circle\">\n<DESCRIPTION>A circle (as a flattened array of ra, dec, radius) "
        "that should be covered by the cutout.</DESCRIPTION>\n<VALUES>\n<MAX inclusive=\"yes\" value=\"" +
        file.cutout.circle + "\"/>\n</VALUES>\n</PARAM>\n";
  }
  if (!file.cutout.band.empty()) {
    service.xml +=
        "<PARAM name=\"BAND\" datatype=\"double\" arraysize=\"2\" ucd=\"em.wl;stat.interval\" unit=\"m\" "
        "value=\"0 0\" xtype=\"interval\">\n<DESCRIPTION>The wavelength interval that should be covered by "
        "the cutout.</DESCRIPTION>\n<VALUES>\n<MIN inclusive=\"yes\" value=\"" +
        low(file.cutout.band) + "\"/>\n<MAX inclusive=\"yes\" value=\"" + high(file.cutout.band) +
        "\"/>\n</VALUES>\n</PARAM>\n";
  }
  service.xml += "</GROUP>\n</RESOURCE>\n";
  return service;
}

// A parameter of SODA with its limits, value empty.
std::string limited(const std::string& name, const std::string& size, const std::string& rest,
                    const std::string& limits) {
  return "<PARAM name=\"" + name + "\" datatype=\"double\" arraysize=\"" + size + "\" " + rest +
         " value=\"\">\n<VALUES>" + limits + "</VALUES>\n</PARAM>\n";
}

std::string maximum(const std::string& value) { return "<MAX value=\"" + value + "\"/>"; }

std::string band_param(const std::string& band) {
  if (band.empty()) return {};
  return limited("BAND", "2", "ucd=\"em.wl;stat.interval\" unit=\"m\" xtype=\"interval\"",
                 "<MIN value=\"" + low(band) + "\"/>" + maximum(high(band)));
}

std::string shape_params(const CutoutOffer& offer, const std::string& ucd) {
  if (offer.circle.empty()) return {};
  const std::string rest = "ucd=\"" + ucd + "\" unit=\"deg\" xtype=";
  return limited("CIRCLE", "3", rest + "\"circle\"", maximum(offer.circle)) +
         limited("POLYGON", "*", rest + "\"polygon\"", maximum(offer.polygon));
}

std::string pos_param(const std::string& ucd) {
  return "<PARAM name=\"POS\" datatype=\"char\" arraysize=\"*\" ucd=\"" + ucd + "\" value=\"\"/>\n";
}

std::string resource(const std::string& id, const std::string& inside) {
  return "<RESOURCE type=\"meta\" ID=\"" + id + "\" utype=\"adhoc:service\">\n" + inside + "</RESOURCE>\n";
}

// Two services with the same parameters; clients choose by the standard's identifier.
std::vector<SodaDescriptor> cadc(const std::string& base_url, const File& file, const std::string& about) {
  const std::string group =
      "<GROUP name=\"inputParams\">\n"
      "<PARAM name=\"ID\" datatype=\"char\" arraysize=\"*\" ucd=\"meta.id;meta.dataset\" value=\"" +
      about + "\"/>\n" + param("RUNID", kRunId) + pos_param("obs.field") +
      shape_params(file.cutout, "obs.field") + band_param(file.cutout.band) + "</GROUP>\n";
  std::vector<SodaDescriptor> out;
  for (const bool sync : {false, true}) {
    SodaDescriptor& service = out.emplace_back();
    service.id =
        std::string(sync ? "soda-sync-" : "soda-async-") + std::to_string(seed_of(file.id) % 1000000);
    service.description = sync ? "SODA-sync cutout" : "SODA-async cutout";
    service.xml =
        resource(service.id, param("resourceIdentifier", "ivo://cadc.nrc.ca/caom2ops") +
                                 param("standardID", sync ? kSync : kAsync) +
                                 param("accessURL", base_url + (sync ? std::string(kCadcSync) + "?view=cutout"
                                                                     : std::string(kCadcAsync))) +
                                 group);
  }
  return out;
}

SodaDescriptor casda(const std::string& base_url, const File& file) {
  std::string group =
      "<GROUP name=\"inputParams\">\n"
      "<PARAM value=\"\" datatype=\"char\" ref=\"authenticatedIdToken\" name=\"ID\" arraysize=\"*\"/>\n";
  for (const char* xtype : {"circle", "range", "polygon"})
    group += "<PARAM datatype=\"char\" xtype=\"" + std::string(xtype) +
             "\" name=\"POS\" arraysize=\"*\" value=\"\"/>\n";
  if (!file.cutout.band.empty())
    group +=
        "<PARAM unit=\"m\" datatype=\"double\" xtype=\"interval\" name=\"BAND\" arraysize=\"*\" "
        "value=\"\"/>\n";
  group += "<PARAM datatype=\"char\" name=\"POL\" arraysize=\"*\" value=\"\"/>\n</GROUP>\n";
  return {"cutout_service", "Cutouts of the dataset",
          resource("cutout_service",
                   param("standardID", kAsync) + param("accessURL", base_url + kCasdaAsync) + group)};
}

SodaDescriptor gavo(const std::string& base_url, const File& file, const std::string& about) {
  const std::string group =
      "<GROUP name=\"inputParams\">\n"
      "<PARAM arraysize=\"*\" datatype=\"char\" name=\"ID\" ucd=\"meta.id;meta.main\" value=\"" +
      about + "\">\n<DESCRIPTION>The pubisher DID of the dataset of interest</DESCRIPTION>\n</PARAM>\n" +
      pos_param("phys.angArea;obs") + shape_params(file.cutout, "phys.argArea;obs") +
      band_param(file.cutout.band) +
      "<PARAM arraysize=\"*\" datatype=\"char\" name=\"KIND\" value=\"\">\n<DESCRIPTION>Set to HEADER to "
      "retrieve just "
      "the primary header, leave empty for data.</DESCRIPTION>\n<VALUES>\n"
      "<OPTION name=\"Retrieve header only\" value=\"HEADER\"/>\n"
      "<OPTION name=\"Retrieve the full data, including header (default)\" value=\"DATA\"/>\n"
      "</VALUES>\n</PARAM>\n</GROUP>\n";
  const std::string id = "proc_svc_" + std::to_string(seed_of(file.id) % 1000000);
  return {id, "An interactive service on this dataset.",
          resource(id, group + param("accessURL", base_url + kGavoSync) + param("standardID", kSync))};
}

SodaDescriptor pos_only(const std::string& base_url, const File& file) {
  const std::string group =
      "<GROUP name=\"inputParams\">\n"
      "<PARAM name=\"ID\" datatype=\"char\" arraysize=\"*\" ucd=\"meta.ref.url;meta.curation\" "
      "ref=\"primaryID\" "
      "value=\"\"/>\n" +
      pos_param("pos.outline;obs") + band_param(file.cutout.band) + "</GROUP>\n";
  return {
      "pos_cutout", "Cutouts by POS",
      resource("pos_cutout", param("accessURL", base_url + kPosSync) + param("standardID", kSync) + group)};
}

}  // namespace

std::vector<SodaDescriptor> soda_descriptors(const std::string& base_url, const File& file,
                                             const std::string& about) {
  if (!file.cutout.any()) return {};
  switch (file.cutout.form) {
    case Form::kEso:
      break;
    case Form::kCadc:
      return cadc(base_url, file, about);
    case Form::kCasda:
      return {casda(base_url, file)};
    case Form::kGavo:
      return {gavo(base_url, file, about)};
    case Form::kPos:
      return {pos_only(base_url, file)};
  }
  return {eso(base_url, file, about)};
}

std::string soda_token(const std::string& archive_id) {
  std::array<char, 20> text{};
  std::snprintf(text.data(), text.size(), "%016llx",
                static_cast<unsigned long long>(mix(seed_of(archive_id) + 5)));
  return text.data();
}

}  // namespace esofs::sim
