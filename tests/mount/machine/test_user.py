"""esofs as an ordinary user: it needs no root, only /dev/fuse and fusermount3.

Started as root, the script continues as `nobody` in a mount namespace of its own, with a /dev/fuse that is everybody's
(as udev makes it). Started by another user it runs as that user.
"""
import errno
import grp
import os
import pwd
import shutil
import subprocess
import sys
import tempfile

import harness
from harness import read, run, sha, until
from own_mounts import bind_programs, enter_namespace


class OrdinaryUser(harness.MountTest):
    def small_cube(self):
        rows = self.sim.query("SELECT dp_id FROM ivoa.ObsCore WHERE target_name='NGC253' AND access_estsize < 1000 "
                              "AND obs_release_date < '2020-01-01'")
        return min(row['dp_id'] for row in rows)

    def mount_error(self, place, *words):
        done = run(harness.programs['esofs'], 'mount', self.sim.profile, place, '-o',
                   f'cache_dir={self.home.cache},config_dir={self.home.config},state_dir={self.home.state}', *words,
                   check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertFalse(os.path.ismount(place))
        return done.stderr

    def test_other_programs_cannot_look_into_one_with_secrets(self):
        self.assertTrue(read(f'/proc/{self.mount.pid}/environ'))  # it holds none yet
        words = (harness.programs['esofs'], 'login', self.sim.profile, '--user', 'pi', '-o',
                 f'cache_dir={self.home.cache},config_dir={self.home.config},state_dir={self.home.state}')
        run(*words, input='pi-password\n')
        until(lambda: self.mount.status()['login']['state'] == 'logged in', 'the login')
        self.sim.fault(path='/sso/oidc/token', delay=600_000)
        self.sim.reset()
        login = subprocess.Popen([str(word) for word in words], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        self.addCleanup(login.wait)
        self.addCleanup(login.kill)
        login.stdin.write(b'pi-password\n')
        login.stdin.close()
        until(lambda: self.sim.requests('/sso/oidc/token'), 'the request with the password')
        for pid in (self.mount.pid, login.pid):
            until(lambda pid=pid: os.stat(f'/proc/{pid}/mem').st_uid == 0, 'the end of what the kernel shows of it')
            for name in ('environ', 'maps', 'mem'):
                self.assert_errno(errno.EACCES, read, f'/proc/{pid}/{name}')

    def test_the_tree_belongs_to_the_user(self):
        self.assertNotEqual(os.geteuid(), 0)
        for name in ('.', 'README.txt', 'queries', 'datasets'):
            self.assertEqual(os.stat(self.mount / name).st_uid, os.getuid(), name)
        self.assertTrue(os.access(self.mount / 'queries', os.W_OK))

    def test_a_query_is_saved_listed_and_its_files_read(self):
        query = self.mount.save('cubes', "SELECT * FROM ivoa.ObsCore WHERE target_name='NGC253'")
        dp_id = self.small_cube()
        self.assertIn(dp_id + '.fits', run('ls', query).stdout.split())
        self.assertEqual(sha(read(os.path.join(query, dp_id + '.fits'))), sha(self.sim.file(dp_id)))
        saved = os.path.join(self.home.config, 'queries', 'cubes.adql')
        self.assertEqual(os.stat(saved).st_uid, os.getuid())

    def test_failed_writes_are_erofs(self):
        query = self.mount.save('cubes', "SELECT * FROM ivoa.ObsCore WHERE target_name='NGC253'")
        path = os.path.join(query, self.small_cube() + '.fits')
        self.assert_errno(errno.EROFS, open, path, 'r+b')
        self.assert_errno(errno.EROFS, os.truncate, path, 0)
        self.assert_errno(errno.EROFS, os.chmod, path, 0o600)
        self.assert_errno(errno.EROFS, os.mkdir, self.mount / 'datasets/new')
        self.assertFalse(os.access(path, os.W_OK))
        self.assertFalse(os.access(path, os.X_OK))
        self.assertTrue(os.access(path, os.R_OK))
        os.listdir(os.path.join(query, 'table'))
        run('rm', '-r', query, stdin=subprocess.DEVNULL)
        self.assertFalse(os.path.exists(query))

    def test_the_user_unmounts(self):
        self.mount.unmount()
        self.assertFalse(os.path.ismount(self.mount.path))
        self.assertTrue(harness.ended(self.mount.pid))

    def test_the_user_clears_a_dead_mount(self):
        self.mount.kill()
        run(harness.programs['esofs'], 'unmount', self.mount.path)
        self.assertFalse(os.path.ismount(self.mount.path))

    def test_a_directory_of_root_cannot_be_mounted_over(self):
        self.assertIn('/usr', self.mount_error('/usr'))

    def test_allow_other_is_refused_with_the_setting_it_needs(self):
        with open('/etc/fuse.conf', encoding='utf-8') as file:
            if any(line.strip() == 'user_allow_other' for line in file):
                self.skipTest('this machine lets its users give it')
        self.assertIn('user_allow_other', self.mount_error(tempfile.mkdtemp(dir=self.home.path), '-o', 'allow_other'))

    def test_blanks_and_comments_in_fuse_conf(self):
        """doctor reads it as fusermount3 does."""
        if not os.access('/etc/fuse.conf', os.W_OK):
            self.skipTest('only root can put another file in its place')
        with open('/etc/fuse.conf', encoding='utf-8') as file:
            before = file.read()
        self.addCleanup(self.write_fuse_conf, before)
        lines = {'user_allow_other\n': True, '  user_allow_other\t \n': True, '# all\n\tuser_allow_other # yes\n': True,
                 'mount_max = 100\n\n user_allow_other\n': True, '# user_allow_other\n': False, 'user_allow_other': False, 'user_allow_others\n': False}
        for text, allowed in lines.items():
            with self.subTest(text):
                self.write_fuse_conf(text)
                doctor = run(harness.programs['esofs'], 'doctor', self.sim.profile, '-o',
                             f'cache_dir={self.home.cache},config_dir={self.home.config},state_dir={self.home.state},allow_other',
                             check=False)
                self.assertEqual('lets users share' in doctor.stdout, allowed, doctor.stdout)
                self.assertEqual('needs the line user_allow_other' in doctor.stdout, not allowed, doctor.stdout)
                if allowed:
                    mount = self.mounted('allow_other')
                    self.assertTrue(read(mount / 'README.txt'))
                    mount.unmount()
                else:
                    self.assertIn('user_allow_other', self.mount_error(tempfile.mkdtemp(dir=self.home.path), '-o', 'allow_other'))

    @staticmethod
    def write_fuse_conf(text):
        with open('/etc/fuse.conf', 'w', encoding='utf-8') as file:
            file.write(text)


def bind_fuse_conf(folder):
    """Puts a copy of /etc/fuse.conf in its place that the tests can write."""
    own = os.path.join(folder, 'fuse.conf')
    shutil.copy('/etc/fuse.conf', own)
    os.chown(own, pwd.getpwnam('nobody').pw_uid, -1)
    run('mount', '--bind', own, '/etc/fuse.conf')


def become_nobody():
    os.setgroups([])
    os.setgid(grp.getgrnam('nogroup').gr_gid)
    os.setuid(pwd.getpwnam('nobody').pw_uid)
    os.environ.update(HOME='/nonexistent', TMPDIR='/tmp')
    os.chdir('/')


def main():
    if os.geteuid() != 0 or not os.path.exists('/dev/fuse'):
        harness.main()
    enter_namespace(__file__)
    folder = tempfile.mkdtemp(prefix='esofs-user-', dir='/tmp')
    bind_programs(folder)
    bind_fuse_conf(folder)
    child = os.fork()
    if child == 0:
        become_nobody()
        harness.main()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    run('umount', '-l', folder)
    os.rmdir(folder)
    sys.exit(status)


if __name__ == '__main__':
    main()
