"""tables/: the tables of the TAP services, read from their TAP_SCHEMA, and parts of tables as files."""
import csv
import errno
import json
import math
import os

import harness
from harness import read, run

POSITION = (53.1, -27.8)


def rows_of(path):
    with open(path, encoding='utf-8', newline='') as file:
        return list(csv.DictReader(file))


def separation_deg(ra, dec, row):
    """Between a position and a source of the catalogue."""
    a1, d1, a2, d2 = (math.radians(float(x)) for x in (ra, dec, row['RA2000'], row['DEC2000']))
    half = math.sin((d2 - d1) / 2) ** 2 + math.cos(d1) * math.cos(d2) * math.sin((a2 - a1) / 2) ** 2
    return math.degrees(2 * math.asin(math.sqrt(half)))


class Listing(harness.MountTest):
    def tap(self):
        return [r['target'] for r in self.sim.requests('/tap_')]

    def test_tables_are_listed_by_one_query_for_each_service(self):
        self.assertEqual(sorted(os.listdir(self.mount / 'tables')), ['cat', 'obs'])
        self.assertEqual(self.tap(), [])
        schemas = os.listdir(self.mount / 'tables/obs')
        for schema in ('asm', 'dbo', 'ist', 'ivoa', 'phase3v2', 'TAP_SCHEMA', 'util'):
            self.assertIn(schema, schemas)
        self.assertEqual(self.tap(), ['/tap_obs/sync'])
        self.assertIn('ObsCore', os.listdir(self.mount / 'tables/obs/ivoa'))
        self.assertIn('meteo_paranal', os.listdir(self.mount / 'tables/obs/asm'))
        self.assertEqual(self.tap(), ['/tap_obs/sync'])
        self.assertIn('SIMSURVEY_CAT_V2', os.listdir(self.mount / 'tables/cat/safcat'))
        self.assertEqual(self.tap(), ['/tap_obs/sync', '/tap_cat/sync'])

    def test_mounting_and_a_second_mount_ask_nothing(self):
        self.assertEqual(self.sim.requests(), [])
        run('find', self.mount / 'tables')
        asked = self.tap()
        self.assertEqual(sorted(asked), ['/tap_cat/sync'] * 2 + ['/tap_obs/sync'] * 2,
                         'the tables, and which of their columns are positions and times')
        self.mount.unmount()
        self.mount = self.mounted()
        found = run('find', self.mount / 'tables').stdout.splitlines()
        self.assertGreater(len(found), 100)
        self.assertEqual(self.tap(), asked)
        self.assertEqual(self.sim.requests('/tables'), [], "never VOSI's document")

    def test_a_table_is_found_by_its_path_alone(self):
        path = self.mount / 'tables/cat/safcat/SIMSURVEY_CAT_V1'
        self.assertTrue(os.path.isdir(path))
        self.assertEqual(self.tap(), ['/tap_cat/sync'])

    def test_names_in_another_case_are_links(self):
        self.assertEqual(os.readlink(self.mount / 'tables/obs/ivoa/obscore'), 'ObsCore')
        self.assertEqual(os.readlink(self.mount / 'tables/obs/tap_schema'), 'TAP_SCHEMA')
        self.assertIn('columns.csv', os.listdir(self.mount / 'tables/obs/IVOA/OBSCORE'))

    def test_unknown_names_are_enoent(self):
        for name in ('tables/obs/nosuch', 'tables/obs/ivoa/nosuch', 'tables/obs/ivoa/ObsCore/nosuch', 'tables/nosuch',
                     'tables/cat/safcat/SIMSURVEY_MPHOT_Ks_V2/cone', 'tables/cat/safcat/SIMSURVEY_CAT_V2/night'):
            self.assert_errno(errno.ENOENT, os.stat, self.mount / name)
        asked = len(self.tap())
        for name in ('@X', 'X.fits[1]', 'a b', '-x'):
            self.assert_errno(errno.ENOENT, os.stat, self.mount / ('tables/obs/' + name))
        self.assertEqual(len(self.tap()), asked)

    def test_the_latest_versions_come_first(self):
        with os.scandir(self.mount / 'tables/cat/safcat') as entries:
            names = [entry.name for entry in entries]
        self.assertLess(names.index('SIMSURVEY_CAT_V2'), names.index('SIMSURVEY_CAT_V1'))
        old = read(self.mount / 'tables/cat/safcat/SIMSURVEY_CAT_V1/description.txt').decode()
        self.assertIn('superseded by: SIMSURVEY_CAT_V2', old)
        new = read(self.mount / 'tables/cat/safcat/SIMSURVEY_CAT_V2/description.txt').decode()
        self.assertNotIn('superseded', new)
        self.assertIn('number_rows: 900', new)
        self.assertIn('position columns: RA2000, DEC2000', new)

    def test_a_service_that_fails_is_no_empty_directory(self):
        self.sim.fault(path='/tap_cat', fail_next=-1, status=500)
        self.assert_errno(errno.EIO, os.listdir, self.mount / 'tables/cat')
        self.assert_errno(errno.EIO, os.stat, self.mount / 'tables/cat/safcat')
        self.assertIn('500', self.mount.errors())
        self.assertIn('ivoa', os.listdir(self.mount / 'tables/obs'))


