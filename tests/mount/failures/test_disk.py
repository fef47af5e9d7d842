"""Full, read-only and damaged disks: the cache lies in a small file system of its own."""
import errno
import json
import os

import astropy.io.votable
import harness
import own_mounts
from harness import read, run, until

CUBES = "SELECT * FROM ivoa.ObsCore WHERE obs_collection='MUSE'"


class SmallDisk(harness.MountTest):
    """The cache's disk has a size of some MiB."""
    size = '8m'

    def setUp(self):
        self.disk = None
        super().setUp()

    def mounted(self, *options, archive=None):
        if self.disk is None:
            self.disk = os.path.join(self.home.path, 'disk')
            os.mkdir(self.disk)
            run('mount', '-t', 'tmpfs', '-o', f'size={self.size},mode=700', 'esofs-test', self.disk)
            self.addCleanup(run, 'umount', '-l', self.disk)
            self.home.cache = os.path.join(self.disk, 'cache')
            self.prepare()
        return super().mounted(*options, archive=archive)

    def prepare(self):
        """Before the first mount."""

    def fill(self):
        """Leaves no byte on the disk."""
        with open(os.path.join(self.disk, 'filling'), 'ab', buffering=0) as file:
            for size in (1 << 16, 1 << 12, 1):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError as full:
                    self.assertEqual(full.errno, errno.ENOSPC)

    def packed_id(self):
        return self.sim.delivered_as('.fits.Z')[0]

    def plain_id(self):
        return self.sim.delivered_as('.fits')[0]

    def check_reads(self):
        """Checks the bytes of a listing, a plain file and an unpacked one."""
        folder = self.mount.save('q', 'SELECT TOP 20 * FROM dbo.raw')
        self.assertGreater(len([name for name in os.listdir(folder) if name.endswith('.fits')]), 5)
        plain = self.plain_id()
        self.assertEqual(harness.sha(read(self.mount / f'datasets/{plain}/{plain}.fits')), harness.sha(self.sim.file(plain)))
        packed = self.packed_id()
        with open(os.path.join(self.home.path, 'packed.Z'), 'wb') as file:
            file.write(self.sim.file(packed))
        unpacked = run('gzip', '-dc', os.path.join(self.home.path, 'packed.Z'), text=False).stdout
        self.assertEqual(harness.sha(read(self.mount / f'datasets/{packed}/{packed}.fits')), harness.sha(unpacked))


class FullFromTheBeginning(SmallDisk):
    def prepare(self):
        self.fill()

    def test_the_archive_is_read_without_a_cache_and_mount_says_so(self):
        self.assertIn('forgotten with this mount', self.mount.result.stderr)
        self.assertIn('No space left on device', self.mount.result.stderr)
        self.check_reads()

    def test_listings_are_kept_once_there_is_room(self):
        self.check_reads()
        os.unlink(os.path.join(self.disk, 'filling'))
        self.mount = self.mount.remount()
        self.addCleanup(self._end, self.mount)
        self.check_reads()
        self.mount = self.mount.remount()
        self.addCleanup(self._end, self.mount)
        self.sim.reset()
        self.assertGreater(len(os.listdir(self.mount / 'queries/q')), 5)
        self.assertEqual(self.sim.requests('/sync'), [])


class FullWhileMounted(SmallDisk):
    size = '24m'

    def test_reads_are_right_on_a_disk_that_has_filled_up(self):
        folder = self.mount.save('first', CUBES)
        os.listdir(folder)
        self.fill()
        self.check_reads()
        self.mount = self.mount.remount()
        self.addCleanup(self._end, self.mount)
        self.check_reads()


