"""Each kind of failure, set by a knob of the simulator, and the errno that a program gets."""
import errno
import os
import socket
import socketserver
import threading

import harness
from harness import read, sha

MISSING = 'ADP.2001-01-01T00:00:00.001'


class WhatTheCallerGets(harness.MountTest):
    mount_options = ('attempts=2', 'connect_timeout=5s', 'first_byte_timeout=1s', 'stall_timeout=1s')

    def setUp(self):
        super().setUp()
        rows = self.sim.query('SELECT TOP 9 dp_id FROM ivoa.ObsCore WHERE access_estsize BETWEEN 250 AND 20000')
        self.ids = [row['dp_id'] for row in rows]
        self.dp_id = self.ids[0]
        self.path = self.mount / f'datasets/{self.dp_id}/{self.dp_id}.fits'
        self.sim.reset()

    def assert_read_errno(self, expected, path=None):
        self.assert_errno(expected, read, path or self.path)

    def assert_told(self, *words):
        told = self.mount.errors()
        for word in words:
            self.assertIn(word, told)

    def test_401_is_eacces_and_the_file_stays_listed(self):
        folder = self.mount.save('q', f"SELECT * FROM ivoa.ObsCore WHERE dp_id='{self.dp_id}'")
        self.sim.fault(path='/dataPortal/file', fail_next=-1, status=401)
        self.assert_read_errno(errno.EACCES, os.path.join(folder, self.dp_id + '.fits'))
        self.assertIn(self.dp_id + '.fits', os.listdir(folder))
        released = os.getxattr(os.path.join(folder, self.dp_id + '.fits'), 'user.eso.obs_release_date')
        self.assertRegex(released.decode(), r'^\d{4}-\d\d-\d\d')
        self.assert_told('EACCES', self.dp_id)

    def test_an_unreleased_dataset_is_eacces_and_its_date_is_named(self):
        folder = self.mount.save('q', "SELECT TOP 1 * FROM ivoa.ObsCore WHERE obs_release_date > '2027-01-01'")
        name = next(name for name in os.listdir(folder) if name.endswith('.fits'))
        self.assert_read_errno(errno.EACCES, os.path.join(folder, name))
        until = os.getxattr(os.path.join(folder, name), 'user.eso.obs_release_date').decode()
        self.assertGreater(until, '2027')
        self.assertIn(name, os.listdir(folder))

    def test_403_is_eacces(self):
        self.sim.fault(path='/dataPortal/file', fail_next=-1, status=403)
        self.assert_read_errno(errno.EACCES)

    def test_404_is_enoent(self):
        self.sim.fault(path='/dataPortal/file', fail_next=-1, status=404)
        self.assert_read_errno(errno.ENOENT)

    def test_an_unknown_id_is_enoent(self):
        self.assert_errno(errno.ENOENT, os.listdir, self.mount / f'datasets/{MISSING}')
        self.assert_read_errno(errno.ENOENT, self.mount / f'datasets/{MISSING}/{MISSING}.fits')

    def test_an_invalid_name_is_enoent_without_a_request(self):
        for name in (f'datasets/{self.dp_id}/{self.dp_id}.fits.fits', f'datasets/{self.dp_id}/{self.dp_id}.fits[1]',
                     f'datasets/{self.dp_id}/{self.dp_id}.fits,1', f'datasets/{self.dp_id}/@{self.dp_id}.fits',
                     f'datasets/{self.dp_id}/{self.dp_id}.fits.imh', 'datasets/NAXIS1', 'datasets/login.cl', 'uparmimred.par',
                     'queries/nobody/x.fits'):
            self.assert_errno(errno.ENOENT, os.stat, self.mount / name)
        self.assertEqual(self.sim.requests(), [])

    def test_a_server_that_is_gone_is_ehostunreach(self):
        with socket.socket() as taken:
            taken.bind(('127.0.0.1', 0))  # bound, not listening: connections are refused
            with open(self.sim.profile, encoding='utf-8') as file:
                profile = harness.json.load(file)
            profile['base_url'] = f'http://127.0.0.1:{taken.getsockname()[1]}'
            gone = os.path.join(self.home.path, 'gone.json')
            with open(gone, 'w', encoding='utf-8') as file:
                harness.json.dump(profile, file)
            mount = self.mounted(archive=gone)
            self.assert_errno(errno.EHOSTUNREACH, read, mount / f'datasets/{self.dp_id}/{self.dp_id}.fits')
            self.assert_errno(errno.EHOSTUNREACH, os.listdir, mount.save('q', 'SELECT TOP 1 * FROM ivoa.ObsCore'))

    def test_a_host_without_an_address_is_ehostunreach(self):
        with open(self.sim.profile, encoding='utf-8') as file:
            profile = harness.json.load(file)
        profile['base_url'] = 'http://no-such-host.invalid'
        gone = os.path.join(self.home.path, 'gone.json')
        with open(gone, 'w', encoding='utf-8') as file:
            harness.json.dump(profile, file)
        self.assert_errno(errno.EHOSTUNREACH, os.listdir,
                          self.mounted(archive=gone).save('q', 'SELECT TOP 1 * FROM ivoa.ObsCore'))

    def test_offline_is_enetunreach_and_cached_data_stay_readable(self):
        truth = sha(read(self.path))
        self.mount.unmount()
        self.sim.reset()
        mount = self.mounted('offline')
        self.assertEqual(sha(read(mount / f'datasets/{self.dp_id}/{self.dp_id}.fits')), truth)
        other = self.ids[1]
        self.assert_errno(errno.ENETUNREACH, read, mount / f'datasets/{other}/{other}.fits')
        self.assert_errno(errno.ENETUNREACH, os.listdir, mount.save('new', 'SELECT TOP 1 * FROM ivoa.ObsCore'))
        self.assertEqual(self.sim.requests(), [])

    def test_offline_does_not_repeat_what_failed_with_a_network(self):
        with open(self.sim.profile, encoding='utf-8') as file:
            profile = harness.json.load(file)
        profile['base_url'] = 'http://no-such-host.invalid'
        gone = os.path.join(self.home.path, 'gone.json')
        with open(gone, 'w', encoding='utf-8') as file:
            harness.json.dump(profile, file)
        mount = self.mounted(archive=gone)
        self.assert_errno(errno.EHOSTUNREACH, os.listdir, mount.save('q', 'SELECT TOP 1 * FROM ivoa.ObsCore'))
        mount.unmount()
        mount = self.mounted('offline', archive=gone)
        self.assert_errno(errno.ENETUNREACH, os.listdir, mount / 'queries/q')
        status = harness.read(mount / 'queries/q/status.txt').decode()
        self.assertIn('last error: ENETUNREACH ', status)
        self.assertIn('hint: mount without -o offline', status)

    def test_a_refused_certificate_is_eio(self):
        self.assert_errno(errno.EIO, os.listdir, self.tls_mount().save('q', 'SELECT TOP 1 * FROM ivoa.ObsCore'))

    def tls_mount(self):
        """A mount of a server whose certificate nobody has signed."""
        work = self.home.path
        harness.run('openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', f'{work}/key', '-out',
                    f'{work}/cert', '-days', '1', '-subj', '/CN=127.0.0.1')
        with socket.socket() as free:
            free.bind(('127.0.0.1', 0))
            port = free.getsockname()[1]
        server = harness.subprocess.Popen(['openssl', 's_server', '-accept', f'127.0.0.1:{port}', '-key', f'{work}/key',
                                           '-cert', f'{work}/cert', '-www'], stdin=harness.subprocess.PIPE,
                                          stdout=harness.subprocess.DEVNULL, stderr=harness.subprocess.DEVNULL)
        harness.guardian.tell(f'+pid {server.pid}')

        def end():
            server.kill()
            server.communicate()
            harness.guardian.tell(f'-pid {server.pid}')
        self.addCleanup(end)

        def listening():
            with socket.socket() as probe:
                return probe.connect_ex(('127.0.0.1', port)) == 0
        harness.until(listening, 'the TLS server')
        return self.mounted(archive=f'https://127.0.0.1:{port}/tap')

    def test_a_failed_tls_handshake_is_ehostunreach(self):
        class Plain(socketserver.BaseRequestHandler):
            def handle(self):
                self.request.recv(1000)
                self.request.sendall(b'HTTP/1.1 400 this is no TLS\r\n\r\n')
        server = socketserver.ThreadingTCPServer(('127.0.0.1', 0), Plain)
        self.addCleanup(server.server_close)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.shutdown)
        mount = self.mounted(archive=f'https://127.0.0.1:{server.server_address[1]}/tap')
        self.assert_errno(errno.EHOSTUNREACH, os.listdir, mount.save('q', 'SELECT TOP 1 * FROM ivoa.ObsCore'))

    def test_an_interrupted_open_is_eintr(self):
        self.mount.unmount()
        self.mount = self.mounted('first_byte_timeout=1h')
        path = self.mount / f'datasets/{self.dp_id}/{self.dp_id}.fits'
        self.sim.fault(path='/dataPortal/file', delay=3600000)
        script = ('import ctypes, errno, os, signal, sys\n'
                  'libc = ctypes.CDLL(None, use_errno=True)\n'
                  'signal.signal(signal.SIGALRM, lambda *_: None)\n'
                  'signal.siginterrupt(signal.SIGALRM, True)\n'
                  'print("opening", flush=True)\n'
                  'fd = libc.open(os.fsencode(sys.argv[1]), os.O_RDONLY)\n'
                  'print(fd, errno.errorcode[ctypes.get_errno()])\n')
        reader = harness.subprocess.Popen(['/usr/bin/python3', '-c', script, path], stdout=harness.subprocess.PIPE, text=True)
        self.assertEqual(reader.stdout.readline(), 'opening\n')
        harness.until(lambda: self.sim.requests('/dataPortal/file'), 'the request')
        reader.send_signal(harness.signal.SIGALRM)
        self.assertEqual(reader.communicate(timeout=harness.PATIENCE)[0], '-1 EINTR\n')

    def test_a_server_that_does_not_answer_is_etimedout(self):
        self.sim.fault(path='/dataPortal/file', delay=3600000)
        self.assert_read_errno(errno.ETIMEDOUT)
        self.assert_told('ETIMEDOUT')

    def test_a_stalled_body_is_etimedout(self):
        self.sim.fault(path='/dataPortal/file', stall_after=1000)
        self.assert_read_errno(errno.ETIMEDOUT)

    def test_503_is_retried_after_the_time_of_retry_after(self):
        self.sim.fault(path='/dataPortal/file', fail_next=1, status=503, retry_after=0)
        self.assertEqual(sha(read(self.path)), sha(self.sim.file(self.dp_id)))

    def test_a_lasting_503_is_eio(self):
        self.sim.fault(path='/dataPortal/file', fail_next=-1, status=503, retry_after=0)
        self.assert_read_errno(errno.EIO)

    def test_a_lasting_429_is_eio(self):
        self.sim.fault(path='/dataPortal/file', fail_next=-1, status=429, retry_after=0)
        self.assert_read_errno(errno.EIO)

    def test_500_is_eio(self):
        self.sim.fault(path='/dataPortal/file', fail_next=-1, status=500)
        self.assert_read_errno(errno.EIO)

    def test_a_body_always_cut_short_is_eio_without_invented_bytes(self):
        with open(self.path, 'rb'):
            pass
        self.sim.fault(path='/dataPortal/file', cut_after=100)
        self.assert_read_errno(errno.EIO)
        self.sim.clear()

    def test_a_body_cut_once_is_completed(self):
        self.sim.fault(path='/dataPortal/file', cut_after=70000, times=1)
        self.assertEqual(sha(read(self.path)), sha(self.sim.file(self.dp_id)))

    def test_a_wrong_content_range_is_eio(self):
        self.sim.fault(path='/dataPortal/file', wrong_content_range=True)
        self.assert_read_errno(errno.EIO)

    def test_a_login_page_is_not_taken_for_a_file(self):
        self.sim.fault(path='/dataPortal/file', login_page=True)
        with self.assertRaises(OSError) as caught:
            read(self.path)
        self.assertIn(caught.exception.errno, (errno.EIO, errno.EACCES))
        self.sim.clear()

    def test_a_failure_is_remembered_for_a_few_seconds_only(self):
        self.sim.fault(path='/dataPortal/file', fail_next=-1, status=500)
        self.assert_read_errno(errno.EIO)
        asked = len(self.sim.requests())
        for _ in range(50):
            self.assert_read_errno(errno.EIO)
        self.assertLess(len(self.sim.requests()) - asked, 10)
        self.sim.clear()

        def readable():
            try:
                return sha(read(self.path)) == sha(self.sim.file(self.dp_id))
            except OSError:
                return False
        harness.until(readable, 'the file')

    def test_writing_is_erofs(self):
        for change in (lambda: open(self.path, 'r+b'), lambda: open(self.path, 'ab'), lambda: os.truncate(self.path, 0),
                       lambda: os.unlink(self.path), lambda: os.rename(self.path, self.path + 'x'),
                       lambda: os.mkdir(self.mount / 'datasets/x'), lambda: os.mkdir(self.mount / 'x'),
                       lambda: open(self.mount / 'x', 'w'), lambda: os.symlink('a', self.mount / 'x'),
                       lambda: os.link(self.path, self.mount / 'x'), lambda: os.mkfifo(self.mount / 'x'),
                       lambda: os.chmod(self.path, 0o600), lambda: os.chown(self.path, 1, 1),
                       lambda: os.utime(self.path), lambda: os.setxattr(self.path, 'user.x', b'1'),
                       lambda: os.rmdir(self.mount / 'datasets'), lambda: os.unlink(self.mount / 'README.txt')):
            self.assert_errno(errno.EROFS, change)
        self.assertEqual(self.sim.requests(), [])


if __name__ == '__main__':
    harness.main()
