# Programmatic authentication and authorisation: a raw frame with the master calibrations that belong to it.
# (Without its login: these are public.)
eso=$1 raw=MUSE.2018-06-05T01:06:59.418
mkdir $eso/queries/run
echo "SELECT TOP 2 * FROM dbo.raw WHERE dp_cat='SCIENCE' AND prog_id='1100.B-0651(A)' ORDER BY dp_id" > $eso/queries/run/query.adql
ls $eso/queries/run/ > listed.txt
cp $eso/datasets/$raw/$raw.fits .
cp -r $eso/datasets/$raw/calibrations/master .
