# Simple 00, quick start: raw frames and products of ESPRESSO in one cone.
eso=$1
for part in raw phase3; do ls $eso/browse/cone/26.017013_-15.93748_3arcmin/$part > $part.txt; done
cp $eso/browse/cone/26.017013_-15.93748_3arcmin/phase3/ADP.2021-04-16T10:26:57.090.fits .
