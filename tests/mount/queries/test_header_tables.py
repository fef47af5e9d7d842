"""The headers of all files of a query as one table: table/headers.{csv,fits,vot}."""
import csv
import errno
import os
import shutil
import subprocess
import unittest

import harness
from harness import run

SPECTRA = "SELECT TOP 40 * FROM ivoa.ObsCore WHERE dataproduct_type='spectrum' AND obs_release_date < '2026-01-01' ORDER BY dp_id"
KEYWORDS = ('OBJECT', 'EXPTIME', 'MJD-OBS', 'ESO OBS ID')
WISH = '-- headers: ' + ', '.join(KEYWORDS) + '\n'


class HeaderTables(harness.MountTest):
    def save(self, name, text):
        folder = self.mount.save(name, text)
        return folder, sorted(name for name in os.listdir(folder) if name.endswith('.fits'))

    def rows(self, folder):
        with open(os.path.join(folder, 'table/headers.csv'), encoding='utf-8', newline='') as file:
            return list(csv.DictReader(file))

    @unittest.skipIf(shutil.which('fitsort') is None, 'no fitsort')
    def test_the_values_are_those_of_dfits_and_fitsort(self):
        folder, names = self.save('q', WISH + SPECTRA)
        rows = {row['FILE']: row for row in self.rows(folder)}
        self.assertEqual(sorted(rows), names)
        shown = run('sh', '-c', 'dfits *.fits | fitsort -d OBJECT EXPTIME MJD-OBS OBS.ID', cwd=folder).stdout
        compared = 0
        for line in shown.splitlines():
            name, *values = [value.strip() for value in line.split('\t')]
            for keyword, value in zip(KEYWORDS, values):
                self.assertEqual(rows[name][keyword], value, (name, keyword))
                compared += value != ''
        self.assertGreater(compared, 2 * len(names))

    def test_keywords_that_no_file_has_are_told_with_the_nearest(self):
        folder, _ = self.save('q', '-- headers: OBJEC, EXPTIME, QQXJWZ\n' + SPECTRA)
        why = run(harness.programs['esofs'], 'why', os.path.join(folder, 'table/headers.csv')).stdout
        self.assertIn('it can be read, but see why\n  why         no primary header has OBJEC, did you mean OBJECT?; '
                      'no primary header has QQXJWZ\n', why)
        folder, _ = self.save('r', WISH + SPECTRA)
        self.assertTrue(run(harness.programs['esofs'], 'why', os.path.join(folder, 'table/headers.csv')).stdout.endswith(': it can be read\n'))

    def test_the_values_are_those_of_astropy(self):
        try:
            from astropy.io import fits
            from astropy.io.votable import parse_single_table
            from astropy.table import Table
        except ImportError:
            self.skipTest('no astropy')
        folder, names = self.save('q', WISH + SPECTRA)
        by_csv = {row['FILE']: row for row in self.rows(folder)}
        by_fits = {row['FILE'].strip(): row for row in Table.read(os.path.join(folder, 'table/headers.fits'))}
        by_votable = {str(row['FILE']): row for row in parse_single_table(os.path.join(folder, 'table/headers.vot')).to_table(use_names_over_ids=True)}
        for name in names:
            header = fits.getheader(os.path.join(folder, name))
            for keyword in KEYWORDS:
                if keyword not in header:
                    self.assertEqual(by_csv[name][keyword], '')
                    continue
                value = header[keyword]
                if isinstance(value, str):
                    self.assertEqual(by_csv[name][keyword], value)
                    self.assertEqual(str(by_fits[name][keyword]).strip(), value)
                else:
                    self.assertEqual(float(by_csv[name][keyword]), float(value))
                    self.assertEqual(float(by_fits[name][keyword]), float(value))
                    self.assertEqual(float(by_votable[name][keyword]), float(value))

    def test_only_headers_are_fetched_and_side_by_side(self):
        folder, names = self.save('q', WISH + SPECTRA)
        self.sim.reset()
        self.sim.fault(path='/dataPortal/file', stall_after=100)
        reading = subprocess.Popen(['cat', os.path.join(folder, 'table/headers.csv')], stdout=subprocess.PIPE, text=True)
        harness.guardian.tell(f'+pid {reading.pid}')
        harness.until(lambda: len(self.sim.requests('/dataPortal/file')) >= 8, 'eight requests at once')
        self.sim.clear()
        self.sim.release()
        self.assertEqual(len(reading.communicate(timeout=harness.PATIENCE)[0].splitlines()), len(names) + 1)
        harness.guardian.tell(f'-pid {reading.pid}')
        files = self.sim.requests('/dataPortal/file')
        self.assertEqual(len({request['target'] for request in files}), len(names))
        self.assertLessEqual(sum(request['body_bytes'] for request in files), len(names) * 64 * 1024)
        asked = len(self.sim.requests())
        self.assertEqual(len(self.rows(folder)), len(names))
        self.assertEqual(len(self.sim.requests()), asked, 'what is known is not asked for again')

    def test_a_file_costs_one_request_and_a_share_of_one_for_its_link(self):
        folder, names = self.save('q', WISH + SPECTRA)
        self.sim.reset()
        self.assertEqual(len(self.rows(folder)), len(names))
        self.assertEqual(len(self.sim.requests('/dataPortal/file')), len(names))
        self.assertLessEqual(len(self.sim.requests('/datalink')), 4)

    def test_nothing_is_fetched_unasked(self):
        folder, names = self.save('q', WISH + SPECTRA)
        self.sim.reset()
        run('find', folder, '-newer', '/')
        self.assertNotIn('headers.csv', os.listdir(os.path.join(folder, 'table')))
        run('cp', '-r', os.path.join(folder, 'table'), os.path.join(self.home.path, 'copy'))
        self.assertEqual(self.sim.requests('/dataPortal/file'), [])
        self.assertEqual(len(self.rows(folder)), len(names))
        self.assertIn('headers.csv', os.listdir(os.path.join(folder, 'table')))

    def test_every_unit_has_a_row_if_that_is_asked_for(self):
        cubes = "SELECT TOP 3 * FROM ivoa.ObsCore WHERE dataproduct_type='cube' ORDER BY dp_id"
        folder, names = self.save('q', '-- headers: EXTNAME, NAXIS\n-- headers-of: all\n' + cubes)
        rows = self.rows(folder)
        for name in names:
            text = harness.read(os.path.join(self.mount.path, 'datasets', name.removesuffix('.fits'), 'header.txt')).decode()
            units = [row for row in rows if row['FILE'] == name]
            self.assertEqual([row['HDU'] for row in units], [str(number) for number in range(text.count('\nEND\n'))])

    def test_a_file_that_may_not_be_read_says_so_in_its_row(self):
        folder, names = self.save('q', WISH + "SELECT * FROM ivoa.ObsCore WHERE dp_id IN "
                                  "('ADP.2026-02-02T02:02:02.222', 'ADP.2016-06-21T08:15:12.100')")
        rows = {row['FILE']: row for row in self.rows(folder)}
        self.assertEqual(sorted(rows), names)
        self.assertRegex(rows['ADP.2026-02-02T02:02:02.222.fits']['ERROR'], '^EACCES ')
        self.assertEqual(rows['ADP.2016-06-21T08:15:12.100.fits']['ERROR'], '')

    def test_a_wrong_directive_is_a_wrong_query(self):
        folder = self.mount.save('q', '-- headers: NOTAKEYWORD\n' + SPECTRA)
        self.assert_errno(errno.EINVAL, os.listdir, folder)
        self.assertIn("'NOTAKEYWORD' is no keyword", os.getxattr(folder, 'user.esofs.error').decode())


if __name__ == '__main__':
    harness.main()
