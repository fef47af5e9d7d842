# Case study of a gravitational wave: spectra inside the contour of a sky map.
eso=$1
mkdir $eso/queries/contour
echo "SELECT * FROM ivoa.ObsCore WHERE instrument_name='XSHOOTER' AND CONTAINS(POINT('', s_ra, s_dec), POLYGON('', 84, -52, 89, -52, 90, -50, 85, -49)) = 1" > $eso/queries/contour/query.adql
ls $eso/queries/contour > listed.txt
cp $eso/queries/contour/ADP.2020-03-24T10:45:21.866.fits .
