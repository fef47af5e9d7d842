// The tables of tap_obs that hold datasets and files, and TAP_SCHEMA itself.
//
// One column a line: name|datatype(arraysize)@xtype|unit|ucd|utype|flags|description; flags: p principal, i indexed.
// Source: VOSI tables of tap_obs, June 2026.

#include "tests/sim/tap/schema/schema.h"

namespace esofs::sim::tap {

const std::vector<TableText>& core_tables() {
  static const std::vector<TableText> tables = {
      {"ivoa.ObsCore", "The reduced data, as ObsCore with columns of ESO", R"(
abmaglim|double|mag|phot.mag;stat.max||i|5-sigma limiting AB magnitude of a point source
access_estsize|long|kbyte|phys.size;meta.file|obscore:Access.size|pi|Estimated size of the download
access_format|char(56*)||meta.code.mime|obscore:Access.format|p|Format of what access_url gives
access_url|char(1024*)||meta.ref.url|obscore:Access.reference|p|Where the dataset is fetched from
bib_reference|char(128*)||meta.bib.bibcode|obscore:Curation.reference|i|Publication to cite
calib_level|int||meta.code;obs.calib|obscore:ObsDataset.calibLevel|pi|Calibration level, 0 raw to 4 catalogue
dataproduct_subtype|char(128*)||meta.code.class|obscore:ObsDataset.dataProductSubtype|i|Finer type than dataproduct_type
dataproduct_type|char(12*)||meta.code.class|obscore:ObsDataset.dataProductType|pi|image, spectrum, cube, visibility, measurements
dp_id|char(45*)||meta.id||i|ESO identifier of the dataset
em_max|double|m|em.wl;stat.max|obscore:Char.SpectralAxis.Coverage.Bounds.Limits.HiLimit|pi|Upper end of the wavelengths (vacuum)
em_min|double|m|em.wl;stat.min|obscore:Char.SpectralAxis.Coverage.Bounds.Limits.LoLimit|pi|Lower end of the wavelengths (vacuum)
em_res_power|double||spect.resolution|obscore:Char.SpectralAxis.Resolution.ResolPower.refVal|pi|Resolving power
em_xel|long||meta.number|obscore:Char.SpectralAxis.numBins|p|Elements along the spectral axis
facility_name|char(68*)||meta.id;instr.tel|obscore:Provenance.ObsConfig.Facility.name|pi|Telescope
filter|char(255*)||meta.id;instr.filter||i|Name of the filter
gal_lat|double|deg|pos.galactic.lat|galactic:Char.SpatialAxis.Coverage.Location.Coord.Position2D.Value2.C2|i|Galactic latitude
gal_lon|double|deg|pos.galactic.lon|galactic:Char.SpatialAxis.Coverage.Location.Coord.Position2D.Value2.C1|i|Galactic longitude
instrument_name|char(68*)||meta.id;instr|obscore:Provenance.ObsConfig.Instrument.name|pi|Instrument, MULTI for several
is_solar|short||||p
last_mod_date|char(*)@timestamp||time|ssa:Curation.Date|pi|When the dataset was last changed
multi_ob|char(1)||meta.code.multip;obs|||M if several observing blocks contribute
n_obs|int||meta.number;obs|||Number of observations combined
o_calib_status|char(15*)||meta.code.qual|obscore:Char.ObservableAxis.calibrationStatus|p|Calibration status of the flux
o_ucd|char(68*)||meta.ucd|obscore:Char.ObservableAxis.ucd|p|What the pixels measure, as UCD
obs_collection|char(128*)||meta.id|obscore:DataID.collection|pi|Data collection
obs_creator_did|char(92*)||meta.id|obscore:DataID.creatorDID|i|Identifier given by the creator
obs_creator_name|char(256*)||meta.id|obscore:DataID.creator|pi|Creator of the data
obs_id|char(255*)||meta.id|obscore:DataID.observationID|pi|Identifiers of the observing blocks
obs_publisher_did|char(128*)||meta.ref.ivoid|obscore:Curation.publisherDID|pi|IVO identifier of the dataset
obs_release_date|char(*)@timestamp||time.release|obscore:Curation.releaseDate|pi|When the dataset becomes public
obs_title|char(256*)||meta.title;obs|obscore:DataID.title|p|Title
obstech|char(30*)||instr.setup|||Observation technique
p3orig|char(3*)||meta.ref||i|Origin of the product
pol_states|char(32*)||meta.code;phys.polarization|obscore:Char.PolarizationAxis.stateList|p|Polarisation states
pol_xel|long||meta.number|obscore:Char.PolarizationAxis.numBins|p|Elements along the polarisation axis
preview_html|char(259*)||meta.ref.url;meta.preview||i|Page with a preview
proposal_id|char(255*)||meta.id;obs.proposal|obscore:Provenance.Proposal.identifier|i|Identifier of the observing programme
publication_date|char(*)@timestamp||time.publiYear||i|When the dataset was published
release_description|char(*)||meta.ref.url|||Document describing the data release
s_dec|double|deg|pos.eq.dec|obscore:Char.SpatialAxis.Coverage.Location.Coord.Position2D.Value2.C2|pi|Declination of the centre
s_fov|double|deg|phys.angSize;instr.fov|obscore:Char.SpatialAxis.Coverage.Bounds.Extent.diameter|pi|Diameter of the field
s_pixel_scale|double|arcsec|phys.angSize;instr.pixel|obscore:Char.SpatialAxis.Sampling.RefVal.SamplingPeriod|pi|Size of a pixel on the sky
s_ra|double|deg|pos.eq.ra|obscore:Char.SpatialAxis.Coverage.Location.Coord.Position2D.Value2.C1|pi|Right ascension of the centre
s_region|char(*)@adql:REGION||pos.outline;obs.field|obscore:Char.SpatialAxis.Coverage.Support.Area|pi|Footprint on the sky, STC-S
s_resolution|double|arcsec|pos.angResolution|obscore:Char.SpatialAxis.Resolution.Refval.value|pi|Spatial resolution
s_xel1|long||meta.number|obscore:Char.SpatialAxis.numBins1|p|Elements along the first spatial axis
s_xel2|long||meta.number|obscore:Char.SpatialAxis.numBins2|p|Elements along the second spatial axis
snr|double||stat.snr||i|Median signal to noise ratio
strehl|double||instr.param||pi|Strehl ratio
t_exptime|double|s|time.duration;obs.exposure|obscore:Char.TimeAxis.Coverage.Support.Extent|pi|Exposure time
t_max|double|d|time.end;obs.exposure|obscore:Char.TimeAxis.Coverage.Bounds.Limits.StopTime|pi|End of the observation, MJD
t_min|double|d|time.start;obs.exposure|obscore:Char.TimeAxis.Coverage.Bounds.Limits.StartTime|pi|Start of the observation, MJD
t_resolution|double|s|time.resolution|obscore:Char.TimeAxis.Resolution.Refval.value|pi|Temporal resolution
t_xel|long||meta.number|obscore:Char.TimeAxis.numBins|p|Elements along the time axis
target_name|char(256*)||meta.id;src|obscore:Target.name|pi|Target as named by the observer
)"},
      {"dbo.raw", "The raw frames of all instruments", R"(
access_estsize|long|kbyte|phys.size;meta.file|obscore:Access.size|p|Estimated size of the download
access_url|char(*)||meta.ref.url|eso:Access.direct|p|Where the dataset is fetched from
datalink_url|char(*)||meta.ref.url|obscore:Access.reference|p|DataLink of the dataset
date_obs|char(32*)||time.start;obs.exposure||pi|Start of the exposure as in the header
dec|double|deg|pos.eq.dec;meta.main||pi|Declination
dec_pnt|double|deg|pos.eq.dec;instr.tel||p
det_chip1id|char(7*)||||p
det_chop_ncycles|short||||p
det_dit|float|s|||p
det_expid|short||||p
det_ndit|short||||p
dp_cat|char(10*)||meta.code.class;obs||p|SCIENCE, CALIB, ACQUISITION, TEST …
dp_id|char(30*)||meta.id;meta.dataset||pi|ESO identifier of the dataset
dp_tech|char(30*)||meta.code.class;instr.setup||p|Observation technique
dp_type|char(30*)||meta.code.class;obs||p|Type of the observation
ecl_lat|double|deg|pos.ecliptic.lat|ecliptic:Char.SpatialAxis.Coverage.Location.Coord.Position2D.Value2.C2|i
ecl_lon|double|deg|pos.ecliptic.lon|ecliptic:Char.SpatialAxis.Coverage.Location.Coord.Position2D.Value2.C1|i
exp_start|char(*)@timestamp||time.start;obs.exposure||pi|Start of the exposure
exposure|float|s|time.duration;obs.exposure||pi|Exposure time
filter_path|char(255*)||instr.setup;instr.filter||pi
gal_lat|double|deg|pos.galactic.lat|galactic:Char.SpatialAxis.Coverage.Location.Coord.Position2D.Value2.C2|i|Galactic latitude
gal_lon|double|deg|pos.galactic.lon|galactic:Char.SpatialAxis.Coverage.Location.Coord.Position2D.Value2.C1|i|Galactic longitude
grat_path|char(255*)||instr.setup||pi
gris_path|char(255*)||instr.setup||pi
ins_mode|char(30*)||instr.setup||pi
instrument|char(20*)||meta.id;instr||pi|Instrument
lambda_max|double|nm|em.wl;stat.max|obscore:Char.SpectralAxis.Coverage.Bounds.Limits.HiLimit|pi|Longest wavelength
lambda_min|double|nm|em.wl;stat.min|obscore:Char.SpectralAxis.Coverage.Bounds.Limits.LoLimit|pi|Shortest wavelength
last_mod_date|char(*)@timestamp||time|ssa:Curation.Date|pi|When the dataset was last changed
mjd_obs|double|d|time.start;obs||pi|Start of the exposure, MJD
ob_id|int||meta.id;obs;meta.main||pi|Observing block
ob_name|char(70*)||meta.id;obs||pi|Name of the observing block
object|char(64*)||meta.id;src||pi|Target as in the header
obs_mode|char(7*)||obs.param||p
origfile|char(68*)||meta.id;meta.file||pi|Original file name
period|short||obs.proposal.cycle||p|Observing period
pi_coi|char(255*)||meta.curation;obs.observer||pi|Investigators
prog_id|char(15*)||meta.code;obs||pi|Observing programme
prog_title|char(255*)||meta.title;obs.proposal||p|Title of the programme
prog_type|int||meta.code.class;obs.proposal||p|Type of the programme
ra|double|deg|pos.eq.ra;meta.main||pi|Right ascension
ra_pnt|double|deg|pos.eq.ra;instr.tel||p
release_date|char(*)@timestamp||time.release;obs||pi|When the frame becomes public
s_region|char(*)@adql:REGION||pos.outline;obs.field|obscore:Char.SpatialAxis.Coverage.Support.Area|pi|Footprint on the sky, STC-S
slit_path|char(255*)||instr.setup||pi
target|char(64*)||meta.id;src||pi|Target
tel_airm_end|float||obs.airMass;time.end||pi
tel_airm_start|float||obs.airMass;time.start||pi
tel_alt|float|deg|pos.az.alt;time.start||pi
tel_ambi_fwhm_end|float|arcsec|instr.obsty.seeing;time.end||pi
tel_ambi_fwhm_start|float|arcsec|instr.obsty.seeing;time.start||pi
tel_ambi_pres_end|float|hPa|phys.pressure;obs.atmos;time.end||pi
tel_ambi_pres_start|float|hPa|phys.pressure;obs.atmos;time.start||pi
tel_ambi_rhum|float|%|obs.atmos.humidity;arith.ratio;stat.mean||pi
tel_az|float|deg|pos.az.azi;time.start||pi
telescope|char(68*)||meta.id;instr.tel||p|Telescope
tpl_expno|int||meta.number;obs||p
tpl_id|char(68*)||meta.id;obs||pi
tpl_name|char(68*)||meta.title;obs||pi
tpl_nexp|int||meta.number;obs;stat.max||p
tpl_seqno|int||meta.code.member;obs.sequence||p
tpl_start|char(20*)||meta.id;obs;time.start||pi
)"},
      {"dbo.ssa", "The spectra, as SSAP sees them", R"(
access_estsize|long|kbyte|phys.size;meta.file|ssa:Access.Size|pi|Estimated size of the download
access_url|char(1024*)||meta.ref.url|ssa:Access.Reference|p|Where the dataset is fetched from
APERTURE|double|arcsec|phys.angSize;instr.fov|ssa:Char.SpatialAxis.Coverage.Bounds.Extent|pi
COLLECTION|char(128*)||meta.id|ssa:DataID.Collection|pi
creation_type|char(8*)|||ssa:DataID.CreationType|p
CREATORDID|char(92*)||meta.id|ssa:DataID.CreatorDID|i
curation_reference|char(70*)||meta.bib.bibcode|ssa:Curation.Reference|pi
datalink_url|char(1024*)||meta.ref.url|eso:Access.Datalink|p|DataLink of the dataset
DATAMODEL|char(14*)||meta.id|ssa:Dataset.DataModel
dataset_length|long||meta.number|ssa:Dataset.Length|p
dataset_title|char(64*)||meta.title;meta.dataset|ssa:DataID.Title|p
dp_id|char(45*)||meta.ref.uri|eso:Curation.PublisherDID|pi|ESO identifier of the dataset
em_bw|double|m|em.wl;instr.bandwidth|ssa:Char.SpectralAxis.Coverage.Bounds.Extent|p
em_max|double|m|em.wl;stat.max|ssa:Char.SpectralAxis.Coverage.Bounds.Stop|pi|Upper end of the wavelengths (vacuum)
em_min|double|m|em.wl;stat.min|ssa:Char.SpectralAxis.Coverage.Bounds.Start|pi|Lower end of the wavelengths (vacuum)
em_val|double|m|em.wl;instr.bandpass|ssa:Char.SpectralAxis.Coverage.Location.Value|pi
equinox|double||time.equinox;pos.frame|ssa:CoordSys.SpaceFrame.Equinox|p
flux_ucd|char(64*)||meta.ucd|ssa:Char.FluxAxis.Ucd|p
FLUXCALIB|char(12*)||meta.code.qual|ssa:Char.FluxAxis.Calibration|p
FORMAT|char(27*)||meta.code.mime|ssa:Access.Format|p
gal_lat|double|deg|pos.galactic.lat|galactic:Char.SpatialAxis.Coverage.Location.Coord.Position2D.Value2.C2|i|Galactic latitude
gal_lon|double|deg|pos.galactic.lon|galactic:Char.SpatialAxis.Coverage.Location.Coord.Position2D.Value2.C1|i|Galactic longitude
instrument_name|char(*)||meta.id;instr|ssa:DataID.Instrument|pi|Instrument, MULTI for several
MTIME|char(*)@timestamp||time|ssa:Curation.Date|pi
obs_creator_name|char(64*)||meta.id.PI|ssa:DataID.Creator|pi|Creator of the data
positionJ2000|double(2)|deg|pos.eq|ssa:Char.SpatialAxis.Coverage.Location.Value|p
PUBDID|char(128*)||meta.ref.ivoid|ssa:Curation.PublisherDID|pi
publication_date|char(25*)@timestamp||time;meta.dataset|ssa:DataID.Date|pi|When the dataset was published
publisher|char(29*)||meta.curation|ssa:Curation.Publisher|p
rights|char(64*)|||ssa:Curation.Rights|p
s_dec|double|deg|pos.eq.dec|obscore:Char.SpatialAxis.Coverage.Location.Coord.Position2D.Value2.C2|pi|Declination of the centre
s_ra|double|deg|pos.eq.ra|obscore:Char.SpatialAxis.Coverage.Location.Coord.Position2D.Value2.C1|pi|Right ascension of the centre
s_region|char(*)@adql:REGION||pos.outline;instr.fov|ssa:Char.SpatialAxis.Coverage.Support.Area|pi|Footprint on the sky, STC-S
SNR|double||stat.snr|ssa:Derived.SNR|pi
space_frame|char(3*)||pos.frame|ssa:CoordSys.SpaceFrame.Name|p
spatial_resolution|double|deg|pos.angResolution|ssa:Char.SpatialAxis.Resolution|pi
SPECRP|double||spect.resolution|ssa:Char.SpectralAxis.ResPower|pi
t_elapsed|double|s|time.interval|ssa:Char.TimeAxis.Coverage.Bounds.Extent|p
t_exptime|double|s|time.duration;obs.exposure|ssa:Char.TimeAxis.Coverage.Support.Extent|pi|Exposure time
t_max|double|d|time.end;obs.exposure|ssa:Char.TimeAxis.Coverage.Bounds.Stop|pi|End of the observation, MJD
t_mid|double|d|time.epoch|ssa:Char.TimeAxis.Coverage.Location.Value|p
t_min|double|d|time.start;obs.exposure|ssa:Char.TimeAxis.Coverage.Bounds.Start|pi|Start of the observation, MJD
TARGETNAME|char(128*)||meta.id;src|ssa:Target.Name|pi
WAVECALIB|char(8*)||meta.code.qual|ssa:Char.SpectralAxis.Calibration|p
)"},
      {"phase3v2.files", "Files of the reduced data", R"(
access_estsize|long||||p|Estimated size of the download
archive_id|char(64*)||||p|Identifier of a file
category|char(32*)||||p|Category of the product
checksum|char(32)||||p|MD5 of the file
file_id|long||meta.id;meta.file||p|Number of the file
name|char(68*)||||p|Name
)"},
      {"phase3v2.product_files", "All files of each product", R"(
access_estsize|long|kbyte|phys.size;meta.file||p|Estimated size of the download
access_url|char(70*)||meta.ref.url|obscore:Access.reference|p|Where the dataset is fetched from
archive_id|char(45*)||meta.id;meta.file;meta.main||pi|Identifier of a file
eso_category|char(32*)||meta.code.class;meta.file||p|Category of the file
extension|char(8*)||meta.id.part;meta.file||pi|Extension of the file name
internal_file_id|long||meta.id;meta.file||p|Number of the file
original_filename|char(69*)||meta.id||pi|File name before it was archived
product_id|char(45*)||meta.id;meta.dataset;meta.main||pi|dp_id of the product the file belongs to
)"},
      {"phase3v2.provenance", "Which file was made from which", R"(
product_file|int||||p|Number of the file that was made
source_file|char(64*)||||p|Identifier of a file it was made from
)"},
      {"util.collections", "The data collections", R"(
creators|char(68*)||meta.id||p|Who made the collection
doi|char(84*)||meta.ref.doi||p|DOI of the collection
name|char(32*)||meta.id||p|Name
title|char(128*)||meta.title||p|Title
type|char(20*)||meta.code.class||p|Type
)"},
      {"util.docurl", "Documentation pages", R"(
name|char(20*)||meta.id||p|Name
type|char(20*)||meta.code.class||p|Type
url|char(256*)||meta.ref.url||p|Documentation page
)"},
      {"TAP_SCHEMA.columns", "Columns of the tables", R"(
size|int||||p|Length of strings
arraysize|char(12*)||||p|VOTable arraysize
column_index|int||||p|Order within the table
column_name|char(64*)||||p|Column
datatype|char(64*)||||p|VOTable datatype
description|char(512*)||||p|Description
indexed|int||||p|1 if indexed
principal|int||||p|1 if shown by default
std|int||||p|1 if defined by a standard
table_name|char(64*)||||p|Table
ucd|char(64*)||||p|UCD
unit|char(64*)||||p|Unit
utype|char(512*)||||p|Utype
xtype|char(64*)||||p|VOTable xtype
)"},
      {"TAP_SCHEMA.key_columns", "Columns of foreign keys", R"(
from_column|char(64*)||||p|Column with the key
key_id|char(64*)||||p|Identifier of the foreign key
target_column|char(64*)||||p|Column it points to
)"},
      {"TAP_SCHEMA.keys", "Foreign keys", R"(
description|char(512*)||||p|Description
from_table|char(64*)||||p|Table with the foreign key
key_id|char(64*)||||p|Identifier of the foreign key
target_table|char(64*)||||p|Table it points to
utype|char(512*)||||p|Utype
)"},
      {"TAP_SCHEMA.schemas", "Schemas", R"(
description|char(512*)||||p|Description
schema_index|int||||p|Order of the schema
schema_name|char(64*)||||p|Schema
utype|char(512*)||||p|Utype
)"},
      {"TAP_SCHEMA.tables", "Tables", R"(
description|char(512*)||||p|Description
schema_name|char(64*)||||p|Schema
table_index|int||||p|Order within the schema
table_name|char(64*)||||p|Table
table_type|char(8*)||||p|table or view
utype|char(512*)||||p|Utype
)"},
  };
  return tables;
}

}  // namespace esofs::sim::tap
