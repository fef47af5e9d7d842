#include <array>
#include <string>

#include "tests/sim/files/fits_builder.h"
#include "tests/sim/text.h"

namespace esofs::sim {
namespace {

void add_telescope(FitsHeader& header, const Dataset& d, std::uint64_t seed) {
  const double airmass = 1 + unit(mix(seed)) * 0.8;
  header.string("ESO TEL ID", "v 6.36+")
      .string("ESO TEL DATE", "not set")
      .string("ESO TEL TRAK STATUS", "NORMAL");
  header.real("ESO TEL ALT", 30 + unit(mix(seed + 1)) * 55, "[deg] Tel ALT angle at start");
  header.real("ESO TEL AZ", unit(mix(seed + 2)) * 360, "[deg] Tel Azimuth at start S=0,W=90");
  header.real("ESO TEL GEOELEV", 2648, "[m] Elevation above sea level");
  header.real("ESO TEL GEOLAT", -24.6268, "[deg] Tel geo latitute (+=North)");
  header.real("ESO TEL GEOLON", -70.4045, "[deg] Tel geo longitude (+=East)");
  header.string("ESO TEL OPER", "I, Condor").string("ESO TEL FOCU ID", "NB").real("ESO TEL FOCU LEN", 120);
  header.real("ESO TEL PARANG START", -120.5, "[deg] Parallactic angle at start");
  header.real("ESO TEL AIRM START", airmass, "Airmass at start").real("ESO TEL AIRM END", airmass + 0.02);
  header.real("ESO TEL AMBI FWHM START", d.seeing_arcsec, "[arcsec] Observatory seeing at start");
  header.real("ESO TEL AMBI FWHM END", d.seeing_arcsec + 0.05).real("ESO TEL AMBI PRES START", 744.05);
  header.real("ESO TEL AMBI PRES END", 744.1)
      .real("ESO TEL AMBI RHUM", 12.5, "[%] ambient relative humidity");
  header.real("ESO TEL AMBI TAU0", 0.0042)
      .real("ESO TEL AMBI TEMP", 11.2, "[C] Observatory ambient temperature");
  header.real("ESO TEL AMBI WINDDIR", 12).real("ESO TEL AMBI WINDSP", 6.3).real("ESO TEL MOON RA", 101.2);
}

void add_observation(FitsHeader& header, const Dataset& d, std::uint64_t seed) {
  header.string("ESO OBS PROG ID", d.prog_id, "ESO program identification");
  header.integer("ESO OBS ID", static_cast<std::int64_t>(200000000 + seed % 90000000),
                 "Observation block ID");
  header.string("ESO OBS NAME", d.target + "_" + d.instrument).string("ESO OBS TARG NAME", d.target);
  header.string("ESO OBS PI-COI NAME", d.pi).string("ESO OBS PI-COI ID", "52021").string("ESO OBS GRP", "0");
  header.string("ESO OBS START", iso_date(d.mjd - 0.01, 0))
      .integer("ESO OBS TPLNO", 2)
      .string("ESO OBS OBSERVER", "U");
  header.string("ESO OBS DID", "ESO-VLT-DIC.OBS-1.12")
      .real("ESO OBS AMBI FWHM", 0)
      .real("ESO OBS EXECTIME", 3340);
  header.string("ESO TPL ID", d.instrument + "_obs_generic").string("ESO TPL NAME", "Generic observation");
  header.string("ESO TPL START", iso_date(d.mjd - 0.001, 0))
      .integer("ESO TPL NEXP", 4)
      .integer("ESO TPL EXPNO", 1);
  header.string("ESO TPL VERSION", "$Revision: 190211 $")
      .string("ESO TPL PRESEQ", d.instrument + "_obs_generic.seq");
}

void add_instrument(FitsHeader& header, const Dataset& d, std::uint64_t seed) {
  header.string("ESO INS ID", d.instrument + "/1.97").string("ESO INS DATE", "2018-05-22");
  header.string("ESO INS MODE", d.obstech.empty() ? d.dp_tech : d.obstech)
      .string("ESO INS FILT1 NAME", d.filter);
  header.real("ESO INS PIXSCALE", d.pixel_arcsec, "[arcsec] Pixel scale").string("ESO INS SWSIM", "NORMAL");
  for (int i = 1; i <= 20; ++i) {
    const std::string n = std::to_string(i);
    header.string("ESO INS TEMP" + n + " ID", "T" + n).string("ESO INS TEMP" + n + " NAME", "Sensor " + n);
    header.real("ESO INS TEMP" + n + " VAL", 5 + unit(mix(seed + static_cast<std::uint64_t>(i) + 40)) * 10);
  }
  for (int i = 1; i <= 8; ++i) {
    const std::string n = std::to_string(i);
    header.string("ESO INS SHUT" + n + " ID", "SH" + n).flag("ESO INS SHUT" + n + " ST", i % 2 == 0);
  }
  header.string("ESO DET NAME", d.instrument + "-CCD").string("ESO DET ID", "CCD FIERA - Rev: 3.96");
  header.integer("ESO DET CHIPS", d.detectors).integer("ESO DET BINX", 1).integer("ESO DET BINY", 1);
  header.real("ESO DET READ SPEED", 0.35)
      .string("ESO DET READ CURNAME", "SCI1.0")
      .integer("ESO DET BITS", 16);
  for (int i = 1; i <= 4; ++i) {
    const std::string n = std::to_string(i);
    header.string("ESO DET OUT" + n + " NAME", "OUT" + n).real("ESO DET OUT" + n + " GAIN", 1.05 + 0.01 * i);
    header.real("ESO DET OUT" + n + " RON", 2.6 + 0.1 * i, "[e] readout noise")
        .integer("ESO DET OUT" + n + " X", i);
  }
}

void add_pipeline(FitsHeader& header, const Dataset& d, std::uint64_t seed) {
  header.string("ESO PRO TYPE", "REDUCED", "Product type").string("ESO PRO TECH", d.obstech);
  header.string("ESO PRO CATG", d.category).string("ESO PRO SCIENCE", "T").integer("ESO PRO DATANCOM", 3);
  header.string("ESO PRO REC1 ID", "sim_scipost", "Pipeline recipe (unique) identifier");
  header.string("ESO PRO REC1 DRS ID", "cpl-7.1.1").string("ESO PRO REC1 PIPE ID", "sim/2.4.2");
  for (std::size_t i = 0; i < d.progenitors.size() && i < 40; ++i) {
    const std::string n = std::to_string(i + 1);
    header.string("ESO PRO REC1 RAW" + n + " NAME", d.progenitors[i] + ".fits", "File name");
    header.string("ESO PRO REC1 RAW" + n + " CATG", "OBJECT");
  }
  static constexpr std::array<const char*, 6> masters{"MASTER_BIAS", "MASTER_DARK",   "MASTER_FLAT",
                                                      "TRACE_TABLE", "WAVECAL_TABLE", "STD_RESPONSE"};
  int number = 0;
  for (const char* master : masters) {
    const std::string n = std::to_string(++number);
    header.string("ESO PRO REC1 CAL" + n + " NAME", "M." + d.instrument + "." + iso_date(d.mjd + number, 3));
    header.string("ESO PRO REC1 CAL" + n + " CATG", master)
        .string("ESO PRO REC1 CAL" + n + " DATAMD5", std::to_string(mix(seed + n.size())));
  }
  for (int i = 1; i <= 30; ++i) {
    const std::string n = std::to_string(i);
    header.string("ESO PRO REC1 PARAM" + n + " NAME", "parameter-" + n, "Name of the recipe parameter");
    header.string("ESO PRO REC1 PARAM" + n + " VALUE", i % 3 == 0 ? "true" : std::to_string(i * 3),
                  "Default");
  }
  for (int i = 1; i <= 12; ++i) {
    header.real("ESO QC SIM VALUE" + std::to_string(i),
                unit(mix(seed + 900 + static_cast<std::uint64_t>(i))));
  }
}

}  // namespace

void add_eso_cards(FitsHeader& header, const Dataset& d) {
  const std::uint64_t seed = seed_of(d.dp_id);
  add_telescope(header, d, seed);
  add_observation(header, d, seed);
  if (d.is_raw()) {
    header.string("ESO DPR CATG", d.dp_cat, "Observation category");
    header.string("ESO DPR TYPE", d.dp_type, "Observation type").string("ESO DPR TECH", d.dp_tech);
  }
  add_instrument(header, d, seed);
  if (!d.is_raw()) add_pipeline(header, d, seed);
}

}  // namespace esofs::sim
