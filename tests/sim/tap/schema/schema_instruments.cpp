// The raw frames by instrument (schema ist): 33 tables that share most of their columns, here by name.
//
// "name/2" is the second definition of that column in schema_instrument_columns.cpp.
// Source: VOSI tables of tap_obs, June 2026.

#include "tests/sim/tap/schema/schema.h"

namespace esofs::sim::tap {

const std::vector<TableText>& instrument_tables() {
  static const std::vector<TableText> tables = {
      {"ist.alpaca", "Raw frames of ALPACA", R"(
access_estsize access_url ccd_temp datalink_url datamax datamin date_end date_obs/2 dec det_chip1_id
dp_cat dp_id dp_tech dp_type egain exp_start instrument jd jd_helio lambda_max lambda_min last_mod_date
lst mjd_end mjd_obs naxis1 naxis2 object posinseq ra release_date s_region sqm_zen telescope utc xpixsz
ypixsz
)"},
      {"ist.amber", "Raw frames of AMBER", R"(
access_estsize access_url datalink_url date_obs dec del_ft_sensor del_ft_status det_dit det_ndit det_ntel
dimm_fwhm_avg dimm_fwhm_rms dp_cat dp_id dp_tech dp_type ecl_lat ecl_lon exp_start exposure exptime
gal_lat gal_lon ins_grat1_wlen ins_mode instrument iss_conf_station1 iss_conf_station2 iss_conf_station3
lambda_max lambda_min last_mod_date lst mjd_obs moon_illu night_flag ob_container_id ob_container_type
ob_id ob_name ob_start/2 ob_targ_name ob_tplno object observing_mode ocs_obs_mode ocs_obs_specconf
ocs_obs_type origfile period pi_coi prog_id prog_title prog_type ra release_date s_region tel_airm_start
telescope tpl_expno tpl_id tpl_name tpl_nexp tpl_start utc
)"},
      {"ist.apex", "Raw frames of APEX", R"(
access_estsize access_url bwid channels datalink_url date_obs dec dp_cat dp_id dp_tech dp_type ecl_lat
ecl_lon exp_start exposure exptime febe freq freqres gal_lat gal_lon instrument lambda_max lambda_min
last_mod_date line lst mjd_obs npols nsubs ob_id object observer_initials observing_mode origfile period
pi_coi prog_id prog_title prog_type project_id ra release_date restfreq s_region scangeom scanmode
scannum scantype skyfreq tel_airm_end tel_airm_start tel_alt tel_az telescope wobcycle wobthrow wobused
)"},
      {"ist.apex_quicklooks", "Raw frames of APEX_QUICKLOOKS", R"(
access_estsize access_url instrument/2 instrument_type partner pi_coi prog_id prog_title prog_type
project_id quicklook_id release_date
)"},
      {"ist.crires", "Raw frames of CRIRES", R"(
access_estsize access_url aos_rtc_loop_state datalink_url date_obs/3 dec det_dit det_ndit det_seq1_dit
dimm_fwhm_avg dimm_fwhm_rms dp_cat/2 dp_id dp_tech dp_type ecl_lat ecl_lon exp_start exposure exptime
gal_lat gal_lon ins_filt1_name ins_grat_order ins_grat2_id ins_mode ins_pol_type ins_slit1_id
ins_slit1_wid ins_wlen_cwlen ins_wlen_id ins_wlen_ref ins1_mirr1_id ins1_opti1_name instrument lambda_max
lambda_min lamp_name last_mod_date lst mjd_obs moon_illu night_flag ob_container_id
ob_container_parent_id ob_container_parent_type ob_container_type ob_id ob_name ob_start/2 ob_targ_name
ob_tplno object observing_mode ocs_mtrlgy_st origfile period pi_coi prog_id prog_title prog_type ra
release_date s_region tel_airm_end tel_airm_start tel_alt tel_ambi_fwhm_end tel_ambi_fwhm_start
tel_ambi_iwv_start tel_ambi_pres_end tel_ambi_pres_start tel_ambi_rhum tel_ambi_tau0 tel_ambi_temp
tel_ambi_winddir tel_ambi_windsp tel_az telescope tpl_expno tpl_id tpl_name tpl_nexp tpl_start utc
)"},
      {"ist.efosc", "Raw frames of EFOSC", R"(
access_estsize access_url datalink_url date_obs dec dimm_fwhm_avg dimm_fwhm_rms dp_cat dp_id dp_tech
dp_type ecl_lat ecl_lon exp_start exposure exptime gal_lat gal_lon ins_filt1_id ins_filt1_name instrument
lambda_max lambda_min last_mod_date lst mjd_obs moon_illu night_flag ob_id ob_start ob_targ_name ob_tplno
object observing_mode origfile period pi_coi prog_id prog_title prog_type ra release_date s_region
tel_airm_end tel_airm_start tel_alt tel_ambi_fwhm_end tel_ambi_fwhm_start tel_ambi_pres_end
tel_ambi_pres_start tel_ambi_rhum tel_ambi_temp tel_ambi_winddir tel_ambi_windsp tel_az telescope
tpl_expno tpl_id tpl_name tpl_nexp tpl_start/2 utc
)"},
      {"ist.eris", "Raw frames of ERIS", R"(
access_estsize access_url ada_posang datalink_url date_obs dec det_fram_format det_ndit det_read_curname
det_seq1_dit det_seq1_win_name dimm_fwhm_avg dimm_fwhm_rms dp_cat dp_id dp_tech dp_type ecl_lat ecl_lon
exp_start exposure exptime gal_lat gal_lon ins2_nxaw_name ins2_nxcw_name ins2_nxfw_name ins2_nxis_name
ins2_nxpw_name ins3_spgw_name ins3_spxw_name instrument lambda_max lambda_min last_mod_date lst mjd_obs
moon_illu night_flag ob_container_id ob_container_parent_id ob_container_parent_type ob_container_type
ob_id ob_name ob_start ob_targ_name/2 object observing_mode ocs_aomode origfile period pi_coi prog_id
prog_title prog_type ra release_date s_region seq_arm tel_airm_end tel_airm_start tel_alt
tel_ambi_fwhm_end tel_ambi_fwhm_start tel_ambi_pres_end tel_ambi_pres_start tel_ambi_rhum tel_az
tel_rot_altaztrack telescope tpl_expno tpl_id tpl_name tpl_nexp tpl_start/3 utc
)"},
      {"ist.espresso", "Raw frames of ESPRESSO", R"(
access_estsize access_url datalink_url date_obs dec det_binx det_biny det_ndit det_read_curname/2
dimm_fwhm_avg dimm_fwhm_rms dp_cat dp_id dp_tech dp_type ecl_lat ecl_lon exp_start exposure exptime
gal_lat gal_lon ins_filt1_id ins_filt1_name ins_mode ins5_lsela_name ins5_lselb_name instrument
lambda_max lambda_min last_mod_date lst mjd_obs moon_illu night_flag ob_container_id
ob_container_parent_id ob_container_parent_type ob_container_type ob_id ob_name ob_start ob_targ_name/2
object observing_mode ocs_enabled_fe origfile period pi_coi prog_id prog_title prog_type ra release_date
s_region tel_airm_end tel_airm_start tel_alt tel_ambi_fwhm_end tel_ambi_fwhm_start tel_ambi_pres_end
tel_ambi_pres_start tel_ambi_rhum tel_az telescope tpl_expno tpl_id tpl_name tpl_nexp tpl_start/3 utc
)"},
      {"ist.fiat", "Raw frames of FIAT", R"(
access_estsize access_url chip_name datalink_url date_obs det_acq1_proc det_cldc1_dc1 det_cldc1_dc10
det_cldc1_dc11 det_cldc1_dc12 det_cldc1_dc13 det_cldc1_dc14 det_cldc1_dc15 det_cldc1_dc16 det_cldc1_dc17
det_cldc1_dc18 det_cldc1_dc19 det_cldc1_dc2 det_cldc1_dc20 det_cldc1_dc3 det_cldc1_dc4 det_cldc1_dc5
det_cldc1_dc6 det_cldc1_dc7 det_cldc1_dc8 det_cldc1_dc9 det_cldc1_file det_detcfg det_ledexp det_ndit
det_read_curname/3 det_reset det_seq1_dit det_syscfg dp_cat dp_id dp_tech dp_type exp_start exposure/2
exptime ins_bbdy3_tempset ins_filt1_id ins_filt1_name ins_filt2_name ins_sens18_val instrument lambda_max
lambda_min last_mod_date mjd_obs ob_id ob_name ob_start/3 ob_tplno object observing_mode origfile pi_coi
prog_id prog_title release_date s_region telescope tpl_expno tpl_id tpl_name tpl_nexp tpl_start/5
)"},
      {"ist.fors1", "Raw frames of FORS1", R"(
access_estsize access_url datalink_url date_obs dec det_out1_conad det_outputs det_read_clock
det_win1_binx det_win1_biny det_win1_nx det_win1_ny det_win1_strx det_win1_stry dimm_fwhm_avg
dimm_fwhm_rms dp_cat dp_id dp_tech dp_type ecl_lat ecl_lon exp_start exposure exptime gal_lat gal_lon
ins_coll_id ins_coll_name ins_filt1_id ins_filt1_name ins_filt2_id ins_filt2_name ins_gris1_id
ins_gris1_name ins_mode ins_mos_checksum ins_reta2_id ins_reta2_name ins_reta2_posang ins_reta4_id
ins_reta4_name ins_reta4_posang ins_slit_name ins_slit_wid ins_woll_id ins_woll_name ins_woll_posang
instrument lambda_max lambda_min last_mod_date lst mjd_obs moon_illu night_flag ob_id ob_name
ob_targ_name object observing_mode origfile period pi_coi prog_id prog_title prog_type ra release_date
s_region tel_airm_end tel_airm_start tel_alt tel_ambi_fwhm_end tel_ambi_fwhm_start tel_ambi_pres_end
tel_ambi_pres_start tel_ambi_rhum tel_ambi_temp tel_ambi_winddir tel_ambi_windsp tel_az telescope
tpl_expno tpl_id tpl_name tpl_nexp tpl_start/2 utc
)"},
      {"ist.fors2", "Raw frames of FORS2", R"(
access_estsize access_url datalink_url date_obs dec det_chip1_id/2 det_chip1_name det_out1_conad
det_read_clock det_win1_binx det_win1_biny det_win1_nx det_win1_ny det_win1_uit1 dimm_fwhm_avg
dimm_fwhm_rms dp_cat dp_id dp_tech dp_type ecl_lat ecl_lon exp_start exposure exptime extname gal_lat
gal_lon ins_coll_id ins_coll_name ins_filt1_id ins_filt1_name ins_filt2_name ins_gris1_id ins_gris1_name
ins_mask_id ins_mask_name ins_mode ins_mos_checksum ins_reta2_id ins_reta2_name ins_reta2_posang
ins_reta4_id ins_reta4_name ins_reta4_posang ins_slit_name ins_slit_wid ins_woll_id ins_woll_name
ins_woll_posang instrument lambda_max lambda_min last_mod_date lst mjd_obs moon_illu night_flag
ob_container_id ob_container_parent_id ob_container_parent_type ob_container_type ob_id ob_name ob_start
ob_targ_name object observing_mode origfile period pi_coi prog_id prog_title prog_type ra release_date
s_region seq_spec_targ tel_airm_end tel_airm_start tel_alt tel_ambi_fwhm_end tel_ambi_fwhm_start
tel_ambi_pres_end tel_ambi_pres_start tel_ambi_rhum tel_ambi_temp tel_ambi_winddir tel_ambi_windsp tel_az
telescope tpl_expno tpl_id tpl_name tpl_nexp tpl_start/2 utc
)"},
      {"ist.giraffe", "Raw frames of GIRAFFE", R"(
access_estsize access_url datalink_url date_obs dec dimm_fwhm_avg dimm_fwhm_rms dp_cat dp_id dp_tech
dp_type ecl_lat ecl_lon exp_start exposure exptime gal_lat gal_lon ins_exp_mode ins_filt_name ins_grat_id
ins_grat_name ins_grat_wlen ins_mode ins_slit_name instrument lambda_max lambda_min last_mod_date lst
mjd_obs moon_illu night_flag ob_container_id ob_container_parent_id ob_container_parent_type
ob_container_type ob_id ob_name ob_start ob_targ_name object observing_mode origfile period pi_coi
prog_id prog_title prog_type ra release_date s_region tel_airm_end tel_airm_start tel_alt
tel_ambi_fwhm_end tel_ambi_fwhm_start tel_ambi_pres_end tel_ambi_pres_start tel_ambi_rhum tel_az
telescope tpl_expno tpl_id tpl_name tpl_nexp tpl_start utc
)"},
      {"ist.gravity", "Raw frames of GRAVITY", R"(
access_estsize access_url cou_ao_system datalink_url date_obs dec det1_ndit det1_seq1_dit det2_ndit
det2_seq1_dit det3_seq1_dit dimm_fwhm_avg dimm_fwhm_rms dp_cat dp_id dp_tech dp_type ecl_lat ecl_lon
exp_start exposure exptime ft_pola_mode ft_robj_name gal_lat gal_lon ins_det3_gain ins_fddl_window
ins_met_mode ins_pola_mode ins_roof_pos ins_sobj_name ins_spec_res instrument iss_baseline
iss_conf_station1/2 iss_conf_station2/2 iss_conf_station3/2 iss_conf_station4 iss_feed_mode iss_vltitype
lambda_max lambda_min last_mod_date lst mjd_obs moon_illu night_flag ob_container_id
ob_container_parent_id ob_container_parent_type ob_container_type ob_id ob_name ob_start/2 ob_targ_name
ob_tplno object observing_mode origfile period pi_coi prog_id prog_title prog_type ra release_date
s_region tel_airm_end tel_airm_start tel_alt tel_az telescope tpl_expno tpl_id tpl_name tpl_nexp
tpl_start utc
)"},
      {"ist.harps", "Raw frames of HARPS", R"(
access_estsize access_url datalink_url date_obs dec dimm_fwhm_avg dimm_fwhm_rms dp_cat dp_id dp_tech
dp_type ecl_lat ecl_lon exp_start exposure exptime gal_lat gal_lon ins_mode instrument lambda_max
lambda_min last_mod_date lst mjd_obs moon_illu night_flag ob_id ob_name ob_start ob_targ_name object
observing_mode origfile period pi_coi prog_id prog_title prog_type ra release_date s_region tel_airm_end
tel_airm_start tel_alt tel_ambi_fwhm_end tel_ambi_fwhm_start tel_ambi_pres_end tel_ambi_pres_start
tel_ambi_rhum tel_az telescope tpl_expno tpl_id tpl_name tpl_nexp tpl_start/2 utc
)"},
      {"ist.hawki", "Raw frames of HAWKI", R"(
access_estsize access_url datalink_url date_obs dec det_dit det_ncorrs_name det_ndit dimm_fwhm_avg
dimm_fwhm_rms dp_cat dp_id dp_tech dp_type ecl_lat ecl_lon exp_start exposure exptime gal_lat gal_lon
ins_filt1_name ins_filt2_name ins_mode instrument lambda_max lambda_min last_mod_date lst mjd_obs
moon_illu night_flag ob_container_id ob_container_parent_id ob_container_parent_type ob_container_type
ob_id ob_name ob_start/2 ob_targ_name ob_tplno object observing_mode origfile period pi_coi prog_id
prog_title prog_type ra release_date s_region tel_airm_end tel_airm_start tel_alt tel_ambi_fwhm_end
tel_ambi_fwhm_start tel_ambi_pres_end tel_ambi_pres_start tel_ambi_rhum tel_az telescope tpl_expno tpl_id
tpl_name tpl_nexp tpl_start utc
)"},
      {"ist.isaac", "Raw frames of ISAAC", R"(
access_estsize access_url datalink_url date_obs dec det_dit det_ndit det_win_nx det_win_ny dimm_fwhm_avg
dimm_fwhm_rms dp_cat dp_id dp_tech dp_type ecl_lat ecl_lon exp_start exposure exptime gal_lat gal_lon
ins_filt1_name ins_filt2_name ins_filt3_name ins_filt4_name ins_grat_name/2 ins_grat_order/2
ins_grat_wlen ins_mode ins_opti1_name/2 ins_pixscale instrument lambda_max lambda_min last_mod_date lst
mjd_obs moon_illu night_flag ob_container_id ob_container_type ob_id ob_name ob_start ob_targ_name object
observing_mode origfile period pi_coi prog_id prog_title prog_type ra release_date s_region tel_airm_end
tel_airm_start tel_alt tel_ambi_fwhm_end tel_ambi_fwhm_start tel_ambi_pres_end tel_ambi_pres_start
tel_ambi_rhum tel_az telescope tpl_expno tpl_id tpl_name tpl_nexp tpl_start/4 utc
)"},
      {"ist.kmos", "Raw frames of KMOS", R"(
access_estsize access_url datalink_url date_obs dec det_ndit det_seq1_dit dimm_fwhm_avg dimm_fwhm_rms
dp_cat dp_id dp_tech dp_type ecl_lat ecl_lon exp_start exposure exptime gal_lat gal_lon ins_filt1_id
ins_filt1_name ins_filt2_name ins_grat1_name ins_lamp1_name ins_lamp2_name ins_lamp3_name instrument
lambda_max lambda_min last_mod_date lst mjd_obs moon_illu night_flag ob_container_id
ob_container_parent_id ob_container_parent_type ob_container_type ob_id ob_name ob_start/2 ob_targ_name
ob_tplno object observing_mode origfile period pi_coi prog_id prog_title prog_type ra release_date
s_region tel_airm_end tel_airm_start tel_alt tel_ambi_fwhm_end tel_ambi_fwhm_start tel_ambi_pres_end
tel_ambi_pres_start tel_ambi_rhum tel_ambi_temp tel_ambi_winddir tel_ambi_windsp tel_az telescope
tpl_expno tpl_id tpl_name tpl_nexp tpl_start utc
)"},
      {"ist.matisse", "Raw frames of MATISSE", R"(
access_estsize access_url datalink_url date_obs dec del_ft_sensor/2 det_name det_ndit det_read_curname
det_seq1_dit det_win_mtrh2 det_win_mtrs2 dimm_fwhm_avg dimm_fwhm_rms dispersive_element dp_cat dp_id
dp_tech dp_type ecl_lat ecl_lon exp_start exposure exptime filter gal_lat gal_lon ins_bcd1_name
ins_bcd2_name ins_mode instrument iss_baseline iss_chop_freq iss_chop_st iss_conf_station1/3
iss_conf_station2/3 iss_conf_station3/3 iss_conf_station4/2 iss_vltitype lambda_max lambda_min
last_mod_date lst mjd_obs moon_illu night_flag ob_container_id ob_container_parent_id
ob_container_parent_type ob_container_type ob_id ob_name ob_start/2 ob_targ_name ob_tplno object
observing_mode origfile period photometric_slider pi_coi polarizer prog_id prog_title prog_type ra
release_date s_region spatial_filter tel_airm_end tel_airm_start tel_alt tel_ambi_fwhm_end
tel_ambi_fwhm_start tel_ambi_pres_end tel_ambi_pres_start tel_ambi_rhum tel_az telescope tpl_expno tpl_id
tpl_name tpl_nexp tpl_start utc
)"},
      {"ist.midi", "Raw frames of MIDI", R"(
access_estsize access_url datalink_url date_obs dec del_ft_sensor/3 del_ft_status/2 det_dit det_ndit
dimm_fwhm_avg dimm_fwhm_rms dp_cat dp_id dp_tech dp_type ecl_lat ecl_lon exp_start exposure exptime
gal_lat gal_lon ins_cam_name ins_filt_name ins_gris_name ins_mode ins_opt1_name ins_piez_posnum
ins_shut_name ins_slit_name/2 instrument iss_chop_freq iss_chop_st/2 iss_chop_throw iss_conf_ntel
iss_conf_station1 iss_conf_station2 lambda_max lambda_min last_mod_date lst mjd_obs moon_illu night_flag
ob_container_id ob_container_type ob_id ob_name ob_start/2 ob_targ_name ob_tplno object observing_mode
origfile period pi_coi prog_id prog_title prog_type ra release_date s_region tel_airm_end tel_airm_start
tel_alt tel_ambi_fwhm_end tel_ambi_fwhm_start tel_ambi_pres_end tel_ambi_pres_start tel_ambi_rhum tel_az
telescope tpl_expno tpl_id tpl_name tpl_nexp tpl_start utc
)"},
      {"ist.muse", "Raw frames of MUSE", R"(
access_estsize access_url ag_fwhmx_avg ag_fwhmy_avg datalink_url date_obs dec det_binx det_biny det_ndit
det_read_curname/2 dimm_fwhm_avg dimm_fwhm_rms dp_cat dp_id dp_tech dp_type ecl_lat ecl_lon exp_start
exposure exptime gal_lat gal_lon ins_mode ins_opti1_name/3 ins_opti2_name/2 instrument lambda_max
lambda_min last_mod_date lst mjd_obs moon_illu night_flag ob_container_id ob_container_parent_id
ob_container_parent_type ob_container_type ob_id ob_name ob_start/2 ob_targ_name ob_tplno object
observing_mode origfile period pi_coi prog_id prog_title prog_type ra release_date s_region tel_airm_end
tel_airm_start tel_alt tel_ambi_fwhm_end tel_ambi_fwhm_start tel_ambi_pres_end tel_ambi_pres_start
tel_ambi_rhum tel_ambi_temp tel_ambi_winddir tel_ambi_windsp tel_az telescope tpl_expno tpl_id tpl_name
tpl_nexp tpl_start utc
)"},
      {"ist.naco", "Raw frames of NACO", R"(
access_estsize access_url aos_ins_dich_posnam aos_ocs_wfs_type datalink_url date_obs dec det_dit
det_mode_name det_ncorrs_name/2 det_ndit dimm_fwhm_avg dimm_fwhm_rms dp_cat dp_id dp_tech dp_type ecl_lat
ecl_lon exp_start exposure exptime gal_lat gal_lon ins_mode ins_opti1_name ins_opti2_name ins_opti3_name
ins_opti4_name ins_opti5_name ins_opti6_name ins_opti7_name instrument lambda_max lambda_min
last_mod_date lst mjd_obs moon_illu night_flag ob_container_id ob_container_type ob_id ob_name ob_start
ob_targ_name ob_tplno object observing_mode origfile period pi_coi prog_id prog_title prog_type ra
release_date s_region tel_airm_end tel_airm_start tel_alt tel_ambi_fwhm_end tel_ambi_fwhm_start
tel_ambi_pres_end tel_ambi_pres_start tel_ambi_rhum tel_ambi_temp tel_ambi_winddir tel_ambi_windsp tel_az
telescope tpl_expno tpl_id tpl_name tpl_nexp tpl_start utc
)"},
      {"ist.nirps", "Raw frames of NIRPS", R"(
access_estsize access_url datalink_url date_obs dec dimm_fwhm_avg dimm_fwhm_rms dp_cat dp_id dp_tech
dp_type ecl_lat ecl_lon exp_start exposure exptime gal_lat gal_lon ins_mode instrument lambda_max
lambda_min last_mod_date lst mjd_obs moon_illu night_flag ob_id ob_name ob_start/2 ob_targ_name ob_tplno
object observing_mode origfile period pi_coi prog_id prog_title prog_type ra release_date s_region
tel_airm_end tel_airm_start tel_alt tel_ambi_fwhm_end tel_ambi_fwhm_start tel_ambi_pres_end
tel_ambi_pres_start tel_ambi_rhum tel_az telescope tpl_expno tpl_id tpl_name tpl_nexp tpl_start/3 utc
)"},
      {"ist.omegacam", "Raw frames of OMEGACAM", R"(
access_estsize access_url datalink_url date_obs dec det_dit det_ndit dimm_fwhm_avg dimm_fwhm_rms dp_cat
dp_id dp_tech dp_type ecl_lat ecl_lon exp_start exposure exptime gal_lat gal_lon ins_filt1_id
ins_filt1_name ins_mode instrument lambda_max lambda_min last_mod_date lst mjd_obs moon_illu night_flag
ob_container_id ob_container_parent_id ob_container_parent_type ob_container_type ob_id ob_name ob_start
ob_targ_name/2 object observing_mode origfile period pi_coi prog_id prog_title prog_type ra release_date
s_region tel_airm_end tel_airm_start tel_alt tel_ambi_fwhm_end tel_ambi_fwhm_start tel_ambi_pres_end
tel_ambi_pres_start tel_ambi_rhum tel_ambi_temp tel_ambi_winddir tel_ambi_windsp tel_az telescope
tpl_expno tpl_id tpl_name tpl_nexp tpl_start utc
)"},
      {"ist.pionier", "Raw frames of PIONIER", R"(
access_estsize access_url datalink_url date_obs dec det_dit det_ndit dimm_fwhm_avg dimm_fwhm_rms dp_cat
dp_id dp_tech dp_type ecl_lat ecl_lon exp_start exposure exptime gal_lat gal_lon ins_filt1_name
ins_filt2_name ins_mode ins_opti2_name/3 ins_opti3_name/2 instrument iss_baseline iss_vltitype lambda_max
lambda_min last_mod_date lst mjd_obs moon_illu night_flag ob_container_id ob_container_parent_id
ob_container_parent_type ob_container_type ob_id ob_name ob_start ob_targ_name/3 object observing_mode
origfile period pi_coi prog_id prog_title prog_type ra release_date s_region tel_airm_end tel_airm_start
telescope tpl_expno tpl_id tpl_name tpl_nexp tpl_start utc
)"},
      {"ist.sinfoni", "Raw frames of SINFONI", R"(
access_estsize access_url ada_guid_dec ada_guid_ra ada_posang aos_rtc_guidestar_magnitude
aos_rtc_ndwheel_posname aos_rtc_obs_strehlmean datalink_url date_obs dec det_chip_name det_dit det_ndit
dimm_fwhm_avg dimm_fwhm_rms dp_cat dp_id dp_tech dp_type ecl_lat ecl_lon exp_start exposure exptime
gal_lat gal_lon ins_filt1_name ins_grat1_name/2 ins_grat1_wlen ins_mirr1_name ins_mode ins_opti1_name
ins_targ_alpha ins_targ_delta ins1_mode instrument lambda_max lambda_min last_mod_date lst mjd_obs
moon_illu night_flag ob_container_id ob_container_type ob_id ob_name ob_start ob_targ_name ob_tplno
object observing_mode origfile period pi_coi prog_id prog_title prog_type ra release_date s_region
tel_airm_end tel_airm_start tel_alt tel_ambi_fwhm_end tel_ambi_fwhm_start tel_ambi_pres_end
tel_ambi_pres_start tel_ambi_rhum tel_az telescope tpl_expno tpl_id tpl_name tpl_nexp tpl_start utc
)"},
      {"ist.sofi", "Raw frames of SOFI", R"(
access_estsize access_url datalink_url date_obs dec det_dit det_ndit dimm_fwhm_avg dimm_fwhm_rms dp_cat
dp_id dp_tech dp_type ecl_lat ecl_lon exp_start exposure exptime gal_lat gal_lon ins_filt1_name
ins_filt2_name ins_mode instrument lambda_max lambda_min last_mod_date lst mjd_obs moon_illu night_flag
ob_id ob_name ob_start ob_targ_name object observing_mode origfile period pi_coi prog_id prog_title
prog_type ra release_date s_region tel_airm_end tel_airm_start tel_alt tel_ambi_fwhm_end
tel_ambi_fwhm_start tel_ambi_pres_end tel_ambi_pres_start tel_ambi_rhum tel_az telescope tpl_expno tpl_id
tpl_name tpl_nexp tpl_start/4 utc
)"},
      {"ist.sphere", "Raw frames of SPHERE", R"(
access_estsize access_url datalink_url date_obs dec det_dit1 det_ndit det_read_curname det_seq1_dit
dimm_fwhm_avg dimm_fwhm_rms dp_cat dp_id dp_tech dp_type ecl_lat ecl_lon exp_start exposure exptime
gal_lat gal_lon ins_comb_icor ins_comb_iflt ins_comb_pola ins_comb_vcor ins1_filt_name ins1_opti1_name/2
ins1_opti2_name ins2_opti2_name ins3_opti5_name ins3_opti6_name ins4_drot2_mode ins4_opti11_name
instrument lambda_max lambda_min last_mod_date lst mjd_obs moon_illu night_flag ob_container_id
ob_container_parent_id ob_container_parent_type ob_container_type ob_id ob_name ob_start/2 ob_targ_name
ob_tplno object observing_mode origfile period/2 pi_coi prog_id prog_title prog_type ra release_date
s_region seq_arm/2 tel_airm_end tel_airm_start tel_alt tel_ambi_fwhm_end tel_ambi_fwhm_start
tel_ambi_pres_end tel_ambi_pres_start tel_ambi_rhum tel_ambi_temp tel_ambi_winddir tel_ambi_windsp tel_az
tel_ia_fwhm tel_ia_fwhmlin tel_ia_fwhmlinobs telescope tpl_expno tpl_id tpl_name tpl_nexp tpl_start utc
)"},
      {"ist.uves", "Raw frames of UVES", R"(
access_estsize access_url arm_name datalink_url date_obs dec det_read_clock det_win1_binx det_win1_biny
dimm_fwhm_avg dimm_fwhm_rms dp_cat dp_id dp_tech dp_type ecl_lat ecl_lon exp_start exposure exptime
gal_lat gal_lon grat_wlen ins_filt1_id ins_filt1_name ins_filt2_name ins_filt3_name/2 ins_mode
ins_obsplate ins_slit1_name instrument lambda_max lambda_min last_mod_date lst mjd_obs moon_illu
night_flag ob_container_id ob_container_parent_id ob_container_parent_type ob_container_type ob_id
ob_name ob_start ob_targ_name object observing_mode origfile period pi_coi prog_id prog_title prog_type
ra release_date s_region slit_len slit_wid tel_airm_end tel_airm_start tel_alt tel_ambi_fwhm_end
tel_ambi_fwhm_start tel_ambi_pres_end tel_ambi_pres_start tel_ambi_rhum tel_az telescope tpl_expno tpl_id
tpl_name tpl_nexp tpl_start/2 utc
)"},
      {"ist.vimos", "Raw frames of VIMOS", R"(
access_estsize access_url datalink_url date_obs dec dimm_fwhm_avg dimm_fwhm_rms dp_cat dp_id dp_tech
dp_type ecl_lat ecl_lon exp_start exposure exptime gal_lat gal_lon ins_filt_name ins_filt1_id
ins_filt1_name ins_filt2_name ins_gris_name/2 ins_ifue_mag ins_ifus_mode ins_mask_id/2 ins_mode
instrument lambda_max lambda_min last_mod_date lst mjd_obs moon_illu night_flag ob_container_id
ob_container_type ob_id ob_name ob_start ob_targ_name object observing_mode ocs_con_quad origfile period
pi_coi prog_id prog_title prog_type ra release_date s_region tel_airm_end tel_airm_start tel_alt
tel_ambi_fwhm_end tel_ambi_fwhm_start tel_ambi_pres_end tel_ambi_pres_start tel_ambi_rhum tel_az
telescope tpl_expno tpl_id tpl_name tpl_nexp tpl_start utc
)"},
      {"ist.vircam", "Raw frames of VIRCAM", R"(
access_estsize access_url datalink_url date_obs dec det_dit det_ndit dimm_fwhm_avg dimm_fwhm_rms dp_cat
dp_id dp_tech dp_type ecl_lat ecl_lon exp_start exposure exptime gal_lat gal_lon ins_filt1_focus
ins_filt1_id ins_filt1_name ins_filt1_wlen instrument lambda_max lambda_min last_mod_date lst mjd_obs
moon_illu night_flag njitter ob_container_id ob_container_type ob_id ob_name ob_start ob_targ_name object
observing_mode offset_i offset_id offset_x offset_y origfile period pi_coi prog_id prog_title prog_type
ra release_date s_region tel_airm_end tel_airm_start tel_alt tel_ambi_fwhm_end tel_ambi_fwhm_start
tel_ambi_pres_end tel_ambi_pres_start tel_ambi_rhum tel_az telescope tpl_expno tpl_id tpl_name tpl_nexp
tpl_start utc
)"},
      {"ist.visir", "Raw frames of VISIR", R"(
access_estsize access_url datalink_url date_obs dec det_dit det_exp_no det_ndit det_seq1_dit
dimm_fwhm_avg dimm_fwhm_rms dp_cat dp_id dp_tech dp_type ecl_lat ecl_lon exp_start exposure exptime
gal_lat gal_lon ins_filt1_id ins_filt1_name ins_filt2_name ins_grat1_name/3 ins_grat1_wlen/2 ins_mode
ins_pfov ins_resol ins_slit1_wid instrument lambda_max lambda_min last_mod_date lst mjd_obs moon_illu
night_flag ob_container_id ob_container_parent_id ob_container_parent_type ob_container_type ob_id
ob_name ob_start ob_targ_name ob_tplno object observing_mode origfile period pi_coi prog_id prog_title
prog_type ra release_date s_region seq_chopnod_dir seq_time tel_airm_end tel_airm_start tel_alt
tel_ambi_fwhm_end tel_ambi_fwhm_start tel_ambi_irsky_temp tel_ambi_iwv_start tel_ambi_pres_end
tel_ambi_pres_start tel_ambi_rhum tel_ambi_temp tel_ambi_winddir tel_ambi_windsp tel_az tel_chop_freq
tel_chop_posang tel_chop_throw tel_ia_fwhmlinobs tel_th_m1_temp telescope tpl_expno tpl_id tpl_name
tpl_nexp tpl_start utc
)"},
      {"ist.wlgsu", "Raw frames of WLGSU", R"(
access_estsize access_url airmass avgseeing datalink_url date_obs dec dp_cat dp_id dp_tech dp_type
ecl_lat ecl_lon exp_start exposure exptime gal_lat gal_lon hbar_aft hbar_bef instrument int_data l0_aft
l0_bef lambda_max lambda_min last_mod_date lgs_flux lgs_vibr lgslength llt_pow mjd_obs nrec object
origfile prog_id r0_calc ra release_date s_region sqz_ima telescope turb_aft turb_bef utc wind_aft
wind_bef
)"},
      {"ist.xshooter", "Raw frames of XSHOOTER", R"(
access_estsize access_url datalink_url date_obs dec det_dit det_ndit det_read_clock det_win1_binx
det_win1_biny dimm_fwhm_avg dimm_fwhm_rms dp_cat dp_id dp_tech dp_type ecl_lat ecl_lon exp_start exposure
exptime gal_lat gal_lon ins_filt1_id ins_filt1_name ins_mode ins_opti2_name ins_opti3_name ins_opti4_name
ins_opti5_name instrument lambda_max lambda_min last_mod_date lst mjd_obs moon_illu night_flag
ob_container_id ob_container_parent_id ob_container_parent_type ob_container_type ob_id ob_name
ob_start/2 ob_targ_name ob_tplno object observing_mode origfile period pi_coi prog_id prog_title
prog_type ra release_date s_region seq_arm seq_jitter_width seq_nod_throw tel_airm_end tel_airm_start
tel_alt tel_ambi_fwhm_end tel_ambi_fwhm_start tel_ambi_pres_end tel_ambi_pres_start tel_ambi_rhum
tel_ambi_temp tel_ambi_winddir tel_ambi_windsp tel_az tel_ia_fwhm telescope tpl_expno tpl_id tpl_name
tpl_nexp tpl_start utc
)"},
  };
  return tables;
}

}  // namespace esofs::sim::tap
