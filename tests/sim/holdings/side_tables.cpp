#include "tests/sim/holdings/side_tables.h"

#include <cmath>
#include <map>
#include <set>

#include "tests/sim/holdings/rows.h"
#include "tests/sim/text.h"

namespace esofs::sim {
namespace {

using Visit = std::function<void(const TableRow&)>;

constexpr int kSamples = 480;  // two nights, one each few minutes

void collections(const std::vector<Dataset>& datasets, const Visit& visit) {
  std::map<std::string, const Dataset*> first;
  for (const Dataset& d : datasets) {
    if (!d.collection.empty()) first.emplace(d.collection, &d);
  }
  for (const auto& [name, d] : first) {
    visit({{"name", name},
           {"title", "Invented collection " + name},
           {"type", d->p3orig == "EDP" ? "survey" : "pipeline-reduced"},
           {"creators", d->pi},
           {"doi", "https://doi.org/10.18727/archive/" + std::to_string(seed_of(name) % 100)}});
  }
}

void documents(const std::vector<Dataset>& datasets, const std::string& base_url, const Visit& visit) {
  std::set<std::string> instruments;
  for (const Dataset& d : datasets) instruments.insert(d.instrument);
  for (const std::string& name : instruments) {
    if (!name.empty()) visit({{"name", name}, {"type", "instrument"}, {"url", base_url + "/docurl?" + name}});
  }
}

void quicklook_rows(const std::vector<File>& files, const std::string& base_url, const Visit& visit) {
  for (const File& file : files) {
    visit({{"access_estsize", static_cast<std::int64_t>(file.content->size() / 1000)},
           {"access_url", file_url(base_url, file.id)},
           {"instrument", "APEXHET"},
           {"instrument_type", "Heterodyne"},
           {"partner", "ESO"},
           {"pi_coi", "Ginsburg, A"},
           {"prog_id", "095.F-9802(A)"},
           {"prog_title", "Density and Temperature in an invented cloud"},
           {"prog_type", "Normal"},
           {"project_id", "E-095.F-9802A-2015"},
           {"quicklook_id", file.id},
           {"release_date", "2015-07-17T03:06:23.280Z"}});
  }
}

double wave(int i, double mean, double swing) {
  return std::round(
             (mean + swing * std::sin(i * 0.05) + swing * (unit(mix(static_cast<std::uint64_t>(i))) - 0.5)) *
             100) /
         100;
}

std::int64_t whole(double value) { return std::llround(value); }

void meteo_paranal(const Visit& visit) {
  const double first = mjd_of("2024-01-01T00:00:00");
  for (int i = 0; i < kSamples; ++i) {
    const double mjd = first + i * 5.0 / 1440;
    visit({{"integration", std::int64_t{60}},
           {"start_date", iso_date(mjd, 0) + "Z"},
           {"midpoint_date", iso_date(mjd + 30.0 / 86400, 0) + "Z"},
           {"presqnh", wave(i, 1011.2, 0.8)},
           {"press_0m", wave(i, 744.1, 0.6)},
           {"rhum_2m", whole(wave(i, 14, 6))},
           {"rhum_30m", whole(wave(i, 12, 5))},
           {"temp_2m", wave(i, 11.5, 2.5)},
           {"temp_30m", wave(i, 12.1, 2)},
           {"wind_dir_10m", whole(wave(i, 20, 15))},
           {"wind_speed_10m", wave(i, 6, 3)}});
  }
}

void dimm_paranal(const Visit& visit) {
  const double first = mjd_of("2024-01-01T00:00:00");
  for (int i = 0; i < kSamples; ++i) {
    const double mjd = first + i * 5.0 / 1440;
    visit({{"start_date", iso_date(mjd, 0) + "Z"},
           {"midpoint_date", iso_date(mjd + 30.0 / 86400, 0) + "Z"},
           {"airmass", wave(i, 1.3, 0.2)},
           {"fwhm", wave(i, 0.85, 0.25)},
           {"ra", wave(i, 88.8, 0.0)},
           {"dec", wave(i, 7.4, 0.0)},
           {"frames", std::int64_t{6000}}});
  }
}

void la_silla(const std::string& table, const Visit& visit) {
  const double first = mjd_of("2024-01-01T00:00:00");
  for (int i = 0; i < kSamples; ++i) {
    const double mjd = first + i * 5.0 / 1440;
    TableRow row{{"start_date", iso_date(mjd, 0) + "Z"},
                 {"midpoint_date", iso_date(mjd + 30.0 / 86400, 0) + "Z"},
                 {"integration", std::int64_t{60}}};
    if (table == "asm.ambient_lasilla") {
      row["airmass"] = wave(i, 1.2, 0.1);
      row["fwhm"] = wave(i, 1.1, 0.3);
      row["ra"] = 120.0;
      row["dec"] = -30.0;
    } else {
      row["presqnh"] = wave(i, 1012, 0.8);
      row["press_2m"] = wave(i, 771, 0.5);
      row["rhum_2m"] = whole(wave(i, 30, 8));
      row["temp_2m"] = wave(i, 13, 3);
      row["wind_speed_10m"] = wave(i, 5, 3);
    }
    visit(row);
  }
}

}  // namespace

void side_rows(const std::string& table, const std::vector<Dataset>& datasets, const std::string& base_url,
               const std::vector<File>& quicklooks, const Visit& visit) {
  if (table == "util.collections") collections(datasets, visit);
  if (table == "util.docurl") documents(datasets, base_url, visit);
  if (table == "ist.apex_quicklooks") quicklook_rows(quicklooks, base_url, visit);
  if (table == "asm.meteo_paranal") meteo_paranal(visit);
  if (table == "asm.dimm_paranal") dimm_paranal(visit);
  if (table == "asm.ambient_lasilla" || table == "asm.meteo_lasilla") la_silla(table, visit);
}

}  // namespace esofs::sim
