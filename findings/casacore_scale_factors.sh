#!/bin/bash
# casacore 3.7.1 (casacore-tools 3.7.1-1, fits2table; read with python3-casacore 3.7.1-2).
# fits2table turns a FITS table into a casacore table. A column of integers with TSCALn and TZEROn becomes one of doubles.
# The scale is a floating-point number without a bound on its digits (FITS 4.0, sections 4.2.4 and 7.3.2), and a double holds 15
# of them. An expert expects about 1e-16 of relative error, as astropy and CFITSIO have.
# Seen: TSCALn is rounded to single precision before it is used. Modified Julian Dates stored in units of 0.0001 days come out two
# minutes early, right ascensions in microdegrees 3 milliarcseconds off. The column's type, double, hides it.
# It matters to users of logs, monitoring data and catalogues that reach CASA's tables by way of FITS.
set -euo pipefail
source "$(dirname "$0")/debian13"
debian13 casacore-tools=3.7.1-1 python3-casacore=3.7.1-2

cat >"$work/make.py" <<'END'
import struct
from fits import table
time = {'TUNIT': 'd', 'TSCAL': 0.0001}
angle = {'TUNIT': 'deg', 'TSCAL': 0.000001}
table('log.fits', [('MJD', '1J', time), ('RA', '1J', angle)], [struct.pack('>ii', 600000000 + i, 359999999 - i) for i in range(3)])
END
cat >"$work/show.py" <<'END'
import casacore.tables
log = casacore.tables.table('log.table', ack=False)
for i, (mjd, ra) in enumerate(zip(log.getcol('MJD'), log.getcol('RA'))):
    right = (600000000 + i) * 1e-4, (359999999 - i) * 1e-6
    print(f'{log.getcoldesc("MJD")["valueType"]} {mjd:.5f} not {right[0]:.5f}, {(mjd - right[0]) * 86400:.0f} s; '
          f'{ra:.8f} not {right[1]:.8f}, {(ra - right[1]) * 3.6e6:.1f} mas')
END
inside python3 make.py
inside fits2table input=log.fits output=log.table >"$tmp/log" 2>&1 || { cat "$tmp/log"; exit 1; }
inside python3 show.py >"$seen"
expect <<'END'
double 59999.99848 not 60000.00000, -131 s; 359.99999809 not 359.99999900, -3.3 mas
double 59999.99858 not 60000.00010, -131 s; 359.99999709 not 359.99999800, -3.3 mas
double 59999.99868 not 60000.00020, -131 s; 359.99999609 not 359.99999700, -3.3 mas
END
