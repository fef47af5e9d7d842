"""Names that are refused: why, in .esofs/errors, in user.esofs.error and by `esofs why`."""
import errno
import json
import os
import re
import shutil
import subprocess
import unittest

import harness
from harness import read, run

CONE = 'browse/cone/'
TABLE = 'tables/cat/safcat/'


class RefusedNames(harness.MountTest):
    def why(self, *paths, code=1):
        done = run(harness.programs['esofs'], 'why', '--json', *paths, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def assert_told(self, name, sentence):
        """A name that is not there has a line with a sentence, and its directory has it as an attribute."""
        path = self.mount / name
        self.assert_errno(errno.ENOENT, os.stat, path)
        line = next((line for line in self.mount.errors().splitlines() if f' /{name} ' in line), None)
        self.assertIsNotNone(line, f'{name}: no line in\n{self.mount.errors()}')
        self.assertIn(' ENOENT ', line)
        self.assertIn(sentence, line)
        told = os.getxattr(os.path.dirname(path), 'user.esofs.error').decode()
        self.assertIn(sentence, told)
        explained = self.why(path)[0]
        self.assertEqual((explained['path'], explained['errno']), (path, 'ENOENT'))
        self.assertIn(sentence, explained['why'])
        right_form = re.search('did you mean|; write |is not of the form', explained['why'])
        self.assertEqual(explained['what_to_do'] == '', right_form is not None, explained)
        self.assertEqual(explained['before'], [], 'the line of another look says the same')

    def test_a_cone(self):
        for name, sentence in (('26.017_-15.937', 'is not of the form <ra>_<dec>_<radius>'),
                               ("26.017,-15.937,1'", 'is not of the form <ra>_<dec>_<radius>'),
                               ("26.017_-15.937_1'", 'did you mean 1arcmin?'),
                               ('26.017_-15.937_1min', 'did you mean 1arcmin?'),
                               ('26.017_95.9_1arcmin', "'95.9' is no declination"),
                               ('26.017_-15.937_1arcmin/spectre', 'did you mean spectra?')):
            self.assert_told(CONE + name, sentence)

    def test_a_night(self):
        self.assert_told('browse/night/MUSE/20180604', 'did you mean 2018-06-04?')
        self.assert_told('browse/night/MUSE/2018-6-4', 'did you mean 2018-06-04?')

    def test_a_place_at_the_top(self):
        self.assert_told('querys', 'did you mean queries?')
        self.assert_told('browse/nihgt', 'did you mean night?')

    def table(self):
        schema = os.path.join(self.mount.path, TABLE)
        return next(TABLE + name for name in sorted(os.listdir(schema)) if os.path.isdir(f'{schema}/{name}/cone'))

    def test_an_answer_of_a_table(self):
        table = self.table()
        self.assert_told(table + '/cone/53.1_-27.8_30arcsec', 'write 53.1_-27.8_30arcsec.csv')
        self.assert_told(table + '/cone/53.1_-27.8_30arcsec.xlsx', 'write 53.1_-27.8_30arcsec.csv')
        self.assert_told(table + '/cone/53.1_-27.8_30as.csv', 'did you mean 30arcsec?')
        self.assert_told('tables/obs/dbo/rawn', 'did you mean raw?')
        self.assert_told('tables/obs/dbo/raw/colums.csv', 'did you mean columns.csv?')
        self.assert_told('tables/obs/asm/dimm_paranal/night/2018-06-04', 'write 2018-06-04.csv')
        self.assert_told('tables/obs/asm/dimm_paranal/night/20180604.csv', 'did you mean 2018-06-04?')

    def test_a_dataset(self):
        self.assert_told('datasets/foo', 'is no identifier of this archive')

    def assert_refused(self, operation, name, sentence, explained):
        """A file or directory that cannot be made has a line, and `esofs why` says what can be."""
        self.assert_errno(errno.EROFS, operation, self.mount / name)
        line = next((line for line in self.mount.errors().splitlines() if f' /{name} EROFS ' in line), None)
        self.assertIsNotNone(line, f'{name}: no line in\n{self.mount.errors()}')
        self.assertIn(sentence, line)
        self.assertIn(explained, self.why(self.mount / name)[0]['why'])

    def test_files_that_cannot_be_made(self):
        for name in ('uves1', 'uves2', 'uves3', 'uves4'):
            os.listdir(self.mount.save(name, 'SELECT TOP 2 * FROM ivoa.ObsCore'))
        only = 'only query.adql and positions.csv can be written here; keep notes elsewhere'
        jobs = 'mkdir jobs/obs/j3, write its query.adql, then RUN to its phase'
        for operation, name, sentence in ((self.write, 'queries/uves1/notes.txt', only),
                                          (self.write, 'queries/uves2/my.adql', only),
                                          (self.write, 'queries/uves3/position.csv', only),
                                          (os.mkdir, 'queries/uves4/below', only),
                                          (self.write, 'queries/brandnew', 'write queries/brandnew.adql'),
                                          (self.write, 'queries/uves9.sql', 'write queries/uves9.adql'),
                                          (self.write, 'queries/notes.txt', 'keep other files elsewhere'),
                                          (self.write, 'jobs/obs/j3.adql', jobs)):
            explained = 'write queries/notes.adql' if name == 'queries/notes.txt' else sentence
            with self.subTest(name):
                self.assert_refused(operation, name, sentence, explained)

    def test_a_name_that_no_job_can_have(self):
        self.assert_errno(errno.EINVAL, os.mkdir, self.mount / 'jobs/obs/my job')
        self.assertIn("'my job' is no name for a job", self.mount.errors())

    def write(self, path):
        with open(path, 'w', encoding='utf-8') as file:
            file.write('hi\n')

    def test_what_is_missing_outside_of_cutouts_says_nothing_of_them(self):
        folder = self.mount.save('plain', 'SELECT TOP 2 target_name FROM ivoa.ObsCore')
        os.listdir(folder)
        explained = self.why(os.path.join(folder, 'table/headers.csv'))[0]
        self.assertEqual((explained['errno'], explained['what_to_do']), ('ENODATA', ''))
        self.assertIn('names no FITS file', explained['why'])

    def test_a_cutout(self):
        rows = self.sim.query("SELECT TOP 1 dp_id FROM ivoa.ObsCore WHERE dataproduct_type='image'")
        place = f'datasets/{rows[0]["dp_id"]}/cutout/'
        for name, sentence in (('circle_1_2_30as.fits', 'did you mean 30arcsec?'),
                               ('circle_1_2_30sec.fits', 'did you mean 30arcsec?'),
                               ('box_1_2_3_4.fits', 'is no kind of cutout'),
                               ('Circle_1_2_3arcsec.fits', 'did you mean circle?'),
                               ('circle_1_2_-3arcsec.fits', 'did you mean 3arcsec?'),
                               ('circle_1_2_3arcsec', 'write circle_1_2_3arcsec.fits')):
            self.assert_told(place + name, sentence)

    def test_a_cutout_outside_of_its_dataset_has_a_line(self):
        folder = self.mount.save('images', "SELECT TOP 3 * FROM ivoa.ObsCore WHERE dataproduct_type='image'")
        name = next(name for name in sorted(os.listdir(folder)) if name.endswith('.fits'))
        path = os.path.join(folder, 'cutout/circle_1_2_3arcsec', name)
        self.assert_errno(errno.ENODATA, read, path)
        self.assertRegex(self.mount.errors(), f'{name} ENODATA .*does not reach there')
        explained = self.why(path)[0]
        self.assertEqual(explained['errno'], 'ENODATA')
        self.assertIn('does not reach there', explained['why'])

    def test_a_query_that_fails_says_why_as_an_attribute(self):
        folder = self.mount.save('bad', 'SELECT targetname FROM ivoa.ObsCore')
        self.assert_errno(errno.EINVAL, os.listdir, folder)
        told = os.getxattr(folder, 'user.esofs.error').decode()
        self.assertRegex(told, '^EINVAL .*targetname')
        explained = self.why(folder)[0]
        self.assertEqual(explained['errno'], 'EINVAL')
        self.assertIn('targetname', explained['why'])
        self.mount.save('bad', 'SELECT TOP 1 * FROM ivoa.ObsCore')
        os.listdir(folder)
        self.assert_errno(errno.ENODATA, os.getxattr, folder, 'user.esofs.error')
        self.assertIsNone(self.why(folder, code=0)[0]['errno'])

    def test_names_that_programs_try_are_no_news(self):
        for place in ('', 'browse', 'browse/cone', 'browse/night/MUSE', 'datasets', 'queries', 'tables/obs'):
            for name in ('login.cl', 'X.fits.fits', 'X.fits[1]', '.git', 'HEAD', 'uparmx.par', '.hidden'):
                self.assert_errno(errno.ENOENT, os.stat, os.path.join(self.mount.path, place, name))
        self.assertEqual(self.mount.errors(), '')

    def test_a_line_names_the_path_that_was_typed(self):
        rows = self.sim.query("SELECT TOP 1 dp_id FROM ivoa.ObsCore WHERE obs_release_date > '2027-01-01'")
        name = rows[0]['dp_id'] + '.fits'
        adql = f"SELECT * FROM ivoa.ObsCore WHERE dp_id='{rows[0]['dp_id']}'"
        folders = [self.mount.save(query, adql + f' AND {number}={number}') for number, query in enumerate(('all', 'mine', 'theirs'))]
        for folder in folders:
            os.listdir(folder)
        for folder in (folders[1], folders[0]):
            before = self.mount.errors()
            run('head', '-c', '1', os.path.join(folder, name), check=False)
            new = self.mount.errors()[len(before):]
            self.assertIn(f'/queries/{os.path.basename(folder)}/{name} EACCES', new)
        before = self.mount.errors()
        run('head', '-c', '1', name, check=False, cwd=folders[1])
        self.assertIn(f'/queries/mine/{name} EACCES', self.mount.errors()[len(before):])

    def test_why_knows_paths_outside_and_dead_mounts(self):
        done = run(harness.programs['esofs'], 'why', self.home.path, check=False)
        self.assertEqual(done.returncode, 3)
        self.assertIn('is on no esofs mount', done.stderr)
        asked = ('.', self.mount / 'README.txt', self.home.path + '//x', self.mount / 'querys/')
        for paths in (asked, asked[::-1]):
            told = self.why(*paths, code=3)
            self.assertEqual([each['asked'] for each in told], list(paths))
            for each in told:
                outside = each['asked'] in ('.', self.home.path + '//x')
                self.assertEqual(each['why'] == f'{each["asked"]}: is on no esofs mount', outside, each)
                self.assertEqual(each['errno'] == 'ENXIO', outside, each)
        self.mount.kill()
        explained = self.why(self.mount / 'queries/x')[0]
        self.assertEqual(explained['errno'], 'ENOTCONN')
        self.assertIn('unmount', explained['what_to_do'])

    def test_warm_says_of_a_missing_name_what_why_says(self):
        for name, sentence in (('querys/x', 'did you mean queries?'),
                               ('browse/cone/1_2_1min', 'did you mean 1arcmin?')):
            path = self.mount / name
            done = run(harness.programs['esofs'], 'warm', path, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn(sentence, self.why(path)[0]['why'])
            self.assertIn(f'{path}: No such file or directory: {self.why(path)[0]["why"]}\n', done.stderr)

    def test_why_is_read_by_people(self):
        text = run(harness.programs['esofs'], 'why', self.mount / 'browse/cone/1_2_30as', check=False).stdout
        self.assertRegex(text, r'1_2_30as: ENOENT \(No such file or directory\)\n  why +.*30arcsec\?\n$')


if __name__ == '__main__':
    harness.main()
