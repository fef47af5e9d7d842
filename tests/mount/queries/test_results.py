"""The answer of a query as a table: table/result.{vot,csv,tsv,json,fits,txt}, made once and kept."""
import csv
import errno
import glob
import json
import os
import shutil
import threading

import harness
from harness import read, until

FORMS = ('csv', 'fits', 'json', 'tsv', 'txt', 'vot')
CUBES = "SELECT dp_id, s_ra, em_min, access_estsize, t_exptime, obs_release_date, s_region FROM ivoa.ObsCore " \
        "WHERE target_name='NGC253' ORDER BY dp_id"
CATALOGUE = 'SELECT TOP 50 * FROM safcat.SIMSURVEY_CAT_V2 ORDER BY SOURCEID'
AMBIENT = "SELECT TOP 30 * FROM asm.meteo_paranal WHERE start_date > '2024-01-01' ORDER BY start_date"


def rows_of_csv(path):
    with open(path, encoding='utf-8', newline='') as file:
        return list(csv.DictReader(file))


class Results(harness.MountTest):
    def result(self, name, form):
        return self.mount / f'queries/{name}/table/result.{form}'

    def save(self, name, adql):
        folder = self.mount.save(name, adql)
        os.listdir(folder)
        return folder

    def kept(self, suffix):
        return glob.glob(os.path.join(self.home.cache, 'results', '*' + suffix))

    def test_the_table_has_every_form(self):
        folder = self.save('q', CUBES)
        self.assertEqual(sorted(os.listdir(os.path.join(folder, 'table'))), [*(f'result.{form}' for form in FORMS), 'summary.txt'])

    def test_tables_removed_while_unmounted_are_asked_for_again(self):
        folder = self.save('q', CUBES)
        before = {form: read(self.result('q', form)) for form in ('vot', 'csv', 'fits')}
        names = sorted(os.listdir(folder))
        for gone in ('results', 'results/*'):
            with self.subTest(gone):
                self.mount.unmount()
                for path in glob.glob(os.path.join(self.home.cache, gone)):
                    (shutil.rmtree if os.path.isdir(path) else os.remove)(path)
                self.mount = self.mounted()
                self.assertEqual(sorted(os.listdir(self.mount / 'queries/q')), names)
                for form, data in before.items():
                    self.assertEqual(len(read(self.result('q', form))), len(data), form)
                self.assertEqual(read(self.result('q', 'csv')), before['csv'])
                self.assertTrue(self.kept('.vot'), os.listdir(os.path.join(self.home.cache, 'results')))

    def test_tables_removed_while_mounted_are_asked_for_again(self):
        folder = self.save('q', CUBES)
        before = {form: read(self.result('q', form)) for form in FORMS}
        names = sorted(os.listdir(os.path.join(folder, 'table')))
        for form in FORMS:
            with self.subTest(form):
                shutil.rmtree(os.path.join(self.home.cache, 'results'))
                os.stat(self.result('q', form))
                self.assertEqual(sorted(os.listdir(os.path.join(folder, 'table'))), names)
                self.assertEqual(read(self.result('q', form)), before[form])

    def test_a_removed_table_that_cannot_be_had_is_listed_with_why(self):
        self.save('q', CUBES)
        shutil.rmtree(os.path.join(self.home.cache, 'results'))
        self.mount.unmount()
        self.mount = self.mounted('offline')
        self.assertIn('result.vot', os.listdir(self.mount / 'queries/q/table'))
        for form in ('vot', 'csv'):
            self.assert_errno(errno.ENETUNREACH, read, self.result('q', form))
        self.assertIn('offline', self.mount.errors())

    def test_csv_json_and_the_archives_own_rows_are_the_same(self):
        self.save('q', CUBES)
        truth = self.sim.query(CUBES)
        self.assertGreater(len(truth), 3)
        rows = rows_of_csv(self.result('q', 'csv'))
        self.assertEqual([row['dp_id'] for row in rows], [row['dp_id'] for row in truth])
        for ours, theirs in zip(rows, truth):
            for name, value in theirs.items():
                if value is None:
                    self.assertEqual(ours[name], '', name)
                elif isinstance(value, str):
                    self.assertEqual(ours[name], value)
                else:
                    self.assertEqual(float(ours[name]), value, name)
        document = json.loads(read(self.result('q', 'json')))
        names = [column['name'] for column in document['metadata']]
        self.assertEqual([dict(zip(names, row)) for row in document['data']], truth)
        with open(self.result('q', 'tsv'), encoding='utf-8') as file:
            self.assertEqual(len(file.readlines()), len(truth) + 1)
        with open(self.result('q', 'txt'), encoding='utf-8') as file:
            self.assertEqual(len(file.readlines()), len(truth) + 1)

    def test_astropy_reads_the_fits(self):
        try:
            from astropy.io import fits
        except ImportError:
            self.skipTest('no astropy')
        self.save('q', CATALOGUE)
        rows = rows_of_csv(self.result('q', 'csv'))
        with fits.open(self.result('q', 'fits')) as hdus:
            table, header = hdus[1].data, hdus[1].header
            self.assertEqual(len(table), 50)
            self.assertEqual([int(row['SOURCEID']) for row in rows], list(table['SOURCEID']))
            self.assertEqual([float(row['RA2000']) for row in rows], list(table['RA2000']))
            missing = [row['KSMAG'] == '' for row in rows]
            self.assertIn(True, missing)
            self.assertEqual(missing, [bool(value != value) for value in table['KSMAG']])
            self.assertEqual(table['IAUNAME'][0], rows[0]['IAUNAME'])
            column = [name for name in header if name.startswith('TTYPE') and header[name] == 'RA2000'][0]
            self.assertEqual(header[column.replace('TTYPE', 'TUNIT')], 'deg')
            self.assertEqual(header[column.replace('TTYPE', 'TUCD')], 'pos.eq.ra;meta.main')

    def test_all_forms_come_from_one_request(self):
        self.save('q', CUBES)
        asked = len(self.sim.requests())
        first = {form: read(self.result('q', form)) for form in FORMS}
        made = {path: os.stat(path).st_ino for path in self.kept('.*')}
        self.assertEqual(len(made), len(FORMS))
        self.assertEqual({form: read(self.result('q', form)) for form in FORMS}, first)
        self.assertEqual({path: os.stat(path).st_ino for path in self.kept('.*')}, made)
        self.assertEqual(len(self.sim.requests()), asked)
        self.mount.unmount()
        self.mount = self.mounted()
        for form in FORMS:
            self.assertEqual(os.stat(self.result('q', form)).st_size, len(first[form]), 'known without opening')
            self.assertEqual(read(self.result('q', form)), first[form])
        self.assertEqual(len(self.sim.requests()), asked)

    def test_twenty_readers_at_once_make_it_once(self):
        self.save('q', 'SELECT TOP 2000 * FROM safcat.SIMSURVEY_MPHOT_Ks_V2')
        seen = []
        threads = [threading.Thread(target=lambda: seen.append(read(self.result('q', 'fits')))) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(harness.PATIENCE)
        self.assertEqual(len(seen), 20)
        self.assertEqual(len(set(seen)), 1)
        self.assertEqual(len(self.kept('.fits')), 1)
        self.assertEqual(self.kept('.part'), [])

    def test_a_size_is_never_0_and_exact_after_the_first_open(self):
        self.mount.save('q', CUBES)
        for form in FORMS:
            self.assertGreater(os.stat(self.result('q', form)).st_size, 0)
        for form in FORMS:
            with open(self.result('q', form), 'rb') as file:
                size = os.fstat(file.fileno()).st_size
                self.assertEqual(len(file.read()), size, form)

    def test_the_extra_row_that_detects_overflow_is_left_out(self):
        self.save('q', '-- maxrec: 3\nSELECT dp_id FROM ivoa.ObsCore')
        self.assertEqual(len(rows_of_csv(self.result('q', 'csv'))), 3)
        self.assertEqual(os.getxattr(self.result('q', 'csv'), 'user.esofs.truncated'), b'true')
        self.assertEqual(os.getxattr(self.result('q', 'csv'), 'user.esofs.rows'), b'3')

    def test_a_failed_query_gives_its_errno_for_every_form(self):
        self.mount.save('bad', 'SELECT nonsense FROM ivoa.ObsCore')
        for form in FORMS:
            self.assert_errno(errno.EINVAL, read, self.result('bad', form))

    def test_a_removed_query_leaves_no_forms_behind(self):
        folder = self.save('q', CUBES)
        for form in FORMS:
            read(self.result('q', form))
        self.assertEqual(len(self.kept('.*')), len(FORMS))
        os.rmdir(folder)

        def swept():
            os.listdir(self.mount.save('other', '-- ttl: 1s\nSELECT TOP 1 dp_id FROM ivoa.ObsCore'))
            return not self.kept('.fits') and not self.kept('.csv')
        harness.until(swept, 'an empty directory of results')

    def test_a_refresh_makes_the_forms_again(self):
        folder = self.save('q', CUBES)
        before = read(self.result('q', 'csv'))
        os.utime(os.path.join(folder, 'query.adql'))
        os.listdir(folder)
        harness.until(lambda: len(self.sim.requests('/tap_obs/sync')) == 2, 'the refresh')
        self.assertEqual(read(self.result('q', 'csv')), before)

    def test_a_full_cache_disk_is_reported(self):
        self.save('q', CUBES)
        results = os.path.join(self.home.cache, 'results')
        os.chmod(results, 0o500)
        self.addCleanup(os.chmod, results, 0o700)
        if os.access(results, os.W_OK):
            self.skipTest('root writes everywhere')
        self.assert_errno(errno.EACCES, read, self.result('q', 'csv'))
        self.assertTrue(read(self.result('q', 'vot')).startswith(b'<?xml'))


class CataloguesAndAmbientConditions(harness.MountTest):
    """Queries on tap_cat and on asm.* are saved queries like any other; the service is found by the table."""

    def forms(self, name, adql, rows):
        folder = self.mount.save(name, adql)
        os.listdir(folder)
        for form in FORMS:
            self.assertGreater(len(read(os.path.join(folder, f'table/result.{form}'))), 0, form)
        self.assertEqual(len(rows_of_csv(os.path.join(folder, 'table/result.csv'))), rows)
        return folder

    def test_a_catalogue(self):
        self.forms('cat', CATALOGUE, 50)
        self.assertEqual({r['target'] for r in self.sim.requests()}, {'/tap_cat/sync'})

    def test_a_catalogue_by_its_bare_name(self):
        self.forms('bare', CATALOGUE.replace('safcat.', ''), 50)

    def test_a_catalogue_of_a_service_that_speaks_tap_1_0(self):
        self.sim.tap(bare_names=True)
        self.addCleanup(self.sim.tap, bare_names=False)
        self.forms('cat', CATALOGUE, 50)
        self.forms('bare', CATALOGUE.replace('safcat.', ''), 50)

    def test_ambient_conditions(self):
        folder = self.forms('meteo', AMBIENT, 30)
        rows = rows_of_csv(os.path.join(folder, 'table/result.csv'))
        self.assertEqual([row['start_date'] for row in rows], sorted(row['start_date'] for row in rows))


if __name__ == '__main__':
    harness.main()
