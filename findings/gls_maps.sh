#!/bin/bash
# wcstools 3.9.7 (wcstools 3.9.7-1.1+b1, xy2sky) beside WCSLIB 8.4 in astropy 7.0.1 (python3-astropy 7.0.1-3).
# Maps of radio telescopes have CTYPE1 = 'RA---GLS', AIPS's code, which WCS paper II, section 6.1.4 retires in favour of SFL. An
# expert takes GLS for the old name of SFL, and expects both codes to give the same coordinates, in every tool.
# Seen: wcstools does just that. WCSLIB does as AIPS defined it: offsets in right ascension times cos(declination) and in
# declination, from a grid that is not turned. One degree from the centre of a map at declination 60 they differ by nearly an
# arcminute, and WCSLIB's GLS differs from its own SFL. At the equator all agree, so that a test there shows nothing.
# (AST 9.2.10, DS9's library, gave the same as wcstools when tried by hand.)
# It matters to users of millimetre and H I maps that AIPS or GILDAS wrote: a viewer and a script point at different sources.
set -euo pipefail
source "$(dirname "$0")/debian13"
debian13 wcstools=3.9.7-1.1+b1 python3-astropy=7.0.1-3

cat >"$work/make.py" <<'END'
from fits import image
for code in 'GLS', 'SFL':
    for latitude in 0.0, 60.0:
        image(f'{code}{latitude:.0f}.fits', 8, (200, 200), bytes(40000),
              [('CTYPE1', 'RA---' + code), ('CTYPE2', 'DEC--' + code), ('CRPIX1', 100.0), ('CRPIX2', 100.0),
               ('CRVAL1', 100.0), ('CRVAL2', latitude), ('CDELT1', -0.01), ('CDELT2', 0.01)])
END
cat >"$work/wcslib.py" <<'END'
import sys
from astropy.io import fits
from astropy.wcs import WCS
print('%.5f %.5f' % tuple(WCS(fits.getheader(sys.argv[1])).wcs_pix2world([[200, 200]], 1)[0]))
END
inside python3 make.py
for name in SFL0 GLS0 SFL60 GLS60; do
  wcstools=$(inside xy2sky -d $name.fits 200 200 | sed 's/^ *//' | tr -s ' ' | cut -d ' ' -f 1-2)
  echo "$name: WCSLIB $(inside python3 wcslib.py $name.fits), wcstools $wcstools"
done >"$seen"
expect <<'END'
SFL0: WCSLIB 98.99985 1.00000, wcstools 98.99985 1.00000
GLS0: WCSLIB 98.99985 1.00000, wcstools 98.99985 1.00000
SFL60: WCSLIB 97.93801 60.98441, wcstools 97.93801 60.98441
GLS60: WCSLIB 97.93733 61.00000, wcstools 97.93801 60.98441
END
