// The site monitor tables of tap_obs (schema asm): measurements of seeing and turbulence.
//
// One column a line: name|datatype(arraysize)@xtype|unit|ucd|utype|flags|description; flags: p principal, i indexed.
// Source: VOSI tables of tap_obs, June 2026.

#include "tests/sim/tap/schema/schema.h"

namespace esofs::sim::tap {

const std::vector<TableText>& seeing_tables() {
  static const std::vector<TableText> tables = {
      {"asm.ambient_lasilla", "Seeing at La Silla", R"(
airmass|float||obs.airMass||p
dec|double|deg|pos.eq.dec||p|Declination
fwhm|float|arcsec|instr.obsty.seeing;meta.main||p
integration|short|s|time.interval||p
midpoint_date|char(*)@timestamp||time||p|Middle of the measurement
ra|double|deg|pos.eq.ra||p|Right ascension
start_date|char(*)@timestamp||time.start||p|Start of the measurement
)"},
      {"asm.dimm_paranal", "Site conditions: dimm paranal", R"(
interval|short|s|time.interval
airmass|float||obs.airMass||p
alt|float|deg|pos.az.alt||p
az|float|deg|pos.az.azi||p
dec|double|deg|pos.eq.dec||p|Declination
frames|int
fwhm|float|arcsec|instr.obsty.seeing;meta.main||p
lcoefrel|float
lflux|int|adu
lfluxerr|float
lhvar|float|pixel**2
lhvarerr|float|pixel
llvar|float|pixel**2
lsci|float
lsep|float|pixel
lstrh|float
lturb|double|10**(-15)m**(1/3)
lturbs|double|10**(-15)m**(1/3)
midpoint_date|char(*)@timestamp||time|||Middle of the measurement
ra|double|deg|pos.eq.ra||p|Right ascension
rfl|double||||p
rfl_time|int|s|||p
rflux|int|adu
rfluxerr|float|adu
rsci|float
rstrh|double
sci|float
start_date|char(*)@timestamp||time.start||p|Start of the measurement
tcoefrel|double
thvar|float|pixel**2
thvarerr|float|pixel
tlvar|double|pixel**2
tsep|float|pixel
tturb|double|10**(-15)m**(1/3)
tturbs|double|10**(-15)m**(1/3)
turb|double|10**(-15)m**(1/3)
turbs|double|10**(-15)m**(1/3)
valid|short||meta.code.qual||p
)"},
      {"asm.historical_ambient_paranal", "Site conditions: historical ambient paranal", R"(
airmass|float||obs.airMass||p
dec|double|deg|pos.eq.dec||p|Declination
fwhm|float|arcsec|instr.obsty.seeing;meta.main||p
integration|short|s|time.interval||p
midpoint_date|char(*)@timestamp||time||p|Middle of the measurement
ra|double|deg|pos.eq.ra||p|Right ascension
relative_flux|float||||p
start_date|char(*)@timestamp||time.start||p|Start of the measurement
tau0|float|s|||p
theta0|float|arcsec|||p
)"},
      {"asm.lhatpros_paranal", "Site conditions: lhatpros paranal", R"(
alt|float|deg|||p
az|float|deg|||p
dec|float|deg|||p|Declination
integration|short|s|||p
irt0|float|Celsius|||p
lhatpro_id|short||||p
lwp0|float|g.m**(-2)|||p
midpoint_date|char(*)@timestamp||||p|Middle of the measurement
platform|char(1)||||p
pwv0|float|mm|||p
ra|float|deg|||p|Right ascension
start_date|char(*)@timestamp||||p|Start of the measurement
valid|short||meta.code.qual||p
)"},
      {"asm.lhatpros_paranal_irt", "Site conditions: lhatpros paranal irt", R"(
alt|float|deg|||p
az|float|deg|||p
dec|float|deg|||p|Declination
integration|short|s|||p
irt|float|Celsius|||p
lhatpro_id|short||||p
midpoint_date|char(*)@timestamp||||p|Middle of the measurement
platform|char(1)||||p
ra|float|deg|||p|Right ascension
start_date|char(*)@timestamp||||p|Start of the measurement
valid|short||meta.code.qual||p
)"},
      {"asm.lhatpros_paranal_profiles", "Site conditions: lhatpros paranal profiles", R"(
ahum1|float|g/m**3|||p
ahum10|float|g/m**3|||p
ahum11|float|g/m**3|||p
ahum12|float|g/m**3|||p
ahum13|float|g/m**3|||p
ahum14|float|g/m**3|||p
ahum15|float|g/m**3|||p
ahum16|float|g/m**3|||p
ahum17|float|g/m**3|||p
ahum18|float|g/m**3|||p
ahum19|float|g/m**3|||p
ahum2|float|g/m**3|||p
ahum20|float|g/m**3|||p
ahum21|float|g/m**3|||p
ahum22|float|g/m**3|||p
ahum23|float|g/m**3|||p
ahum24|float|g/m**3|||p
ahum25|float|g/m**3|||p
ahum26|float|g/m**3|||p
ahum27|float|g/m**3|||p
ahum28|float|g/m**3|||p
ahum29|float|g/m**3|||p
ahum3|float|g/m**3|||p
ahum30|float|g/m**3|||p
ahum31|float|g/m**3|||p
ahum32|float|g/m**3|||p
ahum33|float|g/m**3|||p
ahum34|float|g/m**3|||p
ahum35|float|g/m**3|||p
ahum36|float|g/m**3|||p
ahum37|float|g/m**3|||p
ahum38|float|g/m**3|||p
ahum39|float|g/m**3|||p
ahum4|float|g/m**3|||p
ahum5|float|g/m**3|||p
ahum6|float|g/m**3|||p
ahum7|float|g/m**3|||p
ahum8|float|g/m**3|||p
ahum9|float|g/m**3|||p
alt|float|deg|||p
az|float|deg|||p
dec|float|deg|||p|Declination
integration|short|s|||p
lhatpro_id|short||||p
midpoint_date|char(*)@timestamp||||p|Middle of the measurement
platform|char(1)||||p
ra|float|deg|||p|Right ascension
rhum1|float||||p
rhum10|float||||p
rhum11|float||||p
rhum12|float||||p
rhum13|float||||p
rhum14|float||||p
rhum15|float||||p
rhum16|float||||p
rhum17|float||||p
rhum18|float||||p
rhum19|float||||p
rhum2|float||||p
rhum20|float||||p
rhum21|float||||p
rhum22|float||||p
rhum23|float||||p
rhum24|float||||p
rhum25|float||||p
rhum26|float||||p
rhum27|float||||p
rhum28|float||||p
rhum29|float||||p
rhum3|float||||p
rhum30|float||||p
rhum31|float||||p
rhum32|float||||p
rhum33|float||||p
rhum34|float||||p
rhum35|float||||p
rhum36|float||||p
rhum37|float||||p
rhum38|float||||p
rhum39|float||||p
rhum4|float||||p
rhum5|float||||p
rhum6|float||||p
rhum7|float||||p
rhum8|float||||p
rhum9|float||||p
start_date|char(*)@timestamp||||p|Start of the measurement
temp1|float|K|||p
temp10|float|K|||p
temp11|float|K|||p
temp12|float|K|||p
temp13|float|K|||p
temp14|float|K|||p
temp15|float|K|||p
temp16|float|K|||p
temp17|float|K|||p
temp18|float|K|||p
temp19|float|K|||p
temp2|float|K|||p
temp20|float|K|||p
temp21|float|K|||p
temp22|float|K|||p
temp23|float|K|||p
temp24|float|K|||p
temp25|float|K|||p
temp26|float|K|||p
temp27|float|K|||p
temp28|float|K|||p
temp29|float|K|||p
temp3|float|K|||p
temp30|float|K|||p
temp31|float|K|||p
temp32|float|K|||p
temp33|float|K|||p
temp34|float|K|||p
temp35|float|K|||p
temp36|float|K|||p
temp37|float|K|||p
temp38|float|K|||p
temp39|float|K|||p
temp4|float|K|||p
temp5|float|K|||p
temp6|float|K|||p
temp7|float|K|||p
temp8|float|K|||p
temp9|float|K|||p
valid|short||meta.code.qual||p
)"},
      {"asm.mass_paranal", "Site conditions: mass paranal", R"(
interval|short|s|time.interval||p
airmass|float||obs.airMass
alt|int|m|||p
alt1|int|m
alt2|int|m
alt3|int|m
alt4|int|m
alt5|int|m
alt6|int|m
alterr|float|m|||p
dimm_alt|int|m|||p
dimm_turb|float|10**(-15)m**(1/3)|||p
dimm_turberr|float|10**(-15)m**(1/3)|||p
flux1|float|kcount.s**(-1)
flux2|float|kcount.s**(-1)
flux3|float|kcount.s**(-1)
flux4|float|kcount.s**(-1)
fluxerr1|float|kcount.s**(-1)
fluxerr2|float|kcount.s**(-1)
fluxerr3|float|kcount.s**(-1)
fluxerr4|float|kcount.s**(-1)
fracgl|float||||p
fwhm|float|arcsec|instr.obsty.seeing||p
fwhmerr|float|arcsec|stat.error;instr.obsty.seeing||p
gridsize|short
ind1|float
ind10|float
ind2|float
ind3|float
ind4|float
ind5|float
ind6|float
ind7|float
ind8|float
ind9|float
inderr1|float
inderr10|float
inderr2|float
inderr3|float
inderr4|float
inderr5|float
inderr6|float
inderr7|float
inderr8|float
inderr9|float
midpoint_date|char(*)@timestamp||time|||Middle of the measurement
residual|float||||p
secm|double|m**(7/3)
secmerr|float|m**(7/3)
start_date|char(*)@timestamp||time.start||p|Start of the measurement
tau|double|s|||p
tau0|double|s|||p
taudesi|double|s
taudesierr|float|s
tauerr|float|s|||p
tet|float|arcsec|||p
tet0|float|arcsec|||p
teterr|float|arcsec|||p
turb|float|10**(-15)m**(1/3)|||p
turb_alt|int|m|||p
turb_speed|float|m.s**(-1)|phys.veloc.microTurb||p
turb1|float|10**(-15)m**(1/3)
turb2|float|10**(-15)m**(1/3)
turb3|float|10**(-15)m**(1/3)
turb4|float|10**(-15)m**(1/3)
turb5|float|10**(-15)m**(1/3)
turb6|float|10**(-15)m**(1/3)
turberr|float|10**(-15)m**(1/3)|stat.error||p
turberr1|float|10**(-15)m**(1/3)
turberr2|float|10**(-15)m**(1/3)
turberr3|float|10**(-15)m**(1/3)
turberr4|float|10**(-15)m**(1/3)
turberr5|float|10**(-15)m**(1/3)
turberr6|float|10**(-15)m**(1/3)
turbfwhm|float|arcsec|instr.obsty.seeing||p
valid|short||meta.code.qual||p
)"},
      {"asm.slodar_paranal", "Site conditions: slodar paranal", R"(
interval|short|s|time.interval||p
airmass|float||obs.airMass
alt|float|deg|pos.az.alt||p
az|float|deg|pos.az.azi||p
beta|float
cnsqs_uns|float|10**(-15)m**(1/3)
cnsqs1|float|10**(-15)m**(1/3)
cnsqs2|float|10**(-15)m**(1/3)
cnsqs3|float|10**(-15)m**(1/3)
cnsqs4|float|10**(-15)m**(1/3)
cnsqs5|float|10**(-15)m**(1/3)
cnsqs6|float|10**(-15)m**(1/3)
cnsqs7|float|10**(-15)m**(1/3)
cnsqs8|float|10**(-15)m**(1/3)
flux1|double|adu
flux1_var|double|adu**2
flux2|double|adu
flux2_var|double|adu**2
fracgl300|float||||p
fracgl500|float||||p
fwhm|float|arcsec|instr.obsty.seeing
hrsfit|float|10**(-15)m**(1/3)|||p
maxheight|float|m
midpoint_date|char(*)@timestamp||time|||Middle of the measurement
noise1|float|pixel**2
noise2|float|pixel**2
start_date|char(*)@timestamp||time.start||p|Start of the measurement
step|float|m
targ_name|char(6*)
valid|short||meta.code.qual||p
)"},
  };
  return tables;
}

}  // namespace esofs::sim::tap
