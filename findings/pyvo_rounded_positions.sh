#!/bin/bash
# pyvo 1.6.2 (python3-pyvo 1.6.2-1), the query of an SIA2 service; no service is asked.
# A position search sends POS=CIRCLE with longitude, latitude and radius in degrees, ICRS (SIA 2.0, section 2.1.1). pyvo takes the
# centre as a SkyCoord or as two numbers. An expert expects the same query from both, with all digits of a double, as for
# its cone searches (SCS).
# Seen: a SkyCoord is sent with six significant digits: 201.365463 becomes 201.365. The centre moves by up to 1.8 arcseconds
# in right ascension above 100 degrees, while the radius keeps 16 digits. Numbers and SCS are sent in full.
# It matters to users who look for images of one source with a small radius: a circle of one arcsecond no longer holds the
# source that it is centred on, and SkyCoord is the form that also takes care of the frame.
set -euo pipefail
source "$(dirname "$0")/debian13"
debian13 python3-pyvo=1.6.2-1
# Python's requests wants certificates even where it asks nobody; a maintainer script would join them.
cat "$root"/usr/share/ca-certificates/mozilla/*.crt >"$root/etc/ssl/certs/ca-certificates.crt"

cat >"$work/query.py" <<'END'
import astropy.units as u
from astropy.coordinates import SkyCoord
from pyvo.dal import scs, sia2
here = 'http://localhost/'
radius = 1 * u.arcsec
for ra, dec in ((201.365463, -43.019112), (10.684708, 41.268751)):
    source = SkyCoord(ra * u.deg, dec * u.deg)
    for what, pos in (('numbers', (ra * u.deg, dec * u.deg, radius)), ('SkyCoord', (source, radius))):
        sent = sia2.SIA2Query(here, pos=pos)['POS'][0]
        lon, lat = (float(word) for word in sent.split()[1:3])
        away = source.separation(SkyCoord(lon * u.deg, lat * u.deg)).arcsec
        print(f'SIA2, {what}: {" ".join(sent.split()[:3])}: centre {away:.2f} arcsec away, radius {float(sent.split()[3]) * 3600:.2f}')
    cone = scs.SCSQuery(here, pos=source, radius=radius)
    print(f'SCS, SkyCoord: {cone["RA"]:.6f} {cone["DEC"]:.6f}')
END
inside python3 query.py >"$seen"
expect <<'END'
SIA2, numbers: CIRCLE 201.365463 -43.019112: centre 0.00 arcsec away, radius 1.00
SIA2, SkyCoord: CIRCLE 201.365 -43.0191: centre 1.22 arcsec away, radius 1.00
SCS, SkyCoord: 201.365463 -43.019112
SIA2, numbers: CIRCLE 10.684708 41.268751: centre 0.00 arcsec away, radius 1.00
SIA2, SkyCoord: CIRCLE 10.6847 41.2688: centre 0.18 arcsec away, radius 1.00
SCS, SkyCoord: 10.684708 41.268751
END
