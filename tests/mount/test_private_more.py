"""More of private data on a real mount: jobs and cutouts made with a login, renewal, and what goes over plain HTTP."""
import errno
import http.server
import json
import os
import re
import shutil
import threading
import time
import unittest
import urllib.request

import harness
from harness import read, run, sha, until
from test_private import PRIVATE, SECRETS, PrivateTest, basic, NOBODY

HIDDEN = 'ADP.2017-10-16'
ROWS = "SELECT dp_id FROM ivoa.ObsCore WHERE target_name='M83'"
JOB_CUTOUT = 'ADP.2022-03-01T10:00:00.100'  # of a service that makes cutouts in jobs only


def bearers(requests):
    return [request['authorization'].startswith('Bearer ') for request in requests]


class Jobs(PrivateTest):
    """Asynchronous queries of pi, the only user who may see the rows of HIDDEN."""
    mount_options = ('authorised_tap',)

    def setUp(self):
        super().setUp()
        self.sim.access(hidden=[HIDDEN], users=[{'name': 'pi', 'password': 'pi-password', 'rights': ['ADP.']},
                                                {'name': 'visitor', 'password': 'visitor-password', 'rights': []}])
        self.addCleanup(self.sim.tap, sync_limit_ms=None, sync_delay_ms=0, job_delay_ms=0)
        self.login('pi')
        self.until_state('logged in')
        self.sim.reset()

    def job(self, *names, mount=None):
        return os.path.join((mount or self.mount) / 'jobs/obs', *names)

    def phase(self, name):
        return read(self.job(name, 'phase')).decode().strip()

    def done(self, name='mine'):
        os.mkdir(self.job(name))
        with open(self.job(name, 'query.adql'), 'w', encoding='utf-8') as file:
            file.write(ROWS + '\n')
        with open(self.job(name, 'phase'), 'w', encoding='utf-8') as file:
            file.write('RUN\n')
        until(lambda: self.phase(name) in ('COMPLETED', 'ERROR'), 'the end of the job')
        self.assertEqual(self.phase(name), 'COMPLETED')
        return os.getxattr(self.job(name), 'user.esofs.url').decode().rpartition('/')[2]

    def listed(self, mount):
        mount.save('m83', ROWS.replace('dp_id', '*'))
        return [name for name in os.listdir(mount / 'queries/m83') if name.startswith(HIDDEN)]

    def test_a_job_carries_the_token_in_every_request(self):
        self.done()
        rows = read(self.job('mine', 'results/result.vot'))
        self.assertIn(HIDDEN.encode(), rows)
        asked = self.sim.requests('/tap_obs/async')
        said = [(request['method'], request['target'].partition('/async')[2].partition('/')[2].partition('/')[2].partition('?')[0])
                for request in asked]
        for part in (('POST', ''), ('POST', 'phase'), ('GET', 'results/result')):
            self.assertIn(part, said)
        self.assertTrue(all(bearers(asked)), asked)

    def test_a_query_that_becomes_a_job_carries_the_token(self):
        self.sim.tap(sync_limit_ms=1, sync_delay_ms=1)
        self.assertTrue(self.listed(self.mount))
        asked = self.sim.requests('/tap_obs/')
        self.assertTrue([request for request in asked if '/results/' in request['target']], asked)
        self.assertTrue(all(bearers(asked)), asked)
        self.logout()
        self.until_state('nobody')
        self.sim.tap(sync_limit_ms=None, sync_delay_ms=0)
        self.assertEqual(self.listed(self.mount), [])

    def test_results_of_a_job_are_shown_to_its_login_only(self):
        number = self.done()
        rows = read(self.job('mine', 'results/result.vot'))
        self.assertIn(number, read(self.job('mine', 'job.xml')).decode())
        self.logout()
        self.until_state('nobody')
        self.nothing_of(number)
        self.login('visitor')
        self.until_state('logged in')
        self.nothing_of(number)
        self.login('pi')
        until(lambda: self.login_state()['user'] == 'pi', 'the login of pi')
        self.assertEqual(read(self.job('mine', 'results/result.vot')), rows)
        self.assertEqual(os.getxattr(self.job('mine'), 'user.esofs.url').decode().rpartition('/')[2], number)

    def nothing_of(self, number):
        for name in ('job.xml', 'results/result.vot'):
            self.assertRaises(OSError, read, self.job('mine', name))
        self.assertNotIn('results', os.listdir(self.job('mine')))
        self.assertEqual(self.phase('mine'), 'PENDING')  # the query text is the user's own and may run again
        self.assertNotIn(number, os.listdir(self.job()))
        self.assertRaises(OSError, os.listdir, self.job(number, 'results'))
        for request in self.sim.requests('/tap_obs/async/' + number):
            if not request['authorization']:
                self.assertEqual(request['status'], 403)

    def test_a_mount_without_the_option_shows_no_jobs_and_no_rows(self):
        number = self.done()
        self.assertTrue(self.listed(self.mount))
        self.mount_options = ()
        other = self.mounted()
        self.assertEqual(self.listed(other), [])
        self.assertNotIn(number, os.listdir(self.job(mount=other)))
        self.assertFalse(os.path.exists(self.job('mine', 'results/result.vot', mount=other)))


