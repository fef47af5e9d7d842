"""The cost of reading a header with the tools that astronomers use."""
import mmap
import os
import shutil
import tempfile
import threading
import unittest

import harness
from harness import run

DP_ID = 'ADP.2018-06-21T20:32:57.736'  # the 3 GB cube of the simulator
CHUNKS = 128 * 1024


class HeaderOfACube(harness.MountTest):
    def setUp(self):
        super().setUp()
        self.mount.save('cube', f"SELECT * FROM ivoa.ObsCore WHERE dp_id='{DP_ID}'")
        self.path = self.mount / f'queries/cube/{DP_ID}.fits'
        os.stat(self.path)

    def moved(self):
        return sum(request['body_bytes'] for request in self.sim.requests('/dataPortal/file'))

    def assert_cheap(self, *words):
        self.sim.reset()
        shown = run(*words).stdout
        self.assertIn('TELESCOP', shown)
        self.assertLessEqual(self.moved(), CHUNKS)
        asked = len(self.sim.requests())
        for _ in range(20):
            run(*words)
        self.assertEqual(len(self.sim.requests()), asked, 'only the first open asks')

    def test_head(self):
        self.assert_cheap('head', '-c', '14400', self.path)

    def test_dd(self):
        self.assert_cheap('dd', f'if={self.path}', 'bs=2880', 'count=5', 'status=none')

    def test_astropy(self):
        script = 'import sys; from astropy.io import fits; print(repr(fits.getheader(sys.argv[1])))'
        self.assert_cheap('/usr/bin/python3', '-c', script, self.path)

    def test_cfitsio(self):
        self.assert_cheap(harness.programs['listhead'], self.path + '[0]')

    def shell(self, script):
        """Runs a command in its own working directory, which IRAF and GDL need."""
        work = tempfile.mkdtemp(dir=self.home.path)
        return ['env', '-C', work, 'USER=astronomer', f'HOME={work}', 'LC_ALL=C',
                'GDL_PATH=+/usr/share/gnudatalanguage/astrolib:+/usr/share/gnudatalanguage/lib',
                'timeout', '-k', '5', str(harness.PATIENCE), 'sh', '-c', script]

    @unittest.skipIf(shutil.which('irafcl') is None, 'no IRAF')
    def test_iraf(self):
        self.assert_cheap(*self.shell(f'printf "imheader {self.path}[0] l+\\nlogout\\n" >t.cl; irafcl -f t.cl'))

    @unittest.skipIf(shutil.which('gdl') is None, 'no GDL')
    def test_idl(self):
        self.assert_cheap(*self.shell(f'printf "print, headfits(\'{self.path}\')\\nexit\\n" >t.pro; gdl -quiet t.pro'))

    def test_all_headers_cost_a_chunk_for_each_extension(self):
        self.sim.reset()
        shown = run(harness.programs['listhead'], self.path).stdout
        extensions = shown.count('XTENSION')
        self.assertGreater(extensions, 0)
        self.assertLessEqual(self.moved(), CHUNKS + extensions * CHUNKS // 2)

    def test_python_reads_header_and_tail(self):
        script = ('import sys; f = open(sys.argv[1], "rb"); h = f.read(14400); f.seek(-2880, 2); f.read();'
                  'print(h.decode("ascii", "replace"))')
        self.assert_cheap('/usr/bin/python3', '-c', script, self.path)

    def test_an_uncompressed_raw_is_read_by_a_plain_fits_reader(self):
        dp_id = self.sim.delivered_as('.fits.Z')[0]
        script = 'import sys; from astropy.io import fits; print(fits.open(sys.argv[1])[0].data.sum())'
        run('/usr/bin/python3', '-c', script, self.mount / f'datasets/{dp_id}/{dp_id}.fits')


class BehindTheHeader(harness.MountTest):
    """The daemon declines the kernel's read-ahead behind a header; programs still get every byte that they read there."""
    START = 64 * 1024

    def setUp(self):
        super().setUp()
        folder = self.mount.save('q', 'SELECT TOP 9 * FROM ivoa.ObsCore WHERE access_estsize BETWEEN 250 AND 20000')
        names = sorted(name for name in os.listdir(folder) if name.endswith('.fits'))
        self.assertEqual(len(names), 9)
        self.files = [(os.path.join(folder, name), self.sim.file(name.removesuffix('.fits'))) for name in names]

    def assert_read(self, read):
        """Checks read(descriptor, offset, size) as the first read of a file."""
        for (path, truth), size in zip(self.files, (1, 4096, 4097, 8191, 16384, 32768, 65536, 65537, 131072)):
            file = os.open(path, os.O_RDONLY)
            self.assertEqual(bytes(read(file, self.START, size)), truth[self.START:self.START + size])
            os.close(file)

    def test_pread(self):
        self.assert_read(lambda file, offset, size: os.pread(file, size, offset))

    def test_read_after_the_header(self):
        def read(file, offset, size):
            self.assertEqual(len(os.read(file, offset)), offset)
            return os.read(file, size)
        self.assert_read(read)

    def test_small_reads_from_the_beginning_on(self):
        def read(file, offset, size):
            got = b''
            while len(got) < offset + size:
                got += os.read(file, min(8191, offset + size - len(got)))
            return got[offset:]
        self.assert_read(read)

    def test_mmap(self):
        def read(file, offset, size):
            with mmap.mmap(file, 0, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ) as mapped:
                return mapped[offset:offset + size]
        self.assert_read(read)

    def test_mmap_with_all_pages_at_once(self):
        def read(file, offset, size):
            with mmap.mmap(file, 0, flags=mmap.MAP_SHARED | mmap.MAP_POPULATE, prot=mmap.PROT_READ) as mapped:
                return mapped[offset:offset + size]
        self.assert_read(read)

    def test_sendfile(self):
        def read(file, offset, size):
            with tempfile.TemporaryFile() as copy:
                done = 0
                while done < size:
                    done += os.sendfile(copy.fileno(), file, offset + done, size - done)
                copy.seek(0)
                return copy.read()
        self.assert_read(read)

    def test_read_after_fadvise(self):
        def read(file, offset, size):
            os.posix_fadvise(file, offset, size, os.POSIX_FADV_WILLNEED)
            return os.pread(file, size, offset)
        self.assert_read(read)

    def test_direct_io(self):
        for path, truth in self.files:
            file = os.open(path, os.O_RDONLY | os.O_DIRECT)
            with mmap.mmap(-1, 65536) as buffer:  # aligned
                self.assertEqual(os.preadv(file, [buffer], self.START), 65536)
                self.assertEqual(buffer[:], truth[self.START:self.START + 65536])
            os.close(file)

    def test_many_at_once(self):
        for path, truth in self.files:
            file = os.open(path, os.O_RDONLY)
            wrong = []

            def read(offset):
                if os.pread(file, 16384, offset) != truth[offset:offset + 16384]:
                    wrong.append(offset)
            threads = [threading.Thread(target=read, args=(self.START + at,)) for at in range(0, 65536, 4096)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(wrong, [])
            os.close(file)

    def tearDown(self):
        self.assertEqual(self.mount.errors(), '')
        super().tearDown()


if __name__ == '__main__':
    harness.main()
