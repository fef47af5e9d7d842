"""For which programs a mount works: .esofs/errors, .esofs/status.json, the log at debug and `esofs status --verbose`."""
import os
import re
import shutil
import subprocess
import unittest

import harness
from harness import drop_caches, read, run

MIB = 1 << 20


class CausesTest(harness.MountTest):
    mount_options = ('log_level=debug', 'attempts=3')

    def setUp(self):
        super().setUp()
        # Of some GB.
        rows = self.sim.query('SELECT TOP 4 dp_id FROM ivoa.ObsCore ORDER BY access_estsize DESC')
        self.ids = [row['dp_id'] for row in rows]
        self.sim.reset()

    def small(self):
        """The id of a file of some 100 kB."""
        return self.sim.query('SELECT TOP 1 dp_id FROM ivoa.ObsCore WHERE access_estsize BETWEEN 250 AND 2000')[0]['dp_id']

    def path(self, dp_id):
        return self.mount / f'datasets/{dp_id}/{dp_id}.fits'

    def read_as(self, program, path, size=6 * MIB):
        """Reads so much of a file by a program of this name; its number, and whether it could."""
        copy = os.path.join(self.home.path, program)
        shutil.copy('/bin/head', copy)
        with subprocess.Popen([copy, '-c', str(size), path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            got = len(process.stdout.read())
        return process.pid, process.returncode == 0 and got == size

    def log(self):
        return read(os.path.join(self.home.state, 'esofs.log')).decode()

    def programs(self):
        return {program['program']: program for program in self.mount.status()['programs']}

    def verbose(self):
        return run(harness.programs['esofs'], 'status', '--verbose', self.mount.path).stdout


class Programs(CausesTest):
    def test_of_two_programs_each_has_its_own_requests_and_failures(self):
        good, bad = self.ids[:2]
        self.sim.fault(path='/dataPortal/file/' + bad, fail_next=-1, status=500)
        reader, was_read = self.read_as('good-reader', self.path(good))
        self.assertTrue(was_read)
        unlucky, was_read = self.read_as('unlucky-reader', self.path(bad))
        self.assertFalse(was_read)

        lines = [line for line in self.mount.errors().splitlines() if bad in line]
        self.assertEqual(len(lines), 1, lines)
        self.assertRegex(lines[0], rf' /datasets/{bad}/{bad}.fits EIO .* \(open by unlucky-reader\[{unlucky}\]\)$')
        self.assertNotIn('good-reader', self.mount.errors())

        programs = self.programs()
        self.assertGreaterEqual(programs['good-reader']['bytes'], 6 * MIB)
        self.assertGreater(programs['unlucky-reader']['requests'], 0)
        self.assertLess(programs['unlucky-reader']['bytes'], MIB)
        self.assertEqual(self.mount.status()['programs'][0]['program'], 'good-reader')

        log = self.log()
        transfer = r'(?m) debug GET {}/dataPortal/file/{}: HTTP {} after \d+ ms: \d+ bytes, {} {}\[{}\]$'
        for cause in ('open by', 'read by', 'ahead for'):
            self.assertRegex(log, transfer.format(self.sim.url, good, '20[06]', cause, 'good-reader', reader))
        self.assertRegex(log, transfer.format(self.sim.url, bad, 500, 'open by', 'unlucky-reader', unlucky))
        self.assertRegex(log, rf'(?m) warning .*{bad}.* \(open by unlucky-reader\[{unlucky}\]\)$')

    def test_every_request_has_its_program(self):
        """Whatever is looked at: queries, DataLink, headers, calibrations, tables, objects."""
        folder = self.mount.save('q', 'SELECT TOP 5 * FROM ivoa.ObsCore')
        places = [folder, self.mount / f'datasets/{self.ids[0]}', self.mount / f'datasets/{self.ids[0]}/preview',
                  self.mount / 'browse/collection', self.mount / 'tables/tap', self.mount / 'tables']
        for place in places:
            run('ls', '-l', place, check=False)
        for file in ('header.txt', 'metadata.json', 'links.json', 'cutout/README.txt'):
            run('cat', self.mount / f'datasets/{self.ids[0]}/{file}', check=False)
        for form in ('csv', 'fits'):
            run('cat', os.path.join(folder, 'table/result.' + form), check=False, text=False)
        requests = re.findall(r'(?m) debug (?:GET|POST|HEAD) .* bytes, (.*)$', self.log())
        self.assertGreater(len(requests), 5)
        strange = [cause for cause in requests if not re.fullmatch(r'\w+ (by|for) (ls|cat|python3[.\d]*)\[\d+\]', cause)]
        self.assertEqual(strange, [])

    def test_what_was_read_from_the_cache_is_nobodys_request(self):
        path = self.path(self.small())
        size = len(read(path))
        drop_caches(path)
        self.assertTrue(self.read_as('second-reader', path, size)[1])
        self.assertNotIn('second-reader', self.programs())
        self.assertEqual(len(self.programs()), 1)

    def test_a_file_that_is_warmed_says_so(self):
        run(harness.programs['esofs'], 'warm', self.path(self.small()))
        self.assertIn('esofs-warm', self.programs())
        self.assertRegex(self.log(), r'(?m) debug GET .* bytes, warm\[\d+\]$')

    def test_decisions_are_counted_and_shown(self):
        self.sim.fault(path='/dataPortal/file/' + self.ids[0], fail_next=1, status=502)
        self.read_as('good-reader', self.path(self.ids[0]))
        status = self.mount.status()
        ahead = status['read_ahead']
        self.assertGreater(ahead['asked_bytes'], MIB)
        self.assertGreater(ahead['used_bytes'], MIB)
        self.assertLessEqual(ahead['used_bytes'] + ahead['dropped_bytes'], ahead['asked_bytes'])
        self.assertEqual(status['retries'].get('HTTP 502'), 1, status['retries'])
        self.assertEqual(status['evicted']['for_cache_size']['segments'], 0)
        shown = self.verbose()
        self.assertRegex(shown, r'(?m)^  programs  good-reader: [\d.]+ MiB in \d+ requests$')
        self.assertRegex(shown, r'(?m)^  ahead     [\d.]+ MiB asked for ahead of readers: [\d.]+ MiB read, .* dropped$')
        self.assertIn('\n  evicted   0 B (0 segments) to keep cache_size', shown)
        self.assertRegex(shown, r'(?m)^  retries   .*HTTP 502: 1')
        self.assertNotIn('programs', run(harness.programs['esofs'], 'status', self.mount.path).stdout)


class SmallCache(CausesTest):
    mount_options = (*CausesTest.mount_options, 'cache_size=64M')

    def test_what_is_evicted_is_counted(self):
        self.read_as('good-reader', self.path(self.ids[0]), 96 * MIB)
        evicted = self.mount.status()['evicted']['for_cache_size']
        self.assertGreater(evicted['segments'], 0)
        self.assertGreater(evicted['bytes'], MIB)
        self.assertNotIn('\n  evicted   0 B', self.verbose())


@unittest.skipIf(os.geteuid() != 0, 'only root can become another user')
class OtherUsers(CausesTest):
    mount_options = (*CausesTest.mount_options, 'allow_other')

    def as_nobody(self, *words):
        return run('setpriv', '--reuid', 'nobody', '--regid', 'nogroup', '--clear-groups', *words, check=False, cwd='/')

    def test_others_see_their_own_programs_and_failures_only(self):
        good, bad = self.ids[:2]
        self.sim.fault(path='/dataPortal/file/' + bad, fail_next=-1, status=500)
        self.read_as('roots-reader', self.path(good))
        self.read_as('roots-unlucky', self.path(bad))
        self.as_nobody('head', '-c', '80', self.path(self.ids[2]))
        errors = self.as_nobody('cat', self.mount / '.esofs/errors').stdout
        self.assertNotIn(bad, errors)
        self.assertNotIn('roots-', errors)
        status = self.as_nobody('cat', self.mount / '.esofs/status.json').stdout
        self.assertNotIn('roots-', status)
        self.assertIn('"program": "head"', status)
        self.assertIn('roots-unlucky[', self.mount.errors())
        self.assertTrue({'head', 'roots-reader'} <= self.programs().keys())


if __name__ == '__main__':
    harness.main()
