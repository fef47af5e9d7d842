#!/bin/bash
# Montage 6.1 (montage 6.1+dfsg-1+b1, mSubimage) beside CFITSIO 4.6.2 (libcfitsio-bin 4.6.2-2, imcopy).
# mSubimage cuts a box out of an image. An expert expects the pixels of the box, as imcopy gives them, also if the integers
# in the file are scaled: physical value = BZERO + BSCALE x stored value (FITS 4.0, section 4.4.2.5). Unsigned 16-bit images,
# which most cameras deliver, are stored so, with BZERO = 32768.
# Seen: mSubimage reads stored values and writes them as physical ones, beside the old BSCALE and BZERO. Counts of 32772 come
# out as 4, fluxes of 0.004 as 4, with status "OK". Where a count is below 32768, its stored value is negative, and mSubimage
# stops with "datatype conversion overflow" instead: the usual raw frame cannot be cut at all.
# mShrink of the same package was seen to read the same files right.
# It matters to users of cutout services and scripts built on Montage: wrong numbers in files that every checker accepts.
set -euo pipefail
source "$(dirname "$0")/debian13"
debian13 montage=6.1+dfsg-1+b1 libcfitsio-bin=4.6.2-2

cat >"$work/make.py" <<'END'
import struct
from fits import image
place = [('CTYPE1', 'RA---TAN'), ('CTYPE2', 'DEC--TAN'), ('CRPIX1', 16.0), ('CRPIX2', 16.0), ('CRVAL1', 100.0), ('CRVAL2', 20.0),
         ('CDELT1', -0.01), ('CDELT2', 0.01)]
# The physical value tells the column, counted from 0.
for name, first, scale, zero in (('plain', 100, 1.0, 0.0), ('bright', 0, 1.0, 32768.0), ('faint', 100 - 32768, 1.0, 32768.0),
                                 ('flux', 0, 0.001, 0.0)):
    stored = struct.pack('>1024h', *(first + x for y in range(32) for x in range(32)))
    image(name + '.fits', 16, (32, 32), stored, [('BSCALE', scale), ('BZERO', zero), *place])
END
cat >"$work/show.py" <<'END'
import re, struct, sys
name = sys.argv[1]
try:
    text = open(name, 'rb').read()
except FileNotFoundError:
    text = b''
if text:
    head = text[:text.index(b'END     ') // 2880 * 2880 + 2880]
    number = lambda key: float(re.search(key + rb' *= *([-+0-9.E]+)', head).group(1))
    stored = struct.unpack('>3h', text[len(head):len(head) + 6])
    print(' '.join(f'{number(b"BZERO") + number(b"BSCALE") * value:g}' for value in stored))
else:
    print('no image')
END
inside python3 make.py
for name in plain bright faint flux; do
  rm -f "$work"/{cfitsio,montage}.fits
  inside imcopy "$name.fits[5:14,5:14]" cfitsio.fits >/dev/null
  status=$(inside mSubimage -p "$name.fits" montage.fits 5 5 10 10 | grep -o 'stat="[A-Z]*"\(, msg="[^"]*"\)\?') || true
  echo "$name: CFITSIO $(inside python3 show.py cfitsio.fits); Montage $(inside python3 show.py montage.fits), $status"
done >"$seen"
expect <<'END'
plain: CFITSIO 104 105 106; Montage 104 105 106, stat="OK"
bright: CFITSIO 32772 32773 32774; Montage 4 5 6, stat="OK"
faint: CFITSIO 104 105 106; Montage no image, stat="ERROR", msg="datatype conversion overflow"
flux: CFITSIO 0.004 0.005 0.006; Montage 4 5 6, stat="OK"
END
