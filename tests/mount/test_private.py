"""Private data on a real mount: who may read what, where secrets go, and where they must never be found.

The tests with a second user need root, and are skipped otherwise.
"""
import base64
import concurrent.futures
import errno
import hashlib
import hmac
import json
import os
import pty
import shutil
import socket
import stat
import subprocess
import tempfile
import termios
import threading
import unittest
import urllib.request

import harness
from harness import read, run, sha, until

PRIVATE = 'ADP.2026-02-02T02:02:02.222'  # of the user pi; released in 2100
SECRETS = {'pi': 'pi-password', 'coi': 'coi-password', 'visitor': 'visitor-password'}
NOBODY = 65534


def basic(user):
    return 'Basic ' + base64.b64encode(f'{user}:{SECRETS[user]}'.encode()).decode()


class PrivateTest(harness.MountTest):
    def setUp(self):
        super().setUp()
        self.sim.access(clock=0, token_life=28800, challenge=True, login_pages=False, hidden=[])
        self.addCleanup(self.sim.access, clock=0, token_life=28800, challenge=True, login_pages=False, hidden=[])
        self.told = []  # what the programs wrote

    def directories(self):
        return f'cache_dir={self.home.cache},config_dir={self.home.config},state_dir={self.home.state}'

    def login(self, user, password=None, check=True):
        done = run(harness.programs['esofs'], 'login', self.sim.profile, '--user', user, '-o', self.directories(),
                   input=(password or SECRETS.get(user, '')) + '\n', check=check)
        self.told.append(done.stdout + done.stderr)
        return done

    def logout(self):
        return run(harness.programs['esofs'], 'logout', self.sim.profile, '-o', self.directories())

    def session(self):
        folder = os.path.join(self.home.state, 'sessions')
        kept = [name for name in os.listdir(folder) if not name.startswith('.')]  # not one that is being written
        return os.path.join(folder, kept[0])

    def path(self, dp_id=PRIVATE, mount=None):
        return (mount or self.mount) / f'datasets/{dp_id}/{dp_id}.fits'

    def pi_bytes(self, dp_id=PRIVATE):
        request = urllib.request.Request(self.sim.url + '/dataPortal/file/' + dp_id,
                                         headers={'Authorization': basic('pi')})
        with urllib.request.urlopen(request, timeout=harness.PATIENCE) as answer:
            return answer.read()

    def login_state(self, mount=None):
        return (mount or self.mount).status()['login']

    def until_state(self, state, mount=None):
        until(lambda: self.login_state(mount)['state'] == state, f'the login state {state}')

    def netrc(self, user='pi', mode=0o600):
        path = os.path.join(self.home.path, 'netrc')
        with open(path, 'w', encoding='utf-8') as file:
            file.write(f'machine 127.0.0.1 login {user} password {SECRETS[user]}\n')
        os.chmod(path, mode)
        return path

    def sent(self, containing=''):
        return [request['authorization'] for request in self.sim.requests(containing)]

    def remounted(self, *options):
        """Mounts again, with more options."""
        self.mount.unmount()
        self.mount = self.mounted(*options)
        return self.mount

    def files(self, *folders):
        for folder in folders:
            for root, _, names in os.walk(folder):
                for name in names:
                    yield os.path.join(root, name)

    def assert_nowhere(self, secrets):
        """None of the secrets is in any place that a user, an administrator or another program sees."""
        places = {}
        for path in self.files(self.home.cache, self.home.config, self.home.state):
            if '/sessions/' not in path:
                places[path] = read(path)
        for name in os.listdir(self.mount / '.esofs'):
            places['.esofs/' + name] = read(self.mount / f'.esofs/{name}')
        for name in ('url', 'error', 'version', 'size_state'):
            try:
                places['user.esofs.' + name] = os.getxattr(self.path(), 'user.esofs.' + name)
            except OSError:
                pass
        for pid in filter(str.isdigit, os.listdir('/proc')):
            try:
                places[f'/proc/{pid}/cmdline'] = read(f'/proc/{pid}/cmdline')
            except OSError:
                pass
        for index, text in enumerate(self.told):
            places[f'output {index}'] = text.encode()
        self.assertGreater(len(places), 10)
        for place, content in places.items():
            for secret in secrets:
                self.assertFalse(secret.encode() in content, f'{secret} in {place}')


