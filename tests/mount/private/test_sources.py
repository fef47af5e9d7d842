"""Sources of credentials on a real mount, also odd, broken and planted ones: netrc files, token files, token commands,
sessions and token endpoints.
"""
import base64
import errno
import json
import os
import shlex
import shutil
import threading
import urllib.request

import harness
from fronts import Front
from harness import ended, read, run, sha, until
from private_test import PRIVATE, SECRETS, PrivateTest, basic


class SourcesTest(PrivateTest):
    def token(self):
        """A token of pi's, which no file of the mount holds."""
        self.login('pi')
        with open(self.session(), encoding='utf-8') as file:
            token = json.load(file)['token']
        self.logout()
        return token

    def secret(self, name, text, mode=0o600):
        path = os.path.join(self.home.path, name)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'wb') as file:
            file.write(text.encode() if isinstance(text, str) else text)
        os.chmod(path, mode)
        return path

    def assert_readable(self):
        self.assertEqual(sha(read(self.path())), sha(self.pi_bytes()))

    def refused(self):
        """What .esofs/errors says of a file that cannot be read for lack of credentials."""
        self.assert_errno(errno.EACCES, read, self.path())
        return self.mount.errors()


class Netrc(SourcesTest):
    def asked_as(self, text):
        """The (user, password) that a netrc file makes the mount ask for a token with; None: none."""
        self.sim.reset()
        self.mount.unmount()
        shutil.rmtree(self.home.cache)  # what is cached needs no token
        self.mount = self.mounted('credentials=' + self.secret('netrc', text))
        try:
            read(self.path())
        except OSError:
            pass
        asked = self.sim.requests('/sso/oidc/token')
        if not asked:
            return None
        query = dict(part.split('=', 1) for part in asked[0]['target'].partition('?')[2].split('&'))
        return query['username'], query['password']

    def test_forms_that_other_programs_accept_are_read(self):
        good = ('pi', 'pi-password')
        for name, text in {
                'one line': 'machine 127.0.0.1 login pi password pi-password\n',
                'words in capitals': 'MACHINE 127.0.0.1 LOGIN pi PASSWORD pi-password\n',
                'lines of Windows': 'machine 127.0.0.1\r\n\tlogin pi\r\n\tpassword pi-password\r\n',
                'no end of line': 'machine 127.0.0.1 login pi password pi-password',
                'quotes': 'machine "127.0.0.1" login "pi" password "pi-password"\n',
                'an account': 'machine 127.0.0.1 login pi account x password pi-password\n',
                'other machines': 'machine eso.example login a password b\nmachine 127.0.0.1 login pi password pi-password\n'
                                  'machine z.example login c password d\n',
                'the password first': 'machine 127.0.0.1 password pi-password login pi\n',
                'the default': 'machine z.example login c password d\ndefault login pi password pi-password\n',
                'a macro': 'machine z.example login c password d\nmacdef init\nmachine 127.0.0.1 login no password no\n\n'
                           'machine 127.0.0.1 login pi password pi-password\n',
                'a macro of Windows': 'macdef init\r\ncd /x\r\n\r\nmachine 127.0.0.1 login pi password pi-password\r\n',
                'a comment': '# machine 127.0.0.1 login no password no\nmachine 127.0.0.1 login pi password pi-password\n',
                'the mark of UTF-8': b'\xef\xbb\xbfmachine 127.0.0.1 login pi password pi-password\n'}.items():
            with self.subTest(name):
                self.assertEqual(self.asked_as(text), good)

    def test_the_name_of_a_machine_may_be_in_capitals(self):
        self.sim.reset()
        profile = self.secret('local.json', json.dumps({
            'extends': 'eso', 'name': 'local', 'base_url': self.sim.url.replace('127.0.0.1', 'localhost'), 'datalink_pattern': ''}))
        self.mount.unmount()
        self.mount = self.mounted('credentials=' + self.secret('netrc', 'machine LocalHost login pi password pi-password\n'),
                                  archive=profile)
        self.assert_readable()

    def test_a_password_ends_with_its_line(self):
        """An unclosed quote must not make the passwords of other machines part of this one."""
        asked = self.asked_as('machine 127.0.0.1 login pi password "half\nmachine bank.example login me password money"\n')
        self.assertEqual(asked, ('pi', '%22half'))
        self.assertNotIn('money', json.dumps(self.sim.requests()))

    def test_entries_for_other_machines_are_not_sent_to_the_archive(self):
        for text in ('machine eso.example login pi password pi-password\n', 'machine 127.0.0.1 password pi-password\n',
                     'machine 127.0.0.1 login pi\n', 'login pi password pi-password\n', '', '\0\0\0', 'machine', 'macdef x\n'):
            with self.subTest(text):
                self.assertIsNone(self.asked_as(text))
                self.assertEqual([value for value in self.sent() if value], [])
                self.assertIn('has no name and password for', self.login_state()['problem'])


