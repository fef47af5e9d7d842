"""What reading a header costs (DESIGN section 11), by the tools that astronomers use."""
import os

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


if __name__ == '__main__':
    harness.main()
