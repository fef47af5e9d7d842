"""Caches written by an earlier version (data/make_stored_cache.py) are readable without a network."""
import errno
import json
import os
import unittest

import harness
from harness import read, run, sha

STORED = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'data', 'stored_cache.tar.xz')
PRIVATE = 'ADP.2026-02-02T02:02:02.222'


class StoredCache(unittest.TestCase):
    def setUp(self):
        self.home = harness.Home()
        self.addCleanup(self.home.close)
        run('tar', '-xJf', STORED, '-C', self.home.path)
        self.expected = json.loads(read(self.home.path + '/expected.json'))

    def mounted(self, *options):
        mount = harness.Mount(self.home.path + '/sim.json', self.home, 'offline', *options)
        self.addCleanup(lambda: os.path.ismount(mount.path) and mount.unmount())
        return mount

    def as_pi(self):
        netrc = self.home.path + '/netrc'
        with open(os.open(netrc, os.O_WRONLY | os.O_CREAT, 0o600), 'w', encoding='utf-8') as file:
            file.write('machine 127.0.0.1 login pi password pi-password\n')
        return self.mounted(f'credentials={netrc}', 'authorised_tap')

    def assert_shows(self, mount, expected):
        for path, names in expected['directories'].items():
            shown = os.listdir(mount / path)
            self.assertLessEqual(set(names), set(shown), path)
            self.assertEqual([name for name in sorted(shown) if name.endswith('.fits')],
                             [name for name in names if name.endswith('.fits')], path)
        for path, wanted in expected['files'].items():
            with open(mount / path, 'rb') as file:
                self.assertEqual(sha(file.read()), wanted['sha256'], path)
                state = os.fstat(file.fileno())
            self.assertEqual(state.st_size, wanted['size'], path)
            if not path.endswith('/query.adql'):  # has a small number since: rm -r must remove it first
                self.assertEqual(state.st_ino, wanted['inode'], path)
            self.assertEqual(os.stat(mount / path).st_size, wanted['size'], path)

    def assert_denied(self, operation, path):
        with self.assertRaises(OSError) as caught:
            operation(path)
        self.assertEqual(caught.exception.errno, errno.ENETUNREACH)  # only a request could answer

    def test_public_data_are_shown_without_a_request(self):
        mount = self.mounted()
        self.assertGreater(len(self.expected['nobody']['files']), 10)
        self.assert_shows(mount, self.expected['nobody'])
        self.assertEqual(mount.status()['cache']['requests'], 0)

    def test_private_data_are_shown_to_their_login_only(self):
        mount = self.as_pi()
        self.assert_shows(mount, self.expected['pi'])
        mount.unmount()
        mount = self.mounted()
        self.assert_denied(os.listdir, mount / 'queries/mine')
        self.assert_denied(read, mount / f'datasets/{PRIVATE}/{PRIVATE}.fits')

    def test_no_part_of_the_cache_is_set_aside(self):
        self.mounted().unmount()
        self.assertEqual([name for name in os.listdir(self.home.cache) if '.old-' in name], [])


if __name__ == '__main__':
    harness.main()
