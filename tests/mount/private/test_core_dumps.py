"""Programs that hold secrets leave no core dump if they are aborted."""
import os
import resource
import shutil
import signal
import subprocess

import harness
from desktop import NEEDED, Desktop
from harness import read, run, until
from private_test import SECRETS, PrivateTest


def dumps_here(folder):
    """True if a program that is aborted in the folder leaves a core dump there."""
    done = subprocess.run(['sh', '-c', 'kill -ABRT $$'], cwd=folder, check=False, preexec_fn=unlimited)
    dumps = cores(folder)
    for name in dumps:
        os.unlink(os.path.join(folder, name))
    return done.returncode == -signal.SIGABRT and bool(dumps)


def unlimited():
    """Allows core dumps of any size, as some users do."""
    resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)


def cores(folder):
    return [name for name in os.listdir(folder) if 'core' in name]


class Dumps(PrivateTest):
    def setUp(self):
        super().setUp()
        self.folder = os.path.join(self.home.path, 'work')
        os.mkdir(self.folder)
        if not dumps_here(self.folder):
            self.skipTest('this machine leaves no dumps where a program runs')

    def started(self, *words, told=''):
        process = subprocess.Popen([str(word) for word in words], cwd=self.folder, stdin=subprocess.PIPE, text=True,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=unlimited)
        harness.guardian.tell(f'+pid {process.pid}')
        process.stdin.write(told)
        process.stdin.close()
        return process

    def aborted(self, process):
        os.kill(process.pid, signal.SIGABRT)
        self.assertEqual(process.wait(harness.PATIENCE), -signal.SIGABRT)
        harness.guardian.tell(f'-pid {process.pid}')
        self.assertEqual(cores(self.folder), [])

    def test_an_aborted_login_leaves_no_dump(self):
        self.sim.fault(path='/sso/oidc/token', delay=600_000)
        login = self.started(harness.programs['esofs'], 'login', self.sim.profile, '--user', 'pi', '-o', self.directories(),
                             told=SECRETS['pi'] + '\n')
        until(lambda: connected(login.pid), 'the token request')
        self.aborted(login)

    def test_an_aborted_mount_leaves_no_dump(self):
        self.mount.unmount()
        os.makedirs(self.mount.path, exist_ok=True)
        self.login('pi')
        daemon = self.started(harness.programs['esofs'], 'mount', self.sim.profile, self.mount.path, '-f', '-o', self.directories())
        until(lambda: os.path.ismount(self.mount.path), 'the mount')
        self.assertTrue(read(self.path()))  # it has the token
        self.aborted(daemon)
        run('fusermount3', '-u', '-z', self.mount.path)

    def test_the_aborted_keyring_program_leaves_no_dump(self):
        if [name for name in NEEDED if not shutil.which(name)]:
            self.skipTest('there is no keyring on this machine')
        desktop = Desktop(os.path.join(self.home.path, 'desktop'))
        self.addCleanup(desktop.close)
        desktop.start_keyring()
        desktop.keyring.send_signal(signal.SIGSTOP)
        before = dict(os.environ)
        os.environ.update(desktop.environment)
        try:
            asking = self.started(os.path.join(os.path.dirname(harness.programs['esofs']), 'esofs-keyring'), 'keep', 'id', 'owner',
                                  'label', told='a session')
        finally:
            for name in set(desktop.environment) - set(before):
                del os.environ[name]
            os.environ.update(before)
        until(lambda: connected(asking.pid), 'the question')
        self.aborted(asking)


def connected(pid):
    try:
        return any(os.readlink(f'/proc/{pid}/fd/{name}').startswith('socket:') for name in os.listdir(f'/proc/{pid}/fd'))
    except OSError:  # a file that has just been closed
        return False


if __name__ == '__main__':
    harness.main()
