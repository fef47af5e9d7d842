# Advanced 02, from raw to reduced and back: a product's header names its raw frames; they, and their calibrations, lie beside it.
eso=$1 product=ADP.2016-06-21T08:15:12.100
grep PROV $eso/datasets/$product/header.txt > provenance.txt
cp -r $eso/datasets/$product/progenitors .
for raw in progenitors/*.fits; do ls $eso/datasets/$(basename $raw .fits)/calibrations/master; done > calibrations.txt
