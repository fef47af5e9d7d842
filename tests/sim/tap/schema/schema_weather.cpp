// The weather tables of tap_obs (schema asm): temperature, pressure, humidity and wind at the observatories.
//
// One column a line: name|datatype(arraysize)@xtype|unit|ucd|utype|flags|description; flags: p principal, i indexed.
// Source: VOSI tables of tap_obs, June 2026.

#include "tests/sim/tap/schema/schema.h"

namespace esofs::sim::tap {

const std::vector<TableText>& weather_tables() {
  static const std::vector<TableText> tables = {
      {"asm.meteo_apex", "Site conditions: meteo apex", R"(
azimuth|float|deg|pos.az.azi||p
controlboxtemperature|float|Celsius|phys.temperature;obs.atmos;time.end||p
dewpoint|float|Celsius|phys.temperature;obs.atmos;time.end||p
elevation|float|deg|pos.az.alt||p
humidity|float|%|||p
pressure|float|hPa|phys.pressure;obs.atmos;time.end||p
pwv|float|mm|||p
shutter|char||||p
skyTB06|float|K|instr.skyTemp;time.end||p
skytb13_upto2012|float|K|instr.skyTemp;time.end||p
skyTB15|float|K|instr.skyTemp;time.end||p
skyTB25|float|K|instr.skyTemp;time.end||p
skyTB35|float|K|instr.skyTemp;time.end||p
skytb42_upto2012|float|K|instr.skyTemp;time.end||p
skyTB50|float|K|instr.skyTemp;time.end||p
skytb65_upto2012|float|K|instr.skyTemp;time.end||p
skyTB75|float|K|instr.skyTemp;time.end||p
start_date|char(*)@timestamp||time.start||p|Start of the measurement
status|char||||p
temperature|float|Celsius|phys.temperature;obs.atmos;time.end||p
valid|short||meta.code.qual||p
winddirection|short|deg|pos.azimuth;obs.atmos.wind||p
windspeed|float|m.s**(-1)|phys.veloc;obs.atmos.wind;time.end||p
)"},
      {"asm.meteo_lasilla", "Site conditions: meteo lasilla", R"(
integration|short|s|time.interval||p
midpoint_date|char(*)@timestamp||time||p|Middle of the measurement
presqnh|float|hPa|phys.pressure;obs.atmos;stat.mean||p
press_2m|float|hPa|phys.pressure;obs.atmos;stat.mean||p
rhum_2m|short|%|||p
start_date|char(*)@timestamp||time.start||p|Start of the measurement
temp_0m|float|Celsius|phys.temperature;obs.atmos;stat.mean||p
temp_2m|float|Celsius|phys.temperature;obs.atmos;stat.mean||p
temp_30m|float|Celsius|phys.temperature;obs.atmos;stat.mean||p
tempdew_2m|float|Celsius|phys.temperature;obs.atmos;stat.mean||p
wind_dir_10m|short|deg|pos.azimuth;obs.atmos.wind||p
wind_dir_30m|short|deg|pos.azimuth;obs.atmos.wind||p
wind_speed_10m|float|m.s**(-1)|phys.veloc;obs.atmos.wind;stat.mean||p
wind_speed_30m|float|m.s**(-1)|phys.veloc;obs.atmos.wind;stat.mean||p
)"},
      {"asm.meteo_paranal", "Site conditions: meteo paranal", R"(
integration|short|s|time.interval||p
midpoint_date|char(*)@timestamp||time||p|Middle of the measurement
presqnh|float|hPa|phys.pressure;obs.atmos;stat.mean||p
presqnh_dev|float|hPa|stat.stdev;phys.pressure;obs.atmos
presqnh_inst|float|hPa|phys.pressure;obs.atmos;time.end
presqnh_max|float|hPa|phys.pressure;obs.atmos;stat.max
presqnh_min|float|hPa|phys.pressure;obs.atmos;stat.min
press_0m|float|hPa|phys.pressure;obs.atmos;stat.mean||p
press_0m_dev|float|hPa|stat.stdev;phys.pressure;obs.atmos
press_0m_inst|float|hPa|phys.pressure;obs.atmos;time.end
press_0m_max|float|hPa|phys.pressure;obs.atmos;stat.max
press_0m_min|float|hPa|phys.pressure;obs.atmos;stat.min
prestrend_0m|float|hPa|phys.pressure;obs.atmos;stat.mean
rain_m20m|short|%|||p
rain_m20m_dev|short|%
rain_m20m_inst|short|%
rain_m20m_max|short|%
rain_m20m_min|short|%
rhum_2m|short|%|||p
rhum_2m_dev|short|%
rhum_2m_inst|short|%
rhum_2m_max|short|%
rhum_2m_min|short|%
rhum_30m|short|%|||p
rhum_30m_dev|short|%
rhum_30m_inst|short|%
rhum_30m_max|short|%
rhum_30m_min|short|%
rhum_m20m|short|%|||p
rhum_m20m_dev|short|%
rhum_m20m_inst|short|%
rhum_m20m_max|short|%
rhum_m20m_min|short|%
start_date|char(*)@timestamp||time.start||p|Start of the measurement
temp_0m|float|Celsius|phys.temperature;obs.atmos;stat.mean||p
temp_0m_dev|float|Celsius|stat.stdev;phys.temperature;obs.atmos
temp_0m_inst|float|Celsius|phys.temperature;obs.atmos;time.end
temp_0m_max|float|Celsius|phys.temperature;obs.atmos;stat.max
temp_0m_min|float|Celsius|phys.temperature;obs.atmos;stat.min
temp_2m|float|Celsius|phys.temperature;obs.atmos;stat.mean||p
temp_2m_dev|float|Celsius|stat.stdev;phys.temperature;obs.atmos
temp_2m_inst|float|Celsius|phys.temperature;obs.atmos;time.end
temp_2m_max|float|Celsius|phys.temperature;obs.atmos;stat.max
temp_2m_min|float|Celsius|phys.temperature;obs.atmos;stat.min
temp_30m|float|Celsius|phys.temperature;obs.atmos;stat.mean||p
temp_30m_dev|float|Celsius|stat.stdev;phys.temperature;obs.atmos
temp_30m_inst|float|Celsius|phys.temperature;obs.atmos;time.end
temp_30m_max|float|Celsius|phys.temperature;obs.atmos;stat.max
temp_30m_min|float|Celsius|phys.temperature;obs.atmos;stat.min
temp_m20m|float|Celsius|phys.temperature;obs.atmos;stat.mean||p
temp_m20m_dev|float|Celsius|stat.stdev;phys.temperature;obs.atmos
temp_m20m_inst|float|Celsius|phys.temperature;obs.atmos;time.end
temp_m20m_max|float|Celsius|phys.temperature;obs.atmos;stat.max
temp_m20m_min|float|Celsius|phys.temperature;obs.atmos;stat.min
tempdew_2m|float|Celsius|phys.temperature;obs.atmos;stat.mean||p
tempdew_2m_dev|float|Celsius|stat.stdev;phys.temperature;obs.atmos
tempdew_2m_inst|float|Celsius|phys.temperature;obs.atmos;time.end
tempdew_2m_max|float|Celsius|phys.temperature;obs.atmos;stat.max
tempdew_2m_min|float|Celsius|phys.temperature;obs.atmos;stat.min
tempdew_30m|float|Celsius|phys.temperature;obs.atmos;stat.mean||p
tempdew_30m_dev|float|Celsius|stat.stdev;phys.temperature;obs.atmos
tempdew_30m_inst|float|Celsius|phys.temperature;obs.atmos;time.end
tempdew_30m_max|float|Celsius|phys.temperature;obs.atmos;stat.max
tempdew_30m_min|float|Celsius|phys.temperature;obs.atmos;stat.min
tempdew_m20m|float|Celsius|phys.temperature;obs.atmos;stat.mean||p
tempdew_m20m_dev|float|Celsius|stat.stdev;phys.temperature;obs.atmos
tempdew_m20m_inst|float|Celsius|phys.temperature;obs.atmos;time.end
tempdew_m20m_max|float|Celsius|phys.temperature;obs.atmos;stat.max
tempdew_m20m_min|float|Celsius|phys.temperature;obs.atmos;stat.min
valid|short||meta.code.qual||p
wind_dir_10m|short|deg|pos.azimuth;obs.atmos.wind||p
wind_dir_10m_180|short|deg|pos.azimuth;obs.atmos.wind||p
wind_dir_10m_180_inst|short|deg|pos.azimuth;obs.atmos.wind;time.end
wind_dir_10m_180_max|short|deg|pos.azimuth;obs.atmos.wind;stat.max
wind_dir_10m_180_min|short|deg|pos.azimuth;obs.atmos.wind;stat.min
wind_dir_10m_dev|short|deg|stat.stdev;pos.azimuth;obs.atmos.wind
wind_dir_10m_inst|short|deg|pos.azimuth;obs.atmos.wind;time.end
wind_dir_10m_max|short|deg|pos.azimuth;obs.atmos.wind;stat.max
wind_dir_10m_min|short|deg|pos.azimuth;obs.atmos.wind;stat.min
wind_dir_30m|short|deg|pos.azimuth;obs.atmos.wind||p
wind_dir_30m_180|short|deg|pos.azimuth;obs.atmos.wind||p
wind_dir_30m_180_inst|short|deg|pos.azimuth;obs.atmos.wind;time.end
wind_dir_30m_180_max|short|deg|pos.azimuth;obs.atmos.wind;stat.max
wind_dir_30m_180_min|short|deg|pos.azimuth;obs.atmos.wind;stat.min
wind_dir_30m_dev|short|deg|stat.stdev;pos.azimuth;obs.atmos.wind
wind_dir_30m_inst|short|deg|pos.azimuth;obs.atmos.wind;time.end
wind_dir_30m_max|short|deg|pos.azimuth;obs.atmos.wind;stat.max
wind_dir_30m_min|short|deg|pos.azimuth;obs.atmos.wind;stat.min
wind_speed_10m|float|m.s**(-1)|phys.veloc;obs.atmos.wind;stat.mean||p
wind_speed_10m_dev|float|m.s**(-1)|stat.stdev;phys.veloc;obs.atmos.wind
wind_speed_10m_inst|float|m.s**(-1)|phys.veloc;obs.atmos.wind;time.end
wind_speed_10m_max|float|m.s**(-1)|phys.veloc;obs.atmos.wind;stat.max
wind_speed_10m_min|float|m.s**(-1)|phys.veloc;obs.atmos.wind;stat.min
wind_speed_30m|float|m.s**(-1)|phys.veloc;obs.atmos.wind;stat.mean||p
wind_speed_30m_dev|float|m.s**(-1)|stat.stdev;phys.veloc;obs.atmos.wind
wind_speed_30m_inst|float|m.s**(-1)|phys.veloc;obs.atmos.wind;time.end
wind_speed_30m_max|float|m.s**(-1)|phys.veloc;obs.atmos.wind;stat.max
wind_speed_30m_min|float|m.s**(-1)|phys.veloc;obs.atmos.wind;stat.min
wind_speedu_20m|float|m.s**(-1)|phys.veloc;obs.atmos.wind;stat.mean||p
wind_speedu_20m_dev|float|m.s**(-1)|stat.stdev;phys.veloc;obs.atmos.wind
wind_speedu_20m_inst|float|m.s**(-1)|phys.veloc;obs.atmos.wind;time.end
wind_speedu_20m_max|float|m.s**(-1)|phys.veloc;obs.atmos.wind;stat.max
wind_speedu_20m_min|float|m.s**(-1)|phys.veloc;obs.atmos.wind;stat.min
wind_speedv_20m|float|m.s**(-1)|phys.veloc;obs.atmos.wind;stat.mean||p
wind_speedv_20m_dev|float|m.s**(-1)|stat.stdev;phys.veloc;obs.atmos.wind
wind_speedv_20m_inst|float|m.s**(-1)|phys.veloc;obs.atmos.wind;time.end
wind_speedv_20m_max|float|m.s**(-1)|phys.veloc;obs.atmos.wind;stat.max
wind_speedv_20m_min|float|m.s**(-1)|phys.veloc;obs.atmos.wind;stat.min
wind_speedw_20m|float|m.s**(-1)|phys.veloc;obs.atmos.wind;stat.mean||p
wind_speedw_20m_dev|float|m.s**(-1)|stat.stdev;phys.veloc;obs.atmos.wind
wind_speedw_20m_inst|float|m.s**(-1)|phys.veloc;obs.atmos.wind;time.end
wind_speedw_20m_max|float|m.s**(-1)|phys.veloc;obs.atmos.wind;stat.max
wind_speedw_20m_min|float|m.s**(-1)|phys.veloc;obs.atmos.wind;stat.min
)"},
      {"asm.meteo_vista", "Site conditions: meteo vista", R"(
press_10m|float|hPa|phys.pressure;obs.atmos;stat.mean||p
press_10m_inst|float|hPa|phys.pressure;obs.atmos;time.end||p
press_10m_max|float|hPa|phys.pressure;obs.atmos;stat.max||p
press_10m_min|float|hPa|phys.pressure;obs.atmos;stat.min||p
press_integration|short|s|time.interval||p
press_valid|short||meta.code.qual||p
rhum_10m|short|%|obs.atmos.humidity;arith.ratio;stat.mean||p
rhum_10m_inst|short|%|obs.atmos.humidity;arith.ratio;time.end||p
rhum_10m_max|short|%|obs.atmos.humidity;arith.ratio;stat.max||p
rhum_10m_min|short|%|obs.atmos.humidity;arith.ratio;stat.min||p
start_date|char(*)@timestamp||time.start||p|Start of the measurement
wind_dir_30m|short|deg|pos.azimuth;obs.atmos.wind;stat.mean||p
wind_dir_30m_inst|short|deg|pos.azimuth;obs.atmos.wind;time.end||p
wind_dir_30m_max|short|deg|pos.azimuth;obs.atmos.wind;stat.max||p
wind_dir_30m_min|short|deg|pos.azimuth;obs.atmos.wind;stat.min||p
wind_rhum_integration|short|s|time.interval||p
wind_rhum_valid|short||meta.code.qual||p
wind_speed_30m|float|m.s**(-1)|phys.veloc;obs.atmos.wind;stat.mean||p
wind_speed_30m_inst|float|m.s**(-1)|phys.veloc;obs.atmos.wind;time.end||p
wind_speed_30m_max|float|m.s**(-1)|phys.veloc;obs.atmos.wind;stat.max||p
wind_speed_30m_min|float|m.s**(-1)|phys.veloc;obs.atmos.wind;stat.min||p
)"},
  };
  return tables;
}

}  // namespace esofs::sim::tap
