#!/bin/bash
# STILTS 3.5.2 (stilts 3.5.2-1, starlink-ecsv-java 1.0+2024.08.05-1) beside astropy 7.0.1 (python3-astropy 7.0.1-3).
# VOTable can tell that one element of an array has no value only by VALUES/@null, which counts for each element and must
# always be respected (VOTable 1.4, section 5.5). ECSV writes such an element as null in the array's JSON.
# An expert expects a copy made by STILTS to keep these nulls, as it keeps those of scalars, or to warn.
# Seen: copied to VOTable, the magic value stays and the VALUES element goes, so that -1 has become a value like any other.
# Read from ECSV, null becomes 0. No warning, exit status 0. astropy masks the right elements in both originals.
# It matters to users of light curves and of fluxes by band: a band without measurement gets a count of -1, or of 0.
set -euo pipefail
source "$(dirname "$0")/debian13"
debian13 stilts=3.5.2-1 starlink-ecsv-java=1.0+2024.08.05-1 python3-astropy=7.0.1-3 python3-yaml default-jre-headless

cat >"$work/archive.vot" <<'END'
<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE type="results"><TABLE>
<FIELD name="counts" datatype="int" arraysize="3"><VALUES null="-1"/></FIELD>
<DATA><TABLEDATA>
<TR><TD>7 -1 9</TD></TR>
<TR><TD>4 5 6</TD></TR>
</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>
END
cat >"$work/archive.ecsv" <<'END'
# %ECSV 1.0
# ---
# datatype:
# - {name: counts, datatype: string, subtype: 'int32[3]'}
# schema: astropy-2.0
counts
[7,null,9]
[4,5,6]
END
cat >"$work/show.py" <<'END'
import sys
from astropy.table import Table
name = sys.argv[1]
for row in Table.read(name, format='ascii.ecsv' if name.endswith('ecsv') else 'votable')['counts'].tolist():
    print('[' + ' '.join('null' if value is None else str(value) for value in row) + ']', end=' ')
END
for format in vot ecsv; do
  inside java -cp /usr/share/java/starlink-ttools.jar uk.ac.starlink.ttools.Stilts tpipe in=archive.$format out=copy.vot ofmt=votable
  echo "$format: archive $(inside python3 show.py archive.$format), copy $(inside python3 show.py copy.vot)"
done >"$seen" 2>&1
expect <<'END'
vot: archive [7 null 9] [4 5 6] , copy [7 -1 9] [4 5 6] 
ecsv: archive [7 null 9] [4 5 6] , copy [7 0 9] [4 5 6] 
END
