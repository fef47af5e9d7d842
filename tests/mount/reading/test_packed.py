"""Large files that the archive delivers packed, read by parts: what that costs, and that every byte is that of gunzip."""
import os
import random
import subprocess
import threading

import harness
from harness import read, run, sha

ONE = 'HARPS.2008-08-08T08:08:08.808'  # .fits.Z of one HDU
FIVE = 'HARPS.2008-08-09T08:08:08.808'  # .fits.Z of five
GZIP = 'M.VIRCAM.2010-10-10T10:10:10.010'  # .fits.gz
CHUNK = 64 * 1024


class Packed(harness.MountTest):
    simulator_arguments = ('--large-raws',)
    truth = {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for dp_id in (ONE, FIVE, GZIP):
            packed = cls.simulator.file(dp_id)
            cls.truth[dp_id] = subprocess.run(['gunzip', '-c'], input=packed, capture_output=True, check=True,
                                              timeout=harness.PATIENCE).stdout

    def plain(self, dp_id):
        return self.mount / f'datasets/{dp_id}/{dp_id}.fits'

    def moved(self):
        return sum(request['body_bytes'] for request in self.sim.requests('/dataPortal/file'))

    def asked(self):
        return len(self.sim.requests('/dataPortal/file'))


class Headers(Packed):
    def assert_cheap(self, *words):
        """Words: what shows the header of the large .fits.Z; it moves its first 64 KiB and its last."""
        shown = run(*words).stdout
        self.assertIn('ESO DET OUT4', shown)
        self.assertLessEqual(self.moved(), 2 * CHUNK)
        self.assertLessEqual(self.asked(), 2)

    def test_header_txt(self):
        self.assert_cheap('cat', self.mount / f'datasets/{ONE}/header.txt')

    def test_head(self):
        self.assert_cheap('head', '-c', '17280', self.plain(ONE))

    def test_cfitsio_reads_the_last_page_and_so_all(self):
        self.assertIn('ESO DET OUT4', run(harness.programs['listhead'], self.plain(ONE) + '[0]').stdout)
        self.assertLessEqual(self.moved(), len(self.sim.file(ONE)))

    def test_astropy(self):
        script = 'import sys; from astropy.io import fits; print(repr(fits.getheader(sys.argv[1])))'
        self.assert_cheap('/usr/bin/python3', '-c', script, self.plain(ONE))

    def test_gzip(self):
        shown = run('cat', self.mount / f'datasets/{GZIP}/header.txt').stdout
        self.assertIn('MASTER_FLAT', shown)
        self.assertIn('MASTER_FLAT', run('head', '-c', '14400', self.plain(GZIP)).stdout)
        self.assertEqual(os.stat(self.plain(GZIP)).st_size, len(self.truth[GZIP]))
        self.assertLessEqual(self.moved(), 2 * CHUNK)

    def test_the_headers_of_five_hdus_are_all_shown(self):
        shown = read(self.mount / f'datasets/{FIVE}/header.txt').decode()
        self.assertEqual(shown.count('XTENSION'), 4)
        self.assertEqual(run(harness.programs['listhead'], self.plain(FIVE)).stdout.count('XTENSION'), 4)

    def test_the_first_header_of_five(self):
        query = f"-- headers: OBJECT, DET.OUT4.GAIN\nSELECT dp_id, access_url FROM dbo.raw WHERE dp_id = '{FIVE}'"
        folder = self.mount.save('q', query)
        os.listdir(folder)
        self.sim.reset()
        self.assertIn('1.09', read(os.path.join(folder, 'table/headers.csv')).decode())
        self.assertLessEqual(self.moved(), 2 * CHUNK)


class Bytes(Packed):
    def assert_parts(self, dp_id, seed, count=40):
        truth = self.truth[dp_id]
        dice = random.Random(seed)
        with open(self.plain(dp_id), 'rb', buffering=0) as file:
            self.assertEqual(os.fstat(file.fileno()).st_size, len(truth))
            for _ in range(count):
                offset, size = dice.randrange(len(truth)), dice.choice([1, 2880, 70001, 300000])
                self.assertEqual(sha(os.pread(file.fileno(), size, offset)), sha(truth[offset:offset + size]), (offset, size))
            self.assertEqual(os.pread(file.fileno(), 100, len(truth)), b'')

    def test_parts_in_any_order(self):
        for dp_id in (ONE, FIVE, GZIP):
            self.assert_parts(dp_id, 1)

    def test_from_the_front_to_the_end(self):
        for dp_id in (ONE, FIVE, GZIP):
            run('cp', self.plain(dp_id), os.path.join(self.home.path, 'copy'))
            self.assertEqual(sha(read(os.path.join(self.home.path, 'copy'))), sha(self.truth[dp_id]))

    def test_after_kill_9_in_the_middle(self):
        for dp_id in (ONE, GZIP):
            middle = len(self.truth[dp_id]) // 2
            with open(self.plain(dp_id), 'rb', buffering=0) as file:
                self.assertEqual(os.pread(file.fileno(), 999, middle), self.truth[dp_id][middle:middle + 999])
        self.mount.kill()
        self.mount = self.mount.remount()
        self.addCleanup(self._end, self.mount)
        for dp_id in (ONE, GZIP):
            self.assert_parts(dp_id, 2)

    def test_where_ranges_are_refused(self):
        self.sim.fault(path='/dataPortal/file', ignore_range=True)
        for dp_id in (ONE, FIVE):
            self.assert_parts(dp_id, 3, 20)

    def test_many_readers_share_one_transfer(self):
        packed = len(self.sim.file(ONE))
        self.sim.reset()
        failed = []

        def reader(seed):
            try:
                self.assert_parts(ONE, seed, 10)
            except AssertionError as error:
                failed.append(error)
        readers = [threading.Thread(target=reader, args=(seed,)) for seed in range(8)]
        for one in readers:
            one.start()
        for one in readers:
            one.join(harness.PATIENCE)
        self.assertEqual(failed, [])
        self.assertLessEqual(self.moved(), packed + 4 * CHUNK)

    def test_memory_stays_within_its_limit(self):
        self.mount.unmount()
        self.mount = self.mounted('memory=16M')
        run('cat', self.plain(GZIP), text=False)
        self.assertLess(self.mount.private_memory(), 64 << 10)


if __name__ == '__main__':
    harness.main()