class Files(SourcesTest):
    def test_special_files_and_files_of_others_are_refused_at_once(self):
        folder = os.path.join(self.home.path, 'place')
        os.mkfifo(os.path.join(self.home.path, 'fifo'), 0o600)
        os.mkdir(folder, 0o700)
        foreign = self.secret('foreign', self.token())
        for option in ('credentials', 'token_file'):
            for place in (os.path.join(self.home.path, 'fifo'), folder, '/dev/zero', '/dev/tty'):
                with self.subTest(f'{option}={place}'):
                    self.remounted(f'{option}={place}')
                    self.assertIn(place, self.refused())
                    self.assertEqual(self.login_state()['state'], 'refused')
        if os.geteuid() == 0:
            os.chown(foreign, 12345, 12345)
            self.remounted(f'token_file={foreign}')
            if os.geteuid() == 0:
                self.assertIn('belongs to another user', self.refused())

    def test_a_file_that_is_replaced_by_a_readable_one_is_not_read(self):
        path = self.secret('token', self.token())
        self.remounted(f'token_file={path}')
        self.assert_readable()
        os.chmod(path, 0o644)
        self.until_state('refused')
        os.chmod(path, 0o600)
        self.until_state('logged in')

    def test_text_that_is_no_token_is_never_sent(self):
        token = self.token()
        for name, text in {'two lines': token + '\n' + token + '\n', 'a header': token + '\r\nX-Evil: 1', 'blanks': 'a b',
                           'nothing': '', 'bytes': b'\x00\xff\xfe', 'a page': '<html>log in</html>', 'too long': 'a' * (2 << 20),
                           'JSON without': '{"error": "no"}', 'JSON of another kind': '{"id_token": 5}'}.items():
            with self.subTest(name):
                self.sim.reset()
                path = self.secret('token', text)
                self.remounted(f'token_file={path}')
                self.assertIn(path, self.refused())
                self.assertEqual({value for value in self.sent() if value}, set())

    def test_a_token_of_any_form_is_sent_as_it_is(self):
        self.remounted('token_file=' + self.secret('token', 'sim-token'))  # observer's
        self.assert_readable()
        for claims in ('{"exp": 1e300}', '{"exp": -5}', '{"exp": 99999999999999999999}', '{"exp": "soon"}', '[]', 'x'):
            with self.subTest(claims):
                odd = 'e30.' + base64.urlsafe_b64encode(claims.encode()).decode().rstrip('=') + '.x'
                self.mount.unmount()
                shutil.rmtree(self.home.cache)
                self.mount = self.mounted('token_file=' + self.secret('token', odd))
                self.refused()
                self.assertIn('until', self.login_state())

    def test_a_session_in_a_world_writable_directory_is_not_used(self):
        self.login('pi')
        folder = os.path.dirname(self.session())
        os.chmod(folder, 0o777)
        planted = self.session()
        os.unlink(planted)
        elsewhere = self.secret('elsewhere', 'not a session', 0o600)
        os.symlink(elsewhere, planted)
        self.until_state('refused')
        self.assertIn('is not a session of esofs', self.refused())
        done = self.login('pi')
        self.assertIn('pi is logged in', done.stdout)
        self.assertFalse(os.path.islink(planted))
        self.assertEqual(read(elsewhere), b'not a session')
        self.assertEqual(os.stat(planted).st_mode & 0o777, 0o600)
        self.until_state('logged in')
        self.assert_readable()


