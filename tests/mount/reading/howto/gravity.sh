# Case study of GRAVITY: uncalibrated visibilities (OIFITS) towards the Galactic centre.
eso=$1
mkdir $eso/queries/visibilities
echo "SELECT * FROM ivoa.ObsCore WHERE instrument_name='GRAVITY' AND dataproduct_type='visibility'" > $eso/queries/visibilities/query.adql
ls $eso/queries/visibilities > listed.txt
cp $eso/queries/visibilities/ADP.*.fits .
