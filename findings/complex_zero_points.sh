#!/bin/bash
# astropy 7.0.1 (python3-astropy 7.0.1-3), STILTS 3.5.2 (stilts 3.5.2-1) and casacore 3.7.1 (casacore-tools 3.7.1-1, read with
# python3-casacore 3.7.1-2) beside CFITSIO 4.6.2 in python-fitsio 1.2.5 (python3-fitsio 1.2.5+dfsg-1+b1).
# A column of complex numbers ('C', 'M') may be scaled. TSCALn counts for the real and the imaginary part, TZEROn is added to the
# real part alone (FITS 4.0, section 7.3.2). An expert expects 12+4i for a stored 1+2i, a scale of 2 and a zero point of 10.
# Seen: only CFITSIO gives that. STILTS and casacore add the zero point to the imaginary part too: 12+14i. astropy turns the
# column into real numbers, also where there is a scale alone; the one sign of it is numpy's ComplexWarning.
# It matters to users of visibilities and of Fourier transforms: phases are wrong, or all gone.
set -euo pipefail
source "$(dirname "$0")/debian13"
debian13 python3-astropy=7.0.1-3 stilts=3.5.2-1 casacore-tools=3.7.1-1 python3-casacore=3.7.1-2 \
  python3-fitsio=1.2.5+dfsg-1+b1 default-jre-headless

cat >"$work/make.py" <<'END'
import struct
from fits import table
for name, more in ('scale', {'TSCAL': 2.0}), ('zero', {'TZERO': 10.0}), ('both', {'TSCAL': 2.0, 'TZERO': 10.0}):
    table(name + '.fits', [('VIS', '1C', more)], [struct.pack('>ff', 1, 2), struct.pack('>ff', -3, 0)])
END
cat >"$work/read.py" <<'END'
import sys
import casacore.tables
import fitsio
from astropy.io import fits
name = sys.argv[1]
for tool, values in (('CFITSIO', fitsio.read(name + '.fits', ext=1)['VIS']), ('astropy', fits.getdata(name + '.fits', 1)['VIS']),
                     ('casacore', casacore.tables.table(name + '.table', ack=False).getcol('VIS'))):
    print(f'{name}: {tool}', *(f'{value:g}' for value in values))
END
inside python3 make.py
for name in scale zero both; do
  inside fits2table input=$name.fits output=$name.table >"$tmp/log" 2>&1 || cat "$tmp/log"
  inside python3 read.py $name
  inside java -cp /usr/share/java/starlink-ttools.jar uk.ac.starlink.ttools.Stilts tpipe in=$name.fits out=$name.csv ofmt=csv
  echo "$name: STILTS $(sed 1d "$work/$name.csv" | paste -sd ' ')"
done >"$seen"
expect <<'END'
scale: CFITSIO 2+4j -6+0j
scale: astropy 2 -6
scale: casacore 2+4j -6+0j
scale: STILTS "(2.0, 4.0)" "(-6.0, 0.0)"
zero: CFITSIO 11+2j 7+0j
zero: astropy 11 7
zero: casacore 11+12j 7+10j
zero: STILTS "(11.0, 12.0)" "(7.0, 10.0)"
both: CFITSIO 12+4j 4+0j
both: astropy 12 4
both: casacore 12+14j 4+10j
both: STILTS "(12.0, 14.0)" "(4.0, 10.0)"
END
