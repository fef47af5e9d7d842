# Advanced 05, ALPACA: the all-sky images of one night, with its seeing.
eso=$1
mkdir $eso/queries/night
echo "SELECT * FROM dbo.raw WHERE instrument='ALPACA' AND date_obs BETWEEN '2024-01-01T00:00:00' AND '2024-01-01T12:00:00'" > $eso/queries/night/query.adql
cp $eso/queries/night/*.fits .
