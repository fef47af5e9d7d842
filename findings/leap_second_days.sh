#!/bin/bash
# astropy 7.0.1 (python3-astropy 7.0.1-3): Time, and WCS, which asks WCSLIB 8.4.
# DATE-OBS and MJD-OBS of a header tell the same instant in two ways (FITS 4.0, section 9.5). Noon is half of a day: an expert
# expects MJD 57753.5 for 2016-12-31T12:00:00 UTC, from both classes of the one package.
# Seen: on a day that ends with a leap second Time counts 86401 seconds, as SOFA's quasi-JD does, and says 57753.49999421.
# WCSLIB counts 86400 and says 57753.5. They differ by half a second at noon and by a second in the evening: an MJD that WCS
# derived at noon is 12:00:00.5 for Time. In the leap second itself WCSLIB's value is already tomorrow's.
# It matters to users of pulsars, occultations, fast transients and moving objects, on 27 days since 1972.
set -euo pipefail
source "$(dirname "$0")/debian13"
debian13 python3-astropy=7.0.1-3

cat >"$work/compare.py" <<'END'
from astropy.time import Time
from astropy.wcs import WCS
for date in ('2016-12-30T12:00:00', '2016-12-31T12:00:00', '2016-12-31T23:59:59', '2016-12-31T23:59:60.5', '2017-01-01T12:00:00'):
    ours = Time(date, scale='utc')
    wcslib = WCS({'CTYPE1': 'RA---TAN', 'CTYPE2': 'DEC--TAN', 'TIMESYS': 'UTC', 'DATE-OBS': date}).wcs.mjdobs
    print(f'{date}: Time {ours.mjd:.8f}, WCS {wcslib:.8f}, which Time takes for {Time(wcslib, format="mjd", scale="utc").isot}')
END
inside python3 compare.py >"$seen"
expect <<'END'
2016-12-30T12:00:00: Time 57752.50000000, WCS 57752.50000000, which Time takes for 2016-12-30T12:00:00.000
2016-12-31T12:00:00: Time 57753.49999421, WCS 57753.50000000, which Time takes for 2016-12-31T12:00:00.500
2016-12-31T23:59:59: Time 57753.99997685, WCS 57753.99998843, which Time takes for 2016-12-31T23:59:60.000
2016-12-31T23:59:60.5: Time 57753.99999421, WCS 57754.00000579, which Time takes for 2017-01-01T00:00:00.500
2017-01-01T12:00:00: Time 57754.50000000, WCS 57754.50000000, which Time takes for 2017-01-01T12:00:00.000
END
