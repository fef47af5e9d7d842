# Simple 05, APEX: the quick-look archives of a project.
eso=$1
mkdir $eso/queries/quicklooks
echo "SELECT * FROM ist.apex_quicklooks WHERE project_id = 'E-095.F-9802A-2015'" > $eso/queries/quicklooks/query.adql
cp $eso/queries/quicklooks/*.TAR .
