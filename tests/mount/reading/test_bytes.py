"""Programs read the exact bytes, whichever way they read (fs/SEMANTICS.md, "Files of the archive")."""
import errno
import hashlib
import mmap
import os
import random
import subprocess
import threading

import harness
from harness import read, run, sha


class PlainFiles(harness.MountTest):
    """Files of a saved query, each by every tool, with Range and without."""
    ignore_range = False

    def setUp(self):
        super().setUp()
        if self.ignore_range:
            self.sim.fault(path='/dataPortal/file', ignore_range=True)
        adql = ("SELECT TOP 6 * FROM ivoa.ObsCore WHERE access_estsize BETWEEN 50 AND 20000 ORDER BY access_estsize DESC")
        self.folder = self.mount.save('q', adql)
        self.names = sorted(name for name in os.listdir(self.folder) if name.endswith('.fits'))
        self.assertEqual(len(self.names), 6)
        self.truth = {name: self.sim.file(name[:-len('.fits')]) for name in self.names}
        self.work = os.path.join(self.home.path, 'work')
        os.makedirs(self.work)

    def path(self, name):
        return os.path.join(self.folder, name)

    def copied(self, *words):
        for name in self.names:
            self.assertEqual(sha(read(os.path.join(*words, name))), sha(self.truth[name]), name)

    def test_cp(self):
        for name in self.names:
            run('cp', self.path(name), self.work)
        self.copied(self.work)

    def test_cp_a_keeps_the_archives_time(self):
        run('cp', '-a', self.folder, self.work)
        self.copied(self.work, 'q')
        for name in self.names:
            copy = os.stat(os.path.join(self.work, 'q', name))
            self.assertEqual(int(copy.st_mtime), int(os.stat(self.path(name)).st_mtime))
            self.assertGreater(copy.st_mtime, 315532800, 'after 1980')

    def test_cp_r(self):
        run('cp', '-r', self.folder, self.work)
        self.copied(self.work, 'q')

    def test_rsync_sends_nothing_the_second_time(self):
        run('rsync', '-a', self.folder + '/', self.work)
        self.copied(self.work)
        again = run('rsync', '-a', '--itemize-changes', '--stats', self.folder + '/', self.work).stdout
        self.assertIn('Number of regular files transferred: 0', again)

    def test_tar(self):
        out = subprocess.run(f'tar c -C {self.folder} . | tar x -C {self.work}', shell=True, capture_output=True,
                             text=True, timeout=harness.PATIENCE)
        self.assertEqual((out.returncode, out.stderr), (0, ''))
        self.copied(self.work)

    def test_md5sum_and_cmp(self):
        for name in self.names:
            kept = os.path.join(self.work, name)
            with open(kept, 'wb') as file:
                file.write(self.truth[name])
            run('cmp', kept, self.path(name))
            digest = run('md5sum', self.path(name)).stdout.split()[0]
            self.assertEqual(digest, hashlib.md5(self.truth[name]).hexdigest())

    def test_dd_with_odd_offsets(self):
        dice = random.Random(1)
        for name in self.names:
            truth = self.truth[name]
            for _ in range(8):
                size = dice.choice([1, 7, 333, 2880, 4097, 65537])
                skip = dice.randrange(0, max(1, len(truth) // size))
                got = run('dd', f'if={self.path(name)}', f'bs={size}', f'skip={skip}', 'count=3', 'status=none', text=False)
                self.assertEqual(got.stdout, truth[skip * size:(skip + 3) * size])

    def test_tail_c(self):
        for name in self.names:
            for size in (1, 2880, 70001):
                self.assertEqual(run('tail', '-c', size, self.path(name), text=False).stdout, self.truth[name][-size:])

    def test_mmap_private_and_shared(self):
        for name in self.names:
            for flags in (mmap.MAP_PRIVATE, mmap.MAP_SHARED):
                with open(self.path(name), 'rb') as file:
                    with mmap.mmap(file.fileno(), 0, flags=flags, prot=mmap.PROT_READ) as mapped:
                        self.assertEqual(len(mapped), len(self.truth[name]))
                        self.assertEqual(mapped[-100:], self.truth[name][-100:])
                        self.assertEqual(sha(mapped[:]), sha(self.truth[name]))

    def test_32_parallel_random_readers(self):
        wrong = []

        def reader(seed):
            dice = random.Random(seed)
            for _ in range(40):
                name = dice.choice(self.names)
                truth = self.truth[name]
                offset = dice.randrange(len(truth))
                size = dice.choice([1, 100, 2880, 40000, 200000])
                with open(self.path(name), 'rb', buffering=0) as file:
                    got = os.pread(file.fileno(), size, offset)
                if got != truth[offset:offset + len(got)] or (len(got) < size and offset + len(got) != len(truth)):
                    wrong.append((name, offset, size))
        readers = [threading.Thread(target=reader, args=(seed,)) for seed in range(32)]
        for thread in readers:
            thread.start()
        for thread in readers:
            thread.join(harness.PATIENCE)
        self.assertEqual(wrong, [])

    def test_a_program_that_ignores_the_size_gets_exactly_the_file(self):
        for name in self.names:
            file = os.open(self.path(name), os.O_RDONLY)
            pieces = []
            while piece := os.read(file, 100_000):
                pieces.append(piece)
            os.close(file)
            self.assertEqual(sha(b''.join(pieces)), sha(self.truth[name]))

    def test_the_size_is_exact_once_the_file_is_open(self):
        for name in self.names:
            self.assertGreater(os.stat(self.path(name)).st_size, 0, 'the estimate before open')
            with open(self.path(name), 'rb') as file:
                self.assertEqual(os.fstat(file.fileno()).st_size, len(self.truth[name]))
                self.assertEqual(file.seek(0, os.SEEK_END), len(self.truth[name]))
            self.assertEqual(os.stat(self.path(name)).st_size, len(self.truth[name]))


class WithoutRange(PlainFiles):
    ignore_range = True

    def test_a_file_is_one_response_however_it_is_read(self):
        """Head and tail are requested at once, and by the pattern's URL before. All answers are the whole file: one counts."""
        name = self.names[0]
        with open(self.path(name), 'rb') as file:
            asked = lambda: [request['range'] for request in self.sim.requests('/dataPortal/file') if request['range']]
            harness.until(lambda: asked().count('bytes=0-65535') == 2 and len(asked()) > 2, 'the end of all answers')
            self.sim.reset()
            file.read(10)
        run('tail', '-c', '100', self.path(name), text=False)
        run('cat', self.path(name), text=False)
        self.assertEqual(self.sim.requests(), [])


class WithoutLength(harness.MountTest):
    def test_a_file_without_an_announced_length_is_exact(self):
        self.sim.fault(path='/dataPortal/file', no_length=True)
        row = self.sim.query('SELECT TOP 1 dp_id FROM ivoa.ObsCore WHERE access_estsize BETWEEN 50 AND 5000')[0]
        truth = self.sim.file(row['dp_id'])
        path = self.mount / f"datasets/{row['dp_id']}/{row['dp_id']}.fits"
        self.assertEqual(sha(read(path)), sha(truth))
        self.assertEqual(os.stat(path).st_size, len(truth))


class CompressedFiles(harness.MountTest):
    """<dp_id>.fits is plain FITS; the file as delivered lies beside it (cache/READING.md)."""

    def delivered(self, suffix):
        ids = self.sim.delivered_as(suffix)
        self.assertTrue(ids, f'the simulator has {suffix} files')
        return ids[0]

    def plain(self, dp_id):
        return self.mount / f'datasets/{dp_id}/{dp_id}.fits'

    def test_the_file_as_delivered_has_the_archives_bytes(self):
        for suffix in ('.fits.Z', '.fits.gz', '.fits.fz'):
            dp_id = self.delivered(suffix)
            folder = self.mount / f'datasets/{dp_id}'
            self.assertIn(dp_id + suffix, os.listdir(folder))
            self.assertEqual(sha(read(f'{folder}/{dp_id}{suffix}')), sha(self.sim.file(dp_id)))

    def test_z_and_gz_are_uncompressed(self):
        for suffix in ('.fits.Z', '.fits.gz'):
            dp_id = self.delivered(suffix)
            truth = subprocess.run(['gzip', '-dc'], input=self.sim.file(dp_id), capture_output=True, check=True).stdout
            self.assertEqual(sha(read(self.plain(dp_id))), sha(truth))

    def test_a_plain_view_can_be_read_in_every_way(self):
        """cp, dd, tail, mmap and parallel readers, from each of the three compressed kinds."""
        for suffix in ('.fits.Z', '.fits.gz', '.fits.fz'):
            path = self.plain(self.delivered(suffix))
            copy = os.path.join(self.home.path, 'copy.fits')
            run('cp', path, copy)
            truth = read(copy)
            self.assertEqual(len(truth) % 2880, 0)
            self.assertEqual(truth[:9], b'SIMPLE  =')
            self.assertEqual(run('dd', f'if={path}', 'bs=777', 'skip=13', 'count=5', 'status=none', text=False).stdout,
                             truth[777 * 13:777 * 18])
            self.assertEqual(run('tail', '-c', '3001', path, text=False).stdout, truth[-3001:])
            with open(path, 'rb') as file, mmap.mmap(file.fileno(), 0, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ) as seen:
                self.assertEqual(sha(seen[:]), sha(truth))
            readers = [subprocess.Popen(['md5sum', path], stdout=subprocess.PIPE, text=True) for _ in range(8)]
            for reader in readers:
                self.assertEqual(reader.communicate()[0].split()[0], hashlib.md5(truth).hexdigest())

    def test_fz_has_the_same_pixels(self):
        dp_id = self.delivered('.fits.fz')
        packed = os.path.join(self.home.path, 'x.fits.fz')
        with open(packed, 'wb') as file:
            file.write(self.sim.file(dp_id))
        script = ('import sys, numpy\n'
                  'from astropy.io import fits\n'
                  'with fits.open(sys.argv[1]) as a, fits.open(sys.argv[2]) as b:\n'
                  '    pixels = lambda f: [h.data for h in f if h.data is not None]\n'
                  '    assert len(pixels(a)) == len(pixels(b)) > 0\n'
                  '    assert all(numpy.array_equal(x, y) for x, y in zip(pixels(a), pixels(b)))\n'
                  '    assert all(not isinstance(h, fits.CompImageHDU) for h in b)\n')
        run('/usr/bin/python3', '-c', script, packed, self.plain(dp_id))

    def test_a_view_is_made_once_and_survives_a_remount(self):
        for suffix in ('.fits.Z', '.fits.gz', '.fits.fz'):
            dp_id = self.delivered(suffix)
            first = sha(read(self.plain(dp_id)))
            self.mount.unmount()
            self.mount = self.mounted()
            self.sim.reset()
            self.assertEqual(sha(read(self.plain(dp_id))), first)
            self.assertEqual(self.sim.requests(), [])

    def test_unpack_none_shows_the_file_as_it_comes(self):
        dp_id = self.delivered('.fits.Z')
        self.mount.unmount()
        self.mount = self.mounted('unpack=none')
        self.assertEqual(sha(read(self.plain(dp_id))), sha(self.sim.file(dp_id)))


class Giants(harness.MountTest):
    def test_bytes_deep_inside_a_giant(self):
        row = self.sim.query('SELECT TOP 1 dp_id, access_estsize FROM ivoa.ObsCore ORDER BY access_estsize DESC')[0]
        dp_id = row['dp_id']
        self.assertGreater(row['access_estsize'] * 1000, 360 * 10**9)
        with open(self.mount / f'datasets/{dp_id}/{dp_id}.fits', 'rb', buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            for offset in (300 * 2**30, 300 * 2**30 + 12345, size - 5000):
                truth = self.sim.part(dp_id, offset, 5000)
                self.assertEqual(os.pread(file.fileno(), 5000, offset), truth)


class Changes(harness.MountTest):
    def test_a_file_changed_while_open_is_estale_until_reopened(self):
        row = self.sim.query('SELECT TOP 1 dp_id FROM ivoa.ObsCore WHERE access_estsize BETWEEN 250 AND 20000')[0]
        dp_id = row['dp_id']
        path = self.mount / f'datasets/{dp_id}/{dp_id}.fits'
        with open(path, 'rb', buffering=0) as file:
            os.pread(file.fileno(), 2880, 0)
            self.sim.fault(path='/dataPortal/file', changed_content=True)
            size = os.fstat(file.fileno()).st_size
            self.assert_errno(errno.ESTALE, os.pread, file.fileno(), 2880, size // 2)
        changed = self.sim.file(dp_id)
        self.assertEqual(sha(read(path)), sha(changed))


if __name__ == '__main__':
    harness.main()
