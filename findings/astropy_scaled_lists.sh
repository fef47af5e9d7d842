#!/bin/bash
# astropy 7.0.1 (python3-astropy 7.0.1-3) beside casacore 3.7.1 (casacore-tools 3.7.1-1, fits2table; read with python3-casacore
# 3.7.1-2).
# A cell of a variable-length column ('P') points to a list of values in the heap. TSCALn and TZEROn turn each of these into
# its physical value (FITS 4.0, sections 7.3.2 and 7.3.5); unsigned 16-bit lists have TZEROn = 32768.
# An expert expects the same as for columns of a fixed length, where astropy is right.
# Seen: only the first row is scaled, and its values stay 16-bit integers: halves are cut off, and unsigned values from 32768
# become negative. All other rows hold the stored integers. Nothing is said. A copy that astropy writes makes this final.
# (astropy's issue 8194 reports the rows that are not scaled.)
# It matters to users of event lists, waveforms and spectra of varying length: counts are off by 32768 from the second row on,
# while the first row, which one looks at, may be right.
set -euo pipefail
source "$(dirname "$0")/debian13"
debian13 python3-astropy=7.0.1-3 casacore-tools=3.7.1-1 python3-casacore=3.7.1-2

cat >"$work/make.py" <<'END'
import struct
from fits import table
def lists(path, stored, **more):
    starts = [2 * sum(map(len, stored[:i])) for i in range(len(stored))]
    table(path, [('ADC', '1PI(3)', more)], [struct.pack('>ii', len(row), start) for row, start in zip(stored, starts)],
          heap=b''.join(struct.pack('>h', value) for row in stored for value in row))
lists('scaled.fits', [[1, 2, 3], [4, 5], [6]], TSCAL=0.5, TZERO=10.0)
lists('unsigned.fits', [[800 - 32768, 7232], [800 - 32768, 801 - 32768, -32768], [7232]], TSCAL=1, TZERO=32768)
END
cat >"$work/again.py" <<'END'
from astropy.table import Table
for name in 'scaled', 'unsigned':
    Table.read(name + '.fits').write(name + '_copy.fits')
END
cat >"$work/show.py" <<'END'
import sys
import casacore.tables
from astropy.io import fits
def show(tool, rows):
    print(f'{sys.argv[1]}: {tool}', *('[' + ' '.join(f'{value:g}' for value in row) + ']' for row in rows))
lists = casacore.tables.table(sys.argv[1] + '.table', ack=False)
show('casacore', (lists.getcell('ADC', i) for i in range(lists.nrows())))
show('astropy', fits.getdata(sys.argv[1] + '.fits', 1)['ADC'])
END
inside python3 make.py
inside python3 again.py
for name in {scaled,unsigned}{,_copy}; do
  inside fits2table input="$name.fits" output="$name.table" >"$tmp/log" 2>&1 || cat "$tmp/log"
  inside python3 show.py "$name"
done >"$seen"
expect <<'END'
scaled: casacore [10.5 11 11.5] [12 12.5] [13]
scaled: astropy [10 11 11] [4 5] [6]
scaled_copy: casacore [10 11 11] [4 5] [6]
scaled_copy: astropy [10 11 11] [4 5] [6]
unsigned: casacore [800 40000] [800 801 0] [40000]
unsigned: astropy [800 -25536] [-31968 -31967 -32768] [7232]
unsigned_copy: casacore [800 -25536] [-31968 -31967 -32768] [7232]
unsigned_copy: astropy [800 -25536] [-31968 -31967 -32768] [7232]
END
