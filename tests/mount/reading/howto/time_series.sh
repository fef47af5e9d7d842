# Advanced 04, time series: all spectra of a star with a good signal, in the order of their observation.
eso=$1
mkdir $eso/queries/series
echo "SELECT * FROM ivoa.ObsCore WHERE instrument_name='HARPS' AND dataproduct_type='spectrum' AND snr > 180 AND em_res_power > 40000" > $eso/queries/series/query.adql
cp $eso/queries/series/*.fits .
for spectrum in *.fits; do echo "$(getfattr --only-values -n user.eso.t_min $eso/queries/series/$spectrum) $spectrum"; done | sort -g > series.txt
