#!/bin/bash
# casacore 3.7.1 (casacore-tools 3.7.1-1, fits2table; read with python3-casacore 3.7.1-2) beside CFITSIO 4.6.2 in
# python-fitsio 1.2.5 (python3-fitsio 1.2.5+dfsg-1+b1).
# FITS stores an unsigned 32-bit integer as a signed one with TZEROn = 2147483648 (FITS 4.0, section 7.3.2). The standard and
# CFITSIO write this number without a decimal point; 2147483648.0 means the same (section 4.2.4).
# An expert expects 0, 5 and 4294967295 from both, as fits2table reads unsigned 16-bit columns right.
# Seen: without the point, TZEROn is as good as absent: 0 becomes -2147483648, and 4294967295 becomes 2147483647, in a column
# of the type int. Among its messages fits2table prints the card and "Integer overflow"; its exit status is 0. With the point,
# the numbers are right.
# It matters to users of counters, bit masks and identifiers that reach CASA's tables by way of FITS: half of the range is
# negative, and a mask has its highest bit flipped.
set -euo pipefail
source "$(dirname "$0")/debian13"
debian13 casacore-tools=3.7.1-1 python3-casacore=3.7.1-2 python3-fitsio=1.2.5+dfsg-1+b1

cat >"$work/make.py" <<'END'
import struct
from fits import table
columns = [('U16', '1I', {'TSCAL': 1, 'TZERO': 32768}), ('U32', '1J', {'TSCAL': 1, 'TZERO': 2147483648}),
           ('POINT', '1J', {'TSCAL': 1, 'TZERO': 2147483648.0})]
table('events.fits', columns, [struct.pack('>hii', min(n, 65535) - 2**15, n - 2**31, n - 2**31) for n in (0, 5, 2**32 - 1)])
END
cat >"$work/show.py" <<'END'
import casacore.tables
import fitsio
copy = casacore.tables.table('events.table', ack=False)
for name in copy.colnames():
    print(f'{name}: CFITSIO', *(f'{value:.0f}' for value in fitsio.read('events.fits', ext=1)[name]), end='; ')
    print(f'casacore, {copy.getcoldesc(name)["valueType"]}:', *(f'{value:.0f}' for value in copy.getcol(name)))
END
inside python3 make.py
inside fits2table input=events.fits output=events.table >"$tmp/log" 2>&1 || { cat "$tmp/log"; exit 1; }
inside python3 show.py >"$seen"
expect <<'END'
U16: CFITSIO 0 5 65535; casacore, double: 0 5 65535
U32: CFITSIO 0 5 4294967295; casacore, int: -2147483648 -2147483643 2147483647
POINT: CFITSIO 0 5 4294967295; casacore, double: 0 5 4294967295
END
