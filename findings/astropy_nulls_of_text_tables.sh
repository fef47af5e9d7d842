#!/bin/bash
# astropy 7.0.1 (python3-astropy 7.0.1-3) beside STILTS 3.5.2 (stilts 3.5.2-1).
# A column of an ASCII table says by TNULLn which text stands for a missing value (FITS 4.0, section 7.2.2). An expert expects
# a masked number there from Table.read, as from tables of the other kind, and NaN or an error from getdata.
# Seen: Table.read cannot read a table with TNULLn beside a column of numbers: "TypeError: Cannot set fill value of string with
# array of dtype float64", also if no cell is missing, and also if the text is a number. fits.getdata reads such tables, and
# gives 0 for each missing value, which nothing tells from a measured 0.
# It matters to users of catalogues in ASCII tables, which CDS and old missions delivered.
set -euo pipefail
source "$(dirname "$0")/debian13"
debian13 python3-astropy=7.0.1-3 stilts=3.5.2-1 default-jre-headless

cat >"$work/make.py" <<'END'
from fits import header
for name, form, null, cells in (('float', 'F8.3', '---', ('12.500', '---', '0.000')), ('int', 'I8', '-999', ('12', '-999', '0')),
                                ('full', 'F8.3', '---', ('12.500', '13.000', '0.000'))):
    with open(name + '.fits', 'wb') as file:
        file.write(header([('SIMPLE', True), ('BITPIX', 8), ('NAXIS', 0), ('EXTEND', True)]))
        file.write(header([('XTENSION', 'TABLE'), ('BITPIX', 8), ('NAXIS', 2), ('NAXIS1', 8), ('NAXIS2', 3), ('PCOUNT', 0),
                           ('GCOUNT', 1), ('TFIELDS', 1), ('TBCOL1', 1), ('TTYPE1', 'X'), ('TFORM1', form), ('TNULL1', null)]))
        file.write(''.join(cell.rjust(8) for cell in cells).ljust(2880).encode())
END
cat >"$work/read.py" <<'END'
import sys
from astropy.io import fits
from astropy.table import Table
name = sys.argv[1]
print(f'{name}: getdata', *fits.getdata(name + '.fits', 1)['X'])
try:
    print(f'{name}: Table.read', *Table.read(name + '.fits')['X'])
except TypeError as error:
    print(f'{name}: Table.read', error)
END
inside python3 make.py
for name in float int full; do
  inside python3 read.py $name
  inside java -cp /usr/share/java/starlink-ttools.jar uk.ac.starlink.ttools.Stilts tpipe in=$name.fits out=$name.csv ofmt=csv
  echo "$name: STILTS $(sed '1d; s/^\(""\)\?$/blank/' "$work/$name.csv" | paste -sd ' ')"
done >"$seen"
expect <<'END'
float: getdata 12.5 0.0 0.0
float: Table.read Cannot set fill value of string with array of dtype float64
float: STILTS 12.5 blank 0.0
int: getdata 12 0 0
int: Table.read Cannot set fill value of string with array of dtype int32
int: STILTS 12 blank 0
full: getdata 12.5 13.0 0.0
full: Table.read Cannot set fill value of string with array of dtype float64
full: STILTS 12.5 13.0 0.0
END
