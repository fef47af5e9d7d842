"""A mount in a control group that allows little memory, as of a container or a batch job. Needs root."""
import json
import os

import harness
from harness import read, run, sha

LIMIT = 64 << 20
GIANT = 'ADP.2019-03-11T08:15:30.120'
GROUPS = '/sys/fs/cgroup'


class Group:
    """A control group with a limit of memory; version 1 or 2, whichever has the controller."""

    def __init__(self, limit):
        old = os.path.isdir(f'{GROUPS}/memory')
        self.path = f"{GROUPS}/{'memory/' if old else ''}esofs-test-{os.getpid()}"
        self.events = os.path.join(self.path, 'memory.oom_control' if old else 'memory.events')
        os.mkdir(self.path)
        try:
            with open(os.path.join(self.path, 'memory.limit_in_bytes' if old else 'memory.max'), 'w', encoding='ascii') as file:
                file.write(str(limit))
        except OSError:
            os.rmdir(self.path)
            raise

    def killed(self):
        """How many processes it has lost because there was no memory."""
        lines = dict(line.split() for line in read(self.events).decode().splitlines())
        return int(lines['oom_kill'])

    def close(self):
        harness.until(lambda: read(os.path.join(self.path, 'cgroup.procs')) == b'', 'the end of the group')
        os.rmdir(self.path)


class LittleMemory(harness.MountTest):
    simulator_arguments = ('--rows', '30000')

    def setUp(self):
        try:
            self.group = Group(LIMIT)
        except OSError as problem:
            self.skipTest(f'no control groups here: {problem}')
        self.addCleanup(self.group.close)
        super().setUp()

    def mounted(self, *options, archive=None):
        """As usual, but in the group."""
        esofs = harness.programs['esofs']
        inside = os.path.join(self.home.path, 'esofs')
        with open(inside, 'w', encoding='utf-8') as file:
            file.write(f'#!/bin/sh\necho $$ >{self.group.path}/cgroup.procs && exec {esofs} "$@"\n')
        os.chmod(inside, 0o755)
        harness.programs['esofs'] = inside
        try:
            return super().mounted(*options, archive=archive)
        finally:
            harness.programs['esofs'] = esofs

    def tearDown(self):
        self.assertEqual(self.group.killed(), 0)
        self.assertFalse(harness.ended(self.mount.pid))
        super().tearDown()

    def test_file_content_takes_an_eighth_of_the_limit(self):
        self.assertEqual(json.loads(read(self.mount / '.esofs/config.json'))['memory'], '8M')

    def test_a_large_file_is_read(self):
        with open(self.mount / f'datasets/{GIANT}/{GIANT}.fits', 'rb', buffering=0) as file:
            for _ in range(400):
                self.assertEqual(len(file.read(1 << 20)), 1 << 20)
            self.assertEqual(sha(os.pread(file.fileno(), 100000, 300 << 20)), sha(self.sim.part(GIANT, 300 << 20, 100000)))

    def test_a_long_query_is_listed_and_walked_through(self):
        folder = self.mount.save('q', "-- maxrec: 30000\nSELECT * FROM ivoa.ObsCore WHERE dp_id LIKE 'ADP.2023%'")
        names = sorted(name for name in os.listdir(folder) if name.endswith('.fits'))
        self.assertEqual(len(names), 30000)
        run('head', '-q', '-c', '2880', *(os.path.join(folder, name) for name in names[:200]), text=False)
        self.assertEqual(len(read(os.path.join(folder, 'table/result.csv')).splitlines()), 30001)

    def test_many_programs_read_at_once(self):
        script = ('import os, sys, threading\n'
                  'f = os.open(sys.argv[1], os.O_RDONLY)\n'
                  'ts = [threading.Thread(target=os.pread, args=(f, 1 << 20, (i + 1) * 9000000)) for i in range(100)]\n'
                  '[t.start() for t in ts]\n'
                  '[t.join() for t in ts]\n')
        run('/usr/bin/python3', '-c', script, self.mount / f'datasets/{GIANT}/{GIANT}.fits')


if __name__ == '__main__':
    harness.main()
