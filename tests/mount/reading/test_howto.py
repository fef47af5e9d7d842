"""The workflows of the archive's HOWTO notebooks in a few lines of ls, cp and cat (howto/*.sh), which get the same data as pyvo.

A script gets the mount point as its argument and leaves its results in its working directory.
"""
import csv
import gzip
import io
import os
import re
import tempfile
import urllib.request
import warnings

import harness
import numpy
import pyvo
import requests
from astropy.io import fits
from astropy.io.votable import parse_single_table
from harness import read, run
from pyvo.dal.adhoc import DatalinkResults

SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'howto')
DATASET = re.compile(r'.+\.fits$')


def fetched(url):
    with urllib.request.urlopen(url, timeout=harness.PATIENCE) as answer:
        return answer.read()


class Howto(harness.MountTest):
    def setUp(self):
        super().setUp()
        warnings.simplefilter('ignore')  # pyvo leaves sockets open, astropy warns about units
        self.folder = tempfile.mkdtemp(prefix='howto-', dir=self.home.path)

    def howto(self, name):
        """Runs a script; the names of the files that it left."""
        run('sh', '-eu', os.path.join(SCRIPTS, name + '.sh'), self.mount.path, cwd=self.folder)
        return sorted(os.listdir(self.folder))

    def got(self, *names):
        return os.path.join(self.folder, *names)

    def lines(self, name):
        return read(self.got(name)).decode().split('\n')[:-1]

    def listed(self, name):
        """The ids of the datasets that ls has shown."""
        return sorted(line.removesuffix('.fits') for line in self.lines(name) if DATASET.match(line))

    # What pyvo gets.

    def search(self, adql, service='tap_obs'):
        return pyvo.dal.TAPService(f'{self.sim.url}/{service}').search(adql)

    def saved(self, name):
        """The ADQL that the script has saved."""
        return read(self.mount / f'queries/{name}/query.adql').decode()

    def ids(self, adql):
        return sorted(str(row['dp_id']) for row in self.search(adql))

    def links(self, dp_id):
        return DatalinkResults.from_result_url(f'{self.sim.url}/datalink/links?ID=ivo://eso.org/ID?{dp_id}')

    def linked(self, dp_id, semantics):
        """The rows of a DataLink answer that have these semantics."""
        return [link for link in self.links(dp_id) if link['semantics'].endswith('#' + semantics)]

    def delivered(self, dp_id):
        return fetched(self.linked(dp_id, 'this')[0]['access_url'])

    # Comparisons.

    def assert_same_file(self, path, dp_id):
        """Compares all bytes, or all pixels if the archive delivers the file packed."""
        mine, theirs = read(self.got(path)), self.delivered(dp_id)
        if theirs[:6] == b'SIMPLE' and b'ZCMPTYPE' not in theirs:
            self.assertEqual(harness.sha(mine), harness.sha(theirs), path)
        elif theirs[:2] == b'\x1f\x9d':
            plain = run('gzip', '-dc', input=theirs, text=False).stdout
            self.assertEqual(harness.sha(mine), harness.sha(plain), path)
        elif theirs[:2] == b'\x1f\x8b':
            self.assertEqual(harness.sha(mine), harness.sha(gzip.decompress(theirs)), path)
        else:
            self.assert_same_pixels(fits.open(io.BytesIO(mine)), fits.open(io.BytesIO(theirs)))

    def assert_same_pixels(self, mine, theirs):
        self.assertEqual(len(mine), len(theirs))
        for a, b in zip(mine, theirs):
            if a.data is None:
                self.assertIsNone(b.data)
            else:
                numpy.testing.assert_array_equal(a.data, b.data)

    def assert_same_files(self, names, ids):
        self.assertEqual(sorted(names), sorted(dp_id + '.fits' for dp_id in ids))
        for dp_id in ids:
            self.assert_same_file(dp_id + '.fits', dp_id)

    def assert_same_table(self, path, adql, service='tap_obs'):
        mine, theirs = parse_single_table(self.got(path)).to_table(), self.search(adql, service).to_table()
        self.assertGreater(len(theirs), 0)
        self.assertEqual(mine.colnames, theirs.colnames)
        self.assertEqual([list(map(str, row)) for row in mine], [list(map(str, row)) for row in theirs])

    def assert_same_csv(self, path, adql, key, service='tap_obs'):
        """The same rows, in any order; `key` is a column of unique values."""
        with open(self.got(path), encoding='utf-8', newline='') as file:
            mine = sorted(csv.DictReader(file), key=lambda row: row[key])
        theirs = sorted(self.search(adql, service).to_table(), key=lambda row: str(row[key]))
        self.assertGreater(len(theirs), 3)
        self.assertEqual(len(mine), len(theirs))
        for a, b in zip(mine, theirs):
            self.assertEqual(list(a), b.colnames)
            for name in a:
                if numpy.ma.is_masked(b[name]):
                    self.assertEqual(a[name], '')
                elif isinstance(b[name], (numpy.number, float)):
                    numpy.testing.assert_allclose(float(a[name]), float(b[name]), rtol=1e-6)
                else:
                    self.assertEqual(a[name], str(b[name]))

    def assert_same_calibrations(self, folder, raw, term):
        """Compares the files with those of a calSelector answer, found through DataLink."""
        answer = DatalinkResults.from_result_url(self.linked(raw, term)[0]['access_url'])
        urls = {row['access_url'].rsplit('/', 1)[1]: row['access_url'] for row in answer
                if row['semantics'].endswith('#calibration')}
        self.assertGreater(len(urls), 0)
        names = [name.removesuffix('.fits') for name in os.listdir(self.got(folder)) if name.endswith('.fits')]
        self.assertEqual(sorted(names), sorted(urls))
        for dp_id in urls:
            self.assert_same_file(os.path.join(folder, dp_id + '.fits'), dp_id)

    # One test for each script.

    def test_authentication(self):
        self.howto('authentication')
        self.assertEqual(self.listed('listed.txt'), self.ids(self.saved('run')))
        raw = 'MUSE.2018-06-05T01:06:59.418'
        self.assert_same_file(raw + '.fits', raw)
        self.assert_same_calibrations('master', raw, 'calSelector_raw2master')

    def test_by_position(self):
        self.howto('by_position')
        self.assertEqual(self.listed('products.txt'), self.ids(self.saved('sgra')))
        self.assertEqual(self.listed('raw.txt'), self.ids(self.saved('sgra_raw')))
        self.assert_same_file('ADP.2016-01-18T05:40:12.512.fits', 'ADP.2016-01-18T05:40:12.512')

    def test_by_programme(self):
        names = self.howto('by_programme')
        ids = self.ids(self.saved('run195'))
        self.assertEqual(self.listed('products.txt'), ids)
        self.assert_same_files([name for name in names if name.endswith('.fits')],
                               [dp_id for dp_id in ids if dp_id.startswith('ADP.2016-01-18T05:40:12.5')])

    def test_tap(self):
        self.howto('tap')
        self.assert_same_table('result.vot', self.saved('deep'))
        with open(self.got('columns.csv'), encoding='utf-8', newline='') as file:
            mine = {row['name']: row['ucd'] for row in csv.DictReader(file)}
        theirs = pyvo.dal.TAPService(self.sim.url + '/tap_obs').tables['ivoa.ObsCore'].columns
        self.assertEqual(mine, {column.name: column.ucd or '' for column in theirs})

    def test_download(self):
        self.howto('download')
        for dp_id in ('ADP.2020-03-24T10:45:21.866', 'FORS2.2021-01-02T00:59:12.533'):
            self.assert_same_file(dp_id + '.fits', dp_id)
        self.assert_same_calibrations('raw', 'FORS2.2021-01-02T00:59:12.533', 'calSelector_raw2raw')

    def test_catalogues(self):
        self.howto('catalogues')
        for name in ('cone', 'curve'):
            self.assert_same_table(name + '.vot', self.saved(name), 'tap_cat')

    def test_catalogue_cone(self):
        self.howto('catalogue_cone')
        self.assert_same_csv('cone.csv', "SELECT * FROM safcat.SIMSURVEY_CAT_V2 WHERE CONTAINS(POINT('ICRS', RA2000, "
                             "DEC2000), CIRCLE('ICRS', 53.1, -27.8, 0.1)) = 1", 'SOURCEID', 'tap_cat')
        self.assertEqual([line.split(',')[0] for line in self.lines('positions.csv')], ['RA2000', 'DEC2000'])
        tables = pyvo.dal.TAPService(self.sim.url + '/tap_cat').tables
        known = {name.split('.')[1] for name in tables.keys() if name.startswith('safcat.')}
        self.assertLessEqual(set(self.lines('tables.txt')) - {'README.txt'}, known)
        self.assertIn('SIMSURVEY_CAT_V2', self.lines('tables.txt'))

    def test_login(self):
        netrc = os.path.join(self.home.path, 'netrc')
        with open(netrc, 'w', encoding='utf-8') as file:
            file.write('machine 127.0.0.1 login pi password pi-password\n')
        os.chmod(netrc, 0o600)
        self.mount.unmount()
        self.mount = self.mounted(f'credentials={netrc}')
        dp_id, = (name.removesuffix('.fits') for name in self.howto('login'))
        session = requests.Session()
        session.auth = ('pi', 'pi-password')
        theirs = session.get(f'{self.sim.url}/dataPortal/file/{dp_id}', timeout=harness.PATIENCE)
        self.assertEqual(theirs.status_code, 200)
        self.assertEqual(harness.sha(read(self.got(dp_id + '.fits'))), harness.sha(theirs.content))

    def test_aladin(self):
        self.howto('aladin')
        self.assertEqual(self.listed('listed.txt'), self.ids(self.saved('phangs')))
        links = self.linked('ADP.2021-07-16T10:20:56.477', 'preview')
        url = next(link['access_url'] for link in links if link['content_type'] == 'application/pdf')
        self.assertEqual(read(self.got('preview.pdf')), fetched(url))

    def test_two_stars(self):
        names = self.howto('two_stars')
        chosen = ['ADP.2020-02-26T15:36:25.254', 'ADP.2020-03-24T10:45:21.866']
        self.assertLessEqual(set(chosen), set(self.ids(self.saved('stars'))))
        self.assert_same_files(names, chosen)

    def test_time_series(self):
        names = self.howto('time_series')
        rows = sorted(self.search(self.saved('series')), key=lambda row: row['t_min'])
        self.assertGreater(len(rows), 3)
        self.assertEqual([line.split()[1] for line in self.lines('series.txt')], [f"{row['dp_id']}.fits" for row in rows])
        self.assert_same_files([name for name in names if name.endswith('.fits')], [str(row['dp_id']) for row in rows])

    def test_alpaca(self):
        names = self.howto('alpaca')
        ids = self.ids(self.saved('night'))
        self.assertGreater(len(ids), 3)
        self.assert_same_files(names, ids)

    def test_meteo(self):
        self.howto('meteo')
        self.assert_same_table('result.vot', self.saved('meteo'))
        self.assert_same_csv('night.csv', "SELECT * FROM asm.meteo_paranal WHERE start_date >= '2024-01-01T12:00:00' "
                             "AND start_date < '2024-01-02T12:00:00'", 'start_date')

    def test_muse_ngc253(self):
        self.howto('muse_ngc253')
        service = self.links('ADP.2025-07-06T07:52:11.871').get_first_proc()
        theirs = service.process(circle=(11.8880583, -25.2888, 1 / 3600), band=(652e-9, 662e-9)).read()
        self.assert_same_pixels(fits.open(self.got('cutout1.fits')), fits.open(io.BytesIO(theirs)))

    def test_gravitational_wave(self):
        self.howto('gravitational_wave')
        ids = self.ids(self.saved('contour'))
        self.assertGreater(len(ids), 3)
        self.assertEqual(self.listed('listed.txt'), ids)
        self.assert_same_file('ADP.2020-03-24T10:45:21.866.fits', 'ADP.2020-03-24T10:45:21.866')

    def test_gravity(self):
        self.howto('gravity')
        ids = self.ids(self.saved('visibilities'))
        self.assertEqual(len(ids), 3)
        self.assertEqual(self.listed('listed.txt'), ids)
        for dp_id in ids:
            self.assert_same_file(f'{dp_id}.fits', dp_id)
        with fits.open(self.got(f'{ids[0]}.fits')) as file:
            self.assertEqual(file['OI_VIS2'].data['VIS2DATA'].shape, (6, len(file['OI_WAVELENGTH'].data)))

    def test_raw_to_reduced(self):
        self.howto('raw_to_reduced')
        sources = [link['access_url'].rsplit('/', 1)[1] for link in self.linked('ADP.2016-06-21T08:15:12.100', 'progenitor')]
        self.assertEqual(re.findall(r"= '(.*)\.fits'", '\n'.join(self.lines('provenance.txt'))), sources)
        copied = sorted(name for name in os.listdir(self.got('progenitors')) if name.endswith('.fits'))
        self.assertEqual(copied, sorted(raw + '.fits' for raw in sources))
        for raw in sources:
            self.assert_same_file(f'progenitors/{raw}.fits', raw)
        self.assertIn('M.MUSE.2018-06-11T08:52:34.073.fits', self.lines('calibrations.txt'))

    def test_ancillary(self):
        self.howto('ancillary')
        product = 'ADP.2016-06-21T08:15:12.100'
        found = self.search('SELECT archive_id, eso_category FROM phase3v2.product_files '
                            f"WHERE product_id='{product}' AND archive_id <> '{product}'")
        mine = dict(line.split(' ', 1) for line in self.lines('categories.txt'))
        self.assertEqual(sorted(mine.values()), sorted(str(row['eso_category']) for row in found))
        images = [str(row['archive_id']) for row in found if 'WHITELIGHT' in str(row['eso_category'])]
        self.assertEqual(len(images), 1)
        self.assert_same_file(images[0] + '.fits', images[0])

    def test_quickstart(self):
        self.howto('quickstart')
        circle = "CIRCLE('ICRS', 26.017013, -15.93748, 0.05)"
        self.assertEqual(self.listed('phase3.txt'), self.ids(
            f'SELECT dp_id FROM ivoa.ObsCore WHERE INTERSECTS(s_region, {circle}) = 1'))
        self.assertGreater(len(self.listed('raw.txt')), 3)
        self.assert_same_file('ADP.2021-04-16T10:26:57.090.fits', 'ADP.2021-04-16T10:26:57.090')

    def test_spectra(self):
        names = self.howto('spectra')
        found = pyvo.dal.SSAService(self.sim.url + '/ssap').search(pos=(26.017013, -15.93748), diameter=0.1)
        ids = sorted(str(row['dp_id']) for row in found)
        self.assertGreater(len(ids), 10)
        self.assertEqual(self.listed('listed.txt'), ids)
        self.assert_same_files([name for name in names if name.endswith('.fits')],
                               [dp_id for dp_id in ids if dp_id.startswith('ADP.2014-09-16T11:04:45.1')])

    def test_apex(self):
        names = self.howto('apex')
        rows = self.search(self.saved('quicklooks'))
        self.assertEqual(names, sorted(row['access_url'].rsplit('/', 1)[1] for row in rows))
        for row in rows:
            self.assertEqual(read(self.got(row['access_url'].rsplit('/', 1)[1])), fetched(row['access_url']))

    def test_each_script_has_its_test(self):
        scripts = {name.removesuffix('.sh') for name in os.listdir(SCRIPTS)}
        tests = {name.removeprefix('test_') for name in dir(self) if name.startswith('test_')}
        self.assertEqual(scripts, tests - {'each_script_has_its_test'})


if __name__ == '__main__':
    harness.main()
