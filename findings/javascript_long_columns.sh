#!/bin/bash
# fits-reader-js 1.0.0 of the npm registry, a FITS reader for JavaScript (its reading of tables goes back to fitsjs 0.6.6).
# It needs node and npm on this machine; the table is made with Debian 13's python3-minimal.
# TFORM 'K' is a signed 64-bit integer (FITS 4.0, section 7.3.3). JavaScript's numbers are exact to 2^53. An expert expects
# exact values up to that, and beyond it a rounded number or a BigInt.
# Seen: whatever does not fit in 32 bits is wrong, in sign and in every digit, and nothing is said: 4295003520 is read as
# -36224, an identifier of 19 digits, as Gaia has, as -1442836238.
# It matters to whoever shows catalogues in a browser: the identifiers of Gaia and SDSS are such columns, and matching or
# linking by them finds nothing.
set -euo pipefail
source "$(dirname "$0")/debian13"
for tool in node npm; do
  command -v $tool >/dev/null || unobtainable "$tool is missing"
done
debian13 python3-minimal
(cd "$tmp" && npm pack --silent fits-reader-js@1.0.0 >/dev/null) || unobtainable "cannot get fits-reader-js 1.0.0"
tar -xzf "$tmp"/fits-reader-js-1.0.0.tgz -C "$tmp"

cat >"$work/make.py" <<'END'
import struct
from fits import table
ids = [7, -7, 2147483647, 4295003520, 9007199254740991, 5853498713190525696]
table('stars.fits', [('SOURCE_ID', '1K', {})], [struct.pack('>q', number) for number in ids])
END
cat >"$tmp/read.js" <<'END'
const bytes = require('fs').readFileSync(process.argv[2]);
const file = require('./package/fits-reader.js').parseFITS(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
const data = file.hdus[1].data;
const stored = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 2880);
data.getRows(0, data.rows).forEach((row, i) => console.log(`${stored.getBigInt64(8 * i)} is read as ${row.SOURCE_ID}`));
END
inside python3 make.py
nice -n 10 node "$tmp/read.js" "$work/stars.fits" >"$seen"
expect <<'END'
7 is read as 7
-7 is read as -7
2147483647 is read as 2147483647
4295003520 is read as -36224
9007199254740991 is read as -2097151
5853498713190525696 is read as -1442836238
END
