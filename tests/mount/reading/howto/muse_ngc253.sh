# Case study MUSE NGC 253: an arcsecond and ten nanometres of a cube of 364 GB.
eso=$1
cp $eso/datasets/ADP.2025-07-06T07:52:11.871/cutout/circle_11.8880583_-25.2888_1arcsec__band_652nm_662nm.fits cutout1.fits
