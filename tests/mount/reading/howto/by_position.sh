# Simple 02 and 03, by position: HAWKI products that cover Sgr A*, and its raw frames.
eso=$1
mkdir $eso/queries/sgra $eso/queries/sgra_raw
echo "SELECT * FROM ivoa.ObsCore WHERE instrument_name='HAWKI' AND INTERSECTS(s_region, CIRCLE('ICRS', 266.41683, -29.00781, 0.05)) = 1" > $eso/queries/sgra/query.adql
echo "SELECT * FROM dbo.raw WHERE instrument='HAWKI' AND CONTAINS(POINT('ICRS', ra, dec), CIRCLE('ICRS', 266.41683, -29.00781, 0.05)) = 1" > $eso/queries/sgra_raw/query.adql
ls $eso/queries/sgra > products.txt
ls $eso/queries/sgra_raw > raw.txt
cp $eso/queries/sgra/ADP.2016-01-18T05:40:12.512.fits .