class Cutouts(PrivateTest):
    mount_options = ('allow_other',) if os.geteuid() == 0 else ()

    def cutout(self, dp_id=PRIVATE):
        text = read(self.mount / f'datasets/{dp_id}/cutout/README.txt').decode()
        example = next(line.split()[1] for line in text.splitlines() if line.startswith('example'))
        return self.mount / f'datasets/{dp_id}/cutout/{example}'

    @staticmethod
    def pixels(data):
        """The cutout without the cards that differ in every cutout."""
        return re.sub(rb'(DATE    |CHECKSUM|DATASUM )=.{71}', b'', data, flags=re.S)

    def other(self, path):
        return run('setpriv', '--reuid', NOBODY, '--regid', NOBODY, '--clear-groups', 'cat', path, check=False,
                   text=False)

    def test_cutting_out_of_a_private_file_needs_the_login(self):
        path = self.cutout()
        self.assert_errno(errno.EACCES, read, path)
        self.assertIn('run `esofs login`', self.mount.errors())
        self.login('pi')
        self.until_state('logged in')
        data = read(path)
        url = os.getxattr(path, 'user.esofs.url').decode()
        with urllib.request.urlopen(urllib.request.Request(url, headers={'Authorization': basic('pi')}),
                                    timeout=harness.PATIENCE) as answer:
            self.assertEqual(sha(self.pixels(data)), sha(self.pixels(answer.read())))
        self.assertTrue(bearers(self.sim.requests('/soda/sync'))[-2])
        self.sim.reset()
        self.assertEqual(read(path), data)
        self.assertEqual(self.sim.requests('/soda/'), [])  # it is in the cache …
        self.logout()
        self.until_state('nobody')
        self.assert_errno(errno.EACCES, read, path)  # … and stays there

    def test_a_login_without_access_to_the_file_gets_no_cutout(self):
        self.login('visitor')
        self.until_state('logged in')
        self.assert_errno(errno.EACCES, read, self.cutout())
        self.assertIn('visitor has no right to it', self.mount.errors())

    @unittest.skipIf(os.geteuid() != 0, 'another user is needed, which root can be')
    def test_a_cached_cutout_is_for_the_mounting_user(self):
        self.login('pi')
        self.until_state('logged in')
        path = self.cutout()
        with open(path, 'rb') as held:
            data = held.read()
            self.assertIn(b'Permission denied', self.other(path).stderr)
        self.assertEqual(read(path), data)

    def test_a_cutout_job_carries_the_token_in_every_request(self):
        self.sim.access(private=[JOB_CUTOUT], users=[
            {'name': 'pi', 'password': 'pi-password', 'rights': ['ADP.']},
            {'name': 'visitor', 'password': 'visitor-password', 'rights': []}])
        self.addCleanup(self.sim.access, private=[])
        profile = os.path.join(self.home.path, 'jobs.json')
        with open(profile, 'w', encoding='utf-8') as file:
            json.dump({'extends': 'eso', 'name': 'eso-sim', 'base_url': self.sim.url, 'authorised': [
                {'url': self.sim.url + path, 'schemes': ['bearer']}
                for path in ('/dataPortal/file/', '/datalink/', '/casda_data_access/')]}, file)
        self.mount.unmount()
        self.mount = self.mounted(archive=profile)
        path = self.mount / f'datasets/{JOB_CUTOUT}/cutout/circle_60.5_-20.25_2arcsec.fits'
        self.assert_errno(errno.EACCES, read, path)
        self.assertIn('run `esofs login`', self.mount.errors())
        self.login('visitor')
        self.until_state('logged in')
        self.assert_errno(errno.EACCES, read, path)
        self.login('pi')
        until(lambda: self.login_state()['user'] == 'pi', 'the login of pi')
        self.sim.reset()
        data = read(path)
        self.assertEqual(data[:9], b'SIMPLE  =')
        asked = self.sim.requests('/casda_data_access/data/async')
        self.assertEqual([request['method'] for request in asked][0], 'POST')
        self.assertEqual([request['method'] for request in asked][-1], 'DELETE')
        served = [request for request in asked if request['status'] < 400]
        self.assertTrue(all(bearers(served)), asked)
        self.assertTrue(any('/results/' in request['target'] for request in served), asked)
        self.logout()
        self.until_state('nobody')
        self.assert_errno(errno.EACCES, read, path)


