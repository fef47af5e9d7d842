#!/bin/bash
# CFITSIO 4.6.2 (libcfitsio-bin 4.6.2-2, imcopy; read with python3-astropy 7.0.1-3).
# An image section such as image.fits[-*,*] mirrors the pixels, and [1:40:4,*] takes every fourth column; the world
# coordinates of the copy are adapted. An expert expects each pixel to keep its place on the sky, however the header says it
# is rotated: with CDi_j, with CROTA2, or with PCi_j and CDELTi. FITS 4.0, section 8.2 knows all of them.
# Mirroring or thinning axis j multiplies the column j of the matrix, which is PC's; CDELTi multiplies its rows.
# Seen: with CDi_j and CROTA2 it is right to 0.001 pixels. With PCi_j and a rotation of 30 degrees imcopy changes CDELTj, and
# the corners of this image of 40 by 20 pixels move by up to 22 pixels. Nothing is said.
# It matters to whoever flips or thins rotated images that went through astropy or WCSLIB: both write PCi_j.
set -euo pipefail
source "$(dirname "$0")/debian13"
debian13 libcfitsio-bin=4.6.2-2 python3-astropy=7.0.1-3

cat >"$work/make.py" <<'END'
import math, struct
from fits import image
c, s = math.cos(math.radians(30)), math.sin(math.radians(30))
plain = [('CTYPE1', 'RA---TAN'), ('CTYPE2', 'DEC--TAN'), ('CRPIX1', 20.0), ('CRPIX2', 10.0), ('CRVAL1', 100.0), ('CRVAL2', 20.0)]
steps = [('CDELT1', -0.01), ('CDELT2', 0.01)]
pixels = struct.pack('>800h', *(x + 100 * y for y in range(20) for x in range(40)))
for name, cards in (
    ('pc', [*steps, ('PC1_1', c), ('PC1_2', -s), ('PC2_1', s), ('PC2_2', c)]),
    ('cd', [('CD1_1', -0.01 * c), ('CD1_2', 0.01 * s), ('CD2_1', 0.01 * s), ('CD2_2', 0.01 * c)]),
    ('crota', [*steps, ('CROTA2', 30.0)])):
    image(name + '.fits', 16, (40, 20), pixels, plain + cards)
END
cat >"$work/compare.py" <<'END'
import sys
import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
# Each pixel's value tells where it was: x + 100 y.
before, section = sys.argv[1:]
copy = fits.open('copy.fits')[0]
y, x = np.mgrid[:copy.data.shape[0], :copy.data.shape[1]]
now = WCS(copy.header).pixel_to_world(x, y)
then = WCS(fits.getheader(before + '.fits')).pixel_to_world(copy.data % 100, copy.data // 100)
print(f'{before:5} {section:13} moved by up to {now.separation(then).deg.max() / 0.01:.1f} pixels')
END
inside python3 make.py
for name in cd crota pc; do
  for section in '[5:36,3:18]' '[-*,*]' '[1:40:4,*]'; do
    inside imcopy "$name.fits$section" '!copy.fits' >/dev/null
    inside python3 compare.py "$name" "$section"
  done
done >"$seen"
expect <<'END'
cd    [5:36,3:18]   moved by up to 0.0 pixels
cd    [-*,*]        moved by up to 0.0 pixels
cd    [1:40:4,*]    moved by up to 0.0 pixels
crota [5:36,3:18]   moved by up to 0.0 pixels
crota [-*,*]        moved by up to 0.0 pixels
crota [1:40:4,*]    moved by up to 0.0 pixels
pc    [5:36,3:18]   moved by up to 0.0 pixels
pc    [-*,*]        moved by up to 22.4 pixels
pc    [1:40:4,*]    moved by up to 16.6 pixels
END
