# SSA (eso_ssa.py) and advanced 06: spectra around an object by SSAP, saved by name.
eso=$1
ls $eso/browse/cone/26.017013_-15.93748_3arcmin/spectra > listed.txt
cp $eso/browse/cone/26.017013_-15.93748_3arcmin/spectra/ADP.2014-09-16T11:04:45.1*.fits .
