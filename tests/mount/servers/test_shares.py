"""Several programs at once: what hangs or is slow takes nothing from the others. By counts of requests, not by times."""
import os
import subprocess
import threading

import archive_server
import harness
from archive_server import fits, obscore

HUNG = 120     # files of a host that does not answer: more than it may hold
OTHERS = 20
TRANSFERS = 4
SHARE = 16 * TRANSFERS * 3 // 4  # requests that one host may hold (mountopts/THREADS.md)


class Shares(archive_server.ArchiveTest):
    def setUp(self):
        super().setUp()
        self.answers = threading.Event()
        self.addCleanup(self.answers.set)
        self.programs = []
        self.addCleanup(self.end_programs)

    def end_programs(self):
        for program in self.programs:
            program.kill()
            program.wait()

    def start(self, *words):
        self.programs.append(subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    def hold(self, request):
        """Hangs until the end of the test."""
        self.answers.wait(harness.PATIENCE)
        request.close_connection = True

    def test_a_hung_host_stops_only_its_own_files(self):
        hung = self.serve([('/h/.*', lambda request: self.hold(request))])
        rows = [(f'ivo://a/hung{i:03}', f'{hung.url}/h/{i}', 'application/fits') for i in range(HUNG)]
        rows += [(f'ivo://a/other{i:03}', f'/f/{i}', 'application/fits') for i in range(OTHERS)]
        data = fits('other', 300_000)
        server, mount, folder = self.mounted_tables(obscore(rows), [('/f/.*', lambda request: request.file(data))],
                                                    f'transfers={TRANSFERS}', 'first_byte_timeout=1h', 'stall_timeout=1h')
        names = sorted(self.files(folder))
        self.assertEqual(len(names), HUNG + OTHERS)
        for name in names[:HUNG]:
            self.start('cat', os.path.join(folder, name))
        harness.until(lambda: len(hung.log) >= SHARE and mount.status()['transfers']['queued'] > 0,
                      'a host that holds all it can')
        for name in names[HUNG:]:
            self.assert_bytes(os.path.join(folder, name), data)
        self.assertGreaterEqual(len(server.requests('/f/')), OTHERS)
        self.assertEqual([program for program in self.programs if program.poll() is not None], [])
        self.assertLess(len(hung.log), HUNG)


if __name__ == '__main__':
    harness.main()
