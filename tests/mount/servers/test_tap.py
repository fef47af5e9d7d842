"""TAP services of other archives: moved services, malformed answers, old forms of jobs, and URLs that are no TAP services."""
import contextlib
import errno
import os
import re
import socket
import tempfile

import archive_server
import harness
from archive_server import VOTABLE, error_votable, fits, gzipped, obscore, tap, votable
from harness import programs, read, run

FILES = [('/f/(.*)', lambda request, name: request.file(fits(name)))]
ROWS = [('ivo://a/one', '/f/one', 'application/fits'), ('ivo://a/two', '/f/two', 'application/fits')]


class Jobs:
    """The /async of a service. Its jobs end at the second request for them."""

    def __init__(self, base='/tap', packed=False):
        self.base, self.packed, self.jobs = base, packed, {}

    def routes(self):
        return [(self.base + '/async', self.list), (self.base + '/async/([^/]+)(/.*)?', self.job)]

    def text(self, request, text):
        if self.packed:
            request.answer(gzipped(text), 200, 'text/xml', Content_Encoding='gzip')
        else:
            request.answer(text, 200, 'text/xml')

    def list(self, request):
        if request.command == 'POST':
            name = str(len(self.jobs) + 1)
            self.jobs[name] = {'query': request.form['QUERY'], 'phase': 'PENDING', 'looks': 0}
            request.answer(b'', 303, Location=f'{self.base}/async/{name}')
        else:
            request.answer('<html><title>Jobs</title></html>', 200, 'text/html')

    def job(self, request, name, rest):
        job = self.jobs.get(name)
        if job is None:
            request.answer('no such job', 404, 'text/plain')
        elif request.command == 'DELETE':
            del self.jobs[name]
            request.answer(b'', 303, Location=f'{self.base}/async')
        elif request.command == 'POST':
            job['phase'] = 'EXECUTING' if request.form.get('PHASE') == 'RUN' else job['phase']
            request.answer(b'', 303, Location=f'{self.base}/async/{name}')
        elif rest == '/results/result':
            self.text(request, votable(['obs_publisher_did', 'access_url'], [('ivo://a/one', request.base + '/f/one')]).decode())
        else:
            job['looks'] += 1
            if job['phase'] == 'EXECUTING' and job['looks'] > 2:
                job['phase'] = 'COMPLETED'
            # As at ALMA: the results list figures before the table.
            results = ('<u:result id="diag" xlink:href="uws:executing:2"/><u:result id="diag" xlink:href="read:tap_schema:9"/>'
                       f'<u:result id="result" xlink:href="{request.base}{self.base}/async/{name}/results/result"/>')
            self.text(request, '<u:job xmlns:u="http://www.ivoa.net/xml/UWS/v1.0" xmlns:xlink="http://www.w3.org/1999/xlink">'
                      f'<u:jobId>{name}</u:jobId><u:phase>{job["phase"]}</u:phase><u:executionDuration>0</u:executionDuration>'
                      f'<u:results>{results if job["phase"] == "COMPLETED" else ""}</u:results></u:job>')


