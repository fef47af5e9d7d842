# Advanced 03, spectra of two stars: by wavelength and release date, then opened by the name of the dataset.
eso=$1
mkdir $eso/queries/stars
echo "SELECT * FROM ivoa.ObsCore WHERE dataproduct_type='spectrum' AND em_min < 400e-9 AND em_max > 600e-9 AND obs_release_date < '2024-01-01' AND target_name IN ('HD 10700', 'bet Pic')" > $eso/queries/stars/query.adql
cp $eso/queries/stars/ADP.2020-02-26T15:36:25.254.fits $eso/queries/stars/ADP.2020-03-24T10:45:21.866.fits .
