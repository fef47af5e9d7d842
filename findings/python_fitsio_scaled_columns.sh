#!/bin/bash
# python-fitsio 1.2.5 (python3-fitsio 1.2.5+dfsg-1+b1) beside astropy 7.0.1 (python3-astropy 7.0.1-3).
# Integers with TSCALn are real numbers: physical value = TZEROn + TSCALn x stored value (FITS 4.0, section 7.3.2). python-fitsio
# reads by means of CFITSIO, which scales by itself. An expert expects the scaled values, or, if asked so, the stored integers.
# Seen: python-fitsio gives the column the size of a real number, but fills it with the bytes of the file as they are, past the
# end of the cell and over the next columns. 15.999 becomes 0.000249, and the plain integers 1, 2, 3 beside it become 15001,
# 3 and 0, if both are read. Read alone, they are right. No error. A TSCALn of 1, as for unsigned integers, is no problem.
# It matters to users of catalogues and of event lists with scaled columns: all columns of the table are rubbish, silently.
set -euo pipefail
source "$(dirname "$0")/debian13"
debian13 python3-fitsio=1.2.5+dfsg-1+b1 python3-astropy=7.0.1-3

cat >"$work/make.py" <<'END'
import struct
from fits import table
rows = [struct.pack('>hh', *row) for row in ((15999, 1), (15001, 2), (-750, 3))]
table('stars.fits', [('MAG', '1I', {'TSCAL': 0.001}), ('N', '1I', {})], rows)
END
cat >"$work/read.py" <<'END'
import fitsio
from astropy.io import fits
stars = fits.getdata('stars.fits', 1)
print('astropy: MAG', *(f'{value:.6f}' for value in stars['MAG']), 'N', *stars['N'])
stars = fitsio.read('stars.fits', ext=1)
print('python-fitsio: MAG', *(f'{value:.6f}' for value in stars['MAG']), 'N', *stars['N'])
print('python-fitsio, N alone:', *fitsio.read('stars.fits', ext=1, columns='N'))
END
inside python3 make.py
inside python3 read.py >"$seen"
expect <<'END'
astropy: MAG 15.999000 15.001000 -0.750000 N 1 2 3
python-fitsio: MAG 0.000249 0.000000 0.000000 N 15001 3 0
python-fitsio, N alone: 1 2 3
END
