"""How credentials reach an archive on a real mount: redirects, TLS, proxies, plain HTTP, and URLs that only look like its own."""
import base64
import errno
import http.server
import json
import os
import threading

import harness
from fronts import Front, make_certificate
from harness import read, run, sha
from private_test import PRIVATE, SECRETS, PrivateTest, basic

FILE = '/dataPortal/file/'


class WaysTest(PrivateTest):
    """Files come through a Front, everything else from the simulator."""

    def setUp(self):
        super().setUp()
        self.mount.unmount()
        self.data = self.pi_bytes()

    def front(self, **keywords):
        front = Front(self.sim.url, **keywords)
        self.addCleanup(front.close)
        return front

    def profile(self, base, **more):
        path = os.path.join(self.home.path, 'front.json')
        with open(path, 'w', encoding='utf-8') as file:
            json.dump({'extends': 'eso', 'name': 'front', 'base_url': base, 'datalink_pattern': '', **more}, file)
        return path

    def credentials(self, host='127.0.0.1'):
        path = os.path.join(self.home.path, 'netrc')
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w', encoding='utf-8') as file:
            file.write(f'machine {host} login pi password {SECRETS["pi"]}\n')
        return path

    def mount_of(self, base, *options, host='127.0.0.1', **more):
        self.mount = self.mounted(f'credentials={self.credentials(host)}', 'attempts=1', *options,
                                  archive=self.profile(base, **more))

    @staticmethod
    def with_credentials(*answer):
        """That answer to requests with credentials, and 401 to all others."""
        return lambda request: answer if request['authorization'] else (401, {}, b'')

    def assert_no_credentials(self, front):
        """Checks that the server was asked, and received no credentials."""
        self.assertTrue(front.seen)
        for request in front.seen:
            self.assertNotIn('Bearer', request['authorization'] + request['proxy'], request)
            for secret in (SECRETS['pi'], basic('pi').split()[1]):
                self.assertNotIn(secret, ' '.join(request.values()))