class Services(archive_server.ArchiveTest):
    def test_rows_that_end_at_a_limit_of_the_service_are_truncated(self):
        rows = [(f'ivo://a/{i:04}', f'/f/{i}', 'application/fits') for i in range(1000)]  # whatever MAXREC says
        mount = self.mounted(self.serve(tap(obscore(rows))).url + '/tap')

        def answer(name, adql):
            folder = mount.save(name, adql)
            os.listdir(folder)
            return re.search('^answer: (.*)$', read(folder + '/status.txt').decode(), re.MULTILINE)[1]

        doubt = 'complete, unless 1000 rows are the most that the service gives'
        self.assertEqual(answer('all', 'SELECT * FROM ivoa.ObsCore'), doubt)
        self.assertEqual(answer('more', '-- maxrec: 2000\nSELECT * FROM ivoa.ObsCore'), doubt)
        self.assertEqual(answer('asked', '-- maxrec: 1000\nSELECT * FROM ivoa.ObsCore'), 'complete')
        self.assertEqual(answer('top', 'select top 1000 * FROM ivoa.ObsCore'), 'complete')

    def test_queries_and_jobs_follow_a_service_that_has_moved(self):
        home = self.serve([*tap(obscore(ROWS)), *FILES])
        jobs = Jobs()
        home.routes += jobs.routes()
        for status in (301, 302, 307, 308):
            with self.subTest(status):
                old = self.serve([('/.*', lambda request, status=status: request.answer(b'', status, Location=home.url + request.path))])
                mount = self.mounted(old.url + '/tap')
                self.assertEqual(self.files(mount.save(f'q{status}', f'SELECT * FROM ivoa.ObsCore WHERE 1={status}')),
                                 ['one.fits', 'two.fits'])
                folder = mount.save(f'job{status}', f'-- mode: async\nSELECT * FROM ivoa.ObsCore WHERE 2={status}')
                self.assertEqual(self.files(folder), ['one.fits'])
                job = mount / f'jobs/tap/own{status}'
                os.mkdir(job)
                for name, text in (('query.adql', 'SELECT 1 FROM ivoa.ObsCore'), ('phase', 'RUN')):
                    with open(f'{job}/{name}', 'w', encoding='utf-8') as file:
                        file.write(text + '\n')
                harness.until(lambda: read(f'{job}/phase') == b'COMPLETED\n', 'the end of the job')  # pylint: disable=cell-var-from-loop
                self.assertEqual(os.listdir(f'{job}/results'), ['result.vot'])
                os.rmdir(job)
                self.assertEqual(len(jobs.jobs), 1)
                jobs.jobs.clear()
                mount.unmount()

    def test_a_redirect_to_another_path_is_followed_by_a_get(self):
        asked = {}

        def made(request):
            asked['method'] = request.command
            request.answer(votable(['obs_publisher_did', 'access_url'], [('ivo://a/one', request.base + '/f/one')]), 200, VOTABLE)
        server = self.serve([('/tap/sync', lambda request: request.answer(b'', 302, Location='/results/7')), ('/results/7', made)])
        self.assertEqual(self.files(self.mounted(server.url + '/tap').save('q', 'SELECT * FROM ivoa.ObsCore')), ['one.fits'])
        self.assertEqual(asked['method'], 'GET')

    def test_job_documents_that_come_gzipped_are_read(self):
        jobs = Jobs(packed=True)
        server = self.serve([*tap(obscore(ROWS)), *jobs.routes(), *FILES])
        mount = self.mounted(server.url + '/tap')
        self.assertEqual(self.files(mount.save('q', '-- mode: async\nSELECT * FROM ivoa.ObsCore')), ['one.fits'])

    def test_a_malformed_job_document_is_an_io_error(self):
        jobs = Jobs()
        jobs.text = lambda request, text: request.answer('<html><title>Oops</title></html>', 200, 'text/html')
        mount = self.mounted(self.serve([*tap(obscore(ROWS)), *jobs.routes()]).url + '/tap')
        folder = mount.save('q', '-- mode: async\nSELECT * FROM ivoa.ObsCore')
        self.assert_errno(errno.EIO, os.listdir, folder)
        self.assertIn('not a job document', mount.errors())

    def test_the_url_of_a_resource_works_like_the_base_url(self):
        server = self.serve([*tap(obscore(ROWS)), *FILES])
        for end in ('/', '/sync', '/capabilities', '/tables?', '/async/'):
            with self.subTest(end):
                mount = self.mounted(server.url + '/tap' + end)
                self.assertEqual(self.files(mount.save('q', 'SELECT * FROM ivoa.ObsCore')), ['one.fits', 'two.fits'])
                mount.unmount()


