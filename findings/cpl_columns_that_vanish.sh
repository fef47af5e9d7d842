#!/bin/bash
# CPL 7.3.2 (libcplcore26 7.3.2+ds-1+b3, ESO's Common Pipeline Library), cpl_table_load called from Python.
# cpl_table_load reads a binary table of a FITS file. FITS 4.0, section 7.3 knows bits ('X', usual for flags) and
# unsigned 64-bit integers ('K' with TZERO 2^63). An expert expects an error, or a warning, where CPL cannot hold a column.
# Seen: such columns are left out. cpl_table_load returns the rest of the table, the error state is clean, and nothing is
# printed unless messages are set to debug. The table that a recipe saves afterwards has lost them.
# It matters to users of pipelines on catalogues and calibrations: a recipe that looks for the flags finds none set.
set -euo pipefail
source "$(dirname "$0")/debian13"
debian13 libcplcore26=7.3.2+ds-1+b3 python3

cat >"$work/make.py" <<'END'
import struct
from fits import table
columns = [('FLUX', '1D', {}), ('FLAGS', '8X', {}), ('ID', '1K', {'TSCAL': 1, 'TZERO': 2**63}), ('WINDOW', '4I', {})]
table('stars.fits', columns, [struct.pack('>dBq4h', 1.5 * i, 0b10000001, i - 2**63, 1, 2, 3, 4) for i in range(3)])
END
cat >"$work/load.py" <<'END'
import ctypes
cpl = ctypes.CDLL('libcplcore.so.26')
cpl.cpl_table_load.restype = ctypes.c_void_p
cpl.cpl_table_has_column.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
for name in 'ncol', 'nrow':
    getattr(cpl, 'cpl_table_get_' + name).argtypes = [ctypes.c_void_p]
cpl.cpl_init(0)
cpl.cpl_msg_set_level(1)  # CPL_MSG_INFO: warnings too
stars = cpl.cpl_table_load(b'stars.fits', 1, 1)
present = {name: cpl.cpl_table_has_column(stars, name.encode()) == 1 for name in ('FLUX', 'FLAGS', 'ID', 'WINDOW')}
print('rows', cpl.cpl_table_get_nrow(stars), 'columns', cpl.cpl_table_get_ncol(stars), present)
print('error code', cpl.cpl_error_get_code())
END
inside python3 make.py
inside python3 load.py >"$seen" 2>&1
expect <<'END'
rows 3 columns 2 {'FLUX': True, 'FLAGS': False, 'ID': False, 'WINDOW': True}
error code 0
END
