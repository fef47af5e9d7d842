# Simple 06, TAP: which tables there are, and any ADQL as a table.
eso=$1
mkdir $eso/queries/deep
echo "SELECT dp_id, target_name, s_ra, s_dec, em_min, t_exptime FROM ivoa.ObsCore WHERE obs_collection='VVV' AND calib_level=3 AND CONTAINS(POINT('J2000', s_ra, s_dec), POLYGON('J2000', 266, -29.5, 267, -29.5, 267, -28.5, 266, -28.5)) = 1 ORDER BY t_min DESC" > $eso/queries/deep/query.adql
cp $eso/queries/deep/table/result.vot .
cp $eso/tables/obs/ivoa/ObsCore/columns.csv .
