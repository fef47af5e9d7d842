"""Copying queries as directories: cp -r copies the text, and asks the archive for nothing."""
import errno
import os
import shutil
import unittest

import harness
from harness import read, run

SPECTRA = "SELECT TOP 5 * FROM ivoa.ObsCore WHERE dataproduct_type='spectrum' ORDER BY dp_id"
CONE = 'browse/cone/11.888_-25.288_30arcmin/phase3'


class Copying(harness.MountTest):
    def setUp(self):
        super().setUp()
        self.folder = self.mount.save('a', SPECTRA)
        self.text = read(os.path.join(self.folder, 'query.adql'))

    def copy(self, *words, cwd=None):
        done = run(*words, cwd=cwd or self.mount.path, check=False)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, '', ''), words)

    def assert_text(self, name, text):
        self.assertEqual(read(self.mount / f'queries/{name}/query.adql'), text)
        self.assertEqual(read(os.path.join(self.home.config, f'queries/{name}.adql')), text)

    def test_cp_r_copies_the_text_of_a_query(self):
        listed = os.listdir(self.folder)
        for number, options in enumerate((['-r'], ['-a'], ['-R', '-p'], ['-rv'], ['-r', '--reflink=never'])):
            self.sim.reset()
            done = run('cp', *options, 'queries/a', f'queries/b{number}', cwd=self.mount.path, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ''), options)
            self.assertEqual(self.sim.requests(), [], options)
            self.assert_text(f'b{number}', self.text)
            self.assertEqual(sorted(os.listdir(self.mount / f'queries/b{number}')), sorted(listed))
        self.assertNotIn('EEXIST', self.mount.errors())

    def test_cp_r_of_a_query_that_never_ran_does_not_run_it(self):
        self.sim.reset()
        self.copy('cp', '-r', 'queries/a', 'queries/b')
        self.assertEqual(self.sim.requests(), [])
        self.assert_text('b', self.text)

    def test_cp_r_copies_the_positions_of_a_query_too(self):
        with open(os.path.join(self.folder, 'positions.csv'), 'w', encoding='utf-8') as file:
            file.write('name,ra,dec\nx,11.888,-25.288\n')
        self.copy('cp', '-r', 'queries/a', 'queries/b')
        self.assertEqual(read(self.mount / 'queries/b/positions.csv'), read(os.path.join(self.folder, 'positions.csv')))
        self.assert_text('b', self.text)

    def test_cp_r_of_a_query_of_browse_saves_it(self):
        self.copy('cp', '-r', CONE, 'queries/cone')
        self.copy('cp', '-r', self.mount / CONE, '.', cwd=self.mount / 'queries')
        self.copy('cp', '-r', CONE + '/MUSE', 'queries/muse')
        for name in ('cone', 'phase3'):
            self.assert_text(name, read(self.mount / f'{CONE}/query.adql'))
        self.assertIn(b"'MUSE'", read(self.mount / 'queries/muse/query.adql'))

    def test_cp_r_of_a_query_that_cannot_run_copies_its_text(self):
        self.mount.save('bad', 'SELECT FROM')
        self.copy('cp', '-r', 'queries/bad', 'queries/worse')
        self.assert_text('worse', b'SELECT FROM\n')

    def test_cp_r_of_several(self):
        self.mount.save('b', SPECTRA.replace('5', '2'))
        os.mkdir(os.path.join(self.home.path, 'out'))
        self.copy('cp', '-r', 'queries/a', 'queries/b', os.path.join(self.home.path, 'out'))
        for name in 'ab':
            copied = os.listdir(os.path.join(self.home.path, 'out', name))
            self.assertEqual(sorted(copied), sorted(os.listdir(self.mount / f'queries/{name}')))
        self.copy('cp', '-r', CONE, CONE + '/MUSE', 'queries/')
        self.assertIn(b"'MUSE'", read(self.mount / 'queries/MUSE/query.adql'))

    @unittest.skipIf(shutil.which('busybox') is None, 'no busybox')
    def test_cp_of_busybox(self):
        os.symlink(shutil.which('busybox'), os.path.join(self.home.path, 'cp'))
        self.copy(os.path.join(self.home.path, 'cp'), '-r', 'queries/a', 'queries/b')
        self.assert_text('b', self.text)

    def test_a_new_query_is_empty_for_the_program_that_made_it(self):
        os.mkdir(self.mount / 'queries/new')
        with open(self.mount / 'queries/new/query.adql', 'x', encoding='utf-8') as file:
            file.write(SPECTRA)
        self.assert_errno(errno.EEXIST, open, self.mount / 'queries/new/query.adql', 'x')
        self.assert_text('new', SPECTRA.encode())

    def test_another_program_sees_every_file_after_it_made_a_query(self):
        os.mkdir(self.mount / 'queries/new')
        self.assertEqual(len([name for name in os.listdir(self.folder) if name.endswith('.fits')]), 5)

    @unittest.skipIf(shutil.which('rsync') is None, 'no rsync')
    def test_rsync_copies_the_text_and_says_what_it_could_not_write(self):
        done = run('rsync', '-r', 'queries/a/', 'queries/b', cwd=self.mount.path, check=False)
        self.assertEqual(done.returncode, 23)
        self.assertIn('Read-only file system', done.stderr)
        self.assert_text('b', self.text)
        why = os.getxattr(self.mount / 'queries/b', 'user.esofs.error').decode()
        self.assertIn('only query.adql and positions.csv can be written here', why)


if __name__ == '__main__':
    harness.main()