class Calibrations(PrivateTest):
    mount_options = ('allow_other',) if os.geteuid() == 0 else ()

    def test_calibrations_found_with_a_login_are_private(self):
        raw = min(row['dp_id'] for row in self.sim.query("SELECT dp_id FROM dbo.raw WHERE release_date > '2099-01-01'"))
        self.login('coi')
        self.until_state('logged in')
        self.sim.reset()
        folder = self.mount / f'datasets/{raw}'
        for root, _, _ in os.walk(folder):
            self.assertTrue(root.startswith(folder))
        self.assertTrue(all(bearers(self.sim.requests('/calselector/') + self.sim.requests('/datalink/'))))
        self.assertTrue(self.sim.requests('/datalink/'))
        if os.geteuid() == 0:
            told = [name for name in os.listdir(folder)
                    if name == 'links.vot' or os.path.isdir(os.path.join(folder, name))]
            self.assertIn('calibration', ' '.join(told))
            for name in told:
                path = os.path.join(folder, name)
                done = run('setpriv', '--reuid', NOBODY, '--regid', NOBODY, '--clear-groups',
                           'ls' if os.path.isdir(path) else 'cat', path, check=False)
                self.assertIn('Permission denied', done.stderr, name)


class Renewal(PrivateTest):
    def setUp(self):
        super().setUp()
        self.private = sorted(row['dp_id'] for row in self.sim.query(
            "SELECT dp_id FROM ivoa.ObsCore WHERE dp_id LIKE 'ADP.2026-02-02%'"))
        self.assertGreaterEqual(len(self.private), 2)

    def tokens(self):
        return self.sim.requests('/sso/oidc/token')

    def test_a_token_is_renewed_ten_minutes_before_its_end(self):
        self.sim.access(token_life=603)
        self.remounted(f'credentials={self.netrc()}')
        self.sim.reset()
        began = time.monotonic()
        self.assertTrue(read(self.path(self.private[0])))
        self.assertEqual(len(self.tokens()), 1)
        until(lambda: time.monotonic() - began > 4, 'the last ten minutes')
        self.assertTrue(read(self.path(self.private[1])))
        self.assertGreaterEqual(len(self.tokens()), 2)
        self.assertEqual([request for request in self.sim.requests() if request['status'] == 401 and request['authorization']], [])

    def test_many_readers_cause_one_renewal(self):
        self.remounted(f'credentials={self.netrc()}')
        self.sim.reset()
        self.sim.fault(path='/sso/oidc/token', delay=1000)
        paths = [self.path(dp_id) for dp_id in self.private] * 8
        outcomes = [None] * len(paths)

        def reader(index):
            outcomes[index] = len(read(paths[index]))

        threads = [threading.Thread(target=reader, args=(index,)) for index in range(len(paths))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(harness.PATIENCE)
        self.assertNotIn(None, outcomes)
        self.assertEqual(len(self.tokens()), 1)

    def test_a_token_file_that_others_can_read_is_refused(self):
        path = os.path.join(self.home.path, 'token')
        with open(path, 'w', encoding='utf-8') as file:
            file.write('a-token\n')
        os.chmod(path, 0o604)
        self.remounted(f'token_file={path}')
        self.assert_errno(errno.EACCES, read, self.path())
        self.assertIn(path, self.mount.errors())
        self.assertIn('0604', self.mount.errors())
        self.assertEqual(set(self.sent()) & {'Bearer a-token'}, set())


class EndedByTheArchive(PrivateTest):
    """Tokens that the archive refuses although they are valid by this machine's clock: it is wrong, or they were revoked."""
    mount_options = ('authorised_tap',)

    def setUp(self):
        super().setUp()
        self.sim.access(hidden=[HIDDEN], users=[{'name': 'pi', 'password': 'pi-password', 'rights': ['ADP.']}])
        rows = self.sim.query("SELECT dp_id FROM ivoa.ObsCore WHERE target_name='NGC253' AND access_estsize < 1000 "
                              "AND obs_release_date < '2020-01-01'")
        self.public = min(row['dp_id'] for row in rows)
        self.login('pi')
        self.until_state('logged in')

    def names(self):
        return [name for name in os.listdir(self.mount.save('m83', ROWS.replace('dp_id', '*'))) if name.startswith('ADP')]

    def test_it_is_reported_at_once_and_public_files_stay_readable(self):
        for end in ({'clock': 28800 + 60}, {'revoke': True}):
            with self.subTest(end):
                self.sim.access(**end)
                self.assertIn(self.public + '.fits', os.listdir(self.mount / f'datasets/{self.public}'))
                self.assertEqual(self.login_state()['state'], 'expired')
                self.assertIn('the archive does not take the session of pi any more: run `esofs login`', self.mount.errors())
                self.assertIn('does not take', run(harness.programs['esofs'], 'status', self.mount.path).stdout)
                self.assert_errno(errno.EACCES, read, self.path())
                self.login('pi')
                self.until_state('logged in')
                self.assertTrue(read(self.path()))
                self.mount.unmount()
                shutil.rmtree(self.home.cache)
                self.mount = self.mounted()

    def test_a_listing_cut_by_the_refusal_is_an_error(self):
        self.assertTrue([name for name in self.names() if name.startswith(HIDDEN)])
        self.sim.access(revoke=True)
        self.mount.save('m83', ROWS.replace('dp_id', '*') + ' AND 1=1')
        with self.assertRaises(OSError) as caught:
            os.listdir(self.mount / 'queries/m83')
        self.assertIn(caught.exception.errno, (errno.EACCES, errno.EAGAIN))
        self.until_state('expired')
        self.assertTrue(os.listdir(self.mount / 'queries/m83'))  # the public rows
        self.assertFalse([name for name in self.names() if name.startswith(HIDDEN)])


class Proxy(http.server.BaseHTTPRequestHandler):
    """A proxy that answers for every server, and records what it receives."""
    seen = []

    def do_GET(self):
        self.seen.append((self.path, self.headers.get('Authorization', '')))
        self.rfile.read(int(self.headers.get('Content-Length', 0)))
        self.send_response(401)
        self.send_header('Content-Length', '0')
        self.end_headers()

    do_POST = do_GET

    def log_message(self, *_):
        pass


class PlainHttp(PrivateTest):
    """An archive on another machine that speaks no TLS."""

    def setUp(self):
        super().setUp()
        Proxy.seen = []
        self.proxy = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Proxy)
        threading.Thread(target=self.proxy.serve_forever, daemon=True).start()
        self.addCleanup(self.proxy.server_close)
        self.addCleanup(self.proxy.shutdown)
        self.profile = os.path.join(self.home.path, 'plain.json')
        with open(self.profile, 'w', encoding='utf-8') as file:
            json.dump({'extends': 'eso', 'name': 'plain', 'base_url': 'http://archive.test'}, file)
        self.credentials = os.path.join(self.home.path, 'netrc')
        with open(os.open(self.credentials, os.O_WRONLY | os.O_CREAT, 0o600), 'w', encoding='utf-8') as file:
            file.write(f'machine archive.test login pi password {SECRETS["pi"]}\n')
        self.mount.unmount()

    def secrets_seen(self):
        return [one for one in Proxy.seen if one[1] or SECRETS['pi'] in one[0]]

    def asked(self, *options):
        self.mount = self.mounted(f'credentials={self.credentials}', f'proxy=http://127.0.0.1:{self.proxy.server_port}',
                                  'attempts=1', *options, archive=self.profile)
        self.assertRaises(OSError, read, self.path())
        self.assertTrue([one for one in Proxy.seen if 'archive.test' in one[0]])

    def test_no_secret_is_sent(self):
        self.asked()
        self.assertEqual(self.secrets_seen(), [])

    def test_secrets_are_sent_if_the_user_allows_it(self):
        self.asked('plain_http_credentials')
        self.assertTrue(self.secrets_seen())

    def test_a_login_refuses_to_send_the_password(self):
        done = run(harness.programs['esofs'], 'login', self.profile, '--user', 'pi', '-o',
                   f'{self.directories()},proxy=http://127.0.0.1:{self.proxy.server_port}',
                   input=SECRETS['pi'] + '\n', check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn('the password is not sent without TLS', done.stderr)
        self.assertEqual(Proxy.seen, [])


if __name__ == '__main__':
    harness.main()
