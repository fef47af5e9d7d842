"""A large tile-compressed file of 33 HDUs, read by parts: what that costs, and that every byte is that of funpack."""
import os
import random
import shutil
import subprocess
import threading
import unittest

import harness
from harness import read, run, sha

TILES = 'OMEGA.2011-11-11T11:11:11.111'  # .fits.fz of 158 MB, plain 576 MB
HDUS = 33
CHUNK = 64 * 1024
ROW = 2 * 2144  # bytes


@unittest.skipUnless(shutil.which('funpack'), 'funpack is not installed')
class PackedTiles(harness.MountTest):
    simulator_arguments = ('--large-raws',)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.home_of_truth = harness.Home()
        packed, cls.truth = (os.path.join(cls.home_of_truth.path, name) for name in ('packed.fits.fz', 'plain.fits'))
        with open(packed, 'wb') as file:
            file.write(cls.simulator.file(TILES))
        cls.packed_size = os.path.getsize(packed)
        run('funpack', '-C', '-O', cls.truth, packed)  # without check sums, which the frames do not have
        cls.size = os.path.getsize(cls.truth)
        os.unlink(packed)

    @classmethod
    def tearDownClass(cls):
        cls.home_of_truth.close()
        super().tearDownClass()

    @property
    def plain(self):
        return self.mount / f'datasets/{TILES}/{TILES}.fits'

    def moved(self):
        return sum(request['body_bytes'] for request in self.sim.requests('/dataPortal/file'))

    def asked(self):
        return len(self.sim.requests('/dataPortal/file'))

    def assert_part(self, file, offset, size):
        with open(self.truth, 'rb') as truth:
            truth.seek(offset)
            self.assertEqual(sha(os.pread(file.fileno(), size, offset)), sha(truth.read(size)), (offset, size))

    def assert_parts(self, seed, count=40):
        dice = random.Random(seed)
        with open(self.plain, 'rb', buffering=0) as file:
            self.assertEqual(os.fstat(file.fileno()).st_size, self.size)
            for _ in range(count):
                self.assert_part(file, dice.randrange(self.size), dice.choice([1, 2880, 70001, 300000]))
            self.assertEqual(os.pread(file.fileno(), 100, self.size), b'')

    def test_all_headers_move_one_chunk_an_hdu(self):
        self.assertGreater(os.stat(self.plain).st_size, 0)
        shown = read(self.mount / f'datasets/{TILES}/header.txt').decode()
        self.assertEqual(shown.count('XTENSION'), HDUS - 1)
        self.assertNotIn('ZIMAGE', shown)
        self.assertLessEqual(self.moved(), (HDUS + 8) * CHUNK)

    def test_a_few_pixels_of_one_extension_move_their_tiles(self):
        with open(self.plain, 'rb', buffering=0) as file:
            self.assertEqual(os.fstat(file.fileno()).st_size, self.size)
            self.assertLessEqual(self.moved(), (HDUS + 8) * CHUNK)
            self.sim.reset()
            for line in range(100):
                self.assert_part(file, self.size // 2 + line * ROW, 200)
        self.assertLessEqual(self.moved(), 8 * CHUNK)
        self.assertLessEqual(self.asked(), 8)

    def test_a_second_open_asks_for_nothing(self):
        with open(self.plain, 'rb', buffering=0) as file:
            self.assert_part(file, 0, 2880)
        self.sim.reset()
        with open(self.plain, 'rb', buffering=0) as file:
            self.assert_part(file, 0, 2880)
        self.assertEqual(self.asked(), 0)

    def test_parts_in_any_order(self):
        self.assert_parts(1)

    def test_from_the_front_to_the_end(self):
        copy = os.path.join(self.home.path, 'copy')
        run('cp', self.plain, copy)
        run('cmp', copy, self.truth)
        self.assertLessEqual(self.moved(), self.packed_size + 4 * CHUNK)

    def test_after_kill_9_in_the_middle(self):
        self.assert_parts(2, 10)
        self.mount.kill()
        self.mount = self.mount.remount()
        self.addCleanup(self._end, self.mount)
        self.assert_parts(2, 20)

    def test_where_ranges_are_refused(self):
        self.sim.fault(path='/dataPortal/file', ignore_range=True)
        self.assert_parts(3, 20)

    def test_many_readers_share_what_they_move(self):
        failed = []

        def reader(seed):
            try:
                self.assert_parts(seed, 10)
            except AssertionError as error:
                failed.append(error)
        readers = [threading.Thread(target=reader, args=(seed % 2,)) for seed in range(8)]
        for one in readers:
            one.start()
        for one in readers:
            one.join(harness.PATIENCE)
        self.assertEqual(failed, [])
        together = self.moved()
        self.assertLess(together, self.packed_size // 4)

    def test_memory_stays_within_its_limit(self):
        self.mount.unmount()
        self.mount = self.mounted('memory=16M')
        run('cat', self.plain, text=False)
        self.assertLess(self.mount.private_memory(), 64 << 10)


if __name__ == '__main__':
    harness.main()