class Answers(archive_server.ArchiveTest):
    def answered(self, handle):
        """The directory of a query to a service that always gives this answer."""
        self.mount = self.mounted(self.serve([('/tap/sync', handle), *FILES]).url + '/tap', 'attempts=1')
        return self.mount.save('q', 'SELECT * FROM ivoa.ObsCore')

    def test_undeclared_latin_1_is_read(self):
        def handle(request):
            text = votable(['obs_publisher_did', 'access_url', 'target_name'],
                           [('ivo://a/é', request.base + '/f/e', 'Gößnitz')], encoding='latin-1')
            request.answer(text.split(b'?>', 1)[1], 200, 'text/xml; charset=ISO-8859-1')
        folder = self.answered(handle)
        self.assertEqual(self.files(folder), ['é.fits'])
        self.assertEqual(os.getxattr(f'{folder}/é.fits', 'user.eso.target_name').decode(), 'Gößnitz')

    def test_a_control_character_does_not_lose_the_answer(self):
        folder = self.answered(lambda request: request.answer(
            votable(['obs_publisher_did', 'access_url', 'title'], [('ivo://a/x', request.base + '/f/x', 'a\x0c\x01b é')]),
            200, VOTABLE))
        self.assertEqual(self.files(folder), ['x.fits'])
        self.assertEqual(os.getxattr(f'{folder}/x.fits', 'user.eso.title').decode(), 'a\ufffd\ufffdb é')

    def test_results_in_capitals_are_read(self):
        folder = self.answered(lambda request: request.answer(
            votable(['OBS_PUBLISHER_DID', 'ACCESS_URL'], [('ivo://a/x', request.base + '/f/x')]).replace(b'"results"', b'"RESULTS"'),
            200, VOTABLE))
        self.assertEqual(self.files(folder), ['x.fits'])

    def test_refusals_show_the_words_of_the_service(self):
        old = '<VOTABLE version="1.0"><INFO ID="Error" name="Error" value="no table named x"/></VOTABLE>'
        ned = '<VOTABLE><RESOURCE type="results"><PARAM name="Error" value=" No note found."/></RESOURCE></VOTABLE>'
        page = '<html><head><title>HTTP Status 500 - the pool is empty</title></head><body>long</body></html>'
        for status, body, content_type, code, said in (
                (200, old, 'text/xml', errno.EINVAL, 'no table named x'),
                (200, ned, 'text/xml', errno.EINVAL, 'No note found'),
                (200, error_votable('Table [ nowhere ] is not found'), VOTABLE, errno.EINVAL, 'Table [ nowhere ] is not found'),
                (400, '[struct stat="ERROR", msg="ORA-00942"]', 'text/plain', errno.EINVAL, 'msg="ORA-00942"'),
                (400, '{"error": "no such column"}', 'application/json', errno.EINVAL, 'no such column'),
                (400, '<error><message>boom</message></error>', 'text/xml', errno.EINVAL, 'boom'),
                (400, page.replace('500', '400'), 'text/html', errno.EINVAL, '"HTTP Status 400 - the pool is empty"'),
                (500, page, 'text/html', errno.EIO, 'a web page, "HTTP Status 500 - the pool is empty"'),
                (500, error_votable('no connection'), VOTABLE, errno.EIO, 'no connection')):
            with self.subTest(said):
                folder = self.answered(lambda request: request.answer(body, status, content_type))  # pylint: disable=cell-var-from-loop
                self.assert_errno(code, os.listdir, folder)
                self.assertIn(said, self.mount.errors())
                self.assertIn(said, read(f'{folder}/status.txt').decode())
                self.mount.unmount()
                self.home.close()
                self.home = harness.Home()

    def test_errors_are_text_whatever_a_server_sends(self):
        garbage = bytes(range(253, 127, -1)) + bytes(range(256)) * 4
        folder = self.answered(lambda request: request.answer(garbage, 200, 'application/octet-stream', Content_Encoding='br'))
        self.assert_errno(errno.EIO, os.listdir, folder)
        for text in (read(self.mount / '.esofs/errors'), read(f'{folder}/status.txt')):
            self.assertFalse(re.search(r'[^\n\t -~\u00a0-\uffff]', text.decode()), text)

    def test_tables_of_tap_1_0_have_their_lengths(self):
        tables = {'tap_schema.tables': (['schema_name', 'table_name', 'table_type', 'description'],
                                        [('public', 'public.ivoa.obscore', 'table', ''), ('vizier', '"II/246/out"', 'table', '')]),
                  'tap_schema.columns': (['table_name', 'column_name', 'datatype', 'size', 'unit', 'ucd'],
                                         [('public.ivoa.obscore', 'name', 'VARCHAR', '64', '', 'meta.id')]),
                  'public.ivoa.obscore': (['name'], [('x',)]), '"ii/246/out"': (['name'], [('y',)])}
        mount = self.mounted(self.serve(tap(tables)).url + '/tap')
        self.assertIn(b'name,VARCHAR,64,', read(mount / 'tables/tap/public/ivoa.obscore/columns.csv'))
        self.assertEqual(read(mount / 'tables/tap/public/ivoa.obscore/sample.csv'), b'name\nx\n')
        self.assertEqual(read(mount / 'tables/tap/vizier/II_246_out/sample.csv'), b'name\ny\n')


