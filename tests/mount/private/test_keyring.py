"""Sessions in the desktop's keyring: GNOME Keyring, with a session bus and a home directory of the test's own."""
import errno
import json
import os
import shutil
import signal
import stat
import threading
import unittest

import harness
from desktop import NEEDED, Desktop
from harness import read, run, until
from private_test import PRIVATE


def setUpModule():
    missing = [name for name in NEEDED if not shutil.which(name)]
    if missing and os.environ.get('CI') == 'true':
        raise AssertionError(f'scripts/setup installs {missing}, and they are not there')
    if missing:
        raise unittest.SkipTest(f'not installed: {missing}')


class KeyringTest(harness.MountTest):
    unlocked = True

    def setUp(self):
        super().setUp()
        self.mount.unmount()  # it knows no desktop
        self.desktop = Desktop(os.path.join(self.home.path, 'desktop'))
        self.addCleanup(self.desktop.close)
        for name in ('HOME', 'XDG_RUNTIME_DIR', 'XDG_DATA_HOME'):
            self.addCleanup(self.restore, name, os.environ.get(name))
            os.environ[name] = self.desktop.environment[name]
        self.desktop.start_keyring(self.unlocked)
        self.mount = self.mounted()

    @staticmethod
    def restore(name, value):
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value

    def directories(self):
        return f'cache_dir={self.home.cache},config_dir={self.home.config},state_dir={self.home.state}'

    def login(self, *more):
        return run(harness.programs['esofs'], 'login', self.sim.profile, '--user', 'pi', *more, '-o', self.directories(),
                   input='pi-password\n').stdout

    def logout(self, check=True):
        return run(harness.programs['esofs'], 'logout', self.sim.profile, '-o', self.directories(), check=check)

    def session(self):
        folder = os.path.join(self.home.state, 'sessions')
        return os.path.join(folder, os.listdir(folder)[0])

    def path(self, dp_id=PRIVATE):
        return self.mount / f'datasets/{dp_id}/{dp_id}.fits'

    def public(self):
        return min(row['dp_id'] for row in self.sim.query(
            "SELECT dp_id FROM ivoa.ObsCore WHERE target_name='M83' AND access_estsize < 1000"))

    def login_state(self):
        return self.mount.status()['login']

    def until_state(self, state):
        until(lambda: self.login_state()['state'] == state, f'the login state {state}')

    def remount(self):
        self.mount.unmount()
        self.mount = self.mounted()

    def readable(self):
        try:
            return bool(read(self.path()))
        except PermissionError:
            return False