class Login(PrivateTest):
    def test_open_without_a_login_says_what_to_do(self):
        query = self.mount.save('all', "SELECT * FROM ivoa.ObsCore WHERE target_name='NGC253'")
        name = PRIVATE + '.fits'
        self.assertIn(name, os.listdir(query))
        self.assert_errno(errno.EACCES, read, os.path.join(query, name))
        self.assertIn('2100', os.getxattr(os.path.join(query, name), 'user.eso.obs_release_date').decode())
        self.assertIn('run `esofs login`', self.mount.errors())
        self.assertIn(name, os.listdir(query))

    def test_a_running_mount_notices_a_login_and_a_logout(self):
        self.assert_errno(errno.EACCES, read, self.path())
        done = self.login('pi')
        self.assertIn('pi is logged in at Simulated ESO archive until 20', done.stdout)
        self.until_state('logged in')
        self.assertEqual(self.login_state()['user'], 'pi')
        self.assertEqual(sha(read(self.path())), sha(self.pi_bytes()))
        self.assertIn('pi, until 20', run(harness.programs['esofs'], 'status', self.mount.path).stdout)
        self.assertIn('login: pi at eso-sim until 20',
                      run(harness.programs['esofs'], 'status', '-o', self.directories()).stdout)
        self.logout()
        self.until_state('nobody')
        self.assert_errno(errno.EACCES, read, self.path())
        self.assertIn('nobody was logged in', self.logout().stdout)

    def typed_at_a_terminal(self, password, answer, status):
        """What `esofs login` shows at a terminal to a user who types pi, and then this."""
        words = [harness.programs['esofs'], 'login', self.sim.profile, '-o', self.directories()]
        pid, terminal = pty.fork()
        if pid == 0:
            os.execv(words[0], words)
        shown = b''

        def read_until(text):
            nonlocal shown
            while text not in shown:
                try:
                    shown += os.read(terminal, 1000)
                except OSError:
                    break  # the program has ended
            self.assertIn(text, shown)

        read_until(b'user name at Simulated ESO archive: ')
        os.write(terminal, b'pi\n')
        read_until(b'password of pi: ')
        until(lambda: not termios.tcgetattr(terminal)[3] & termios.ECHO, 'the terminal without echo')
        os.write(terminal, password)
        read_until(answer)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), status)
        self.assertTrue(termios.tcgetattr(terminal)[3] & termios.ECHO)
        os.close(terminal)
        return shown

    def test_at_a_terminal_the_password_is_asked_for_without_echo(self):
        shown = self.typed_at_a_terminal(SECRETS['pi'].encode() + b'\n', b'pi is logged in', 0)
        self.assertNotIn(SECRETS['pi'].encode(), shown)

    def test_a_ctrl_c_ends_the_question_for_the_password_at_once(self):
        self.typed_at_a_terminal(SECRETS['pi'].encode()[:3] + b'\x03', b'interrupted', 1)

    def test_the_session_is_kept_for_its_owner_only(self):
        self.login('pi')
        self.assertEqual(stat.S_IMODE(os.stat(self.session()).st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(os.stat(os.path.dirname(self.session())).st_mode), 0o700)

    def test_a_session_is_replaced_at_once_and_never_half_there(self):
        self.login('pi')
        self.until_state('logged in')
        ended = threading.Event()
        seen = set()

        def watch():
            while not ended.is_set():
                with open(self.session(), encoding='utf-8') as file:
                    self.assertEqual(stat.S_IMODE(os.fstat(file.fileno()).st_mode), 0o600)
                    seen.add(json.load(file)['token'])

        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            watching = pool.submit(watch)
            for _ in range(10):
                self.login('pi')
                self.assertEqual(self.login_state()['state'], 'logged in')
            ended.set()
            watching.result(harness.PATIENCE)
        self.assertGreater(len(seen), 1)
        self.assertEqual(len(os.listdir(os.path.dirname(self.session()))), 1)

    def test_a_session_is_sent_only_to_the_servers_it_was_made_for(self):
        self.login('pi')
        self.until_state('logged in')
        self.mount.unmount()
        other = harness.Simulator()  # the same name with other servers: a profile that somebody has changed
        self.addCleanup(other.close)
        self.mount = self.mounted(archive=other.profile)
        self.assert_errno(errno.EACCES, read, self.path())
        self.assertIn('was made for other servers: not used', self.mount.errors())
        self.assertTrue(other.requests())
        self.assertEqual([request for request in other.requests() if request['authorization']], [])

    def test_a_session_that_others_can_read_is_refused(self):
        self.login('pi')
        os.chmod(self.session(), 0o644)
        self.until_state('refused')
        self.assert_errno(errno.EACCES, read, self.path())
        self.assertIn(self.session(), self.mount.errors())
        self.assertIn('0644', self.mount.errors())

    def test_a_wrong_password_is_reported_and_nothing_is_kept(self):
        done = self.login('pi', 'wrong-password', check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn('does not accept the name or the password of pi', done.stderr)
        self.assertNotIn('wrong-password', done.stderr)
        self.assertFalse(os.path.exists(os.path.join(self.home.state, 'sessions')))

    def test_a_login_without_access_gets_an_error_that_says_so(self):
        self.login('visitor')
        self.until_state('logged in')
        self.assert_errno(errno.EACCES, read, self.path())
        self.assertIn('visitor has no right to it', self.mount.errors())

    def test_an_expired_session_is_noticed_at_once_and_opens_nothing(self):
        self.sim.access(token_life=4)
        self.login('pi')
        self.until_state('logged in')
        data = read(self.path())
        self.until_state('expired')
        self.assert_errno(errno.EACCES, read, self.path())
        self.assertIn('the session of pi ended at', self.mount.errors())
        self.assertIn('expired', run(harness.programs['esofs'], 'status', self.mount.path).stdout)
        self.sim.access(token_life=28800)
        self.login('pi')
        self.until_state('logged in')
        self.sim.reset()
        self.assertEqual(read(self.path()), data)
        self.assertEqual(self.sim.requests('/dataPortal/file'), [])  # the same user can read the cached file again

    def test_a_login_page_with_200_is_a_refusal(self):
        self.sim.access(login_pages=True)
        query = self.mount.save('all', "SELECT * FROM ivoa.ObsCore WHERE target_name='NGC253'")
        path = os.path.join(query, PRIVATE + '.fits')
        os.listdir(query)
        self.assert_errno(errno.EACCES, read, path)
        self.login('pi')
        self.until_state('logged in')
        self.assertEqual(sha(read(path)), sha(self.pi_bytes()))

    def test_a_401_without_a_challenge_is_a_refusal(self):
        self.sim.access(challenge=False)
        self.assert_errno(errno.EACCES, read, self.path())
        self.login('pi')
        self.until_state('logged in')
        self.assertEqual(sha(read(self.path())), sha(self.pi_bytes()))

    def test_a_file_is_public_after_its_release(self):
        self.assert_errno(errno.EACCES, read, self.path())
        self.sim.access(clock=80 * 365 * 86400)
        until(lambda: self.readable(self.path()), 'the release')

    def readable(self, path):
        try:
            return bool(read(path))
        except PermissionError:
            return False

    def test_datalink_gets_the_token_and_public_files_need_none(self):
        self.login('pi')
        self.until_state('logged in')
        rows = self.sim.query("SELECT dp_id FROM ivoa.ObsCore WHERE target_name='M83' AND access_estsize < 1000")
        public = min(row['dp_id'] for row in rows)
        self.sim.reset()
        read(self.path(public))
        self.assertTrue(all(value.startswith('Bearer ') for value in self.sent('/datalink')))
        self.assertEqual(set(self.sent('/dataPortal/file')), {''})
        self.assertEqual(set(self.sent('/tap_obs')) - {''}, set())


class Sources(PrivateTest):
    def test_a_netrc_file_gives_a_token_if_tokens_are_accepted(self):
        self.remounted(f'credentials={self.netrc()}')
        self.assertEqual(sha(read(self.path())), sha(self.pi_bytes()))
        self.assertEqual(len(self.sim.requests('/sso/oidc/token')), 1)

    def test_basic_is_sent_at_once_if_the_profile_says_so(self):
        profile = os.path.join(self.home.path, 'basic.json')
        with open(profile, 'w', encoding='utf-8') as file:
            file.write('{"extends": "eso", "name": "eso-sim", "base_url": "%s", "token_url": "", "authorised": '
                       '[{"url": "%s/dataPortal/file/", "schemes": ["basic"]}]}' % (self.sim.url, self.sim.url))
        self.mount.unmount()
        self.mount = self.mounted(f'credentials={self.netrc()}', archive=profile)
        query = self.mount.save('all', "SELECT * FROM ivoa.ObsCore WHERE target_name='NGC253'")
        os.listdir(query)
        self.sim.reset()
        self.assertEqual(sha(read(os.path.join(query, PRIVATE + '.fits'))), sha(self.pi_bytes()))
        sent = [value for value in self.sent('/dataPortal/file')]
        self.assertEqual(set(sent), {basic('pi')})  # the release date says that it is private: no challenge is waited for

    def test_a_netrc_file_that_others_can_read_is_refused(self):
        path = self.netrc(mode=0o640)
        self.remounted(f'credentials={path}')
        self.assert_errno(errno.EACCES, read, self.path())
        self.assertIn(path, self.mount.errors())
        self.assertIn('0640', self.mount.errors())
        self.assertEqual(self.login_state()['state'], 'refused')

    def test_a_token_comes_from_a_file_or_a_command(self):
        self.login('pi')
        token = os.path.join(self.home.path, 'token')
        with open(self.session(), encoding='utf-8') as file:
            value = file.read().split('"token": "')[1].split('"')[0]
        with open(os.open(token, os.O_WRONLY | os.O_CREAT, 0o600), 'w', encoding='utf-8') as file:
            file.write(value + '\n')
        self.logout()
        self.remounted(f'token_file={token}')
        self.assertEqual(sha(read(self.path())), sha(self.pi_bytes()))
        self.remounted(f'token_command=cat {token}')
        self.assertEqual(sha(read(self.path())), sha(self.pi_bytes()))

    def test_a_token_refused_in_mid_file_is_renewed_once(self):
        big = min(row['dp_id'] for row in self.sim.query(
            "SELECT dp_id FROM ivoa.ObsCore WHERE access_estsize > 2000000 AND access_estsize < 4000000"))
        self.sim.access(hidden=[big], users=[{'name': 'pi', 'password': 'pi-password', 'rights': ['']}])
        self.addCleanup(self.sim.access, users=[{'name': name, 'password': word, 'rights': rights} for name, word, rights in (
            ('observer', 'secret', ['']), ('pi', 'pi-password', ['ADP.2026-02-02']),
            ('coi', 'coi-password', ['FORS2.2026-09-02']), ('visitor', 'visitor-password', []))])
        os.rename(self.netrc(), os.path.join(self.home.path, '.netrc'))
        self.addCleanup(os.environ.__setitem__, 'HOME', os.environ.get('HOME', '/'))
        os.environ['HOME'] = self.home.path
        self.remounted()
        self.login('pi')
        self.until_state('logged in')
        with open(self.path(big), 'rb') as file:
            file.read(1000)
            self.sim.access(revoke=True)
            self.sim.reset()
            file.seek(1 << 30)
            got = file.read(100000)
        request = urllib.request.Request(self.sim.url + '/dataPortal/file/' + big,
                                         headers={'Authorization': basic('pi'),
                                                  'Range': f'bytes={1 << 30}-{(1 << 30) + 99999}'})
        with urllib.request.urlopen(request, timeout=harness.PATIENCE) as answer:
            self.assertEqual(sha(got), sha(answer.read()))
        self.assertEqual(len(self.sim.requests('/sso/oidc/token')), 1)
        self.assertIn(401, [request['status'] for request in self.sim.requests('/dataPortal/file')])


@unittest.skipUnless(shutil.which('glewlwyd') and shutil.which('sqlite3'), 'glewlwyd, an OpenID provider, is not installed')
class RealProvider(PrivateTest):
    """Tokens from an OpenID provider that is not ours (Debian's glewlwyd): RFC 6749 section 4.3."""
    KEY = 'a key of this test alone, 32 bytes'
    SCHEMA = '/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3'

    def setUp(self):
        super().setUp()
        self.folder = tempfile.mkdtemp(prefix='esofs-glewlwyd-')
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        with socket.socket() as free:
            free.bind(('127.0.0.1', 0))
            self.port = free.getsockname()[1]
        self.url = f'http://127.0.0.1:{self.port}/api'
        self.cookie = None
        self.start()
        self.call('/auth/', {'username': 'admin', 'password': 'password'})
        self.call('/mod/plugin/', {'module': 'oidc', 'name': 'oidc', 'display_name': 'oidc', 'parameters': {
            'iss': self.url, 'jwt-type': 'sha', 'jwt-key-size': '256', 'key': self.KEY,
            'access-token-duration': 3600, 'refresh-token-duration': 7200, 'code-duration': 600,
            'refresh-token-rolling': True, 'allow-non-oidc': True, 'auth-type-code-enabled': True,
            'auth-type-token-enabled': True, 'auth-type-id-token-enabled': True, 'auth-type-none-enabled': True,
            'auth-type-password-enabled': True, 'auth-type-client-enabled': False,
            'auth-type-refresh-enabled': True, 'scope': []}})
        self.call('/user/', {'username': 'pi', 'password': SECRETS['pi'], 'name': 'PI',
                             'scope': ['g_profile', 'openid'], 'enabled': True})
        self.profile = os.path.join(self.home.path, 'provider.json')
        with open(self.profile, 'w', encoding='utf-8') as file:
            json.dump({'extends': 'eso', 'name': 'provider', 'base_url': self.sim.url,
                       'token_url': self.url + '/oidc/token', 'token_method': 'post', 'token_client_id': '',
                       'token_scope': 'openid'}, file)

    def start(self):
        database = os.path.join(self.folder, 'db')
        with open(self.SCHEMA, encoding='utf-8') as schema:
            run('sqlite3', database, stdin=schema)
        config = os.path.join(self.folder, 'conf')
        with open(config, 'w', encoding='utf-8') as file:
            file.write(f'port={self.port}\nbind_address="127.0.0.1"\nexternal_url="http://127.0.0.1:{self.port}/"\n'
                       f'login_url="login.html"\nlog_mode="file"\nlog_level="INFO"\nlog_file="{self.folder}/log"\n'
                       f'static_files_path="{self.folder}"\nstatic_files_mime_types=()\ncookie_domain=""\n'
                       'cookie_secure=false\nuser_module_path="/usr/lib/glewlwyd/user"\n'
                       'client_module_path="/usr/lib/glewlwyd/client"\n'
                       'user_auth_scheme_module_path="/usr/lib/glewlwyd/scheme"\n'
                       'plugin_module_path="/usr/lib/glewlwyd/plugin"\n'
                       f'database = {{ type = "sqlite3"; path = "{database}"; }};\n')
        process = subprocess.Popen(['glewlwyd', '-c', config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        harness.guardian.tell(f'+pid {process.pid}')
        self.addCleanup(harness.guardian.tell, f'-pid {process.pid}')
        self.addCleanup(process.wait, harness.PATIENCE)
        self.addCleanup(process.terminate)
        until(self.answers, 'the provider')

    def answers(self):
        with socket.socket() as probe:
            return probe.connect_ex(('127.0.0.1', self.port)) == 0

    def call(self, path, document):
        request = urllib.request.Request(self.url + path, json.dumps(document).encode(),
                                         {'Content-Type': 'application/json', 'Cookie': self.cookie or ''})
        with urllib.request.urlopen(request, timeout=harness.PATIENCE) as answer:
            self.cookie = (answer.headers['Set-Cookie'] or self.cookie).split(';')[0]

    def test_tokens_of_a_real_provider_are_kept_and_sent(self):
        words = (harness.programs['esofs'], 'login', self.profile, '--user', 'pi', '-o', self.directories())
        wrong = run(*words, input='wrong\n', check=False)
        self.assertIn('does not accept the name or the password of pi', wrong.stderr)
        self.assertIn('pi is logged in', run(*words, input=SECRETS['pi'] + '\n').stdout)
        with open(self.session(), encoding='utf-8') as file:
            session = json.load(file)
        claims = json.loads(base64.urlsafe_b64decode(session['token'].split('.')[1] + '=='))
        self.assertEqual(session['expires'], claims['exp'])
        self.assertEqual(claims['iss'], self.url)
        signed, _, signature = session['token'].rpartition('.')
        made = hmac.new(self.KEY.encode(), signed.encode(), hashlib.sha256).digest()
        self.assertEqual(base64.urlsafe_b64encode(made).decode().rstrip('='), signature)  # an id_token of the provider
        self.mount.unmount()
        self.mount = self.mounted(archive=self.profile)
        self.assertEqual(self.login_state()['user'], 'pi')
        self.assert_errno(errno.EACCES, read, self.path())
        self.assertEqual(self.sent('/datalink')[0], 'Bearer ' + session['token'])
        self.assertEqual(self.login_state()['state'], 'expired')  # the simulator does not know the provider


class Listings(PrivateTest):
    HIDDEN = 'ADP.2017-10-16'
    QUERY = "SELECT * FROM ivoa.ObsCore WHERE target_name='M83'"

    def setUp(self):
        super().setUp()
        self.sim.access(hidden=[self.HIDDEN],
                        users=[{'name': 'pi', 'password': 'pi-password', 'rights': ['ADP.']}])
        self.login('pi')

    def names(self, mount):
        mount.save('m83', self.QUERY)
        return [name for name in os.listdir(mount / 'queries/m83') if name.startswith(self.HIDDEN)]

    def test_a_listing_made_with_a_login_is_not_shown_without_it(self):
        self.assertEqual(self.names(self.mount), [])
        self.remounted('authorised_tap')
        self.assertTrue(self.names(self.mount))
        self.assertTrue(all(value.startswith('Bearer ') for value in self.sent('/tap_obs/sync')[-1:]))
        self.logout()
        self.until_state('nobody')
        self.assertEqual(self.names(self.mount), [])

    def test_datalink_finds_a_protected_dataset_only_with_the_token(self):
        self.until_state('logged in')
        dp_id = self.HIDDEN + 'T11:04:19.247'
        self.assertTrue(read(self.path(dp_id)))
        self.logout()
        self.until_state('nobody')
        self.assert_errno(errno.ENOENT, read, self.path(dp_id))


class Leaks(PrivateTest):
    mount_options = ('log_level=trace',)

    def session_token(self):
        with open(self.session(), encoding='utf-8') as file:
            return file.read().split('"token": "')[1].split('"')[0]

    def test_secrets_are_found_only_in_the_session(self):
        self.login('pi')
        self.until_state('logged in')
        token = self.session_token()
        read(self.path())
        os.listdir(self.mount / f'datasets/{PRIVATE}')
        self.sim.fault(path='/dataPortal/file/FORS2', fail_next=-1, status=401)
        raw = min(row['dp_id'] for row in self.sim.query("SELECT dp_id FROM dbo.raw WHERE release_date > '2099-01-01'"))
        self.assert_errno(errno.EACCES, read, self.path(raw))
        self.assert_nowhere([token, token.split('.')[1], SECRETS['pi'], basic('pi').split()[1]])

    def test_a_token_request_that_fails_shows_nothing_of_its_url(self):
        self.mount.unmount()
        self.sim.fault(path='/sso/oidc/token', fail_next=-1, status=503, retry_after=0)
        self.mount = self.mounted(f'credentials={self.netrc()}', 'attempts=2')
        self.assertTrue(read(self.path()))  # the file takes Basic too
        self.login('pi', check=False)
        self.assertIn('HTTP 503', self.told[-1])
        self.assertGreaterEqual(len(self.sim.requests('/sso/oidc/token')), 2)
        self.assert_nowhere([SECRETS['pi'], basic('pi').split()[1], 'username=pi'])

    def test_credentials_do_not_follow_a_redirect_to_another_host(self):
        self.login('pi')
        self.until_state('logged in')
        query = self.mount.save('all', "SELECT * FROM ivoa.ObsCore WHERE target_name='NGC253'")
        os.listdir(query)
        self.sim.fault(path='/dataPortal/file', redirect='other')
        self.sim.reset()
        before = len(self.sim.other()['requests'])
        data = read(os.path.join(query, PRIVATE + '.fits'))
        self.sim.clear()
        self.assertTrue(all(value.startswith('Bearer ') for value in self.sent('/dataPortal/file')))
        self.assertEqual(sha(data), sha(self.pi_bytes()))
        asked = self.sim.other()['requests'][before:]
        self.assertTrue(asked)
        self.assertEqual({request['authorization'] for request in asked}, {''})
        self.logout()
        self.until_state('nobody')
        self.assert_errno(errno.EACCES, read, self.path())  # kept as private: the redirect came after credentials

    def test_the_daemon_leaves_no_core_dump(self):
        self.login('pi')
        self.until_state('logged in')
        with open(f'/proc/{self.mount.pid}/limits', encoding='utf-8') as file:
            core = next(line for line in file if line.startswith('Max core file size'))
        self.assertEqual(core.split()[4:6], ['0', '0'])

    def test_the_cache_is_unreadable_to_others(self):
        self.login('pi')
        self.until_state('logged in')
        read(self.path())
        segments = 0
        for path in self.files(self.home.cache, self.home.state):
            self.assertEqual(os.stat(path).st_mode & 0o077, 0, path)
            with open(path, 'rb') as file:
                head = file.read(4096)
            if head.startswith(b'ESOFSSEG') and PRIVATE.encode() in head:
                segments += 1
                self.assertIn(b'\nfor pi', head)  # the key holds the login
        self.assertGreater(segments, 0)
        for folder in (self.home.cache, self.home.state):
            self.assertEqual(os.stat(folder).st_mode & 0o077, 0, folder)


@unittest.skipIf(os.geteuid() != 0, 'another user is needed, which root can be')
class OtherUsers(PrivateTest):
    mount_options = ('allow_other',)

    def setUp(self):
        super().setUp()
        self.login('pi')
        self.until_state('logged in')

    def other(self, *words):
        """Runs a program as another user of this machine; its output or its error."""
        done = run('setpriv', '--reuid', NOBODY, '--regid', NOBODY, '--clear-groups', *words, check=False, text=False)
        return done.stdout if done.returncode == 0 else done.stderr.decode(errors='replace')

    def test_private_files_are_for_the_mounting_user_even_if_cached(self):
        data = read(self.path())
        with open(self.path(), 'rb') as held:  # its pages are in the page cache, and stay there
            held.read()
            self.assertIn('Permission denied', self.other('cat', self.path()))
            self.assertIn('Permission denied', self.other('head', '-c', '10', self.path()))
        query = self.mount.save('all', "SELECT * FROM ivoa.ObsCore WHERE target_name='NGC253'")
        os.listdir(query)
        self.assertIn('Permission denied', self.other('cat', os.path.join(query, PRIVATE + '.fits')))
        self.assertEqual(read(self.path()), data)

    def test_a_cold_file_is_refused_to_others_too(self):
        self.assertIn('Permission denied', self.other('cat', self.path()))
        self.assertTrue(read(self.path()))

    def test_public_files_are_for_everybody(self):
        rows = self.sim.query("SELECT dp_id FROM ivoa.ObsCore WHERE target_name='M83' AND access_estsize < 1000")
        public = min(row['dp_id'] for row in rows)
        data = read(self.path(public))
        self.assertEqual(self.other('cat', self.path(public)), data)

    def test_links_found_with_the_login_are_for_the_mounting_user(self):
        self.assertTrue(read(self.mount / f'datasets/{PRIVATE}/links.vot'))
        self.assertIn('Permission denied', self.other('cat', self.mount / f'datasets/{PRIVATE}/links.vot'))

    def test_queries_made_with_the_login_are_for_the_mounting_user(self):
        self.remounted('authorised_tap')
        query = self.mount.save('all', "SELECT * FROM ivoa.ObsCore WHERE target_name='NGC253'")
        names = os.listdir(query)
        os.stat(os.path.join(query, PRIVATE + '.fits'))  # the kernel knows the name now
        self.assertIn(PRIVATE + '.fits', names)
        for words in (('ls', query), ('cat', os.path.join(query, 'table/result.vot')),
                      ('stat', os.path.join(query, PRIVATE + '.fits')), ('ls', self.mount / 'queries')):
            self.assertIn('Permission denied', self.other(*words), words)
        self.assertIn(b'README.txt', self.other('ls', self.mount.path))

    def test_share_private_opens_private_files_to_others(self):
        self.remounted('share_private')
        self.assertEqual(self.other('cat', self.path()), read(self.path()))


if __name__ == '__main__':
    harness.main()
