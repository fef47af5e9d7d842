# Simple 04, by programme: everything of a run.
eso=$1
mkdir $eso/queries/run195
echo "SELECT * FROM ivoa.ObsCore WHERE proposal_id LIKE '%195.B-0283%'" > $eso/queries/run195/query.adql
ls $eso/queries/run195 > products.txt
cp $eso/queries/run195/ADP.2016-01-18T05:40:12.5*.fits .
