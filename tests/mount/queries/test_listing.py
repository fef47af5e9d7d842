"""Saved queries as directories: what they cost, and what they show if they fail."""
import errno
import os
import subprocess

import harness
from harness import run


class ListingCosts(harness.MountTest):
    simulator_arguments = ('--rows', '20000')

    def test_ls_of_10000_rows_is_one_request_and_find_none(self):
        folder = self.mount.save('big', 'SELECT TOP 10000 * FROM ivoa.ObsCore')
        names = run('ls', folder).stdout.split()
        fits = [name for name in names if name.endswith('.fits')]
        self.assertEqual(len(fits), 10000)
        self.assertEqual(len(self.sim.requests('/tap_obs')), 1)
        self.assertEqual(len(self.sim.requests()), 1)
        lines = run('ls', '-l', folder).stdout.splitlines()
        self.assertEqual(len([line for line in lines if line.endswith('.fits')]), 10000)
        found = run('find', folder, '-maxdepth', '1', '-name', '*.fits', '-size', '+0').stdout.splitlines()
        self.assertEqual(len(found), 10000)
        self.assertEqual(len(self.sim.requests()), 1)

    def test_a_second_mount_of_the_same_cache_asks_nothing(self):
        folder = self.mount.save('big', 'SELECT TOP 10000 * FROM ivoa.ObsCore')
        first = sorted(os.listdir(folder))
        self.mount.unmount()
        self.sim.reset()
        again = self.mounted()
        folder = again / 'queries/big'
        self.assertEqual(sorted(os.listdir(folder)), first)
        run('ls', '-l', folder)
        self.assertEqual(self.sim.requests(), [])

    def test_inode_numbers_and_times_are_the_same_after_a_remount(self):
        folder = self.mount.save('q', "SELECT TOP 50 * FROM ivoa.ObsCore")
        def seen(path):
            return {e.name: (e.inode(), e.stat().st_mtime, e.stat().st_mode)
                    for e in os.scandir(path) if e.name.endswith('.fits')}
        before = seen(folder)
        self.assertEqual(len({inode for inode, _, _ in before.values()}), 50)
        self.mount.unmount()
        self.assertEqual(seen(self.mounted() / 'queries/q'), before)

    def test_a_listing_can_be_rewound_and_read_from_the_middle(self):
        folder = self.mount.save('big', 'SELECT TOP 3000 * FROM ivoa.ObsCore')
        with os.scandir(folder) as entries:
            first = [entry.name for entry in entries]
        self.assertEqual(sorted(first), sorted(os.listdir(folder)))
        self.assertEqual(len(first), len(set(first)))

    def test_find_over_the_mount_asks_only_for_its_listings(self):
        self.mount.save('q', 'SELECT TOP 20 * FROM ivoa.ObsCore')
        run('find', self.mount.path, '-path', self.mount / 'browse', '-prune', '-o', '-print')
        asked = self.sim.requests()
        # One request for the query and two for the lists of jobs in jobs/.
        self.assertEqual([r['target'].partition('?')[0] for r in asked if 'TAP_SCHEMA' not in r['body']],
                         ['/tap_obs/sync', '/tap_obs/async', '/tap_cat/async'])
        # Two requests for each service: its tables, and their columns of positions and times.
        self.assertEqual(sorted(r['target'] for r in asked if 'TAP_SCHEMA' in r['body']),
                         ['/tap_cat/sync'] * 2 + ['/tap_obs/sync'] * 2)
        self.sim.reset()
        run('find', self.mount / 'browse')
        collections = os.listdir(self.mount / 'browse/collection')
        # The names of instruments, the names of collections, and each collection.
        self.assertEqual([r['target'] for r in self.sim.requests()], ['/tap_obs/sync'] * (2 + len(collections)))


class Defaults(harness.MountTest):
    mount_options = ('maxrec=5',)

    def test_maxrec_limits_a_query_without_its_own(self):
        folder = self.mount.save('q', 'SELECT TOP 20 * FROM ivoa.ObsCore')
        self.assertEqual(len([n for n in os.listdir(folder) if n.endswith('.fits')]), 5)
        self.assertIn('truncated', harness.read(os.path.join(folder, 'status.txt')).decode())
        own = self.mount.save('own', '-- maxrec: 7\nSELECT TOP 20 * FROM ivoa.ObsCore')
        self.assertEqual(len([n for n in os.listdir(own) if n.endswith('.fits')]), 7)


