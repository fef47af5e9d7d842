"""The cost of walking over the whole tree: a walk ends, downloads no file, and requests only the lists that it shows."""
import collections
import os

import harness
from harness import read, run

MUSE = 'MUSE.2018-06-05T01:06:59.418'
CUBE = 'ADP.2016-06-21T08:15:12.100'
SPECTRUM = 'ADP.2014-09-16T11:04:45.123'
MASTER = 'M.MUSE.2018-06-11T08:52:34.073'
PACKED = 'HARPS.2006-07-05T03:52:40.071'

SPEC = 'circle_11.888_-25.289_1arcsec'

# Directories of the kinds that are not below queries/ and datasets/.
PLACES = ('browse/cone/11.888_-25.2888_0.5deg/phase3', 'browse/cone/26.017_-15.9375_0.1/spectra',
          'browse/object/NGC_253/phase3', 'browse/programme/195.B-0283.A/raw', 'browse/night/MUSE/2018-06-04',
          'browse/collection', 'tables/obs/ivoa/ObsCore', 'jobs/obs', f'queries/cubes/cutout/{SPEC}')

# Services that answer with lists: queries, links, calibrations, jobs. All other requests download files.
LISTS = ('/tap_obs', '/tap_cat', '/datalink/links', '/calselector/', '/ssap')


class Find(harness.MountTest):
    def visit(self):
        """Looks at every kind of directory that there is, and reads some files."""
        self.mount.save('cubes', "SELECT TOP 20 * FROM ivoa.ObsCore WHERE dataproduct_type='cube'")
        self.mount.save('raws', "SELECT TOP 20 * FROM dbo.raw WHERE instrument='MUSE'")
        for query in ('cubes', 'raws'):
            os.listdir(self.mount / f'queries/{query}')
        for dp_id in (CUBE, SPECTRUM, MUSE, MASTER, PACKED):
            folder = self.mount / f'datasets/{dp_id}'
            for name in os.listdir(folder):
                path = os.path.join(folder, name)
                if os.path.isdir(path):
                    os.listdir(path)
        read(self.mount / f'datasets/{SPECTRUM}/{SPECTRUM}.fits')
        read(self.mount / f'datasets/{MUSE}/metadata.json')
        folder = self.mount / f'datasets/{MUSE}/calibrations/master'
        read(os.path.join(folder, os.listdir(folder)[0]))
        for path in PLACES:
            os.listdir(self.mount / path)
        read(self.mount / f'datasets/{CUBE}/cutout/{SPEC}.fits')
        read(self.mount / f'datasets/{CUBE}/header.txt')
        self.mount.settle()

    def find(self, *arguments, mount=None):
        """The paths that find prints, below the mount."""
        where = (mount or self.mount).path
        return sorted(line[len(where):] for line in run('find', where, *arguments).stdout.splitlines())

    def assert_lists_only(self):
        asked = self.sim.requests()
        for request in asked:
            self.assertTrue(request['target'].startswith(LISTS), request)
        again = [what for what, times in collections.Counter(
            (request['method'], request['target'], request['body']) for request in asked).items() if times > 1]
        self.assertEqual(again, [], 'asked twice')
        return asked

    def besides_jobs(self):
        """All requests except those for the services' lists of jobs: jobs change, so these are requested at every look."""
        return [request for request in self.sim.requests() if not request['target'].partition('?')[0].endswith('/async')]

    def test_find_downloads_no_file_and_asks_once_for_each_list(self):
        self.visit()
        self.sim.reset()
        shown = self.find()
        asked = self.assert_lists_only()
        for path in (f'/queries/cubes/{CUBE}.fits', f'/datasets/{MUSE}/calibrations/raw/status.txt',
                     f'/datasets/{MUSE}/calibrations/master/{MASTER}.fits', f'/datasets/{PACKED}/links.vot'):
            self.assertIn(path, shown)
        calibrations = [request for request in asked if '/calselector/' in request['target']]
        self.assertLessEqual(len(calibrations), 4, 'two kinds of the two raw frames that were visited')
        self.assertEqual(len(shown), len(set(shown)))

        self.sim.reset()
        self.assertEqual(self.find(), shown, 'looking changes nothing')
        self.find('-newermt', '2020-01-01', '-size', '+1k', '-type', 'f')
        run('du', '-a', self.mount.path)
        run('ls', '-lR', self.mount.path)
        self.assertEqual(self.besides_jobs(), [], 'the second walk asks nothing')

    def test_find_on_a_second_mount_of_the_cache_asks_nothing(self):
        self.visit()
        shown = self.find()
        self.mount.unmount()
        self.sim.reset()
        self.mount = self.mounted()
        self.assertEqual(self.find(), shown)
        self.assertEqual(self.besides_jobs(), [])

    def test_find_on_a_fresh_mount_asks_only_for_the_archives_lists(self):
        shown = self.find()
        self.assert_lists_only()
        self.sim.reset()
        self.assertEqual(self.find(), shown)
        self.assertEqual(self.besides_jobs(), [])
        self.sim.reset()
        run('find', self.mount / 'datasets', self.mount / 'queries')
        self.assertEqual(self.sim.requests(), [])
        for path in ('/README.txt', '/queries', '/datasets', '/.esofs/version'):
            self.assertIn(path, shown)

    def test_a_walk_adds_no_visited_datasets(self):
        self.visit()
        self.find()
        before = os.listdir(self.mount / 'datasets')
        self.find()
        self.find('-name', '*.fits')
        self.assertEqual(sorted(os.listdir(self.mount / 'datasets')), sorted(before))
        self.assertEqual(sorted(before), sorted([CUBE, SPECTRUM, MUSE, MASTER, PACKED]))


if __name__ == '__main__':
    harness.main()
