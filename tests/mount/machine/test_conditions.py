"""Machines as they are: frozen daemons, odd shells, limits, binds, homes that take nothing."""
import contextlib
import ctypes
import errno
import fcntl
import os
import resource
import signal
import subprocess
import tempfile
import unittest

import harness
from harness import ended, read, run, until


class Machine(harness.MountTest):
    def place(self):
        place = tempfile.mkdtemp(dir=self.home.path)
        harness.guardian.tell(f'+mount {place}')
        self.addCleanup(harness.guardian.tell, f'-mount {place}')
        self.addCleanup(run, 'fusermount3', '-u', '-z', place, check=False)
        return place

    def options(self):
        return '-o', f'cache_dir={self.home.cache},config_dir={self.home.config},state_dir={self.home.state}'

    def esofs(self, *words, **keywords):
        return run(harness.programs['esofs'], *words, check=False, **keywords)

    def mount_at(self, place, *words, archive=None, **keywords):
        return self.esofs('mount', archive or self.sim.profile, place, *self.options(), *words, **keywords)

    def pid_at(self, place):
        pid = int(read(f'{place}/.esofs/status.json').split(b'"pid":')[1].split(b',')[0])
        harness.guardian.tell(f'+pid {pid}')
        self.addCleanup(harness.guardian.tell, f'-pid {pid}')
        return pid

    def frozen(self):
        os.kill(self.mount.pid, signal.SIGSTOP)
        self.addCleanup(lambda: ended(self.mount.pid) or os.kill(self.mount.pid, signal.SIGCONT))

    def bystander(self, holding=None):
        """A harmless process, which may have a file open."""
        with open(holding or os.devnull, 'rb') as file:
            process = subprocess.Popen(['sleep', '1000'], stdin=file)
        harness.guardian.tell(f'+pid {process.pid}')
        self.addCleanup(harness.guardian.tell, f'-pid {process.pid}')
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    # --- unmount ---

    def test_unmount_ends_the_daemon_though_a_file_is_open(self):
        self.bystander(holding=self.mount / 'README.txt')
        done = self.esofs('unmount', self.mount.path)
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        self.assertTrue(ended(self.mount.pid))

    @unittest.skipIf(os.geteuid() != 0, 'only root can mount over a file of the mount')
    def test_unmount_signals_no_process_that_a_file_names(self):
        process = self.bystander(holding=self.mount / 'README.txt')
        lie = os.path.join(self.home.path, 'status.json')
        with open(lie, 'w', encoding='utf-8') as file:
            file.write('{"pid": %d}' % process.pid)
        run('mount', '--bind', lie, self.mount / '.esofs/status.json')
        self.assertEqual(self.esofs('unmount', self.mount.path).returncode, 0)
        self.assertFalse(os.path.ismount(self.mount.path))
        self.assertIsNone(process.poll())
        until(lambda: ended(self.mount.pid), 'the end of the daemon')

    def test_a_frozen_daemon_keeps_no_command_waiting(self):
        self.frozen()
        path = self.mount.path
        for words in (('status',), ('status', path), ('doctor', self.sim.profile, *self.options())):
            done = self.esofs(*words)
            self.assertEqual(done.returncode, 1, words)
            self.assertRegex(done.stdout + done.stderr, f'{path}.* does not answer')
        done = self.mount_at(path)
        self.assertEqual(done.returncode, 1)
        self.assertIn('mounted there already, and its daemon does not answer', done.stderr)
        self.assertEqual(self.esofs('unmount', path).returncode, 0)
        self.assertFalse(os.path.ismount(path))

    def test_a_frozen_daemon_with_open_files_is_cut_off_and_reported(self):
        self.bystander(holding=self.mount / 'README.txt')  # closing it here would wait for the daemon
        self.frozen()
        done = self.esofs('unmount', '--if-idle', self.mount.path)
        self.assertEqual(done.returncode, 1)
        self.assertIn('in use', done.stderr)
        done = self.esofs('unmount', self.mount.path)
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stderr, f'{self.mount.path}: its daemon does not answer; the mount was detached')
        self.assertFalse(os.path.ismount(self.mount.path))
        self.assertFalse(ended(self.mount.pid))

    @unittest.skipUnless(os.geteuid() == 0 or os.path.exists('/sys/fs/fuse/connections/0'), 'nothing aborts a connection')
    def test_programs_that_wait_for_a_frozen_daemon_get_errors(self):
        other = self.mounted()
        self.frozen()
        waiters = []
        for words in (('cat', 'datasets/README.txt'), ('ls', '-d', 'browse/night'), ('ls', 'queries')):
            waiters.append(subprocess.Popen([*words[:-1], self.mount / words[-1]], stderr=subprocess.PIPE, text=True))
            self.addCleanup(waiters[-1].communicate)
            self.addCleanup(waiters[-1].kill)
            until(lambda pid=waiters[-1].pid: b'request_wait' in read(f'/proc/{pid}/wchan'), 'a program that waits')
        done = self.esofs('unmount', self.mount.path)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('programs that waited for it get errors', done.stderr)
        for waiter in waiters:
            self.assertIn(os.strerror(errno.ECONNABORTED), waiter.communicate(timeout=harness.PATIENCE)[1])
        self.assertTrue(read(other / 'README.txt'))
        os.kill(self.mount.pid, signal.SIGCONT)
        until(lambda: ended(self.mount.pid), 'the end of the daemon')

    def test_one_frozen_mount_hides_no_other(self):
        other = self.mounted()
        self.frozen()
        done = self.esofs('status')
        self.assertIn(f'{other.path}\n', done.stdout)
        self.assertIn(f'{self.mount.path}: its daemon does not answer', done.stderr)

    @unittest.skipIf(os.geteuid() != 0, 'only root mounts without fusermount3')
    def test_root_needs_no_fusermount3(self):
        place = self.place()
        nowhere = {**os.environ, 'PATH': '/nowhere'}
        for _ in range(2):
            self.assertEqual(self.mount_at(place, env=nowhere).returncode, 0)
            pid = self.pid_at(place)
            os.kill(pid, signal.SIGKILL)
            until(lambda pid=pid: ended(pid), 'the end of the daemon')
        self.assertEqual(self.mount_at(place, env=nowhere).returncode, 0)  # over a dead one
        self.bystander(holding=f'{place}/README.txt')
        done = self.esofs('unmount', place, env=nowhere)
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        self.assertFalse(os.path.ismount(place))

    @unittest.skipIf(os.geteuid() != 0, 'only root binds')
    def test_binds_are_no_mounts_of_their_own(self):
        part, whole = tempfile.mkdtemp(dir=self.home.path), tempfile.mkdtemp(dir=self.home.path)
        run('mount', '--bind', self.mount / 'queries', part)
        self.addCleanup(run, 'umount', part)
        run('mount', '--bind', self.mount.path, whole)
        self.addCleanup(lambda: os.path.ismount(whole) and run('umount', whole))
        doctor = self.esofs('doctor', self.sim.profile, *self.options())
        self.assertEqual(doctor.returncode, 0, doctor.stdout)
        status = self.esofs('status')
        self.assertEqual(status.returncode, 0, status.stderr)
        for place in (part, whole):
            self.assertNotIn(place, doctor.stdout + status.stdout)
        self.assertIn('no esofs is mounted there', self.esofs('unmount', part).stderr)
        with open(f'{whole}/README.txt', 'rb'):
            self.assertEqual(self.esofs('unmount', whole).returncode, 0)
        self.assertFalse(os.path.ismount(whole))
        self.assertTrue(read(self.mount / 'README.txt'))

    # --- the mountpoint ---

    def test_one_of_several_mounts_at_once_succeeds(self):
        place = self.place()
        words = [harness.programs['esofs'], 'mount', self.sim.profile, place, *self.options()]
        tries = [subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) for _ in range(5)]
        said = [process.communicate(timeout=harness.PATIENCE)[1] for process in tries]
        self.assertEqual(sorted(process.returncode for process in tries), [0, 1, 1, 1, 1])
        self.assertEqual(len([text for text in said if 'an esofs is mounted there already' in text]), 4)
        with open('/proc/self/mountinfo', encoding='utf-8') as file:
            self.assertEqual(len([line for line in file if f' {place} ' in line]), 1)
        self.assertEqual(self.esofs('unmount', place).returncode, 0)

    def test_a_new_mountpoint_goes_again_if_the_mount_fails(self):
        place = os.path.join(self.home.path, 'new')
        below = os.path.join(place, 'cache')
        self.assertEqual(self.mount_at(place, '-o', f'cache_dir={below}').returncode, 2)
        self.assertFalse(os.path.exists(place))
        self.assertEqual(self.mount_at(place).returncode, 0)
        self.assertEqual(self.esofs('unmount', place).returncode, 0)
        self.assertEqual(os.listdir(place), [])

    def test_a_mountpoint_that_is_not_empty_is_reported(self):
        place = self.place()
        with open(f'{place}/mine', 'w', encoding='utf-8'):
            pass
        done = self.mount_at(place)
        self.assertEqual(done.returncode, 0)
        self.assertIn(f'warning: mountpoint {place} is not empty', done.stderr)
        self.assertEqual(self.esofs('unmount', place).stderr, '')
        self.assertEqual(os.listdir(place), ['mine'])

    def test_a_comma_in_the_archives_path_is_no_option(self):
        folder = os.path.join(self.home.path, 'a,ro,b')
        os.mkdir(folder)
        profile = os.path.join(folder, 'sim.json')
        with open(profile, 'wb') as file:
            file.write(read(self.sim.profile))
        place = self.place()
        self.assertEqual(self.mount_at(place, archive=profile).returncode, 0)
        with open('/proc/mounts', encoding='utf-8') as file:
            line = next(line for line in file if f' {place} ' in line)
        self.assertEqual(line.split()[0], profile)
        self.assertTrue(line.split()[3].startswith('rw,'))
        self.assertEqual(self.esofs('unmount', place).returncode, 0)

    # --- the shell that it comes from ---

    def test_closed_standard_streams_are_nobodys_file(self):
        place = self.place()

        def close_all():
            for fd in range(3):
                os.close(fd)
        process = subprocess.Popen([harness.programs['esofs'], 'mount', self.sim.profile, place, *self.options()],
                                   preexec_fn=close_all)
        self.assertEqual(process.wait(harness.PATIENCE), 0)
        pid = self.pid_at(place)
        for fd in range(3):
            self.assertEqual(os.readlink(f'/proc/{pid}/fd/{fd}'), '/dev/null')
        self.assertEqual(self.esofs('unmount', place).returncode, 0)

    def test_a_reader_of_its_messages_that_has_gone_ends_nothing(self):
        place = self.place()
        with open(f'{place}/mine', 'w', encoding='utf-8'):  # a reason for a warning
            pass
        reader, writer = os.pipe()
        os.close(reader)
        process = subprocess.Popen([harness.programs['esofs'], 'mount', self.sim.profile, place, *self.options()],
                                   stdout=writer, stderr=writer)
        os.close(writer)
        self.assertEqual(process.wait(harness.PATIENCE), 0)
        self.assertEqual(self.esofs('unmount', place).returncode, 0)

    def test_the_daemon_keeps_no_lock_of_who_started_it(self):
        place = self.place()
        lock = os.path.join(self.home.path, 'lock')
        with open(lock, 'w', encoding='utf-8') as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            done = self.mount_at(place, pass_fds=(file.fileno(),))
            self.assertEqual(done.returncode, 0)
        with open(lock, 'w', encoding='utf-8') as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self.assertEqual(self.esofs('unmount', place).returncode, 0)

    def test_what_nohup_and_the_shell_ignore_ends_no_mount(self):
        place = self.place()

        def ignore():
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        process = subprocess.Popen([harness.programs['esofs'], 'mount', '-f', self.sim.profile, place, *self.options()],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=ignore)
        harness.guardian.tell(f'+pid {process.pid}')
        until(lambda: os.path.ismount(place), 'the mount')
        for number in (signal.SIGHUP, signal.SIGINT):
            process.send_signal(number)
            self.assertTrue(read(f'{place}/README.txt'))
        self.assertIsNone(process.poll())
        self.assertEqual(self.esofs('unmount', place).returncode, 0)
        self.assertEqual(process.wait(harness.PATIENCE), 0)
        harness.guardian.tell(f'-pid {process.pid}')

    def test_sighup_opens_the_log_again(self):
        log = os.path.join(self.home.state, 'esofs.log')
        os.rename(log, log + '.old')
        os.kill(self.mount.pid, signal.SIGHUP)
        until(lambda: os.path.exists(log), 'the new log')
        self.mount.unmount()
        self.assertIn(b'unmounted', read(log))
        self.assertNotIn(b'unmounted', read(log + '.old'))

    def test_a_limit_on_the_size_of_files_ends_nothing(self):
        place = self.place()

        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))
        done = self.mount_at(place, '-o', f'cache_dir={self.home.path}/small', preexec_fn=limit)
        self.assertEqual(done.returncode, 0, done.stderr)
        dp_id = 'ADP.2018-06-21T20:32:57.736'
        size = 8_000_000
        with open(f'{place}/datasets/{dp_id}/{dp_id}.fits', 'rb') as file:
            self.assertEqual(harness.sha(file.read(size)), harness.sha(self.sim.part(dp_id, 0, size)))
        self.assertEqual(self.esofs('unmount', place).returncode, 0)

    def test_too_few_descriptors_are_named_as_such(self):
        place = self.place()
        for most in (4, 5, 7, 9, 12):
            done = self.mount_at(place, preexec_fn=lambda most=most: resource.setrlimit(resource.RLIMIT_NOFILE, (most, most)))
            if done.returncode == 0:
                self.assertEqual(self.esofs('unmount', place).returncode, 0)
            elif done.returncode != 127:  # the loader of libraries
                self.assertIn('Too many open files', done.stderr, most)
            self.assertFalse(os.path.ismount(place))

    # --- what servers of NFS do ---

    @unittest.skipIf(os.geteuid() != 0, 'only root opens file handles and drops caches')
    def test_a_handle_opens_a_file_that_the_kernel_has_dropped(self):
        libc = ctypes.CDLL(None, use_errno=True)

        class Handle(ctypes.Structure):
            _fields_ = [('bytes', ctypes.c_uint), ('type', ctypes.c_int), ('data', ctypes.c_ubyte * 128)]
        handle, mount_id = Handle(bytes=128), ctypes.c_int()
        dp_id = 'ADP.2016-06-21T08:15:12.100'
        path = self.mount / f'datasets/{dp_id}/{dp_id}.fits'
        data = read(path)
        at = libc.name_to_handle_at(-100, path.encode(), ctypes.byref(handle), ctypes.byref(mount_id), 0)
        self.assertEqual(at, 0, os.strerror(ctypes.get_errno()))
        root = os.open(self.mount.path, os.O_RDONLY)
        self.addCleanup(os.close, root)
        with open('/proc/sys/vm/drop_caches', 'w', encoding='utf-8') as file:
            file.write('2')
        fd = libc.open_by_handle_at(root, ctypes.byref(handle), os.O_RDONLY)
        self.assertGreaterEqual(fd, 0, os.strerror(ctypes.get_errno()))
        with open(fd, 'rb') as file:
            self.assertEqual(harness.sha(file.read()), harness.sha(data))

    # --- places and files that are not there ---

    @unittest.skipIf(os.geteuid() != 0, 'only root mounts a disk')
    def test_a_home_that_takes_nothing_is_no_hindrance(self):
        home = tempfile.mkdtemp(dir=self.home.path)
        environment = {name: value for name, value in os.environ.items() if not name.startswith('XDG_')}
        environment['HOME'] = home
        place = self.place()
        for disk in ('ro,size=1m', 'size=64k,nr_inodes=1'):
            run('mount', '-t', 'tmpfs', '-o', disk, 'none', home)
            with contextlib.ExitStack() as mounted:
                mounted.callback(run, 'umount', home)
                for option in ((), ('-o', 'log=stderr')):
                    done = self.esofs('mount', self.sim.profile, place, *option, env=environment)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertIn(home, done.stderr)
                    self.assertTrue(read(f'{place}/README.txt'))
                    self.saves_nothing(place, home)
                    self.assertEqual(self.esofs('unmount', place).returncode, 0)

    def saves_nothing(self, place, home):
        """Each try to save says why it fails, and where."""
        def write(path):
            with open(path, 'w', encoding='utf-8') as file:
                file.write('SELECT 1')
        for attempt, path in ((os.mkdir, 'queries/x'), (os.mkdir, 'jobs/obs/x'), (write, 'queries/y.adql')):
            name = os.path.basename(path).removesuffix('.adql')
            with self.assertRaises(OSError) as caught:
                attempt(f'{place}/{path}')
            self.assertIn(caught.exception.errno, (errno.EROFS, errno.ENOSPC), path)
            said = self.esofs('why', f'{place}/{path}')
            for text in (read(f'{place}/.esofs/errors').decode(), said.stdout + said.stderr):
                self.assertRegex(text, f"save {home}/.config/esofs/{path.partition('/')[0]}/.*{name}.adql")

    @unittest.skipIf(os.geteuid() != 0, 'only root mounts a disk')
    def test_a_disk_without_room_for_a_cache_is_a_problem(self):
        disk, place = tempfile.mkdtemp(dir=self.home.path), self.place()
        run('mount', '-t', 'tmpfs', '-o', 'size=8m', 'none', disk)
        self.addCleanup(run, 'umount', disk)
        options = '-o', f'cache_dir={disk},cache_reserve=0'
        self.assertEqual(self.mount_at(place, *options).returncode, 0)
        sentence = 'cache_reserve leaves 0 B free, beyond which a cache needs 8'
        self.assertRegex(self.esofs('status', place).stdout, f'PROBLEM .*{sentence}')
        self.assertRegex(self.esofs('doctor', self.sim.profile, *self.options(), *options).stdout, f'PROBLEM .*{sentence}')
        self.assertEqual(self.esofs('unmount', place).returncode, 0)

    def test_a_directory_that_cannot_be_made_names_its_option(self):
        place = self.place()
        for option, path in (('config_dir', '/proc/x'), ('state_dir', '/dev/null/x'), ('cache_dir', '/etc/passwd')):
            done = self.mount_at(place, '-o', f'{option}={path}')
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(f"option '{option}': {path}", done.stderr)
            self.assertFalse(os.path.ismount(place))

    def test_files_of_credentials_must_be_there(self):
        place = self.place()
        for option in ('token_file', 'credentials'):
            done = self.mount_at(place, '-o', f'{option}=/no/such/file')
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(f"option '{option}': /no/such/file: No such file or directory", done.stderr)
            doctor = self.esofs('doctor', self.sim.profile, *self.options(), '-o', f'{option}=/no/such/file')
            self.assertRegex(doctor.stdout, f"(?m)^PROBLEM .*'{option}': /no/such/file")

    def test_a_proxy_by_an_unknown_scheme_is_refused(self):
        for proxy, sentence in (('ftp://127.0.0.1:21', 'there are http, https, socks4'), ('127.0.0.1:3128', 'it is not a URL such as http://')):
            done = self.mount_at(self.place(), '-o', f'proxy={proxy}')
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("option 'proxy'", done.stderr)
            self.assertIn(sentence, done.stderr)

    def test_the_help_of_a_command_is_found_in_two_ways(self):
        self.assertEqual(self.esofs('help', 'mount').stdout, self.esofs('mount', '--help').stdout)
        self.assertEqual(self.esofs('help').stdout, self.esofs('--help').stdout)
        done = self.esofs('help', 'unmont')
        self.assertEqual(done.returncode, 2)
        self.assertIn("did you mean 'unmount'?", done.stderr)


if __name__ == '__main__':
    harness.main()
