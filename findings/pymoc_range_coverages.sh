#!/bin/bash
# pymoc 0.5.2 (python3-pymoc 0.5.2-2) beside the CDS library (libcds-moc-java 6.31-1).
# A coverage map (MOC) says which part of the sky a survey has. MOC 2.0, section 4.3.1 lets a FITS file give it as pairs of
# limits at order 29 (ORDERING = 'RANGE'), or as a list of numbered cells ('NUNIQ', the only form of MOC 1.x).
# An expert expects a reader to look at ORDERING, which both versions require, and to refuse or warn where it does not know it.
# Seen: pymoc takes each limit for a cell. The same 124 square degrees come out as 6 cells, all together far below a square
# arcsecond, and a coverage in time becomes cells on the sky. Nothing is said.
# It matters to whoever intersects footprints with pymoc: a survey that was written as RANGE overlaps nothing any more.
set -euo pipefail
source "$(dirname "$0")/debian13"
debian13 python3-pymoc=0.5.2-2 libcds-moc-java=6.31-1 default-jdk-headless

cat >"$work/make.py" <<'END'
import struct
from fits import table
cells = [(3, 5), (3, 6), (4, 100), (5, 7)]
version2 = [('MOCVERS', '2.0'), ('COORDSYS', 'C')]
numbers = sorted(4 * 4**order + cell for order, cell in cells)
table('nuniq.fits', [('UNIQ', '1K', {})], [struct.pack('>q', n) for n in numbers],
      [('ORDERING', 'NUNIQ'), ('MOCDIM', 'SPACE'), ('MOCORD_S', 8), *version2])
limits = [edge << 2 * (29 - order) for order, edge in ((5, 7), (5, 8), (3, 5), (3, 7), (4, 100), (4, 101))]
assert limits == sorted(limits)
table('range.fits', [('RANGE', '1K', {})], [struct.pack('>q', n) for n in limits],
      [('ORDERING', 'RANGE'), ('MOCDIM', 'SPACE'), ('MOCORD_S', 8), *version2])
# About a minute of 2020, at time order 35.
start = int(2458849.5 * 86400e6) >> 26 << 26
table('time.fits', [('RANGE', '1K', {})], [struct.pack('>q', n) for n in (start, start + (1 << 26))],
      [('ORDERING', 'RANGE'), ('MOCDIM', 'TIME'), ('MOCORD_T', 35), ('TIMESYS', 'TCB'), ('MOCVERS', '2.0')])
END
cat >"$work/Read.java" <<'END'
import cds.moc.*;
public class Read {
    public static void main(String[] names) throws Exception {
        for (String name : names) {
            Moc moc = Moc.createMoc(new java.io.FileInputStream(name));
            System.out.println("cds " + name + ": " + (moc instanceof SMoc ? "sky" : "time") + " " + moc);
        }
    }
}
END
cat >"$work/read.py" <<'END'
import logging, sys, warnings
logging.basicConfig()
warnings.simplefilter('always')
warnings.simplefilter('ignore', ResourceWarning)
from pymoc import MOC
for name in sys.argv[1:]:
    moc = MOC(filename=name)
    print(f'pymoc {name}: {moc.cells} cells, {moc.area_sq_deg:.3g} square degrees')
END
inside python3 make.py
{
  inside java -cp /usr/share/java/cds.moc.jar Read.java nuniq.fits range.fits time.fits
  inside python3 read.py nuniq.fits range.fits time.fits
} >"$seen" 2>&1
expect <<'END'
cds nuniq.fits: sky 3/5-6 4/100 5/7 8/
cds range.fits: sky 3/5-6 4/100 5/7 8/
cds time.fits: time 35/3165671181
pymoc nuniq.fits: 4 cells, 124 square degrees
pymoc range.fits: 6 cells, 2.56e-11 square degrees
pymoc time.fits: 2 cells, 3.82e-13 square degrees
END
