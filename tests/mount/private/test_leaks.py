"""Where secrets go, and where they must never be found."""
import errno
import os

import harness
from harness import read, sha
from private_test import PRIVATE, SECRETS, PrivateTest, basic


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


if __name__ == '__main__':
    harness.main()