class Prompt(archive_server.ArchiveTest):
    """What `esofs mount URL` says about the URL."""

    def mount_of(self, url, *options):
        """Mounts and unmounts at once; the exit status, the output, and whether the URL was mounted."""
        with tempfile.TemporaryDirectory(prefix='esofs-mount-') as place:
            harness.guardian.tell(f'+mount {place}')
            places = f'cache_dir={self.home.cache},config_dir={self.home.config},state_dir={self.home.state}'
            done = run(programs['esofs'], 'mount', url, place, '-o', places, *options, check=False)
            mounted = os.path.ismount(place)
            if mounted:
                run(programs['esofs'], 'unmount', place)
            harness.guardian.tell(f'-mount {place}')
        return done.returncode, done.stderr, mounted

    def assert_warned(self, url, sentence):
        status, said, mounted = self.mount_of(url)
        self.assertTrue(mounted)
        self.assertEqual(status, 0)
        self.assertIn('esofs: warning: ', said)
        self.assertIn(url, said)
        self.assertIn(sentence, said)

    def test_a_url_that_is_no_service_is_reported(self):
        server = self.serve([('/page/.*', lambda request: request.answer('<!DOCTYPE html><title>Welcome</title>', 200, 'text/html')),
                             ('/api/.*', lambda request: request.answer('{"hello": 1}', 200, 'application/json'))])
        none = 'there is no TAP service at '
        self.assert_warned(server.url + '/nothing', none)
        self.assert_warned(server.url + '/nothing', 'HTTP 404: a web page, "404 Nothing here"')
        self.assert_warned(server.url + '/page', 'HTTP 200: a web page, "Welcome"')
        self.assert_warned(server.url + '/api', 'HTTP 200: {"hello": 1}')
        self.assertEqual(self.mount_of(server.url + '/nothing', '-o', 'offline=yes'), (0, '', True))

    def test_a_service_is_recognised_by_one_small_query(self):
        server = self.serve(tap({}))
        self.assertEqual(self.mount_of(server.url + '/tap'), (0, '', True))
        self.assertEqual([path for _, path, _, _ in server.log], ['/tap/sync'])
        self.assertEqual(server.log[0][3]['MAXREC'], '1')

    def test_a_service_with_an_odd_tap_schema_is_accepted(self):
        def picky(request):
            found = 'ObsCore' in request.form['QUERY']
            request.answer(votable(['obs_publisher_did'], []) if found else 'what?', 200 if found else 404)
        capabilities = '<v:capabilities xmlns:v="http://www.ivoa.net/xml/VOSICapabilities/v1.0"/>'
        server = self.serve([('/tap/sync', picky), ('/bare/capabilities', lambda request: request.answer(capabilities, 200, 'text/xml'))])
        self.assertEqual(self.mount_of(server.url + '/tap'), (0, '', True))
        self.assertEqual(self.mount_of(server.url + '/bare'), (0, '', True))

    def test_a_service_that_is_down_is_mounted_with_a_warning(self):
        with contextlib.closing(socket.socket()) as closed:
            closed.bind(('127.0.0.1', 0))
            port = closed.getsockname()[1]
        self.assert_warned(f'http://127.0.0.1:{port}/tap', 'the connection failed')
        server = self.serve([('/busy/sync', lambda request: request.answer('maintenance until noon', 503, 'text/plain')),
                             ('/mine/sync', lambda request: request.answer('<html><title>Log in</title></html>', 401, 'text/html'))])
        self.assert_warned(server.url + '/busy', 'HTTP 503: maintenance until noon')
        self.assert_warned(server.url + '/mine', 'wants a login')

    def test_mount_does_not_wait_for_a_silent_service(self):
        with contextlib.closing(socket.create_server(('127.0.0.1', 0))) as silent:
            self.assert_warned(f'http://127.0.0.1:{silent.getsockname()[1]}/tap', 'does not answer within 5 s')


if __name__ == '__main__':
    harness.main()
