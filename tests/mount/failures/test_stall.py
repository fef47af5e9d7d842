"""A server that hangs delays only its own readers (mountopts/THREADS.md)."""
import os
import signal
import subprocess

import harness
from harness import read, run

DP_ID = 'ADP.2018-06-21T20:32:57.736'


class OneServerHangs(harness.MountTest):
    mount_options = ('stall_timeout=1h', 'first_byte_timeout=1h')

    def setUp(self):
        super().setUp()
        self.mount.save('q', "SELECT TOP 20 * FROM ivoa.ObsCore WHERE access_estsize BETWEEN 50 AND 5000 "
                        "AND obs_release_date < '2026-01-01'")
        folder = self.mount / 'queries/q'
        self.others = [os.path.join(folder, n) for n in sorted(os.listdir(folder)) if n.endswith('.fits')]
        self.giant = self.mount / f'datasets/{DP_ID}/{DP_ID}.fits'
        self.warm = read(self.others[0])
        with open(self.giant, 'rb') as file:
            file.read(10)
        self.sim.fault(path=f'/dataPortal/file/{DP_ID}', stall_after=0)
        self.readers = []
        self.addCleanup(self.end_readers)

    def end_readers(self):
        self.sim.release()
        for reader in self.readers:
            reader.kill()
            reader.wait()

    def start_readers(self, count):
        script = ('import os, sys\n'
                  'f = os.open(sys.argv[1], os.O_RDONLY)\n'
                  'import threading\n'
                  'n = int(sys.argv[2])\n'
                  'ts = [threading.Thread(target=os.pread, args=(f, 4096, (i + 1) * 10000000)) for i in range(n)]\n'
                  '[t.start() for t in ts]\n'
                  'print("reading", flush=True)\n')
        reader = subprocess.Popen(['/usr/bin/python3', '-c', script, self.giant, str(count)], stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, text=True)
        self.readers.append(reader)
        self.assertEqual(reader.stdout.readline(), 'reading\n')
        reader.stdout.close()
        harness.until(lambda: len(self.sim.requests(DP_ID)) >= 10, 'the pending reads')
        return reader

    def test_others_are_answered_while_200_reads_are_pending(self):
        self.start_readers(200)
        for path in self.others[1:]:
            self.assertGreater(len(read(path)), 0)        # files never read before
        harness.drop_caches(self.others[0])
        self.assertEqual(read(self.others[0]), self.warm)  # a file from the cache
        run('ls', '-l', self.mount / 'queries/q')
        run('df', self.mount.path)
        run('stat', self.giant)
        self.mount.save('new', 'SELECT TOP 2 * FROM ivoa.ObsCore')
        self.assertEqual(len([n for n in os.listdir(self.mount / 'queries/new') if n.endswith('.fits')]), 2)

    def test_ctrl_c_ends_a_pending_reader(self):
        # Not dd: it has a handler for SIGINT, and the kernel ends a read only for a signal that is fatal.
        reader = subprocess.Popen(['tail', '-c', '+409600001', self.giant], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        self.readers.append(reader)
        harness.until(lambda: [r for r in self.sim.requests(DP_ID) if r['range'].startswith('bytes=4')], 'the read')
        reader.send_signal(signal.SIGINT)
        self.assertEqual(reader.wait(harness.PATIENCE), -signal.SIGINT)

    def test_ctrl_c_ends_a_pending_open(self):
        other = self.others[5]
        dp_id = os.path.basename(other)[:-len('.fits')]
        self.sim.fault(path=f'/dataPortal/file/{dp_id}', delay=3600000)
        self.sim.reset()
        reader = subprocess.Popen(['cat', other], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.readers.append(reader)
        harness.until(lambda: self.sim.requests(dp_id), 'the open')
        reader.send_signal(signal.SIGINT)
        self.assertEqual(reader.wait(harness.PATIENCE), -signal.SIGINT)

    def test_the_mount_can_be_unmounted(self):
        self.start_readers(200)
        self.mount.unmount()
        self.assertFalse(os.path.ismount(self.mount.path))
        harness.until(lambda: harness.ended(self.mount.pid), 'the end of the daemon')

    def test_a_slow_lookup_does_not_hold_a_second_one(self):
        self.sim.fault(path='/tap_obs', delay=3600000)
        self.sim.reset()
        self.mount.save('slow', 'SELECT TOP 7 * FROM ivoa.ObsCore')
        waiting = subprocess.Popen(['ls', self.mount / 'queries/slow'], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        self.readers.append(waiting)
        harness.until(lambda: self.sim.requests('/tap_obs'), 'the query')
        self.assertIn('running', read(self.mount / 'queries/slow/status.txt').decode())
        run('ls', self.mount / 'queries')
        self.assertIsNone(waiting.poll())


class OneServiceHangs(harness.MountTest):
    """More requests wait for one service than it has threads; the other services still answer."""
    simulator_arguments = ('--rows', '100')
    mount_options = ('stall_timeout=1h', 'first_byte_timeout=1h')
    ASKING = 80

    def setUp(self):
        super().setUp()
        self.ids = [f'ADP.2023-01-01T00:{i // 60:02}:{i % 60:02}.000' for i in range(self.ASKING)]
        self.asking = []
        self.addCleanup(self.end_asking)

    def end_asking(self):
        for process in self.asking:
            process.kill()
            process.wait()

    def hang(self, service, words):
        """words(i): the command line of a program that asks the service."""
        self.sim.fault(path=service, delay=3600000)
        for i in range(self.ASKING):
            self.asking.append(subprocess.Popen(words(i), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        lanes = ('queries', 'transfers')
        harness.until(lambda: any(self.mount.status()[lane]['waiting'] >= 16 for lane in lanes), 'the waiting jobs')

    def assert_others_answer(self, but=''):
        good = 'ADP.2014-09-16T11:04:45.123'
        asked = {
            'query': lambda: os.listdir(self.mount.save('new', 'SELECT TOP 2 * FROM ivoa.ObsCore')),
            'links': lambda: os.listdir(self.mount / f'datasets/{good}'),
            'file': lambda: read(self.mount / f'datasets/{good}/{good}.fits'),
            'object': lambda: os.listdir(self.mount / 'browse/object/NGC253/phase3'),
            'row': lambda: read(self.mount / f'datasets/{good}/metadata.json'),
            'catalogue': lambda: os.listdir(self.mount.save('newcat', 'SELECT TOP 2 * FROM safcat.SIMSURVEY_CAT_V2')),
            'tables': lambda: os.listdir(self.mount / 'tables/cat'),
            'jobs': lambda: [os.listdir(self.mount / 'jobs/cat')],
        }
        for name, ask in asked.items():
            if name not in but:
                with self.subTest(name):
                    self.assertGreater(len(ask()), 0)
        self.assertEqual([process for process in self.asking if process.poll() is not None], [])

    def test_a_datalink_service(self):
        self.hang('/datalink', lambda i: ['ls', self.mount / f'datasets/{self.ids[i]}'])
        self.assert_others_answer(but='links file')

    def test_a_resolver(self):
        self.hang('/cgi-bin', lambda i: ['ls', self.mount / f'browse/object/OBJECT{i}/phase3'])
        self.assert_others_answer(but='object')

    def test_a_query_service(self):
        for i in range(self.ASKING):
            self.mount.save(f'q{i}', f'SELECT TOP {i + 1} * FROM ivoa.ObsCore')
        self.hang('/tap_obs', lambda i: ['ls', self.mount / f'queries/q{i}'])
        self.assert_others_answer(but='query object row')

    def test_files(self):
        self.hang('/dataPortal/file/ADP.2023', lambda i: ['cat', self.mount / f'datasets/{self.ids[i]}/{self.ids[i]}.fits'])
        self.assert_others_answer()


if __name__ == '__main__':
    harness.main()
