"""jobs/: asynchronous TAP jobs as directories (fs/SEMANTICS.md, "jobs/"; UWS 1.1)."""
import errno
import os
import shutil
import urllib.parse

import harness
from harness import read, run

QUERY = "SELECT TOP 3 dp_id, instrument_name FROM ivoa.ObsCore ORDER BY dp_id"
ENDED = ('COMPLETED', 'ERROR', 'ABORTED')


class Jobs(harness.MountTest):
    def setUp(self):
        super().setUp()
        self.folder = self.mount / 'jobs/obs'
        self.addCleanup(self.delete_all)

    def delete_all(self):
        """Deletes all jobs, because the simulator outlives the test."""
        self.sim.clear()
        self.sim.tap(job_delay_ms=0)
        for job in self.server_jobs():
            self.sim.get(f'/tap_obs/async/{job}', b'ACTION=DELETE')

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, text, *names):
        """Writes as a shell does: Python's own files repeat a failed write when they are closed."""
        file = os.open(self.path(*names), os.O_WRONLY | os.O_TRUNC | os.O_CREAT, 0o666)
        try:
            os.write(file, text.encode())
        except OSError:
            os.close(file)
            raise
        os.close(file)

    def text(self, *names):
        return read(self.path(*names)).decode().strip()

    def make(self, name, query=QUERY):
        os.mkdir(self.path(name))
        self.write(query + '\n', name, 'query.adql')

    def finish(self, name):
        harness.until(lambda: self.text(name, 'phase') in ENDED, f'the end of {name}')
        return self.text(name, 'phase')

    def done(self, name, query=QUERY):
        self.make(name, query)
        self.write('RUN\n', name, 'phase')
        return self.finish(name)

    def server_jobs(self):
        document = self.sim.get('/tap_obs/async').decode()
        return [part.split('"')[0] for part in document.split('<jobref id="')[1:]]

    def server_says(self, job, what):
        return self.sim.get(f'/tap_obs/async/{job}/{what}').decode().strip()

    def posted(self):
        return [r for r in self.sim.requests('/tap_obs/async') if r['method'] == 'POST']

    def test_a_job_is_made_run_and_read(self):
        self.make('mine')
        self.assertEqual(self.text('mine', 'phase'), 'PENDING')
        self.assertEqual(self.server_jobs(), [], 'nothing is sent before RUN')
        self.assertEqual(sorted(os.listdir(self.path('mine'))),
                         ['destruction', 'executionduration', 'phase', 'query.adql'])
        self.write('RUN\n', 'mine', 'phase')
        self.assertEqual(self.finish('mine'), 'COMPLETED')
        [job] = self.server_jobs()
        self.assertEqual(self.server_says(job, 'phase'), 'COMPLETED')
        self.assertEqual(os.listdir(self.path('mine', 'results')), ['result.vot'])
        self.assertIn('results', os.listdir(self.path('mine')))
        result = read(self.path('mine', 'results', 'result.vot'))
        self.assertEqual(result, self.sim.get(f'/tap_obs/async/{job}/results/result'))
        self.assertEqual(os.path.getsize(self.path('mine', 'results', 'result.vot')), len(result))
        self.assertIn(f'<jobId>{job}</jobId>', self.text('mine', 'job.xml'))
        self.assertEqual(os.getxattr(self.path('mine'), 'user.esofs.url').decode(), f'{self.sim.url}/tap_obs/async/{job}')

    def test_the_result_is_what_sync_answers(self):
        self.done('mine')
        form = urllib.parse.urlencode({'REQUEST': 'doQuery', 'LANG': 'ADQL', 'QUERY': QUERY}).encode()
        rows = lambda document: document.split(b'<TABLEDATA>')[1].split(b'</TABLEDATA>')[0]
        result = read(self.path('mine', 'results', 'result.vot'))
        self.assertEqual(rows(result), rows(self.sim.get('/tap_obs/sync', form)))
        self.assertEqual(result.count(b'<TR>'), 3)

    def test_shell_commands_can_run_a_job(self):
        source = os.path.join(self.home.path, 'my.adql')
        with open(source, 'w', encoding='utf-8') as file:
            file.write(QUERY)
        run('bash', '-ec', f'mkdir mine; cp {source} mine/query.adql; sed -i s/3/2/ mine/query.adql; echo RUN > mine/phase',
            cwd=self.folder)
        self.assertEqual(self.finish('mine'), 'COMPLETED')
        self.assertEqual(read(self.path('mine', 'results', 'result.vot')).count(b'<TR>'), 2)

    def test_the_query_of_a_created_job_is_read_only(self):
        self.done('mine')
        self.assertEqual(self.text('mine', 'query.adql'), QUERY)
        self.assert_errno(errno.EROFS, self.write, 'SELECT 1', 'mine', 'query.adql')
        self.assert_errno(errno.EROFS, self.write, 'x', 'mine', 'other.txt')
        self.assertEqual(self.text('mine', 'query.adql'), QUERY)

    def test_maxrec_is_sent_as_written(self):
        self.assertEqual(self.done('mine', '-- maxrec: 2\n' + QUERY), 'COMPLETED')
        self.assertIn('<parameter id="MAXREC">2</parameter>', self.text('mine', 'job.xml'))
        self.assertEqual(read(self.path('mine', 'results', 'result.vot')).count(b'<TR>'), 2)

    def test_a_job_is_watched_and_aborted(self):
        self.sim.tap(job_delay_ms=600_000)
        self.make('long')
        self.write('RUN\n', 'long', 'phase')
        harness.until(lambda: self.text('long', 'phase') == 'EXECUTING', 'EXECUTING')
        self.assertEqual(os.listdir(self.path('long', 'results')), [])
        run('sh', '-c', 'echo abort > long/phase', cwd=self.folder)
        self.assertEqual(self.text('long', 'phase'), 'ABORTED')
        [job] = self.server_jobs()
        self.assertEqual(self.server_says(job, 'phase'), 'ABORTED')

    def test_a_job_is_asked_about_at_most_once_a_second(self):
        self.done('mine')
        self.text('mine', 'phase')
        self.sim.reset()
        for _ in range(200):
            self.text('mine', 'phase')
            self.text('mine', 'executionduration')
        self.assertLess(len(self.sim.requests('/tap_obs/async/')), 100)

    def test_duration_and_destruction_can_be_set(self):
        self.make('mine')
        self.write('300\n', 'mine', 'executionduration')
        self.assertEqual(self.text('mine', 'executionduration'), '300')
        self.sim.tap(job_delay_ms=600_000)
        self.write('RUN\n', 'mine', 'phase')
        [job] = self.server_jobs()
        self.assertEqual(self.server_says(job, 'executionduration'), '300')
        self.assertEqual(self.text('mine', 'executionduration'), '300')
        day = self.server_says(job, 'destruction')[:10]
        later = f'{day[:8]}28T12:00:00Z' if day[8:] < '28' else f'{int(day[:4]) + 1}-01-28T12:00:00Z'
        self.write(later + '\n', 'mine', 'destruction')
        granted = self.server_says(job, 'destruction')
        self.assertNotEqual(granted[:10], day)
        self.assertEqual(self.text('mine', 'destruction'), granted)
        # ESO's service accepts a duration only before the start; the writer gets the refusal as an errno.
        with self.assertRaises(OSError) as refused:
            self.write('400\n', 'mine', 'executionduration')
        self.assertIn(refused.exception.errno, (errno.EINVAL, errno.EACCES))
        self.assertIn('Impossible to change', self.mount.errors())

    def test_bad_writes_are_einval(self):
        self.make('mine')
        self.assert_errno(errno.EINVAL, self.write, 'GO\n', 'mine', 'phase')
        self.assert_errno(errno.EINVAL, self.write, 'GO', 'mine', 'phase')  # close(2) reports it
        self.assert_errno(errno.EINVAL, self.write, 'soon\n', 'mine', 'executionduration')
        self.assert_errno(errno.EINVAL, self.write, '-1\n', 'mine', 'executionduration')
        self.assert_errno(errno.EINVAL, self.write, '2026-13-01\n', 'mine', 'destruction')
        self.assert_errno(errno.EINVAL, self.write, 'ABORT\n', 'mine', 'phase')
        self.assert_errno(errno.EINVAL, self.write, 'RUN' + ' ' * 5000 + '\n', 'mine', 'phase')
        self.assertEqual(self.server_jobs(), [])
        self.assertIn("'GO' cannot be written to phase", self.mount.errors())
        done = run('bash', '-c', 'echo GO > mine/phase', cwd=self.folder, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn('Invalid argument', done.stderr)

    def test_a_forbidden_transition_shows_the_servers_sentence(self):
        self.done('mine')
        self.assert_errno(errno.EINVAL, self.write, 'RUN\n', 'mine', 'phase')
        self.assertIn('Incorrect phase transition', self.mount.errors())
        self.assertEqual(len(self.server_jobs()), 1)

    def test_a_job_without_a_query_does_not_run(self):
        os.mkdir(self.path('empty'))
        self.assert_errno(errno.EINVAL, self.write, 'RUN\n', 'empty', 'phase')
        self.write("SELECT 'open", 'empty', 'query.adql')
        self.assert_errno(errno.EINVAL, self.write, 'RUN\n', 'empty', 'phase')
        self.write('-- service: cat\nSELECT 1', 'empty', 'query.adql')
        self.assert_errno(errno.EINVAL, self.write, 'RUN\n', 'empty', 'phase')
        self.assertEqual(self.server_jobs(), [])

    def test_bad_names_are_refused_and_probes_ask_nothing(self):
        for bad in ('-x', 'a b', 'a[1]', '0123', 'a4d836ae-b42e-4c68-88ba-152c4d53047b'):
            self.assert_errno(errno.EINVAL, os.mkdir, self.path(bad))
        self.assert_errno(errno.ENAMETOOLONG, os.mkdir, self.path('x' * 120))
        os.mkdir(self.path('good.name-1'))
        self.assert_errno(errno.EEXIST, os.mkdir, self.path('good.name-1'))
        self.assert_errno(errno.EROFS, self.write, 'x', 'file')
        self.assert_errno(errno.EROFS, os.mkdir, self.mount / 'jobs/mine')
        self.sim.reset()
        for probe in ('login.cl', 'NAXIS1', 'X.fits', 'uparm.par', '.git', '@x', 'README.txt'):
            self.assert_errno(errno.ENOENT, os.stat, self.path(probe))
        self.assertEqual(self.sim.requests(), [])

    def test_a_failed_job_says_why(self):
        self.assertEqual(self.done('bad', 'SELECT no_such_column FROM ivoa.ObsCore'), 'ERROR')
        self.assertIn('error.txt', os.listdir(self.path('bad')))
        self.assertIn('no_such_column', self.text('bad', 'error.txt'))
        self.assertEqual(os.listdir(self.path('bad', 'results')), [])
        why = run(harness.programs['esofs'], 'why', self.path('bad')).stdout
        self.assertIn('it can be read, but see why\n  why         the job has ended in phase ERROR: ', why)
        self.assertIn('no_such_column', why)
        self.done('good')
        self.assertNotIn('error.txt', os.listdir(self.path('good')))
        self.assert_errno(errno.ENODATA, read, self.path('good', 'error.txt'))

    def test_a_job_made_beside_the_services_is_told_where_it_belongs(self):
        self.assert_errno(errno.EROFS, os.mkdir, self.mount / 'jobs/big')
        self.assertIn('write mkdir jobs/obs/big', self.mount.errors())

    def test_deleting_a_directory_deletes_its_job(self):
        for name, remove in (('one', os.rmdir), ('two', shutil.rmtree)):
            self.done(name)
            read(self.path(name, 'results', 'result.vot'))
            self.assertEqual(len(self.server_jobs()), 1)
            remove(self.path(name))
            self.assertEqual(self.server_jobs(), [])
            self.assertNotIn(name, os.listdir(self.folder))
            self.assert_errno(errno.ENOENT, os.stat, self.path(name))
        self.make('draft')
        run('rm', '-r', self.path('draft'))
        self.assertEqual(os.listdir(self.folder), [])

    def test_a_failed_delete_is_reported_and_the_job_stays(self):
        self.done('mine')
        self.sim.fault(path='/tap_obs/async/', status=500, fail_next=-1)
        self.assert_errno(errno.EIO, os.rmdir, self.path('mine'))
        self.sim.clear()
        self.assertEqual(len(self.server_jobs()), 1)
        self.assertIn('phase', os.listdir(self.path('mine')))

    def test_a_job_deleted_on_the_server_disappears(self):
        self.done('mine')
        self.delete_all()
        harness.until(lambda: not self.readable('mine', 'phase'), 'the end of the job')
        self.assertEqual(os.listdir(self.folder), [])

    def readable(self, *names):
        try:
            self.text(*names)
        except FileNotFoundError:
            return False
        return True

    def test_jobs_are_remembered_across_mounts(self):
        self.sim.tap(job_delay_ms=600_000)
        self.make('mine')
        self.write('RUN\n', 'mine', 'phase')
        self.make('draft')
        self.write('77\n', 'draft', 'executionduration')
        self.mount.kill()
        self.mount = self.mount.remount()
        self.addCleanup(self._end, self.mount)
        self.folder = self.mount / 'jobs/obs'
        self.sim.reset()
        self.assertTrue(os.path.isdir(self.path('mine')))
        self.assertEqual(self.text('mine', 'query.adql'), QUERY)
        self.assertEqual(self.text('draft', 'executionduration'), '77')
        self.assertEqual(self.sim.requests(), [], 'what is remembered is not asked for')
        self.sim.tap(job_delay_ms=0)
        self.assertEqual(self.finish('mine'), 'COMPLETED')
        self.assertEqual(read(self.path('mine', 'results', 'result.vot')).count(b'<TR>'), 3)
        self.assertEqual(self.posted(), [])

    def test_the_services_own_list_is_shown(self):
        form = urllib.parse.urlencode({'REQUEST': 'doQuery', 'LANG': 'ADQL', 'QUERY': QUERY, 'PHASE': 'RUN'}).encode()
        self.sim.get('/tap_obs/async', form)
        [job] = self.server_jobs()
        self.assertEqual(os.listdir(self.folder), [job])
        self.assertEqual(self.finish(job), 'COMPLETED')
        self.assertEqual(self.text(job, 'query.adql'), QUERY)
        self.assertEqual(read(self.path(job, 'results', 'result.vot')).count(b'<TR>'), 3)
        os.rmdir(self.path(job))
        self.assertEqual(self.server_jobs(), [])

    def test_a_job_that_nobody_listed_is_found_by_its_id(self):
        form = urllib.parse.urlencode({'REQUEST': 'doQuery', 'LANG': 'ADQL', 'QUERY': QUERY, 'PHASE': 'RUN'}).encode()
        self.sim.get('/tap_obs/async', form)
        [job] = self.server_jobs()
        self.assertEqual(self.finish(job), 'COMPLETED')
        self.assert_errno(errno.ENOENT, os.stat, self.path('00000000-0000-0000-0000-000000000000'))

    def test_own_jobs_are_shown_if_the_service_lists_none(self):
        self.done('mine')
        for status in (403, 404, 400, 501):
            with self.subTest(status=status):
                self.sim.fault(path='/tap_obs/async?LAST', status=status, fail_next=-1)
                self.assertEqual(os.listdir(self.folder), ['mine'])
                self.sim.clear()

    def test_an_unreachable_service_is_ehostunreach(self):
        sim = harness.Simulator()
        self.addCleanup(sim.close)
        mount = self.mounted(archive=sim.profile)
        self.folder = mount / 'jobs/obs'
        self.make('draft')
        sim.process.kill()
        sim.process.wait()
        self.assertEqual(os.listdir(self.folder), ['draft'])
        self.assert_errno(errno.EHOSTUNREACH, self.write, 'RUN\n', 'draft', 'phase')
        self.assertEqual(self.text('draft', 'phase'), 'PENDING')
        self.assert_errno(errno.EHOSTUNREACH, os.listdir, mount / 'jobs/cat')

    def test_the_job_of_a_saved_query_appears(self):
        query = self.mount.save('slow', '-- mode: async\nSELECT TOP 2 * FROM ivoa.ObsCore')
        os.listdir(query)
        [job] = self.server_jobs()
        self.sim.fault(path='/tap_obs/async?LAST', status=403, fail_next=-1)
        self.assertIn(job, os.listdir(self.folder))
        self.assertEqual(self.finish(job), 'COMPLETED')
        os.rmdir(self.path(job))
        self.assertNotIn(job, os.listdir(self.folder))
        self.assertEqual(self.server_jobs(), [])

    def test_a_creation_whose_answer_is_lost_is_not_repeated(self):
        self.make('mine')
        self.sim.fault(path='/tap_obs/async', status=504, fail_next=1)
        self.assert_errno(errno.EIO, self.write, 'RUN\n', 'mine', 'phase')
        self.assertEqual(len(self.posted()), 1)
        self.write('RUN\n', 'mine', 'phase')
        self.assertEqual(self.finish('mine'), 'COMPLETED')


if __name__ == '__main__':
    harness.main()