class Directories(SourcesTest):
    def refusal(self):
        self.mount.unmount()
        os.makedirs(self.mount.path, exist_ok=True)
        done = run(harness.programs['esofs'], 'mount', self.sim.profile, self.mount.path, '-o', self.directories(), check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertFalse(os.path.ismount(self.mount.path))
        return done.stderr

    def test_files_in_a_world_writable_directory_are_not_trusted(self):
        for place in (self.home.config, self.home.state, os.path.join(self.home.cache, 'meta')):
            with self.subTest(place):
                os.chmod(place, 0o777)
                self.assertIn(f'{place} can be written by everybody', self.refusal())
                os.chmod(place, 0o700)
                self.mount = self.mounted()

    def test_a_cache_on_a_shared_disk_is_readable_by_its_owner_only(self):
        self.mount.unmount()
        shutil.rmtree(self.home.cache)
        os.mkdir(self.home.cache)
        os.chmod(self.home.cache, 0o1777)
        self.mount = self.mounted(f'credentials={self.netrc()}')
        self.assert_readable()
        os.listdir(self.mount / f'datasets/{PRIVATE}')
        seen = 0
        for name in os.listdir(self.home.cache):
            path = os.path.join(self.home.cache, name)
            self.assertEqual(os.stat(path).st_mode & 0o077, 0, path)
            seen += 1
        self.assertGreater(seen, 3)


class Commands(SourcesTest):
    def command(self, text):
        path = self.secret('command.sh', text, 0o700)
        return f'token_command=sh {shlex.quote(path)}'

    def pid_told(self, name):
        path = os.path.join(self.home.path, name)
        until(lambda: os.path.exists(path) and read(path).strip(), 'the command')
        return int(read(path))

    def test_a_command_may_leave_a_running_child(self):
        token = self.token()
        told = os.path.join(self.home.path, 'child')
        self.remounted(self.command(f'echo {token}\nsleep 1000 & echo $! > {told}\n'))
        self.addCleanup(lambda: os.kill(self.pid_told('child'), 9) if not ended(self.pid_told('child')) else None)
        self.assert_readable()

    def test_a_command_that_closes_its_output_does_not_block_unmount(self):
        told = os.path.join(self.home.path, 'child')
        self.remounted(self.command(f'echo $$ > {told}\necho {self.token()}\nexec >&-\nexec sleep 1000\n'))
        reader = threading.Thread(target=self.failing_read)
        reader.start()
        pid = self.pid_told('child')
        self.mount.unmount()
        reader.join(harness.PATIENCE)
        until(lambda: ended(self.mount.pid), 'the end of the daemon')
        until(lambda: ended(pid), 'the end of the command')
        self.mount = self.mounted()

    def failing_read(self):
        try:
            read(self.path())
        except OSError:
            pass

    def test_a_hanging_command_ends_with_the_mount(self):
        told, child = os.path.join(self.home.path, 'shell'), os.path.join(self.home.path, 'child')
        self.remounted(self.command(f'echo $$ > {told}\nsleep 1000 & echo $! > {child}\nwait\n'))
        reader = threading.Thread(target=self.failing_read)
        reader.start()
        pids = [self.pid_told('shell'), self.pid_told('child')]
        self.mount.unmount()
        reader.join(harness.PATIENCE)
        for pid in pids:
            until(lambda pid=pid: ended(pid), 'the end of the command')
        self.mount = self.mounted()

    def test_the_output_of_a_command_is_never_shown(self):
        token = self.token()
        for text in (f'echo {token} >&2; exit 1', f'echo {token}; echo {token}', f'echo {token}; exit 1', f'echo {token[:-1]}!',
                     f'echo {token}; kill -9 $$'):
            with self.subTest(text):
                self.remounted(self.command(text), 'log_level=trace')
                self.refused()
                self.assertEqual({value for value in self.sent() if value} & {'Bearer ' + token}, set())
                os.remove(os.path.join(self.home.path, 'command.sh'))
                self.assert_nowhere([token, token.split('.')[1]])

    def test_a_secret_in_the_command_itself_is_not_shown(self):
        config = os.path.join(self.home.config, 'config.json')
        self.mount.unmount()
        with open(config, 'w', encoding='utf-8') as file:
            json.dump({'token_command': 'echo opensesame-7', 'log_level': 'trace'}, file)
        self.mount = self.mounted()
        self.refused()
        self.assertIn('Bearer opensesame-7', self.sent())
        os.remove(config)
        self.assert_nowhere(['opensesame-7'])

    def test_a_command_inherits_none_of_the_mounts_files(self):
        told = os.path.join(self.home.path, 'fds')
        self.remounted(self.command(f'ls -l /proc/self/fd > {told}\necho {self.token()}\n'))
        self.assert_readable()
        text = read(told).decode()
        for word in ('fuse', 'socket', 'cache', 'meta', 'eventfd'):
            self.assertNotIn(word, text)

    def test_pipes_work_in_a_command_as_in_a_shell(self):
        self.remounted(self.command(f'[ -z "$(bash -c trap)" ] || exit 1\nyes {self.token()} | head -n 1\n'))
        self.assert_readable()


class Endpoints(SourcesTest):
    """Token services that answer with something other than a token."""

    def setUp(self):
        super().setUp()
        self.front = Front(self.sim.url)
        self.addCleanup(self.front.close)
        self.profile = self.secret('front.json', json.dumps({
            'extends': 'eso', 'name': 'front', 'base_url': self.sim.url, 'token_url': self.front.url + '/sso/oidc/token'}))

    def login_here(self, *options):
        return run(harness.programs['esofs'], 'login', self.profile, '--user', 'pi', '-o', self.directories(), *options,
                   input=SECRETS['pi'] + '\n', check=False)

    def test_a_login_keeps_nothing_and_says_what_came_instead(self):
        for status, body, said in ((200, b'<html>Log in</html>', 'not JSON'), (200, b'{"error": "invalid_grant"}', 'gave no token'),
                                   (200, b'[]', 'not JSON'), (200, b'{"id_token": "a b"}', 'gave no token'),
                                   (200, b'{"id_token": ""}', 'gave no token'), (200, b'', 'not JSON'),
                                   (400, b'{"error": "invalid_grant", "error_description": "pi-password is wrong"}', 'does not accept'),
                                   (401, b'', 'does not accept'), (403, b'', 'does not accept'), (404, b'', 'HTTP 404'),
                                   (500, b'GET /sso/oidc/token?password=pi-password failed', 'HTTP 500'), (204, b'', 'HTTP 204')):
            with self.subTest(f'{status} {body}'):
                self.front.answers = [('/token', (status, {'Content-Type': 'text/html'}, body))]
                done = self.login_here()
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(said, done.stderr)
                self.assertNotIn(SECRETS['pi'], done.stderr + done.stdout)
                self.assertFalse(os.path.exists(os.path.join(self.home.state, 'sessions')))

    def test_expired_tokens_are_not_requested_again_and_again(self):
        """As if a clock is wrong by hours. Each token request carries the password."""
        self.sim.access(token_life=-3600)
        self.mount.unmount()
        self.mount = self.mounted(f'credentials={self.netrc()}', archive=self.profile)
        for row in self.sim.query("SELECT TOP 20 dp_id FROM ivoa.ObsCore WHERE target_name='M83'"):
            os.listdir(self.mount / f'datasets/{row["dp_id"]}')  # each asks DataLink, which takes tokens only
        self.assertGreater(len(self.sim.requests('/datalink/')), 5)
        self.assertLess(len(self.front.seen), 4)
        self.assertIn('clock', self.login_state()['problem'])

    def test_a_wrong_password_is_sent_once(self):
        self.front.answers = [('/token', (401, {}, b''))]
        self.mount.unmount()
        self.mount = self.mounted(f'credentials={self.netrc()}', archive=self.profile)
        for _ in range(5):
            self.refused()
        self.assertEqual(len(self.front.seen), 1)


class Storms(SourcesTest):
    def test_refusals_of_many_files_cause_one_token_request(self):
        """A server that answers 401 to everything: one renewal, however many files are opened."""
        self.sim.fault(path='/dataPortal/file', fail_next=-1, status=401)
        self.remounted(f'credentials={self.netrc()}')
        ids = [row['dp_id'] for row in self.sim.query("SELECT TOP 30 dp_id FROM ivoa.ObsCore WHERE target_name='M83'")]
        self.sim.reset()
        for dp_id in ids:
            self.assert_errno(errno.EACCES, read, self.path(dp_id))
        self.assertGreater(len(ids), 5)
        self.assertLessEqual(len(self.sim.requests('/sso/oidc/token')), 2)


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


if __name__ == '__main__':
    harness.main()
