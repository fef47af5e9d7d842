"""After kill -9 and on damaged disks, bytes are right or fetched again, never wrong (cache/README.md)."""
import os
import random
import subprocess
import threading

import harness
from harness import read, sha


class Crashes(harness.MountTest):
    def setUp(self):
        super().setUp()
        rows = self.sim.query('SELECT TOP 12 dp_id FROM ivoa.ObsCore WHERE access_estsize BETWEEN 200 AND 20000')
        self.ids = [row['dp_id'] for row in rows]
        self.truth = {dp_id: sha(self.sim.file(dp_id)) for dp_id in self.ids}

    def path(self, dp_id):
        return self.mount / f'datasets/{dp_id}/{dp_id}.fits'

    def test_every_byte_is_right_after_kills_under_load(self):
        dice = random.Random(7)
        for round_number in range(4):
            self.sim.clear()
            self.sim.fault(path='/dataPortal/file', rate=3_000_000)
            readers = [subprocess.Popen(['cat', self.path(dp_id)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                       for dp_id in dice.sample(self.ids, 6)]
            moved = dice.choice([1, 5, 12]) * 300_000
            harness.until(lambda: sum(r['body_bytes'] for r in self.sim.requests('/dataPortal')) > moved
                          or all(reader.poll() is not None for reader in readers), 'the load')
            self.mount.kill()
            for reader in readers:
                reader.wait(harness.PATIENCE)
            self.sim.clear()
            self.mount = self.mount.remount()
            self.addCleanup(self._end, self.mount)
            for dp_id in dice.sample(self.ids, 3):
                self.assertEqual(sha(read(self.path(dp_id))), self.truth[dp_id], f'round {round_number}')
        for dp_id in self.ids:
            self.assertEqual(sha(read(self.path(dp_id))), self.truth[dp_id])

    def test_whole_cached_files_are_not_fetched_again_after_a_kill(self):
        for dp_id in self.ids:
            read(self.path(dp_id))
        self.mount.kill()
        self.sim.reset()
        self.mount = self.mount.remount()
        self.addCleanup(self._end, self.mount)
        for dp_id in self.ids:
            self.assertEqual(sha(read(self.path(dp_id))), self.truth[dp_id])
        self.assertEqual(self.sim.requests(), [])

    def test_a_flipped_byte_in_the_cache_is_fetched_again(self):
        for dp_id in self.ids:
            read(self.path(dp_id))
        self.mount.unmount()
        flipped = 0
        for folder, _, names in os.walk(self.home.cache):
            for name in names:
                path = os.path.join(folder, name)
                size = os.path.getsize(path)
                if 'meta' in folder or size < 100_000:
                    continue
                with open(path, 'r+b') as file:
                    file.seek(size - 40_000)
                    byte = file.read(1)[0]
                    file.seek(size - 40_000)
                    file.write(bytes([byte ^ 0x10]))
                    flipped += 1
        self.assertGreater(flipped, 0)
        self.sim.reset()
        self.mount = self.mounted()
        for dp_id in self.ids:
            self.assertEqual(sha(read(self.path(dp_id))), self.truth[dp_id])
        self.assertGreater(len(self.sim.requests('/dataPortal/file')), 0)

    def test_mounting_again_clears_a_dead_mount(self):
        self.mount.kill()
        place = self.mount.path
        done = harness.run(harness.programs['esofs'], 'mount', self.sim.profile, place, '-o',
                           f'cache_dir={self.home.cache},config_dir={self.home.config},state_dir={self.home.state}')
        self.assertEqual(done.returncode, 0)
        self.assertIn('README.txt', os.listdir(place))
        self.mount.pid = self.mount.status()['pid']
        harness.guardian.tell(f'+pid {self.mount.pid}')

    def test_two_mounts_share_a_cache(self):
        other = self.mounted()
        wrong = []

        def reader(mount, ids):
            for dp_id in ids:
                if sha(read(mount / f'datasets/{dp_id}/{dp_id}.fits')) != self.truth[dp_id]:
                    wrong.append(dp_id)
        threads = [threading.Thread(target=reader, args=(mount, ids)) for mount in (self.mount, other)
                   for ids in (self.ids, self.ids[::-1])]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(harness.PATIENCE)
        self.assertEqual(wrong, [])

    def test_a_mount_works_without_a_writable_cache_directory(self):
        segments = [os.path.join(folder, name) for folder, names, _ in os.walk(self.home.cache) for name in names
                    if name == 'segments']
        read(self.path(self.ids[0]))
        self.mount.unmount()
        for path in segments or [os.path.join(self.home.cache, 'segments')]:
            harness.shutil.rmtree(path, ignore_errors=True)
            with open(path, 'w', encoding='utf-8') as file:
                file.write('in the way')
        self.mount = self.mounted()
        for dp_id in self.ids[:3]:
            self.assertEqual(sha(read(self.path(dp_id))), self.truth[dp_id])


if __name__ == '__main__':
    harness.main()
