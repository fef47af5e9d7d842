# Simple 08 to 10, catalogues: colours, a cone, and the light curve of a source by a join.
eso=$1
mkdir $eso/queries/cone $eso/queries/curve
echo "SELECT SOURCEID, RA2000, DEC2000, JMAG, JMAG-KSMAG AS colour FROM safcat.SIMSURVEY_CAT_V2 WHERE CONTAINS(POINT('', RA2000, DEC2000), CIRCLE('', 53.1, -27.8, 0.1)) = 1" > $eso/queries/cone/query.adql
echo "SELECT c.SOURCEID, c.RA2000, m.MJD, m.KSMAG FROM safcat.SIMSURVEY_CAT_V2 c JOIN safcat.SIMSURVEY_MPHOT_Ks_V2 m ON c.SOURCEID = m.SOURCEID WHERE c.SOURCEID = 3000000 ORDER BY m.MJD" > $eso/queries/curve/query.adql
cp $eso/queries/cone/table/result.vot cone.vot
cp $eso/queries/curve/table/result.vot curve.vot
