# Simple 07, download: one product by its name, and one raw frame with its raw calibrations.
eso=$1
cp $eso/datasets/ADP.2020-03-24T10:45:21.866/ADP.2020-03-24T10:45:21.866.fits .
cp $eso/datasets/FORS2.2021-01-02T00:59:12.533/FORS2.2021-01-02T00:59:12.533.fits .
cp -r $eso/datasets/FORS2.2021-01-02T00:59:12.533/calibrations/raw .