class QueriesThatFail(harness.MountTest):
    def status(self, name):
        return harness.read(self.mount / f'queries/{name}/status.txt').decode()

    def test_a_refused_query_is_einval_with_the_servers_sentence(self):
        folder = self.mount.save('bad', 'SELECT nonsense FROM ivoa.ObsCore')
        self.assert_errno(errno.EINVAL, os.listdir, folder)
        self.assertIn('nonsense', self.status('bad'))
        self.assertIn('EINVAL', self.mount.errors())
        self.assert_errno(errno.EINVAL, os.listdir, folder)
        asked = [request['body'] for request in self.sim.requests('/tap_obs')]
        self.assertEqual(sum('nonsense' in body for body in asked), 1, 'the refusal is remembered')
        self.assertLessEqual(len(asked), 2, 'beside it the columns of the table, to name the nearest')

    def test_a_corrected_query_lists(self):
        folder = self.mount.save('bad', 'SELECT nonsense FROM ivoa.ObsCore')
        self.assert_errno(errno.EINVAL, os.listdir, folder)
        self.mount.save('bad', 'SELECT TOP 3 * FROM ivoa.ObsCore')
        self.assertEqual(len([n for n in os.listdir(folder) if n.endswith('.fits')]), 3)

    def test_a_query_saved_half_written_says_so(self):
        folder = self.mount.save('half', 'SELECT TOP 3 * FROM')
        self.assert_errno(errno.EINVAL, os.listdir, folder)
        self.assertIn('error', self.status('half').lower())

    def test_a_bad_directive_is_named(self):
        folder = self.mount.save('directive', '-- maxrec: lots\nSELECT TOP 3 * FROM ivoa.ObsCore')
        self.assert_errno(errno.EINVAL, os.listdir, folder)
        self.assertIn('lots', self.status('directive'))
        self.assertIn('hint: correct query.adql', self.status('directive'))
        self.assertEqual(self.sim.requests(), [])

    def test_a_mistyped_directive_is_refused_with_its_right_form(self):
        query = 'SELECT TOP 3 * FROM ivoa.ObsCore'
        for text in (f'-- maxrec 5\n{query}', f'--maxrec=5\n{query}', f'-- limit: 5\n{query}', f'{query}\n-- maxrec: 5'):
            folder = self.mount.save('near', text)
            self.assert_errno(errno.EINVAL, os.listdir, folder)
            self.assertIn("write '-- maxrec: 5'", self.status('near'))
            self.assertIn("write '-- maxrec: 5'", self.mount.errors().splitlines()[-1])
        self.assertEqual(self.sim.requests(), [])

    def test_a_text_in_double_quotes_is_explained(self):
        folder = self.mount.save('quotes', 'SELECT TOP 3 * FROM ivoa.ObsCore WHERE target_name="NGC253"')
        self.assert_errno(errno.EINVAL, os.listdir, folder)
        said = "text goes in single quotes: write 'NGC253'"
        self.assertIn(said, self.status('quotes'))
        self.assertIn(said, self.mount.errors())

    def test_an_unknown_service_is_reported_with_the_known_ones(self):
        for name, told in (('cta', "'cta' (did you mean 'cat'?)"), ('xmm', "'xmm'; there is obs, cat")):
            folder = self.mount.save('service', f'-- service: {name}\nSELECT TOP 3 * FROM ivoa.ObsCore')
            self.assert_errno(errno.EINVAL, os.listdir, folder)
            self.assertIn(told, self.status('service'))

    def test_a_truncated_listing_says_so(self):
        folder = self.mount.save('cut', '-- maxrec: 5\nSELECT * FROM ivoa.ObsCore')
        self.assertEqual(len([n for n in os.listdir(folder) if n.endswith('.fits')]), 5)
        self.assertIn('truncated', self.status('cut'))

    def test_a_complete_listing_says_so(self):
        folder = self.mount.save('all', '-- maxrec: 5\nSELECT TOP 5 * FROM ivoa.ObsCore')
        os.listdir(folder)
        self.assertIn('complete', self.status('all'))
        self.assertNotIn('truncated', self.status('all'))

    def test_an_answer_without_datasets_is_a_table_and_says_so(self):
        folder = self.mount.save('count', 'SELECT COUNT(*) AS n FROM ivoa.ObsCore')
        self.assertEqual(sorted(os.listdir(folder)), ['query.adql', 'status.txt', 'table'])
        self.assertIn('names none', self.status('count'))
        self.assertIn(b'VOTABLE', harness.read(os.path.join(folder, 'table/result.vot')))

    def test_an_answer_without_rows_is_not_an_empty_directory(self):
        folder = self.mount.save('none', "SELECT * FROM ivoa.ObsCore WHERE target_name='no such target'")
        self.assertIn('status.txt', os.listdir(folder))
        self.assertIn('0', self.status('none'))

    def test_a_server_that_fails_is_an_error_and_the_next_try_lists(self):
        self.sim.fault(path='/tap_obs', fail_next=-1, status=500)
        folder = self.mount.save('q', 'SELECT TOP 3 * FROM ivoa.ObsCore')
        self.assert_errno(errno.EIO, os.listdir, folder)
        self.assertIn('500', self.status('q'))
        self.assertIn('hint: list this directory again after some seconds', self.status('q'))
        self.sim.clear()
        os.utime(os.path.join(folder, 'query.adql'))  # touch: ask again
        self.assertEqual(len([n for n in os.listdir(folder) if n.endswith('.fits')]), 3)

    def test_a_failed_refresh_keeps_the_old_listing_and_says_so(self):
        folder = self.mount.save('q', 'SELECT TOP 3 * FROM ivoa.ObsCore')
        before = sorted(os.listdir(folder))
        self.sim.fault(path='/tap_obs', fail_next=-1, status=500)
        run('touch', os.path.join(folder, 'query.adql'))
        self.assertEqual(sorted(os.listdir(folder)), before)
        harness.until(lambda: '500' in self.status('q'), 'the failure in status.txt')
        self.assertEqual(sorted(os.listdir(folder)), before)


