#!/bin/bash
# astropy 7.0.1 (python3-astropy 7.0.1-3, Table.read) beside STILTS 3.5.2 (stilts 3.5.2-1).
# TNULLn names the stored integer that means "no value"; TSCALn and TZEROn turn stored integers into physical values, and the
# null is told before that (FITS 4.0, section 7.3.2). Unsigned 16-bit columns are stored with TZERO = 32768.
# An expert expects Table.read to mask the rows whose stored value is TNULLn, as STILTS and CFITSIO do.
# Seen: Table.read compares TNULLn with the physical values. In a column scaled by 0.5 and shifted by 10 the row without value
# becomes 9.5, and the good row of -1 is masked. In an unsigned column with TNULL = 0 the missing one becomes 32768, and the
# good 0 is masked. With TNULL = -32768, which is what unsigned 0 is stored as, Table.read raises TypeError: it reads no
# column of that table at all.
# It matters to users of catalogues with scaled or unsigned integers: wrong numbers, and good rows that are gone.
set -euo pipefail
source "$(dirname "$0")/debian13"
debian13 python3-astropy=7.0.1-3 stilts=3.5.2-1 default-jre-headless

cat >"$work/make.py" <<'END'
import struct
from fits import table
def column(path, stored, **more):
    table(path, [('X', '1I', more)], [struct.pack('>h', value) for value in stored])
# In each file the first row has no value.
column('scaled.fits', [-1, -22, 4], TSCAL=0.5, TZERO=10.0, TNULL=-1)
column('unsigned.fits', [0, -32768, 1], TSCAL=1, TZERO=32768, TNULL=0)
column('lowest.fits', [-32768, -32767, 0], TSCAL=1, TZERO=32768, TNULL=-32768)
END
cat >"$work/read.py" <<'END'
import sys
from astropy.table import Table
try:
    print(*('null' if value is None else value for value in Table.read(sys.argv[1], 1)['X'].tolist()))
except TypeError as error:
    print('TypeError:', error)
END
inside python3 make.py
for name in scaled unsigned lowest; do
  inside java -cp /usr/share/java/starlink-ttools.jar uk.ac.starlink.ttools.Stilts tpipe in=$name.fits out=$name.csv ofmt=csv
  echo "$name: STILTS $(sed '1d; s/^$/null/' "$work/$name.csv" | paste -sd ' '); astropy $(inside python3 read.py $name.fits)"
done >"$seen"
expect <<'END'
scaled: STILTS null -1.0 12.0; astropy 9.5 null 12.0
unsigned: STILTS null 0 32769; astropy 32768 null 32769
lowest: STILTS null 1 32768; astropy TypeError: Cannot convert fill_value -32768 to dtype uint16
END
