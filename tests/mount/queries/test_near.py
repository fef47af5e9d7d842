"""What status.txt says of queries that find nothing."""
import errno
import os

import harness


class NearMisses(harness.MountTest):
    def status(self, name, wanted):
        """status.txt, once it holds the text."""
        path = self.mount / f'queries/{name}/status.txt'
        harness.until(lambda: wanted in harness.read(path).decode(), f'{wanted!r} in {harness.read(path).decode()}')
        return harness.read(path).decode()

    def test_a_name_with_a_blank_is_found_under_its_other_spelling(self):
        folder = self.mount.save('blank', "SELECT * FROM ivoa.ObsCore WHERE target_name='NGC 253' AND calib_level=3")
        self.assertEqual(sorted(os.listdir(folder)), ['query.adql', 'status.txt', 'table'])
        self.status('blank', "near: no target_name is 'NGC 253', but there is 'NGC253'")
        self.status('blank', 'near: 0 rows without the last condition, calib_level=3')
        self.assertEqual(len(self.sim.requests('/tap_obs')), 3)
        why = harness.run(harness.programs['esofs'], 'why', folder).stdout
        self.assertIn("it can be read, but shows no dataset\n  why         the answer has no rows; no target_name is 'NGC 253', but there is 'NGC253'; 0 rows", why)
        os.listdir(folder)
        self.assertEqual(len(self.sim.requests('/tap_obs')), 3)

    def why(self, folder):
        return harness.run(harness.programs['esofs'], 'why', folder).stdout

    def test_a_misspelt_instrument_or_collection_is_told_with_the_nearest(self):
        for column, typed, right in (('instrument_name', 'UVESS', 'UVES'), ('obs_collection', 'MUSEE', 'MUSE'),
                                     ('instrument_name', 'HARSP', 'HARPS')):
            folder = self.mount.save(typed.lower(), f"SELECT * FROM ivoa.ObsCore WHERE {column}='{typed}'")
            near = f"no {column} is '{typed}'; the nearest: '{right}'"
            why = self.why(folder)
            self.assertIn('it can be read, but shows no dataset\n', why)
            self.assertIn(near, why)
            self.status(typed.lower(), 'near: ' + near)

    def test_two_names_are_both_looked_at(self):
        folder = self.mount.save('both', "SELECT * FROM ivoa.ObsCore WHERE instrument_name='MUSSE' AND target_name='NGC253'")
        os.listdir(folder)
        self.status('both', "near: no instrument_name is 'MUSSE'; the nearest: 'MUSE'")
        self.status('both', "near: target_name 'NGC253' exists; another condition leaves no row")

    def test_a_misspelt_object_is_told_with_the_nearest(self):
        wanted = self.sim.query('SELECT target_name FROM ivoa.ObsCore')
        name = next(row['target_name'] for row in wanted if row['target_name'].isalpha() and len(row['target_name']) > 6)
        typed = name[:-2] + name[-1] + name[-2]
        os.listdir(self.mount.save('object', f"SELECT * FROM ivoa.ObsCore WHERE target_name='{typed}'"))
        self.status('object', f"near: no target_name is '{typed}'; the nearest: '{name}'")

    def test_an_answer_without_rows_of_browse_is_told_so(self):
        folder = self.mount / 'browse/cone/1.5_80.5_1arcsec/phase3'
        self.assertIn('it can be read, but shows no dataset\n  why         the answer has no rows\n', self.why(folder))

    def test_a_query_without_an_id_is_told_to_select_it(self):
        folder = self.mount.save('noid', "SELECT target_name, t_min FROM ivoa.ObsCore WHERE obs_collection='MUSE'")
        os.listdir(folder)
        self.status('noid', 'so that none is shown as a file: add dp_id to the SELECT\n')
        self.assertIn('add dp_id to the SELECT', self.why(folder))
        counted = self.mount.save('count', 'SELECT COUNT(*) AS n FROM ivoa.ObsCore')
        os.listdir(counted)
        self.assertNotIn('dp_id', harness.read(os.path.join(counted, 'status.txt')).decode())
        self.assertIn(': it can be read\n', self.why(counted))

    def test_the_last_condition_is_the_one_too_many(self):
        wanted = self.sim.query("SELECT COUNT(*) AS n FROM ivoa.ObsCore WHERE target_name='NGC253'")[0]['n']
        folder = self.mount.save('last', "SELECT * FROM ivoa.ObsCore WHERE target_name='NGC253' AND snr < 0")
        os.listdir(folder)
        self.status('last', f'near: {wanted} rows without the last condition, snr < 0')
        self.status('last', "near: target_name 'NGC253' exists; another condition leaves no row")

    def test_a_mistyped_column_is_told_with_the_nearest(self):
        folder = self.mount.save('column', "SELECT * FROM ivoa.ObsCore WHERE targetname='NGC253'")
        self.assert_errno(errno.EINVAL, os.listdir, folder)
        self.status('column', 'near: the columns nearest to targetname: target_name')

    def test_a_text_without_quotes_is_told_to_need_them(self):
        folder = self.mount.save('bare', 'SELECT * FROM ivoa.ObsCore WHERE target_name=NGC253')
        self.assert_errno(errno.EINVAL, os.listdir, folder)
        self.status('bare', "if NGC253 is a text, it goes in single quotes: 'NGC253'")

    def test_limit_and_unknown_tables_are_explained(self):
        folder = self.mount.save('limit', 'SELECT * FROM ivoa.ObsCore LIMIT 10')
        self.assert_errno(errno.EINVAL, os.listdir, folder)
        self.assertIn('ADQL has no LIMIT: begin with SELECT TOP 10', self.mount.errors())
        self.status('limit', 'hint: ADQL has no LIMIT: begin with SELECT TOP 10')
        folder = self.mount.save('table', 'SELECT * FROM ivoa.Obscor')
        self.assert_errno(errno.EINVAL, os.listdir, folder)
        self.status('table', 'hint: the directories of tables/ name the tables that there are')

    def test_offline_nothing_is_asked(self):
        folder = self.mount.save('q', "SELECT * FROM ivoa.ObsCore WHERE target_name='NGC 253'")
        os.listdir(folder)
        self.status('q', 'near: ')
        again = self.mount.remount('offline')
        self.mount = again
        self.sim.reset()
        os.listdir(again / 'queries/q')
        self.assertIn('near: ', harness.read(again / 'queries/q/status.txt').decode())
        self.assertEqual(self.sim.requests(), [])


if __name__ == '__main__':
    harness.main()
