#!/bin/bash
# FITSH 0.9.4 (fitsh 0.9.4-1, fiarith) beside astropy 7.0.1 (python3-astropy 7.0.1-3).
# An image of 64-bit integers has BITPIX = 64 (FITS 4.0, section 4.4.1.1; in the standard since 2005). An expert expects its values,
# or an error.
# Seen: fiarith reads each pixel as a stored 0, without a word and with exit status 0: 0 everywhere, or BZERO if there is one.
# The same values in 16 bits are read right.
# It matters to users of counters, time stamps and masks of 64 bits, which numpy writes by default.
set -euo pipefail
source "$(dirname "$0")/debian13"
debian13 fitsh=0.9.4-1 python3-astropy=7.0.1-3

cat >"$work/make.py" <<'END'
import struct
from fits import image
for bitpix, letter in ((16, 'h'), (64, 'q')):
    for name, cards in (('plain', []), ('scaled', [('BSCALE', 0.5), ('BZERO', 10.0)])):
        image(f'{name}{bitpix}.fits', bitpix, (4, 4), struct.pack(f'>16{letter}', *range(100, 116)), cards)
END
cat >"$work/show.py" <<'END'
import sys
from astropy.io import fits
print(*(f'{value:g}' for value in fits.getdata(sys.argv[1]).ravel()[:4]))
END
inside python3 make.py
for name in plain16 plain64 scaled16 scaled64; do
  status=0
  inside fiarith "'$name.fits'*1" -o out.fits >"$tmp/log" 2>&1 || status=$?
  echo "$name: astropy $(inside python3 show.py $name.fits); fiarith $(inside python3 show.py out.fits), status $status"
  rm -f "$work/out.fits"
done >"$seen"
expect <<'END'
plain16: astropy 100 101 102 103; fiarith 100 101 102 103, status 0
plain64: astropy 100 101 102 103; fiarith 0 0 0 0, status 0
scaled16: astropy 60 60.5 61 61.5; fiarith 60 60.5 61 61.5, status 0
scaled64: astropy 60 60.5 61 61.5; fiarith 10 10 10 10, status 0
END