class SlowQueries(harness.MountTest):
    mount_options = ('query_wait=1s', 'attempts=1')

    def test_a_slow_listing_is_eagain_and_its_job_outlives_a_remount(self):
        self.sim.tap(job_delay_ms=3600000)
        self.addCleanup(self.sim.tap, job_delay_ms=0)
        folder = self.mount.save('slow', '-- mode: async\nSELECT TOP 3 * FROM ivoa.ObsCore')
        self.assert_errno(errno.EAGAIN, os.listdir, folder)
        status = harness.read(os.path.join(folder, 'status.txt')).decode()
        self.assertIn('/tap_obs/async/', status)
        started = [r for r in self.sim.requests('/tap_obs/async') if r['method'] == 'POST' and 'phase' in r['target']]
        self.assertEqual(len(started), 1)
        self.mount.unmount()
        again = self.mounted()
        self.sim.tap(job_delay_ms=0)
        folder = again / 'queries/slow'

        def listed():
            try:
                return len([n for n in os.listdir(folder) if n.endswith('.fits')]) == 3
            except OSError as error:
                self.assertEqual(error.errno, errno.EAGAIN)
                return False
        harness.until(listed, 'the listing')
        created = [r for r in self.sim.requests() if r['method'] == 'POST' and r['target'].endswith('/tap_obs/async')]
        self.assertEqual(len(created), 1, 'the job was picked up, not started again')

    def test_a_query_that_times_out_in_sync_continues_as_a_job(self):
        self.sim.tap(sync_limit_ms=1, sync_delay_ms=1)
        self.addCleanup(self.sim.tap, sync_limit_ms=0, sync_delay_ms=0)
        folder = self.mount.save('q', 'SELECT TOP 3 * FROM ivoa.ObsCore')

        def listed():
            try:
                return len([n for n in os.listdir(folder) if n.endswith('.fits')]) == 3
            except OSError as error:
                self.assertEqual(error.errno, errno.EAGAIN)
                return False
        harness.until(listed, 'the listing')
        self.assertTrue(self.sim.requests('/tap_obs/async'))

    def test_ctrl_c_ends_a_waiting_ls(self):
        self.sim.tap(job_delay_ms=3600000)
        self.addCleanup(self.sim.tap, job_delay_ms=0)
        self.mount.unmount()
        mount = self.mounted('query_wait=1h')
        folder = mount.save('slow', '-- mode: async\nSELECT TOP 3 * FROM ivoa.ObsCore')
        with subprocess.Popen(['ls', folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as ls:
            harness.until(lambda: self.sim.requests('/tap_obs/async'), 'the query')
            ls.send_signal(2)
            self.assertEqual(ls.wait(harness.PATIENCE), -2)


if __name__ == '__main__':
    harness.main()
