# Advanced 08, meteorology: ambient conditions of a night.
eso=$1
mkdir $eso/queries/meteo
echo "SELECT * FROM asm.meteo_paranal WHERE start_date BETWEEN '2024-01-01T00:00:00Z' AND '2024-01-01T06:00:00Z' ORDER BY start_date" > $eso/queries/meteo/query.adql
cp $eso/queries/meteo/table/result.vot .
cp $eso/tables/obs/asm/meteo_paranal/night/2024-01-01.csv night.csv
