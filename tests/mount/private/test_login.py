"""Logins and sessions on a real mount: who may read what, and when a session begins and ends."""
import concurrent.futures
import errno
import json
import os
import pty
import stat
import termios
import threading

import harness
from harness import read, run, sha, until
from private_test import PRIVATE, SECRETS, PrivateTest


class Login(PrivateTest):
    def test_open_without_a_login_says_what_to_do(self):
        query = self.mount.save('all', "SELECT * FROM ivoa.ObsCore WHERE target_name='NGC253'")
        name = PRIVATE + '.fits'
        self.assertIn(name, os.listdir(query))
        self.assert_errno(errno.EACCES, read, os.path.join(query, name))
        self.assertIn('2100', os.getxattr(os.path.join(query, name), 'user.eso.obs_release_date').decode())
        self.assertRegex(self.mount.errors(), f'/queries/all/{name} EACCES HTTP 401 from http[^ ]*; nobody is logged in: '
                                              f'run `esofs login {self.sim.profile}`')
        self.assertIn(name, os.listdir(query))

    def test_login_returns_when_the_mount_uses_it(self):
        for _ in range(4):
            self.assert_errno(errno.EACCES, read, self.path())
            self.assertIn(f'used by {self.mount.path}\n', self.login('pi').stdout)
            self.assertEqual(sha(read(self.path())), sha(self.pi_bytes()))
            self.logout()
            self.until_state('nobody')

    def test_a_running_mount_notices_a_login_and_a_logout(self):
        self.assert_errno(errno.EACCES, read, self.path())
        done = self.login('pi')
        self.assertIn('pi is logged in at Simulated ESO archive until 20', done.stdout)
        self.until_state('logged in')
        self.assertEqual(self.login_state()['user'], 'pi')
        self.assertEqual(sha(read(self.path())), sha(self.pi_bytes()))
        self.assertIn('pi, until 20', run(harness.programs['esofs'], 'status', self.mount.path).stdout)
        self.assertIn('login: pi at eso-sim until 20',
                      run(harness.programs['esofs'], 'status', '-o', self.directories(), check=False).stdout)
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

    def test_a_login_says_what_it_waits_for(self):
        self.sim.fault(path='/sso', delay=2000)
        done = self.login('pi')
        self.assertRegex(done.stderr, r'^esofs: waiting for the answer of http.*/sso/oidc/token …\n$')
        self.assertIn('pi is logged in at ', done.stdout)

    def test_a_mount_says_at_the_prompt_that_a_session_has_ended(self):
        self.login('pi')
        self.assertEqual(self.remounted().result.stderr, '')
        with open(self.session(), encoding='utf-8') as file:
            session = json.load(file)
        session['expires'] = 1_700_000_000
        with open(self.session(), 'w', encoding='utf-8') as file:
            json.dump(session, file)
        self.assertRegex(self.remounted().result.stderr,
                         'warning: the session of pi ended at 2023-11-14.*run `esofs login .*; mounted all the same')

    def test_a_mount_says_which_file_of_secrets_it_does_not_use(self):
        netrc = self.netrc(mode=0o644)
        for options in (('credentials=' + netrc,), ('token_file=' + netrc,)):
            self.assertIn(f'warning: {netrc} holds secrets and others can reach it (mode 0644): not used; run chmod 600 {netrc}',
                          self.remounted(*options).result.stderr)
        self.assertIn(f'warning: {self.home.path} is not a plain file',
                      self.remounted('token_file=' + self.home.path).result.stderr)
        done = run(harness.programs['esofs'], 'mount', self.sim.profile, self.home.path + '/new', '-o',
                   self.directories() + ',token_file=/no/such/file', check=False)
        self.assertEqual((done.returncode, done.stderr),
                         (2, "esofs: option 'token_file': /no/such/file: No such file or directory\n"))

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


if __name__ == '__main__':
    harness.main()
