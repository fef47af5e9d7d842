#include "tests/sim/holdings/inventor.h"

#include <cctype>
#include <utility>

#include "tests/sim/text.h"

namespace esofs::sim {
namespace {

constexpr double kOneDay = 1.0;
constexpr double kStep = 1.0 / 1440;  // a minute
constexpr double kNever = 88069.0;    // released in 2100: proprietary now

std::string file_name(const Dataset& d, int number) {
  if (!d.origfile.empty()) return number == 0 ? d.origfile : std::to_string(number) + "_" + d.origfile;
  std::string name =
      d.instrument + "_" + d.collection + "_" + d.target + "_" + std::to_string(number) + ".fits";
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '-') c = '_';
  }
  return name;
}

}  // namespace

Dataset invented(Dataset::Kind kind, const char* instrument, const char* telescope, const Target& target) {
  Dataset d;
  d.kind = kind;
  d.instrument = instrument;
  d.telescope = telescope;
  d.target = target.name;
  d.ra = target.ra;
  d.dec = target.dec;
  return d;
}

std::vector<std::string> Inventor::raws(Dataset d, const std::string& prefix, int count, double first_mjd) {
  std::vector<std::string> ids;
  for (int i = 0; i < count; ++i) {
    const double mjd = first_mjd + i * 20 * kStep;
    d.mjd = mjd;
    d.dp_id = prefix + "." + iso_date(mjd, 3);
    d.origfile = d.instrument + "_" + d.dp_type + "_" + std::to_string(1000 + i).substr(1) + ".fits";
    d.release_mjd = d.proprietary ? kNever : mjd + 365 * kOneDay;
    ids.push_back(d.dp_id);
    all_.push_back(d);
  }
  return ids;
}

void Inventor::products(Dataset d, const std::string& first_id, int count,
                        const std::vector<std::string>& raws, int sources) {
  const double spread = d.pixel_arcsec * static_cast<double>(d.nx) / 3600 / 4;
  const Dataset pattern = d;
  for (int i = 0; i < count; ++i) {
    d = pattern;
    d.dp_id = next_id(first_id, i * 20);
    d.mjd = pattern.mjd + i * 40 * kStep;
    const std::uint64_t seed = seed_of(d.dp_id);
    if (spread > 0 && i > 0) {
      d.ra += (unit(mix(seed)) - 0.5) * spread;
      d.dec += (unit(mix(seed + 1)) - 0.5) * spread;
    }
    d.snr = pattern.snr > 0 ? pattern.snr * (0.7 + 0.6 * unit(mix(seed + 2))) : 0;
    d.seeing_arcsec = 0.5 + unit(mix(seed + 3)) * 0.8;
    d.release_mjd = mjd_of(d.dp_id.substr(4));
    if (d.proprietary) d.release_mjd = kNever;
    d.origfile = file_name(d, i);
    for (int k = 0; k < sources && !raws.empty(); ++k) {
      d.progenitors.push_back(raws[static_cast<std::size_t>(i * sources + k) % raws.size()]);
    }
    all_.push_back(d);
  }
}

}  // namespace esofs::sim