class Tables(harness.MountTest):
    def test_columns(self):
        rows = rows_of(self.mount / 'tables/cat/safcat/SIMSURVEY_CAT_V2/columns.csv')
        self.assertEqual([row['name'] for row in rows],
                         ['IAUNAME', 'SOURCEID', 'RA2000', 'DEC2000', 'JMAG', 'KSMAG', 'CLASS'])
        ra = rows[2]
        self.assertEqual((ra['unit'], ra['ucd'], ra['datatype'], ra['indexed']),
                         ('deg', 'pos.eq.ra;meta.main', 'DOUBLE', '1'))
        obs = {row['name']: row for row in rows_of(self.mount / 'tables/obs/asm/meteo_paranal/columns.csv')}
        self.assertEqual(obs['start_date']['xtype'], 'timestamp')
        self.assertEqual(len(obs), 113)

    def test_columns_whose_names_are_words_of_adql_are_quoted(self):
        names = [row['name'] for row in rows_of(self.mount / 'tables/obs/TAP_SCHEMA/columns/columns.csv')]
        self.assertIn('"size"', names)

    def test_a_sample(self):
        sample = rows_of(self.mount / 'tables/obs/ivoa/ObsCore/sample.csv')
        self.assertEqual(len(sample), 20)
        self.assertIn('dp_id', sample[0])

    def test_the_query_in_the_description_works(self):
        text = read(self.mount / 'tables/cat/safcat/SIMSURVEY_CAT_V2/description.txt').decode()
        commands = [line.strip() for line in text.splitlines() if line.startswith('    ') and 'queries/' in line]
        self.assertEqual(len(commands), 3)
        done = run('sh', '-e', '-c', '\n'.join(commands).replace('NAME', 'described'), cwd=self.mount.path)
        self.assertEqual(len(done.stdout.splitlines()), 101)

    def test_a_service_that_speaks_tap_1_0_has_the_same_tree(self):
        names = sorted(os.listdir(self.mount / 'tables/cat/safcat'))
        self.mount.unmount()
        self.home.close()
        self.home = harness.Home()
        self.addCleanup(self.home.close)
        self.sim.tap(bare_names=True)
        self.addCleanup(self.sim.tap, bare_names=False)
        self.mount = self.mounted()
        self.assertEqual(sorted(os.listdir(self.mount / 'tables/cat/safcat')), names)
        table = 'tables/cat/safcat/SIMSURVEY_CAT_V2'
        self.assertIn('table: SIMSURVEY_CAT_V2\n', read(self.mount / (table + '/description.txt')).decode())
        self.assertEqual(len(rows_of(self.mount / (table + '/columns.csv'))), 7)
        self.assertEqual(len(rows_of(self.mount / (table + '/sample.csv'))), 20)
        self.assertGreater(len(rows_of(self.mount / (table + '/cone/53.1_-27.8_0.1.csv'))), 0)


