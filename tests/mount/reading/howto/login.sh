# Simple 01, authentication: a file that is not public yet, on a mount with `-o credentials=FILE` or after `esofs login`.
eso=$1 dataset=ADP.2026-02-02T02:02:02.222
cp $eso/datasets/$dataset/$dataset.fits .
