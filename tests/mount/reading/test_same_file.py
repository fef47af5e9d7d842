"""One file of the archive, by every path that leads to it: the same bytes, times and attributes, asked for once."""
import os

import harness
from harness import read, run, sha

DP_ID = 'ADP.2016-06-21T08:15:12.120'
ALL = f"SELECT * FROM ivoa.ObsCore WHERE dp_id='{DP_ID}'"
# Fewer columns: the file and the date of its release; the file alone.
RELEASED = f"SELECT dp_id, access_url, obs_release_date FROM ivoa.ObsCore WHERE dp_id='{DP_ID}'"
FILE = f"SELECT dp_id, access_url FROM ivoa.ObsCore WHERE dp_id='{DP_ID}'"


class SameFile(harness.MountTest):
    def setUp(self):
        super().setUp()
        self.save_queries()
        self.truth = sha(self.sim.file(DP_ID))
        self.sim.reset()

    def save_queries(self):
        for name, adql in (('all', ALL), ('released', RELEASED), ('file', FILE)):
            os.listdir(self.mount.save(name, adql))

    def paths(self):
        return [self.mount / f'{folder}/{DP_ID}.fits'
                for folder in ('queries/all', 'queries/released', 'queries/file', f'datasets/{DP_ID}')]

    def remount(self, *options):
        self.mount.unmount()
        self.mount = self.mounted(*options)

    def test_a_file_read_by_one_path_is_cached_for_all_paths(self):
        self.sim.fault(path='/dataPortal/file', etag=False)
        for first in range(4):
            self.home = harness.Home()
            self.addCleanup(self.home.close)
            self.remount()
            self.save_queries()
            self.assertEqual(sha(read(self.paths()[first])), self.truth)
            for path in range(4):
                self.remount()
                self.assertEqual(os.stat(self.paths()[path]).st_size, len(self.sim.file(DP_ID)))
                self.sim.reset()
                self.assertEqual(sha(read(self.paths()[path])), self.truth)
                self.assertEqual(self.sim.requests(), [], f'opened by path {first}, then by path {path}')

    def test_a_raw_frame_named_by_file_or_by_links_is_one_file(self):
        raw = 'MUSE.2018-06-05T01:06:59.418'
        for name, columns in (('links', '*'), ('files', 'dp_id, access_url')):
            os.listdir(self.mount.save(name, f"SELECT {columns} FROM dbo.raw WHERE dp_id='{raw}'"))
        wanted = sha(read(self.mount / f'queries/links/{raw}.fits'))
        for path in (f'queries/files/{raw}.fits', f'datasets/{raw}/{raw}.fits'):
            self.remount()
            self.sim.reset()
            self.assertEqual(sha(read(self.mount / path)), wanted)
            self.assertEqual(self.sim.requests(), [], path)

    def test_a_file_read_by_a_query_opens_offline_by_its_id(self):
        read(self.paths()[0])
        self.remount('offline')
        self.assertEqual(sha(read(self.paths()[3])), self.truth)

    def test_its_time_is_the_archives_by_every_path(self):
        row = self.sim.query(f"SELECT last_mod_date FROM ivoa.ObsCore WHERE dp_id='{DP_ID}'")[0]
        wanted = run('date', '-u', '-d', row['last_mod_date'], '+%s').stdout.strip()
        for opened in (False, True):
            for order in (1, -1):
                self.remount()
                for path in self.paths()[::order]:
                    if opened:
                        read(path)
                    seen = str(int(os.stat(path).st_mtime))
                    # A query without the file's date takes it from another query, if that one was looked at.
                    if opened or '/datasets/' in path or '/all/' in path:
                        self.assertEqual(seen, wanted, path)

    def test_rsync_sends_nothing_after_a_remount_by_another_path(self):
        copy = os.path.join(self.home.path, 'copy')
        run('rsync', '-a', self.paths()[0], copy + '/')
        for path in (3, 0):
            self.remount()
            sent = run('rsync', '-a', '--stats', self.paths()[path], copy + '/').stdout
            self.assertIn('Number of regular files transferred: 0', sent)

    def test_a_query_of_few_columns_removes_no_attribute(self):
        size = os.stat(self.paths()[0]).st_size
        for name in ('all', 'released', 'file'):
            os.listdir(self.mount / f'queries/{name}')
        for path in self.paths():
            self.assertEqual(os.getxattr(path, 'user.eso.target_name'), b'NGC253', path)
        self.assertEqual(os.stat(self.paths()[0]).st_size, size)

    def test_removing_a_query_keeps_the_listing_of_its_twin(self):
        os.listdir(self.mount.save('twin', ALL))
        self.remount()
        self.sim.reset()
        os.rmdir(self.mount / 'queries/twin')
        self.assertIn(DP_ID + '.fits', os.listdir(self.mount / 'queries/all'))
        self.assertEqual(self.sim.requests(), [])


if __name__ == '__main__':
    harness.main()