class Cones(harness.MountTest):
    def cone(self, name, table='SIMSURVEY_CAT_V2'):
        return self.mount / f'tables/cat/safcat/{table}/cone/{name}'

    def asked(self):
        return [r for r in self.sim.requests('/tap_cat') if 'CIRCLE' in r['body']]

    def test_a_cone_has_the_sources_in_the_circle(self):
        every = rows_of(os.path.join(self.mount.save('all', 'SELECT * FROM safcat.SIMSURVEY_CAT_V2'),
                                     'table/result.csv'))
        # No source lies on this circle, as the server decides what belongs to its edge.
        inside = {row['SOURCEID'] for row in every if separation_deg(*POSITION, row) <= 0.11}
        self.assertGreater(len(inside), 5)
        rows = rows_of(self.cone('53.1_-27.8_0.11.csv'))
        self.assertEqual({row['SOURCEID'] for row in rows}, inside)

    def test_equal_cones_are_one_request_whatever_their_names(self):
        first = read(self.cone('53.1_-27.8_0.1.csv'))
        for name in ('53.1_-27.8_6arcmin.csv', '53.1_-27.8_360arcsec.csv', '03h32m24s_-27d48m00s_0.1deg.csv'):
            self.assertEqual(read(self.cone(name)), first, name)
        self.assertEqual(len(self.asked()), 1)
        self.assertIn('CONTAINS', self.asked()[0]['body'])

    def test_every_form(self):
        document = json.loads(read(self.cone('53.1_-27.8_0.1.json')))
        rows = rows_of(self.cone('53.1_-27.8_0.1.csv'))
        self.assertEqual(len(document['data']), len(rows))
        for form, magic in (('vot', b'<?xml'), ('fits', b'SIMPLE'), ('tsv', b'IAUNAME'), ('txt', b'# ')):
            self.assertTrue(read(self.cone('53.1_-27.8_0.1.' + form)).startswith(magic), form)
        self.assertEqual(len(self.asked()), 1)

    def test_opened_cones_are_listed_with_their_status(self):
        self.assertEqual(os.listdir(self.cone('')), [])
        read(self.cone('53.1_-27.8_0.1.csv'))
        os.stat(self.cone('53.1_-27.8_0.2.csv'))  # looked at only
        self.assertEqual(sorted(os.listdir(self.cone(''))), ['53.1_-27.8_0.1.csv', '53.1_-27.8_0.1.status.txt'])
        status = read(self.cone('53.1_-27.8_0.1.status.txt')).decode()
        self.assertIn('answer: complete', status)
        self.assertIn('CONTAINS', status)

    def test_a_truncated_answer_is_reported(self):
        self.mount.unmount()
        self.mount = self.mounted('maxrec=5')
        rows = rows_of(self.cone('53.1_-27.8_0.1.csv'))
        self.assertEqual(len(rows), 5)
        self.assertIn('answer: truncated', read(self.cone('53.1_-27.8_0.1.status.txt')).decode())
        self.assertEqual(os.getxattr(self.cone('53.1_-27.8_0.1.csv'), 'user.esofs.truncated'), b'true')

    def test_names_that_are_no_cones_cost_nothing(self):
        os.listdir(self.cone(''))
        asked = len(self.sim.requests())
        for name in ('53.1_-27.8.csv', '53.1_-97_1.csv', '400_0_1.csv', '53.1_-27.8_0.csv', '53.1_-27.8_1.xml', 'x_y_z.csv',
                     "1_2_3'--.csv", '1_2_3.csv.gz', '1_2_3_4.csv', '53.1_-27.8_200.csv', '53.1_-27.8_0.1'):
            self.assert_errno(errno.ENOENT, os.stat, self.cone(name))
        self.assertEqual(len(self.sim.requests()), asked)

    def test_the_size_is_exact_once_open(self):
        with open(self.cone('53.1_-27.8_0.1.fits'), 'rb') as file:
            size = os.fstat(file.fileno()).st_size
            self.assertEqual(len(file.read()), size)
        self.assertEqual(size % 2880, 0)

    def test_a_service_that_fails_is_an_errno(self):
        os.listdir(self.cone(''))
        self.sim.fault(path='/tap_cat', fail_next=-1, status=500)
        self.assert_errno(errno.EIO, read, self.cone('53.1_-27.8_0.1.csv'))


class Nights(harness.MountTest):
    def test_a_night_is_noon_to_noon(self):
        rows = rows_of(self.mount / 'tables/obs/asm/meteo_paranal/night/2024-01-01.csv')
        times = [row['start_date'] for row in rows]
        self.assertGreater(len(times), 10)
        self.assertEqual(times, sorted(times))
        self.assertGreaterEqual(times[0], '2024-01-01T12:00:00')
        self.assertLess(times[-1], '2024-01-02T12:00:00')
        whole = self.mount.save('days', "SELECT start_date FROM asm.meteo_paranal WHERE start_date >= "
                                        "'2024-01-01T12:00:00' AND start_date < '2024-01-02T12:00:00'")
        self.assertEqual(sorted(row['start_date'] for row in rows_of(os.path.join(whole, 'table/result.csv'))), times)

    def test_dates_that_do_not_exist_cost_nothing(self):
        os.listdir(self.mount / 'tables/obs/asm/meteo_paranal')
        asked = len(self.sim.requests())
        for name in ('2024-02-30.csv', '2024-1-1.csv', '20240101.csv', '2024-01-01', '2024-01-01T00.csv'):
            self.assert_errno(errno.ENOENT, os.stat, self.mount / ('tables/obs/asm/meteo_paranal/night/' + name))
        self.assertEqual(len(self.sim.requests()), asked)

    def test_every_table_of_ambient_conditions_has_nights(self):
        for table in os.listdir(self.mount / 'tables/obs/asm'):
            self.assertIn('night', os.listdir(self.mount / f'tables/obs/asm/{table}'), table)


if __name__ == '__main__':
    harness.main()
