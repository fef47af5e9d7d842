"""Connections that a suspend, a NAT or a new network has cut without a word while they were idle: new ones work."""
import ctypes
import os
import shutil
import unittest

import archive_server
import harness
from archive_server import fits, obscore
from harness import run

NEW_NETWORK = 0x40000000  # CLONE_NEWNET


@unittest.skipIf(os.geteuid() != 0 or not shutil.which('nft') or not shutil.which('ss'), 'needs root, nft and ss')
class Cut(archive_server.ArchiveTest):
    """In a network of its own, whose packets can be dropped."""

    def setUp(self):
        libc, before = ctypes.CDLL(None, use_errno=True), os.open('/proc/thread-self/ns/net', os.O_RDONLY)
        self.addCleanup(os.close, before)
        if libc.unshare(NEW_NETWORK) != 0:
            self.skipTest('no network of its own can be made here')
        self.addCleanup(libc.setns, before, NEW_NETWORK)
        run('ip', 'link', 'set', 'lo', 'up')
        run('nft', 'add table ip t')
        run('nft', 'add chain ip t o { type filter hook output priority 0; }')
        super().setUp()

    def cut(self, port):
        """Of the connections that there are now nothing gets through any more; their ports, without the server's."""
        there = run('ss', '-Htn', 'state', 'established', f'( sport = :{port} or dport = :{port} )').stdout
        ends = [[address.rpartition(':')[2] for address in line.split()[2:4]] for line in there.splitlines()]
        for source, target in ends:
            run('nft', f'add rule ip t o tcp sport {source} tcp dport {target} drop')
        return {end for pair in ends for end in pair} - {str(port)}

    def test_an_idle_connection_that_is_dead_is_replaced(self):
        """The limits for an answer are longer than this test may take."""
        server, mount, folder = self.mounted_tables(
            obscore([(f'ivo://a/{i}', f'/f/{i}', 'application/fits') for i in range(2)]),
            [('/f/(.*)', lambda request, name: request.file(fits(name)))], 'first_byte_timeout=10m', 'stall_timeout=10m')
        port = server.server_address[1]
        self.assertEqual(self.files(folder), ['0.fits', '1.fits'])
        self.assert_bytes(folder + '/0.fits', fits('0'))
        self.assertTrue(self.cut(port), 'connections are kept for the next request')
        self.assert_bytes(folder + '/1.fits', fits('1'))
        self.assertTrue(self.cut(port))
        self.assertEqual(len(self.files(mount.save('again', 'SELECT * FROM ivoa.ObsCore WHERE 1=1'))), 2)


if __name__ == '__main__':
    harness.main()
