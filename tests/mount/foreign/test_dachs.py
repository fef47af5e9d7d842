"""A mount of an archive server that was not written here, by its TAP URL alone: GAVO DaCHS (dachs.py beside this file).

Status 77 (skipped) if DaCHS is not installed: apt-get install python3-gavo postgresql-15-pgsphere postgresql-15-q3c.
"""
import os
import sys
import unittest

import dachs
import harness
from harness import read

ADQL = 'SELECT * FROM ivoa.obscore'


class ForeignArchive(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = dachs.Dachs()
        cls.addClassCleanup(cls.server.close)

    def setUp(self):
        self.home = harness.Home()
        self.addCleanup(self.home.close)
        self.mount = harness.Mount(self.server.url + '/tap', self.home)
        self.addCleanup(self.end)
        self.folder = self.mount.save('all', ADQL)

    def end(self):
        if sys.exc_info()[0] or os.environ.get('ESOFS_SHOW_ERRORS'):
            print(self.mount.errors())
        self.mount.unmount()

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def job(self, name, query):
        folder = self.mount / f'jobs/tap/{name}'
        os.mkdir(folder)
        for file, text in (('query.adql', query), ('executionduration', '300'), ('phase', 'RUN')):
            with open(os.path.join(folder, file), 'w', encoding='utf-8') as out:
                out.write(text + '\n')
        phase = os.path.join(folder, 'phase')
        harness.until(lambda: read(phase).decode().strip() in ('COMPLETED', 'ERROR', 'ABORTED'), 'the end of the job')
        return folder, read(phase).decode().strip()

    def test_obscore_is_listed(self):
        names = [name for name in os.listdir(self.folder) if name.endswith('.fits')]
        self.assertEqual(sorted(names), [f'field{i}.fits' for i in range(4)])
        self.assertEqual(os.getxattr(self.path('field3.fits'), 'user.eso.target_name'), b'FIELD 3')
        self.assertIn('datasets: 4', read(self.path('status.txt')).decode())

    def test_files_are_read_by_their_urls_and_by_datalink(self):
        os.listdir(self.folder)
        for i in range(4):
            data = read(self.path(f'field{i}.fits'))
            self.assertEqual(harness.sha(data), harness.sha(self.server.image(f'field{i}.fits')))
            self.assertEqual(os.path.getsize(self.path(f'field{i}.fits')), len(data))

    def test_a_dataset_has_a_directory(self):
        os.listdir(self.folder)
        for i in (0, 3):
            folder = self.mount / f'datasets/field{i}'
            self.assertEqual(harness.sha(read(f'{folder}/field{i}.fits')), harness.sha(self.server.image(f'field{i}.fits')))
            self.assertIn(f'FIELD {i}', read(f'{folder}/metadata.json').decode())
        self.assertIn(b'#this', read(self.mount / 'datasets/field3/links.vot'))
        self.assertEqual(sorted(os.listdir(self.mount / 'datasets')), ['field0', 'field3'])
        self.assertFalse(os.path.exists(self.mount / 'datasets/login.cl'))

    def test_cutouts_are_the_pixels_of_their_parent(self):
        from astropy.io import fits
        from astropy.wcs import WCS
        os.listdir(self.folder)
        spec = 'circle_20_-20_30arcsec'  # the middle of field2
        for path in (self.path('cutout', spec, 'field2.fits'), self.mount / f'datasets/field2/cutout/{spec}.fits'):
            with fits.open(path) as cut, fits.open(self.path('field2.fits')) as parent:
                data, whole = cut[0].data, parent[0].data
                self.assertTrue(50 <= data.shape[0] < 100 and 50 <= data.shape[1] < 100, data.shape)
                # The parent has the same pixels at the position of the cutout.
                sky = WCS(cut[0].header).pixel_to_world_values(0, 0)
                x, y = (int(round(float(v))) for v in WCS(parent[0].header).world_to_pixel_values(*sky))
                self.assertTrue((data == whole[y:y + data.shape[0], x:x + data.shape[1]]).all())
            self.assertEqual(os.path.getsize(path), len(read(path)))

    def test_headers_are_read_by_astropy(self):
        from astropy.io import fits
        os.listdir(self.folder)
        self.assertEqual([fits.getheader(self.path(f'field{i}.fits'))['OBJECT'] for i in range(4)],
                         [f'FIELD {i}' for i in range(4)])

    def test_jobs_run_and_are_deleted(self):
        folder, phase = self.job('mine', 'SELECT TOP 3 obs_publisher_did FROM ivoa.obscore')
        self.assertEqual(phase, 'COMPLETED')
        self.assertEqual(read(os.path.join(folder, 'executionduration')), b'300\n')
        [result] = os.listdir(os.path.join(folder, 'results'))
        from astropy.io.votable import parse_single_table
        self.assertEqual(len(parse_single_table(os.path.join(folder, 'results', result)).array), 3)
        self.assertEqual(os.listdir(self.mount / 'jobs/tap'), ['mine'])
        os.rmdir(folder)
        self.assertEqual(os.listdir(self.mount / 'jobs/tap'), [])
        self.assertNotIn(b'jobref', self.server.get('/tap/async'))

    def test_a_job_that_fails_says_why(self):
        folder, phase = self.job('bad', 'SELECT no_such_column FROM ivoa.obscore')
        self.assertEqual(phase, 'ERROR')
        self.assertIn(b'no_such_column', read(os.path.join(folder, 'error.txt')))
        os.rmdir(folder)

    def test_a_query_that_fails_says_why(self):
        folder = self.mount.save('bad', 'SELECT no_such_column FROM ivoa.obscore')
        with self.assertRaises(OSError):
            os.listdir(folder)
        self.assertIn('no_such_column', read(os.path.join(folder, 'status.txt')).decode())


if __name__ == '__main__':
    if dachs.missing():
        print('skipped: not installed: ' + dachs.missing())
        sys.exit(77)
    harness.main()