class Unlocked(KeyringTest):
    def test_a_login_is_kept_in_the_keyring_and_in_no_file(self):
        self.assert_errno(errno.EACCES, read, self.path())
        self.assertIn('kept in the desktop keyring', self.login())
        self.until_state('logged in')
        data = read(self.path())
        self.assertTrue(data.startswith(b'SIMPLE'))
        self.assertEqual(self.login_state()['kept'], 'the desktop keyring')
        self.assertIn('the desktop keyring', run(harness.programs['esofs'], 'status', self.mount.path).stdout)
        self.assertIn('kept in the desktop keyring',
                      run(harness.programs['esofs'], 'status', '-o', self.directories(), check=False).stdout)
        item, = self.desktop.items()
        token = json.loads(self.desktop_secret())['token']
        self.assertTrue(item)
        self.assertEqual(stat.S_IMODE(os.stat(self.session()).st_mode), 0o600)
        looked = 0
        for root, _, names in os.walk(self.home.path):
            for name in names:
                path = os.path.join(root, name)
                if not stat.S_ISREG(os.stat(path).st_mode):
                    continue
                looked += 1
                for secret in (token, token.split('.')[1], 'pi-password'):
                    self.assertNotIn(secret.encode(), read(path), path)
        self.assertGreater(looked, 5)

    def desktop_secret(self):
        with open(self.session(), encoding='utf-8') as file:
            item = json.load(file)['keyring']
        return run('secret-tool', 'lookup', 'id', item, env=self.desktop.environment).stdout

    def test_a_logout_removes_it_from_the_keyring_and_from_mounts(self):
        self.login()
        self.until_state('logged in')
        self.assertTrue(read(self.path()))
        self.assertEqual(len(self.desktop.items()), 1)
        self.assertIn('logged out', self.logout().stdout)
        self.assertEqual(self.desktop.items(), [])
        self.until_state('nobody')
        self.assert_errno(errno.EACCES, read, self.path())

    def test_the_next_login_replaces_the_one_before(self):
        self.login()
        first = self.session_item()
        self.login()
        self.assertNotEqual(self.session_item(), first)
        self.assertEqual(len(self.desktop.items()), 1)
        self.assertIn(self.session(), self.login('--no-keyring'))
        self.assertEqual(self.desktop.items(), [])
        self.assertIn('"token"', read(self.session()).decode())
        self.until_state('logged in')
        self.assertTrue(read(self.path()))
        self.login()
        self.assertNotIn('"token":', read(self.session()).decode())

    def session_item(self):
        with open(self.session(), encoding='utf-8') as file:
            return json.load(file)['keyring']

    def test_an_ended_keyring_is_reported_and_works_once_restarted(self):
        self.login()
        self.until_state('logged in')
        self.assertTrue(read(self.path()))
        self.desktop.stop_keyring()
        harness.drop_caches(self.path())
        self.assertTrue(read(self.path()))  # this mount has the token
        shutil.rmtree(self.home.cache)
        self.remount()
        self.assert_errno(errno.EACCES, read, self.path())
        self.assertEqual(self.login_state()['state'], 'unreachable')
        self.assertEqual(self.login_state()['user'], 'pi')
        self.assertIn('desktop keyring', self.mount.errors())
        self.assertIn('esofs login --no-keyring', self.mount.errors())
        self.assertTrue(read(self.path(self.public())))
        self.desktop.start_keyring()
        until(self.readable, 'the return of the keyring')
        self.assertEqual(self.login_state()['state'], 'logged in')

    def test_a_hanging_keyring_delays_only_private_reads(self):
        public = self.path(self.public())
        self.assertTrue(read(public))
        self.login()
        self.until_state('logged in')
        self.desktop.keyring.send_signal(signal.SIGSTOP)
        outcome = []

        def read_private():
            try:
                outcome.append(read(self.path()))
            except OSError as error:
                outcome.append(error.errno)

        reader = threading.Thread(target=read_private)
        reader.start()
        harness.drop_caches(public)
        self.assertTrue(read(public))
        self.assertTrue(os.listdir(self.mount / 'datasets'))
        reader.join(harness.PATIENCE)
        self.assertEqual(outcome, [errno.EACCES])
        self.assertIn('does not answer', self.login_state()['problem'])
        self.desktop.keyring.send_signal(signal.SIGCONT)
        until(self.readable, 'the keyring that continues')

    def test_a_mount_does_not_unlock_a_locked_keyring(self):
        self.login()
        self.remount()
        self.desktop.lock()
        self.assert_errno(errno.EACCES, read, self.path())
        self.assertIn('the desktop keyring is locked', self.mount.errors())
        done = self.logout(check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn('the session stays in the keyring', done.stderr)
        self.until_state('nobody')
        self.desktop.stop_keyring()
        self.desktop.start_keyring()
        self.logout()
        self.assertEqual(self.desktop.items(), [])


class Locked(KeyringTest):
    unlocked = False

    def test_a_login_does_not_unlock_and_is_kept_in_a_file(self):
        said = self.login()
        self.assertIn('kept in ' + self.session(), said)
        self.assertEqual(stat.S_IMODE(os.stat(self.session()).st_mode), 0o600)
        self.until_state('logged in')
        self.assertEqual(self.login_state()['kept'], self.session())
        self.assertTrue(read(self.path()))


if __name__ == '__main__':
    harness.main()
