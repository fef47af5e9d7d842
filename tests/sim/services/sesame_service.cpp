#include "tests/sim/services/sesame_service.h"

#include <array>
#include <cctype>
#include <cmath>
#include <string_view>

#include "tests/sim/http/http_request.h"
#include "tests/sim/text.h"

namespace esofs::sim {
namespace {

struct Object {
  const char* name;     // as SIMBAD calls it
  const char* aliases;  // others, separated by ';'
  const char* type;
  double ra, dec;
};

constexpr std::array kObjects{
    Object{"NGC   253", "Sculptor Galaxy;Caldwell 65", "AGN", 11.888002, -25.288220},
    Object{"M  83", "NGC 5236;Southern Pinwheel", "G", 204.253958, -29.865417},
    Object{"M  99", "NGC 4254", "G", 184.706682, 14.416455},
    Object{"NAME Sgr A*", "Sgr A*;Sagittarius A*;Galactic Centre", "X", 266.416817, -29.007825},
    Object{"* tau Cet", "HD 10700;tau Ceti", "PM*", 26.017013, -15.937480},
    Object{"* bet Pic", "bet Pic;beta Pic;HD 39060", "PM*", 86.821234, -51.066511},
    Object{"* alf Ori", "Betelgeuse;alpha Ori", "s*r", 88.792939, 7.407064},
    Object{"M  42", "Orion Nebula;NGC 1976;Great Orion Nebula", "HII", 83.820000, -5.390000},
    Object{"M   1", "Crab Nebula;NGC 1952", "SNR", 83.633083, 22.014500},
    Object{"M  31", "Andromeda;NGC 224", "AGN", 10.684708, 41.268750},
    Object{"M  33", "NGC 598;Triangulum Galaxy", "GiG", 23.462069, 30.660175},
    Object{"M  87", "NGC 4486;Virgo A", "AGN", 187.705931, 12.391123},
    Object{"M 104", "NGC 4594;Sombrero", "LIN", 189.997633, -11.623054},
    Object{"M  51", "NGC 5194;Whirlpool", "Sy2", 202.469575, 47.195258},
    Object{"M  74", "NGC 628", "G", 24.173946, 15.783641},
    Object{"NGC  1068", "M 77", "Sy2", 40.669629, -0.013281},
    Object{"NGC  1365", "", "Sy1", 53.401546, -36.140403},
    Object{"NGC  1433", "", "Sy2", 55.506350, -47.221908},
    Object{"NGC  3603", "", "Cl*", 168.781250, -61.261111},
    Object{"NGC  4535", "", "G", 188.584592, 8.197753},
    Object{"NGC  4993", "GW170817 host", "G", 197.448776, -23.383831},
    Object{"NGC  5128", "Centaurus A;Cen A", "Sy2", 201.365063, -43.019113},
    Object{"NGC  6397", "", "GlC", 265.175385, -53.674335},
    Object{"NAME LMC", "LMC;Large Magellanic Cloud", "G", 80.894200, -69.756100},
    Object{"NAME SMC", "SMC;Small Magellanic Cloud", "G", 13.158330, -72.800280},
    Object{"Cl* omega Cen", "omega Cen;NGC 5139", "GlC", 201.696991, -47.479473},
    Object{"* alf Cen", "alpha Cen;Rigil Kentaurus", "**", 219.873833, -60.832222},
    Object{"NAME Proxima Centauri", "Proxima Cen;Proxima", "Er*", 217.428942, -62.679490},
    Object{"* alf CMa", "Sirius;HD 48915", "SB*", 101.287155, -16.716116},
    Object{"* alf Lyr", "Vega;HD 172167", "dS*", 279.234735, 38.783689},
    Object{"NAME Barnard's star", "Barnard's star;Barnard star", "BY*", 269.452077, 4.693365},
    Object{"TRAPPIST-1", "2MASS J23062928-0502285", "LM*", 346.622013, -5.041399},
    Object{"SN 1987A", "", "SN*", 83.866625, -69.269747},
    Object{"3C 273", "QSO J1229+0203", "BLL", 187.277916, 2.052388},
    Object{"PSR J0737-3039", "", "Psr", 114.463536, -30.661310},
    Object{"BD+17  3248", "", "PM*", 262.049371, 17.510394},
    Object{"HD 189733", "V452 Vul", "BY*", 300.182122, 22.709776},
    Object{"* eta Car", "eta Car;eta Carinae", "Em*", 161.264775, -59.684431},
};

std::string key(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != ' ') out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

const Object* find(const std::string& name) {
  const std::string wanted = key(name);
  if (wanted.empty()) return nullptr;
  for (const auto& object : kObjects) {
    std::string_view rest = object.aliases;
    if (key(object.name) == wanted) return &object;
    while (!rest.empty()) {
      const auto alias = rest.substr(0, rest.find(';'));
      if (key(alias) == wanted) return &object;
      rest.remove_prefix(std::min(rest.size(), alias.size() + 1));
    }
  }
  return nullptr;
}

std::string fixed(double value, int decimals) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  return text.data();
}

std::string sexagesimal(double value, int decimals) {
  const double all = std::abs(value);
  const auto whole = std::floor(all);
  const auto minutes = std::floor((all - whole) * 60);
  const double seconds = (all - whole) * 3600 - minutes * 60;
  const auto two = [](const std::string& text) {
    return text.find('.') == 1 || text.size() == 1 ? "0" + text : text;
  };
  return (value < 0 ? "-" : "") + two(fixed(whole, 0)) + ":" + two(fixed(minutes, 0)) + ":" +
         two(fixed(seconds, decimals));
}

std::string found(const Object& object) {
  const std::string dec = sexagesimal(object.dec, 2);
  return "  <Resolver name=\"S=Simbad (CDS, via client/server)\"><!-- delay: 4ms -->\n"
         "    <INFO>from cache</INFO>\n    <otype>" +
         xml_escape(object.type) + "</otype>\n    <jpos>" + sexagesimal(object.ra / 15, 3) + " " +
         (object.dec < 0 ? dec : "+" + dec) + "</jpos>\n    <jradeg>" + fixed(object.ra, 6) +
         "</jradeg>\n    <jdedeg>" + fixed(object.dec, 6) + "</jdedeg>\n    <oname>" +
         xml_escape(object.name) + "</oname>\n  </Resolver>\n";
}

std::string nothing() {
  std::string out;
  for (const char* name : {"S=Simbad (CDS, via client/server)", "N=NED (via cache)", "V=VizieR (local)"})
    out += std::string("  <Resolver name=\"") + name +
           "\"><!-- delay: 12ms -->\n    <INFO>*** Nothing found *** </INFO>\n  </Resolver>\n";
  return out;
}

}  // namespace

Answer sesame_answer(const std::string& query) {
  const std::string name = percent_decode(query, true);
  const Object* object = find(name);
  std::string text =
      "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n"
      "<Sesame xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
      "xsi:noNamespaceSchemaLocation=\"http://vizier.u-strasbg.fr/xml/sesame_4x.xsd\">\n"
      "<Target option=\"SNV\">\n  <name>" +
      xml_escape(name) + "</name>\n  <!-- Q4711 #1 -->\n";
  text += object == nullptr ? nothing() : found(*object);
  text += "</Target>\n</Sesame>\n<!--- ====Done (2026-Jun-08,15:33:23z)==== -->\n";
  return text_answer(200, "text/xml", std::move(text));
}

}  // namespace esofs::sim
