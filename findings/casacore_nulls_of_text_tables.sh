#!/bin/bash
# casacore 3.7.1 (fits2table of casacore-tools 3.7.1-1, read with python3-casacore 3.7.1-2) beside STILTS 3.5.2 (stilts 3.5.2-1).
# A column of an ASCII table says by TNULLn which text stands for a missing value, such as '---' (FITS 4.0, section 7.2.2).
# An expert expects a blank there: NaN, a mask, or an error that stops the conversion.
# Seen: fits2table logs "HDU error: Error converting data in current row" once for each such cell, goes on to "done.", exits
# with 0, and the cell has the value of the row above it. Numbers that the catalogue never had pass for measurements.
# If the text is a number, as in '99.999', nothing is logged and 99.999 is the value: TNULLn is not read at all.
# It matters to users who take catalogues of CDS and the like into CASA.
set -euo pipefail
source "$(dirname "$0")/debian13"
debian13 casacore-tools=3.7.1-1 python3-casacore=3.7.1-2 stilts=3.5.2-1 default-jre-headless

cat >"$work/make.py" <<'END'
from fits import header
for name, null in (('dashes', '---'), ('number', '99.999')):
    cells = '12.500', null, '14.250', null, null
    with open(name + '.fits', 'wb') as file:
        file.write(header([('SIMPLE', True), ('BITPIX', 8), ('NAXIS', 0), ('EXTEND', True)]))
        file.write(header([('XTENSION', 'TABLE'), ('BITPIX', 8), ('NAXIS', 2), ('NAXIS1', 8), ('NAXIS2', 5), ('PCOUNT', 0),
                           ('GCOUNT', 1), ('TFIELDS', 1), ('TBCOL1', 1), ('TTYPE1', 'MAG'), ('TFORM1', 'F8.3'), ('TNULL1', null)]))
        file.write(''.join(cell.rjust(8) for cell in cells).ljust(2880).encode())
END
echo "import sys, casacore.tables; print(*casacore.tables.table(sys.argv[1], ack=False).getcol('MAG'))" >"$work/read.py"
inside python3 make.py
for name in dashes number; do
  status=0
  inside fits2table input=$name.fits output=$name.table >"$tmp/log" 2>&1 || status=$?
  echo "$name: casacore $(inside python3 read.py $name.table), status $status, messages: $(grep -c 'Error converting' "$tmp/log" || true)"
  inside java -cp /usr/share/java/starlink-ttools.jar uk.ac.starlink.ttools.Stilts tpipe in=$name.fits out=$name.csv ofmt=csv
  echo "$name: STILTS $(sed '1d; s/^\(""\)\?$/blank/' "$work/$name.csv" | paste -sd ' ')"
done >"$seen"
expect <<'END'
dashes: casacore 12.5 12.5 14.25 14.25 14.25, status 0, messages: 3
dashes: STILTS 12.5 blank 14.25 blank blank
number: casacore 12.5 99.999 14.25 99.999 99.999, status 0, messages: 0
number: STILTS 12.5 blank 14.25 blank blank
END