class FilledAtOnce(SmallDisk):
    def test_a_job_on_a_full_disk_is_made_once(self):
        self.fill()
        job = self.mount / 'jobs/obs/j7'
        os.mkdir(job)
        with open(os.path.join(job, 'query.adql'), 'w') as file:
            file.write('SELECT TOP 5 * FROM dbo.raw\n')
        self.sim.reset()
        with open(os.path.join(job, 'phase'), 'w') as file:
            file.write('RUN\n')
        until(lambda: read(os.path.join(job, 'phase')) == b'COMPLETED\n', 'COMPLETED')
        self.assertTrue(os.listdir(os.path.join(job, 'results')))
        run('rm', '-r', job)
        self.assertNotIn('j7', os.listdir(self.mount / 'jobs/obs'))

    def test_forms_of_an_answer_on_a_full_disk_are_made_of_its_rows(self):
        self.fill()
        folder = self.mount.save('q', 'SELECT TOP 20 * FROM dbo.raw')
        os.listdir(folder)
        self.assertLessEqual({'result.csv', 'result.fits', 'result.vot'}, set(os.listdir(os.path.join(folder, 'table'))))
        self.assertEqual(read(os.path.join(folder, 'table/result.csv')).count(b'\n'), 21)
        table = astropy.io.votable.parse_single_table(os.path.join(folder, 'table/result.vot')).to_table()
        self.assertEqual(len(table), 20)
        wanted = {row['dp_id']: row for row in self.sim.query('SELECT * FROM dbo.raw')}
        for row in table:
            self.assertEqual(float(row['exposure']), wanted[str(row['dp_id'])]['exposure'])


class StatusOfTheDisk(SmallDisk):
    size = '32m'
    mount_options = ('cache_reserve=0',)

    def status(self):
        text = run(harness.programs['esofs'], 'status', self.mount.path).stdout
        document = json.loads(run(harness.programs['esofs'], 'status', '--json', self.mount.path).stdout)
        return text, document[0]['cache']['problem']

    def test_status_says_that_the_disk_of_the_cache_is_full_or_read_only(self):
        text, problem = self.status()
        self.assertEqual(problem, '')
        self.assertNotIn('PROBLEM', text)
        self.fill()
        text, problem = self.status()
        self.assertIn('the disk of the cache is full', problem)
        self.assertIn('PROBLEM   ' + problem, text)
        os.unlink(os.path.join(self.disk, 'filling'))
        self.assertEqual(self.status()[1], '')

    def test_a_failed_save_shows_what_is_kept(self):
        self.home.config = os.path.join(self.disk, 'config')
        self.mount = self.mount.remount('cache_reserve=0')
        self.addCleanup(self._end, self.mount)
        folder = self.mount.save('q', 'SELECT 1')
        self.fill()
        with open(os.path.join(folder, 'query.adql'), 'w', encoding='utf-8') as file:
            file.write('SELECT 2 ' * 1000)
            self.assert_errno(errno.ENOSPC, file.close)
        self.assertEqual(read(os.path.join(folder, 'query.adql')), b'SELECT 1\n')
        self.assertIn(b'not saved: ENOSPC', read(os.path.join(folder, 'status.txt')))


class ReadOnly(SmallDisk):
    def prepare(self):
        run('mount', '-o', 'remount,ro', self.disk)

    def test_the_archive_is_read_without_a_cache_and_mount_says_so(self):
        self.assertIn('Read-only file system', self.mount.result.stderr)
        self.check_reads()


class Damaged(SmallDisk):
    size = '64m'

    def test_a_truncated_store_ends_its_mount_and_no_other(self):
        folder = self.mount.save('q', CUBES)
        os.listdir(folder)
        pid = self.mount.pid
        os.truncate(os.path.join(self.home.cache, 'meta/data.mdb'), 8192)
        try:
            os.listdir(self.mount.save('other', 'SELECT TOP 5 * FROM dbo.raw'))
        except OSError:
            pass
        until(lambda: harness.ended(pid), 'the end of the daemon')
        self.mount = self.mount.remount()
        self.addCleanup(self._end, self.mount)
        self.check_reads()


if __name__ == '__main__':
    own_mounts.enter_namespace(__file__)
    harness.main()
