# Advanced 09 to 11, catalogues and their links: which columns are positions, and the sources of a cone.
eso=$1 table=$1/tables/cat/safcat/SIMSURVEY_CAT_V2
ls $eso/tables/cat/safcat > tables.txt
grep pos.eq $table/columns.csv > positions.csv
cp $table/cone/53.1_-27.8_6arcmin.csv cone.csv
