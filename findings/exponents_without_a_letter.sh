#!/bin/bash
# IDL Astronomy Library (gdl-astrolib 2022.09.12+dfsg-2, mrdfits, with gnudatalanguage 1.1.1-1) and nom.tam.fits 1.21.0
# (libfits-java 1.21.0-1) beside STILTS 3.5.2 (stilts 3.5.2-1).
# A real number in an ASCII table may have its exponent behind a bare sign: 0.15-120 means 0.15E-120 (FITS 4.0, section 7.2.5).
# These are Fortran's rules, and Fortran itself drops the letter where an exponent has three digits.
# An expert expects all readers of ASCII tables to take such numbers as STILTS does, or to stop at them.
# Seen: mrdfits and nom.tam.fits read up to the sign. 0.15-120 becomes 0.15, and nothing is said. (CFITSIO 4.6.2,
# so fitsverify too, and astropy 7.0.1 stopped with an error when tried by hand.)
# It matters to users of old catalogues and of models written by Fortran: level populations, opacities and probabilities that
# should be almost zero become the largest of their column.
set -euo pipefail
source "$(dirname "$0")/debian13"
debian13 gdl-astrolib=2022.09.12+dfsg-2 gnudatalanguage=1.1.1-1 libfits-java=1.21.0-1 stilts=3.5.2-1 default-jdk-headless

cat >"$work/make.py" <<'END'
from fits import header
rows = ''.join(number.rjust(12) for number in ('0.1500D-98', '0.1500-120', '-0.2500+101', '0.75'))
with open('levels.fits', 'wb') as file:
    file.write(header([('SIMPLE', True), ('BITPIX', 8), ('NAXIS', 0), ('EXTEND', True)]))
    file.write(header([('XTENSION', 'TABLE'), ('BITPIX', 8), ('NAXIS', 2), ('NAXIS1', 12), ('NAXIS2', 4), ('PCOUNT', 0),
                       ('GCOUNT', 1), ('TFIELDS', 1), ('TBCOL1', 1), ('TTYPE1', 'POP'), ('TFORM1', 'D12.4')]))
    file.write(rows.ljust(2880).encode())
END
cat >"$work/Read.java" <<'END'
import nom.tam.fits.*;
public class Read {
    public static void main(String[] names) throws Exception {
        TableHDU<?> table = (TableHDU<?>) new Fits(names[0]).getHDU(1);
        for (int row = 0; row < table.getNRows(); row++)
            System.out.println(((double[]) table.getElement(row, 0))[0]);
    }
}
END
echo "print, (mrdfits('levels.fits', 1, /silent)).pop, format='(G0)'" >"$work/read.pro"
nom=/usr/share/java/fits.jar:/usr/share/java/commons-compress.jar
inside python3 make.py
{
  inside java -cp /usr/share/java/starlink-ttools.jar uk.ac.starlink.ttools.Stilts tpipe in=levels.fits out=levels.csv ofmt=csv
  echo "STILTS: $(sed 1d "$work/levels.csv" | paste -sd ' ')"
  echo "nom.tam.fits: $(inside java -cp "$nom" Read.java levels.fits | paste -sd ' ')"
  echo "mrdfits: $(inside env GDL_PATH=+/usr/share/gnudatalanguage gdl -quiet <"$work/read.pro" 2>"$tmp/log" | paste -sd ' ')"
} >"$seen"
expect <<'END'
STILTS: 1.5E-99 1.5E-121 -2.5E100 0.75
nom.tam.fits: 1.4999999999999998E-99 0.15 -0.25 0.75
mrdfits: 1.5E-99 0.15 -0.25 0.75
END
