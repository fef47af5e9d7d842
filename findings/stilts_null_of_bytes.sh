#!/bin/bash
# STILTS 3.5.2 (stilts 3.5.2-1, tpipe), from VOTable to FITS and to VOTable.
# In VOTable's TABLEDATA an empty cell is a null, and each of 0 to 255 is a value of an unsignedByte. FITS and VOTable's BINARY
# can tell a null only by a magic value (TNULLn, VALUES/@null), which must differ from all actual values of the column
# (VOTable 1.4, section 5.5). An expert expects a tool that converts whole tables to look for a free one, or to widen the column.
# Seen: tpipe takes 255 for bytes and -32768 for shorts, whatever the column holds. Rows with the value 255 come out as nulls,
# with exit status 0 and no warning. In BINARY2 and TABLEDATA all is kept.
# It matters to users of quality flags: 255, all bits set, is the value of the worst rows, and these lose their flag on the
# way from an archive's VOTable to a FITS file.
set -euo pipefail
source "$(dirname "$0")/debian13"
debian13 stilts=3.5.2-1 default-jre-headless

cat >"$work/archive.vot" <<'END'
<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE type="results"><TABLE>
<FIELD name="flag" datatype="unsignedByte"/>
<FIELD name="level" datatype="short"/>
<DATA><TABLEDATA>
<TR><TD>0</TD><TD>1</TD></TR>
<TR><TD/><TD/></TR>
<TR><TD>255</TD><TD>-32768</TD></TR>
</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>
END
stilts() { inside java -cp /usr/share/java/starlink-ttools.jar uk.ac.starlink.ttools.Stilts "$@"; }
rows() { stilts tpipe in="$1" omode=out ofmt=csv | sed '1d; s/^,/null,/; s/,$/,null/' | paste -sd ' '; }
{
  echo "archive: $(rows archive.vot)"
  for format in fits 'votable(format=BINARY)' 'votable(format=BINARY2)' 'votable(format=TABLEDATA)'; do
    stilts tpipe in=archive.vot out=copy ofmt="$format"
    echo "$format: $(rows copy)"
    rm "$work/copy"
  done
} >"$seen" 2>&1
expect <<'END'
archive: 0,1 null,null 255,-32768
fits: 0,1 null,null null,null
votable(format=BINARY): 0,1 null,null null,null
votable(format=BINARY2): 0,1 null,null 255,-32768
votable(format=TABLEDATA): 0,1 null,null 255,-32768
END