class Redirects(WaysTest):
    def follow(self, status, location, *servers):
        """Reads the file through a redirect to `location`; checks that `servers` receive no credentials."""
        here = self.front()
        here.answers = [(FILE, self.with_credentials(status, {'Location': location}, b'moved'))]
        self.mount_of(here.url)
        self.assertEqual(sha(read(self.path())), sha(self.data))
        self.assertTrue(here.asked(FILE)[-1]['authorization'].startswith('Bearer '))
        for server in servers:
            self.assert_no_credentials(server)
        self.mount.unmount()

    def open_to_all(self, **keywords):
        """A server that gives the file to everybody."""
        there = self.front(**keywords)
        there.answers = [(FILE, (200, {'Content-Type': 'application/fits'}, self.data))]
        return there

    def test_redirects_of_every_status_to_another_host(self):
        for status in (301, 302, 303, 307, 308):
            with self.subTest(status):
                there = self.open_to_all(host='localhost')
                self.follow(status, f'{there.url}{FILE}{PRIVATE}', there)

    def test_a_redirect_to_another_port_of_the_same_host(self):
        there = self.open_to_all()
        self.follow(302, f'{there.url}{FILE}{PRIVATE}', there)

    def test_a_redirect_to_a_url_with_the_host_as_its_user(self):
        there = self.open_to_all(host='localhost')
        site = there.url.removeprefix('http://')
        self.follow(302, f'http://127.0.0.1@{site}{FILE}{PRIVATE}', there)

    def test_a_redirect_through_another_host_and_back(self):
        there = self.front(host='localhost')
        here = self.front()
        there.answers = [(FILE, (302, {'Location': f'{here.url}{FILE}back'}, b''))]
        here.answers = [(FILE + 'back', (200, {'Content-Type': 'application/fits'}, self.data)),
                        (FILE, self.with_credentials(307, {'Location': f'{there.url}{FILE}{PRIVATE}'}, b''))]
        self.mount_of(here.url)
        self.assertEqual(sha(read(self.path())), sha(self.data))
        self.assert_no_credentials(there)
        self.assertEqual(here.asked(FILE + 'back')[-1]['authorization'], '')

    def test_the_token_follows_redirects_within_the_archive(self):
        here = self.front()
        here.answers = [('?moved', (200, {'Content-Type': 'application/fits'}, self.data)),
                        (FILE, self.with_credentials(302, {'Location': f'{FILE}{PRIVATE}?moved'}, b''))]
        self.mount_of(here.url)
        self.assertEqual(sha(read(self.path())), sha(self.data))
        self.assertTrue(here.asked('?moved')[-1]['authorization'].startswith('Bearer '))

    def test_a_redirect_from_tls_to_plain_http(self):
        certificate = make_certificate(self.home.path)
        here = self.front(certificate=certificate, host='localhost')
        there = self.open_to_all(host='localhost')
        here.answers = [(FILE, self.with_credentials(302, {'Location': f'{there.url}{FILE}{PRIVATE}'}, b''))]
        self.mount_of(here.url, f'cacert={certificate[0]}', host='localhost')
        self.assertEqual(sha(read(self.path())), sha(self.data))
        self.assert_no_credentials(there)

    def test_a_redirect_of_the_token_request_is_not_followed(self):
        there = self.front(host='localhost')
        here = self.front()
        here.answers = [('/sso/', (302, {'Location': there.url + '/sso/oidc/token'}, b''))]
        self.mount_of(here.url)
        self.assertEqual(read(self.path()), self.data)  # the file takes Basic too
        self.assertEqual(there.seen, [])
        done = run(harness.programs['esofs'], 'login', self.profile(here.url), '--user', 'pi', '-o', self.directories(),
                   input=SECRETS['pi'] + '\n', check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn('HTTP 302', done.stderr)
        self.assertEqual(there.seen, [])


class Places(WaysTest):
    def test_urls_that_climb_out_of_the_service_get_no_credentials(self):
        """A row of the archive may name any URL. Only URLs below a service that takes credentials get any."""
        here = self.front()
        here.answers = [('', (401, {}, b''))]
        for way in ('/../../elsewhere/', '/%2e%2e/%2E%2E/elsewhere/', '/..%2f../elsewhere/', '/..%5c../elsewhere/'):
            with self.subTest(way):
                here.seen.clear()
                self.mount_of(here.url, file_pattern=here.url + FILE.rstrip('/') + way + '{id}')
                self.assertRaises(OSError, read, self.path())
                self.assert_no_credentials(here)
                self.mount.unmount()

    def test_another_spelling_of_a_url_is_the_same_place(self):
        here = self.front(host='localhost')
        self.mount_of(here.url, host='localhost', file_pattern=here.url.replace('localhost', 'LocalHost') + FILE + '{id}')
        self.assertEqual(sha(read(self.path())), sha(self.data))

    def test_a_host_name_that_only_looks_alike_is_another_host(self):
        here = self.front(host='localhost')
        here.answers = [(FILE, (401, {}, b''))]
        for name in ('x.localhost', 'localhost.localhost'):
            there = here.url.replace('localhost', name)
            for authorised in ([], [{'url': there + FILE, 'schemes': ['bearer', 'basic']}]):
                with self.subTest(f'{name} {authorised}'):
                    here.seen.clear()
                    self.mount_of(here.url, 'plain_http_credentials', host='localhost', file_pattern=there + FILE + '{id}', authorised=authorised)
                    self.assert_errno(errno.EACCES, read, self.path())
                    self.assertTrue(here.asked(FILE))
                    self.assert_no_credentials(here)
                    self.assertIn('credentials are not sent to this server', self.mount.errors())
                    self.mount.unmount()


class Echoes(WaysTest):
    """Services whose answers repeat what they received."""

    def test_no_echoed_secret_is_shown(self):
        here = self.front()

        def votable(sentence):
            return (f'<VOTABLE xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE type="results"><INFO name="QUERY_STATUS" '
                    f'value="ERROR">{sentence}</INFO></RESOURCE></VOTABLE>').encode()

        def refusal(kind, text):
            return lambda request: ((400 if request['authorization'] else 401), {'Content-Type': kind}, text(request['authorization']))

        here.answers = [('/sync', refusal('application/x-votable+xml', lambda shown: votable(f'The header {shown} is not valid'))),
                        ('/datalink', lambda request: (200, {'Content-Type': 'application/x-votable+xml;content=datalink'}, (
                            '<VOTABLE xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE type="results"><TABLE>'
                            '<FIELD name="ID" datatype="char" arraysize="*"/><FIELD name="access_url" datatype="char" arraysize="*"/>'
                            '<FIELD name="semantics" datatype="char" arraysize="*"/>'
                            '<FIELD name="error_message" datatype="char" arraysize="*"/><DATA><TABLEDATA><TR><TD>x</TD><TD/>'
                            f'<TD>#this</TD><TD>Forbidden: {request["authorization"]}</TD></TR></TABLEDATA></DATA></TABLE>'
                            '</RESOURCE></VOTABLE>').encode())),
                        ('/soda/', refusal('text/plain', lambda shown: f'UsageError: {shown} {shown[:40]}'.encode()))]
        self.mount_of(here.url, 'authorised_tap', 'log_level=trace',
                      datalink_pattern=here.url + '/datalink/links?ID=ivo://eso.org/ID?{id}')
        query = self.mount.save('all', 'SELECT * FROM ivoa.ObsCore')
        for path in (query, self.mount / f'datasets/{PRIVATE}'):
            self.assertRaises(OSError, os.listdir, path)
        self.assertRaises(OSError, read, self.path())
        told = self.mount.errors() + read(query + '/status.txt').decode()
        for sentence in ('The header Bearer *** is not valid', 'Forbidden: Bearer ***'):
            self.assertIn(sentence, told)
        token = next(one['authorization'] for one in here.seen if one['authorization'])
        self.assertTrue(token.startswith('Bearer '))
        self.assert_nowhere([token.split()[1], token.split()[1][:40], SECRETS['pi']])


class Tls(WaysTest):
    def setUp(self):
        super().setUp()
        self.certificate = make_certificate(self.home.path)
        self.secure = self.front(certificate=self.certificate, host='localhost')

    def test_logins_and_files_work_over_tls(self):
        self.mount_of(self.secure.url, f'cacert={self.certificate[0]}', host='localhost')
        self.assertEqual(sha(read(self.path())), sha(self.data))
        self.assertTrue(self.secure.asked('/sso/oidc/token'))
        done = run(harness.programs['esofs'], 'login', self.profile(self.secure.url), '--user', 'pi', '-o',
                   f'{self.directories()},cacert={self.certificate[0]}', input=SECRETS['pi'] + '\n')
        self.assertIn('pi is logged in', done.stdout)

    def test_a_server_with_an_unknown_certificate_gets_nothing(self):
        self.mount_of(self.secure.url, host='localhost')
        self.assertRaises(OSError, read, self.path())
        self.assertIn('certificate was refused', self.mount.errors())
        done = run(harness.programs['esofs'], 'login', self.profile(self.secure.url), '--user', 'pi', '-o',
                   self.directories(), input=SECRETS['pi'] + '\n', check=False)
        self.assertIn('certificate was refused', done.stderr)
        self.assertEqual(self.secure.seen, [])

    def test_a_proxy_sees_only_a_tunnel(self):
        proxy = self.front()
        self.mount_of(self.secure.url, f'cacert={self.certificate[0]}', f'proxy={proxy.url}', host='localhost')
        self.assertEqual(sha(read(self.path())), sha(self.data))
        self.assertEqual({request['method'] for request in proxy.seen}, {'CONNECT'})
        self.assert_no_credentials(proxy)
        self.assertTrue(self.secure.asked('/sso/oidc/token'))


class Proxies(WaysTest):
    SECRET = 'proxy-secret-9'

    def test_plain_http_to_this_machine_uses_no_proxy(self):
        """Plain HTTP is allowed for the loopback; through a proxy it would leave the machine."""
        proxy = self.front()
        self.mount_of(self.sim.url, f'proxy={proxy.url}')
        self.assertEqual(sha(read(self.path())), sha(self.data))
        self.assertEqual([one for one in proxy.seen if one['authorization'] or SECRETS['pi'] in one['target']], [])
        done = run(harness.programs['esofs'], 'login', self.profile(self.sim.url), '--user', 'pi', '-o',
                   f'{self.directories()},proxy={proxy.url}', input=SECRETS['pi'] + '\n')
        self.assertIn('pi is logged in', done.stdout)
        self.assertEqual([one for one in proxy.seen if SECRETS['pi'] in one['target']], [])

    def test_plain_http_to_this_machine_ignores_proxy_variables(self):
        proxy = self.front()
        os.environ['http_proxy'] = proxy.url
        self.addCleanup(os.environ.pop, 'http_proxy')
        self.mount_of(self.sim.url)
        self.assertEqual(sha(read(self.path())), sha(self.data))
        self.assertEqual([one for one in proxy.seen if one['authorization'] or SECRETS['pi'] in one['target']], [])

    def test_the_proxys_password_is_shown_only_to_the_proxy(self):
        proxy = self.front()
        site = proxy.url.removeprefix('http://')
        config = os.path.join(self.home.path, 'config')
        os.makedirs(config, exist_ok=True)
        with open(os.path.join(config, 'config.json'), 'w', encoding='utf-8') as file:
            json.dump({'proxy': f'http://me:{self.SECRET}@{site}', 'log_level': 'trace'}, file)
        self.mount_of(self.sim.url)
        self.assertEqual(sha(read(self.path())), sha(self.data))
        os.listdir(self.mount.save('all', 'SELECT TOP 3 * FROM ivoa.ObsCore'))
        self.assertTrue([one for one in proxy.seen if one['proxy'] == basic_of('me', self.SECRET)])
        os.remove(os.path.join(config, 'config.json'))
        self.assert_nowhere([self.SECRET, basic_of('me', self.SECRET).split()[1]])

    def test_a_malformed_proxy_url_does_not_show_its_password(self):
        config = os.path.join(self.home.path, 'config')
        os.makedirs(config, exist_ok=True)
        for proxy in ('http://me:{} x@localhost:1', 'http://me:x@{}@localhost:1',
                      'http://me:{}/x@localhost:1', 'http://me:{}@localhost:99999'):
            with self.subTest(proxy):
                with open(os.path.join(config, 'config.json'), 'w', encoding='utf-8') as file:
                    json.dump({'proxy': proxy.format(self.SECRET), 'log_level': 'trace'}, file)
                self.mount_of(self.sim.url)
                os.remove(os.path.join(config, 'config.json'))
                with self.assertRaises(OSError):
                    os.listdir(self.mount.save('all', 'SELECT TOP 3 * FROM ivoa.ObsCore'))
                self.assertIn('sync', self.mount.errors())
                self.assert_nowhere([self.SECRET])
                self.mount.unmount()
        for proxy in (f'me:{self.SECRET}@localhost:1', f'ftp://me:{self.SECRET}@localhost:1', f'me:{self.SECRET}://localhost'):
            done = run(harness.programs['esofs'], 'mount', self.sim.profile, self.mount.path, '-o', f'proxy={proxy}', check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn('proxy', done.stderr)
            self.assertNotIn(self.SECRET, done.stderr)


def basic_of(name, password):
    return 'Basic ' + base64.b64encode(f'{name}:{password}'.encode()).decode()


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
