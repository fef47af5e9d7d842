#!/bin/bash
# wcstools 3.9.7 (wcstools 3.9.7-1.1+b1, xy2sky) and SExtractor 2.28.2 (source-extractor 2.28.2+ds-1) beside WCSLIB 8.4 in
# astropy 7.0.1 (python3-astropy 7.0.1-3).
# An image in the TAN projection, centred on the pole, CRVAL2 = 90, gives no LONPOLE. An expert expects 180 degrees, as in all
# other TAN images, or at least that all tools agree. FITS 4.0, section 8.3 says 0 if the latitude of the reference point is at
# least that of the same point in the projection's own system, 90 degrees for TAN, else 180: so it jumps from 180 to 0 at the pole.
# Seen: WCSLIB follows the standard, wcstools and SExtractor take 180 always. For one pixel they give right ascensions that
# differ by 12 hours. All agree where LONPOLE is written out, and where CRVAL2 is 89.9.
# It matters to users of polar fields and of maps by hemisphere: matched catalogues are turned by half a circle around the pole.
set -euo pipefail
source "$(dirname "$0")/debian13"
debian13 wcstools=3.9.7-1.1+b1 source-extractor=2.28.2+ds-1 python3-astropy=7.0.1-3

cat >"$work/make.py" <<'END'
import math, struct
from fits import image
# One star at pixel 41, 21.
sky = [(7 * x + 3 * y * y) % 5 + 400 * math.exp(-((x - 40)**2 + (y - 20)**2) / 4) for y in range(64) for x in range(64)]
for name, latitude, more in (('pole', 90.0, []), ('lonpole', 90.0, [('LONPOLE', 180.0)]), ('near', 89.9, [])):
    image(name + '.fits', -32, (64, 64), struct.pack('>4096f', *sky),
          [('CTYPE1', 'RA---TAN'), ('CTYPE2', 'DEC--TAN'), ('CRPIX1', 32.0), ('CRPIX2', 32.0), ('CRVAL1', 0.0), ('CRVAL2', latitude),
           ('CDELT1', -0.01), ('CDELT2', 0.01), ('RADESYS', 'FK5'), ('EQUINOX', 2000.0), *more])
END
cat >"$work/wcslib.py" <<'END'
import sys
from astropy.io import fits
from astropy.wcs import WCS
print('%.2f %.2f' % tuple(WCS(fits.getheader(sys.argv[1])).wcs_pix2world([[41, 21]], 1)[0]))
END
printf 'ALPHA_J2000\nDELTA_J2000\n' >"$work/default.param"
: >"$work/default.sex"
inside python3 make.py
for name in pole lonpole near; do
  wcstools=$(inside xy2sky -d -n 2 $name.fits 41 21 | tr -s ' ' | cut -d ' ' -f 1-2)
  inside source-extractor $name.fits -PARAMETERS_NAME default.param -CATALOG_NAME stars -FILTER N -DETECT_THRESH 20 \
    -BACK_TYPE MANUAL -BACK_VALUE 2 -VERBOSE_TYPE QUIET >"$tmp/log" 2>&1 || cat "$tmp/log"
  echo "$name: WCSLIB $(inside python3 wcslib.py $name.fits), wcstools $wcstools, SExtractor $(grep -v "#" "$work/stars")"
done >"$seen"
expect <<'END'
pole: WCSLIB 140.71 89.86, wcstools 320.71 89.86, SExtractor 320.7066728 +89.8578656
lonpole: WCSLIB 320.71 89.86, wcstools 320.71 89.86, SExtractor 320.7066728 +89.8578656
near: WCSLIB 336.80 89.77, wcstools 336.80 89.77, SExtractor 336.7984916 +89.7715222
END
