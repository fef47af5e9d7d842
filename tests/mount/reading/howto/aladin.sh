# Advanced 01, Aladin: the cube of a galaxy, and its preview.
eso=$1
mkdir $eso/queries/phangs
echo "SELECT * FROM ivoa.ObsCore WHERE obs_collection='PHANGS' AND target_name='NGC4254'" > $eso/queries/phangs/query.adql
ls $eso/queries/phangs > listed.txt
cp $eso/datasets/ADP.2021-07-16T10:20:56.477/preview/*.pdf preview.pdf
