"""Inode numbers of 32 bits (-o inodes=32), for old programs: stable, and of one file each."""
import errno
import os
import re
import subprocess
import tempfile
import unittest

import harness
from harness import run

QUERY = 'SELECT TOP 200 * FROM ivoa.ObsCore ORDER BY dp_id'
SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'stat32.c')


class ShortInodes(harness.MountTest):
    mount_options = ('inodes=32',)

    def numbers(self, mount):
        """The inode numbers of a listing, by name; as readdir and stat give them."""
        folder = mount / 'queries/q'
        with os.scandir(folder) as entries:
            listed = {entry.name: entry.inode() for entry in entries if entry.name.endswith('.fits')}
        self.assertEqual(listed, {name: os.stat(os.path.join(folder, name)).st_ino for name in listed})
        return listed

    def test_every_file_has_a_number_of_its_own_below_32_bits(self):
        self.mount.save('q', QUERY)
        numbers = self.numbers(self.mount)
        self.assertEqual(len(numbers), 200)
        self.assertEqual(len(set(numbers.values())), 200)
        self.assertLess(max(numbers.values()), 2**32)
        self.assertEqual(os.stat(self.mount.path).st_ino, 1)

    def test_numbers_are_the_same_after_a_remount_and_for_two_mounts(self):
        self.mount.save('q', QUERY)
        before = self.numbers(self.mount)
        self.assertEqual(self.numbers(self.mounted()), before)
        self.mount.kill()
        self.mount = self.mount.remount('inodes=32')
        self.addCleanup(self._end, self.mount)
        os.listdir(self.mount / 'queries')  # in another order than before
        self.assertEqual(self.numbers(self.mount), before)

    def test_a_file_has_one_number_wherever_it_is(self):
        self.mount.save('q', QUERY)
        for name, number in list(self.numbers(self.mount).items())[:5]:
            self.assertEqual(os.stat(self.mount / f'datasets/{name[:-5]}/{name}').st_ino, number)


class ProgramOf32Bits(harness.MountTest):
    def setUp(self):
        super().setUp()
        folder = tempfile.mkdtemp(prefix='esofs-stat32-')
        self.addCleanup(harness.shutil.rmtree, folder)
        self.program = os.path.join(folder, 'stat32')
        built = subprocess.run(['gcc', '-m32', '-O1', '-ffreestanding', '-fno-pic', '-fno-stack-protector', '-nostdlib', '-static',
                                '-o', self.program, SOURCE], capture_output=True, check=False)
        if built.returncode != 0 or self.ran('/etc/hostname', '/etc') is None:
            self.skipTest('no programs of 32 bits here')

    def ran(self, file, directory):
        """What it saw: results of stat, open and getdents, then inode numbers; None if it does not run."""
        try:
            done = run(self.program, file, directory, check=False)
        except OSError:
            return None
        return [int(line) for line in done.stdout.split()] if done.returncode == 0 else None

    def test_it_sees_files_with_short_numbers_only(self):
        self.mount.save('q', QUERY)
        folder = self.mount / 'queries/q'
        name = next(name for name in sorted(os.listdir(folder)) if name.endswith('.fits'))
        seen = self.ran(os.path.join(folder, name), folder)
        self.assertEqual((seen[0], seen[2]), (-errno.EOVERFLOW, -errno.EOVERFLOW))
        self.mount.unmount()
        self.mount = self.mounted('inodes=32')
        folder = self.mount / 'queries/q'
        seen = self.ran(os.path.join(folder, name), folder)
        self.assertEqual(seen[:2], [0, 0])
        self.assertGreater(seen[2], 0)
        self.assertEqual(seen[3], os.stat(os.path.join(folder, name)).st_ino)
        self.assertGreater(len(seen), 100)
        self.assertEqual(len(set(seen[4:])), len(seen[4:]))


I386_ROOT = os.environ.get('ESOFS_I386_ROOT', '')

IRAF = r"""
mount --make-rprivate / && mount --bind "$1" "$2/mnt" && mount -t proc proc "$2/proc" && mount -t tmpfs tmpfs "$2/tmp" || exit 1
printf 'cd /mnt/queries/q\ndir\nimheader *.fits\nimstatistics %s\nlogout\n' "$3" >"$2/tmp/script.cl"
exec chroot "$2" env HOME=/tmp TERM=dumb sh -c 'cd /tmp && exec irafcl -f script.cl'
"""


@unittest.skipIf(not I386_ROOT or os.geteuid() != 0, 'ESOFS_I386_ROOT names no root of an i386 Debian with IRAF')
class IrafOf32Bits(harness.MountTest):
    """debootstrap --arch=i386 --variant=minbase --include=iraf bookworm $ESOFS_I386_ROOT"""
    mount_options = ('inodes=32',)

    def test_it_lists_a_directory_and_reads_headers_and_pixels(self):
        folder = self.mount.save('q', "SELECT TOP 3 * FROM ivoa.ObsCore WHERE dataproduct_type = 'image' AND access_estsize < 2000")
        names = sorted(name for name in os.listdir(folder) if name.endswith('.fits'))
        done = run('unshare', '--mount', 'bash', '-c', IRAF, 'bash', self.mount.path, I386_ROOT, names[0], stdin=subprocess.DEVNULL)
        for name in names:
            self.assertRegex(done.stdout, re.escape(name) + r'\[[0-9,]+\]\[[a-z]+\]')
        self.assertRegex(done.stdout, 'query.adql')
        self.assertRegex(done.stdout, r'NPIX[^\n]*\n\s*' + re.escape(names[0]))


if __name__ == '__main__':
    harness.main()
