"""browse/: queries made from the names of directories (fs/SEMANTICS.md, "browse/")."""
import datetime
import errno
import os
import re

import harness
from harness import read, run

NGC253 = '11.888_-25.2888_30arcmin'


def fits(folder):
    return sorted(name for name in os.listdir(folder) if name.endswith('.fits'))


class Browse(harness.MountTest):
    def ids(self, adql):
        return sorted({row['dp_id'] + '.fits' for row in self.sim.query(adql)})

    def test_a_cone_lists_what_the_query_in_it_finds(self):
        cone = self.mount / f'browse/cone/{NGC253}'
        self.assertEqual(sorted(os.listdir(cone)), ['phase3', 'raw', 'spectra'])
        self.assertEqual(self.sim.requests(), [])
        expected = self.ids("SELECT dp_id FROM ivoa.ObsCore WHERE "
                            "INTERSECTS(s_region, CIRCLE('ICRS', 11.888, -25.2888, 0.5)) = 1")
        self.assertGreater(len(expected), 0)
        self.sim.reset()
        self.assertEqual(fits(cone + '/phase3'), expected)
        self.assertEqual(len(self.sim.requests()), 1)
        raws = self.ids("SELECT dp_id FROM dbo.raw WHERE "
                        "INTERSECTS(s_region, CIRCLE('ICRS', 26.017, -15.9375, 0.1)) = 1")
        self.assertGreater(len(raws), 0)
        self.assertEqual(fits(self.mount / 'browse/cone/01h44m04.08s_-15d56m15s_6arcmin/raw'), raws)
        # The same circle in other words is the same query.
        self.sim.reset()
        self.assertEqual(fits(self.mount / 'browse/cone/11.888_-25.2888_0.5deg/phase3'), expected)
        self.assertEqual(self.sim.requests(), [])

    def test_an_instrument_of_a_cone_is_a_directory_below_it(self):
        around = "INTERSECTS(s_region, CIRCLE('ICRS', 11.888, -25.2888, 0.5)) = 1"
        rows = self.sim.query(f'SELECT DISTINCT instrument_name FROM ivoa.ObsCore WHERE {around}')
        folder = self.mount / f'browse/cone/{NGC253}/phase3'
        self.assertTrue(rows)
        for row in rows:
            name = row['instrument_name']
            expected = self.ids(f"SELECT dp_id FROM ivoa.ObsCore WHERE {around} AND instrument_name='{name}'")
            self.assertEqual(fits(os.path.join(folder, name)), expected)
        self.assertEqual(set(os.listdir(folder)) - set(fits(folder)), {'query.adql', 'status.txt', 'table'})
        self.assert_errno(errno.ENOENT, os.listdir, os.path.join(folder, 'NOSUCH'))
        self.assertIn("no dataset in", os.getxattr(os.path.join(folder, 'NOSUCH'), 'user.esofs.error').decode())
        summary = read(os.path.join(folder, 'table/summary.txt')).decode().splitlines()
        self.assertEqual(len(summary), len(fits(folder)) + 1)
        self.assertLessEqual(max(map(len, summary)), 80)
        self.assertIn(rows[0]['instrument_name'], '\n'.join(summary))

    def test_its_files_are_those_of_datasets(self):
        folder = self.mount / f'browse/cone/{NGC253}/phase3'
        name = fits(folder)[0]
        there = os.stat(self.mount / f'datasets/{name[:-5]}/{name}')
        self.assertEqual(os.stat(os.path.join(folder, name)).st_ino, there.st_ino)
        with open(os.path.join(folder, name), 'rb') as file:
            self.assertEqual(file.read(6), b'SIMPLE')

    def test_the_shown_query_can_be_saved_and_lists_the_same(self):
        folder = self.mount / f'browse/cone/{NGC253}/raw'
        os.mkdir(self.mount / 'queries/mine')
        run('cp', folder + '/query.adql', self.mount / 'queries/mine/query.adql')
        self.assertEqual(fits(self.mount / 'queries/mine'), fits(folder))
        self.assertIn('COMPLETED', read(folder + '/status.txt').decode())
        self.assertIn(b'VOTABLE', read(folder + '/table/result.vot'))

    def test_spectra_come_from_ssap(self):
        folder = self.mount / 'browse/cone/26.017_-15.9375_0.1/spectra'
        expected = self.ids("SELECT dp_id FROM dbo.ssa WHERE "
                            "1=CONTAINS(POINT('ICRS',s_ra,s_dec),CIRCLE('ICRS',26.017,-15.9375,0.1))")
        self.assertGreater(len(expected), 0)
        self.sim.reset()
        self.assertEqual(fits(folder), expected)
        asked = self.sim.requests()
        self.assertEqual(len(asked), 1)
        self.assertTrue(asked[0]['target'].startswith('/ssap?REQUEST=queryData&POS=26.017,-15.9375&SIZE=0.2'), asked)
        with open(os.path.join(folder, expected[0]), 'rb') as file:
            self.assertEqual(file.read(6), b'SIMPLE')
        self.assertIn('ssap', read(folder + '/status.txt').decode())

    def test_an_object_is_resolved_once_and_kept(self):
        phase3 = self.mount / 'browse/object/NGC_253/phase3'
        os.stat(phase3)
        os.stat(phase3 + '/status.txt')
        self.assertEqual(self.sim.requests(), [])
        found = fits(phase3)
        self.assertEqual(found, self.ids("SELECT dp_id FROM ivoa.ObsCore WHERE INTERSECTS(s_region, "
                                         "CIRCLE('ICRS', 11.888002, -25.28822, 0.05)) = 1"))
        self.assertEqual(len(self.sim.requests('nph-sesame')), 1)
        self.assertIn('NGC 253', read(phase3 + '/query.adql').decode())
        fits(self.mount / 'browse/object/NGC_253_10arcmin/phase3')
        self.assertEqual(len(self.sim.requests('nph-sesame')), 1)
        self.assertEqual(sorted(os.listdir(self.mount / 'browse/object')), ['NGC_253', 'NGC_253_10arcmin'])
        self.mount.unmount()
        self.sim.reset()
        again = self.mounted()
        self.assertEqual(fits(again / 'browse/object/NGC_253/phase3'), found)
        self.assertEqual(self.sim.requests(), [])
        self.assertEqual(sorted(os.listdir(again / 'browse/object')), ['NGC_253', 'NGC_253_10arcmin'])

    def test_a_file_opens_below_an_object_that_was_not_listed(self):
        name = self.ids("SELECT dp_id FROM ivoa.ObsCore WHERE target_name = 'M83'")[0]
        with open(self.mount / f'browse/object/M83/phase3/{name}', 'rb') as file:
            self.assertEqual(file.read(6), b'SIMPLE')

    def test_objects_are_named_as_catalogues_name_them(self):
        for name in ("Barnard's_star", 'Sgr_A*', 'BD+17_3248', 'Sgr A*'):
            self.assertEqual(sorted(os.listdir(self.mount / f'browse/object/{name}')), ['phase3', 'raw', 'spectra'])
        self.assertGreater(len(fits(self.mount / 'browse/object/Sgr_A*/phase3')), 0)

    def test_an_unknown_object_is_enoent_but_a_failed_resolver_is_not(self):
        self.assert_errno(errno.ENOENT, os.listdir, self.mount / 'browse/object/Nonsense_17/raw')
        self.assert_errno(errno.ENOENT, os.listdir, self.mount / 'browse/object/Nonsense_17')
        self.assertEqual(os.listdir(self.mount / 'browse/object'), [])
        self.sim.fault(path='nph-sesame', fail_next=-1, status=500)
        self.assert_errno(errno.EIO, os.listdir, self.mount / 'browse/object/M87/raw')
        self.assertIn('M87', self.mount.errors())

    def test_a_programme_has_two_spellings_and_lists_the_plain_one(self):
        run_id = self.sim.query("SELECT TOP 1 prog_id FROM dbo.raw WHERE prog_id LIKE '%(%' AND dp_cat='SCIENCE'")[0]['prog_id']
        raws = self.ids(f"SELECT dp_id FROM dbo.raw WHERE prog_id = '{run_id}'")
        plain = run_id.replace('(', '.').replace(')', '')
        self.assertEqual(fits(self.mount / f'browse/programme/{run_id}/raw'), raws)
        self.sim.reset()
        self.assertEqual(fits(self.mount / f'browse/programme/{plain}/raw'), raws)
        self.assertEqual(self.sim.requests(), [])
        self.assertEqual(os.listdir(self.mount / 'browse/programme'), [plain])
        products = self.ids(f"SELECT dp_id FROM ivoa.ObsCore WHERE proposal_id LIKE '%{run_id}%'")
        self.assertEqual(fits(self.mount / f'browse/programme/{plain}/phase3'), products)

    def test_a_night_has_the_raw_frames_from_noon_to_noon(self):
        instruments = os.listdir(self.mount / 'browse/night')
        self.assertIn('MUSE', instruments)
        self.assertEqual(len(self.sim.requests()), 1)
        found = fits(self.mount / 'browse/night/MUSE/2018-06-04')
        expected = self.ids("SELECT dp_id FROM dbo.raw WHERE instrument = 'MUSE' AND "
                            "exp_start >= '2018-06-04T12:00:00' AND exp_start < '2018-06-05T12:00:00'")
        self.assertGreater(len(expected), 0)
        self.assertEqual(found, expected)
        self.assertEqual(sorted(os.listdir(self.mount / 'browse/night/MUSE')), ['2018-06-04', 'README.txt'])
        self.assert_errno(errno.ENOENT, os.stat, self.mount / 'browse/night/MUSE/2018-02-30')

    def test_an_instrument_says_which_nights_have_data(self):
        self.assertEqual(os.listdir(self.mount / 'browse/night/MUSE'), ['README.txt'])
        said = harness.read(self.mount / 'browse/night/MUSE/README.txt').decode()
        nights = {(datetime.datetime.fromisoformat(row['exp_start'][:19]) - datetime.timedelta(hours=12)).date()
                  for row in self.sim.query("SELECT exp_start FROM dbo.raw WHERE instrument = 'MUSE'")}
        self.assertIn('A name here is <night>, such as ', said)
        self.assertIn('All nights that have data', said)
        self.assertEqual(re.findall(r'^ +.*$', said, re.M)[0].split()[0], str(max(nights)))
        self.assertEqual(set(said.split('latest first:')[1].split()), {str(night) for night in nights})

    def test_a_night_without_an_instrument_is_that_of_all(self):
        nights = {}
        for row in self.sim.query('SELECT instrument, exp_start FROM dbo.raw'):
            start = datetime.datetime.fromisoformat(row['exp_start'].rstrip('Z'))
            nights.setdefault((start - datetime.timedelta(hours=12)).date(), set()).add(row['instrument'])
        night = max(nights, key=lambda date: len(nights[date]))
        self.assertGreater(len(nights[night]), 0)
        expected = self.ids(f"SELECT dp_id FROM dbo.raw WHERE exp_start >= '{night}T12:00:00' AND "
                            f"exp_start < '{night + datetime.timedelta(days=1)}T12:00:00'")
        self.assertEqual(fits(self.mount / f'browse/night/{night}'), expected)
        self.assertIn(str(night), os.listdir(self.mount / 'browse/night'))

    def test_unknown_values_are_enoent_with_the_nearest_ones(self):
        run_id = self.sim.query("SELECT TOP 1 prog_id FROM dbo.raw WHERE prog_id LIKE '%-%(%'")[0]['prog_id']
        programme = run_id.replace('(', '.').replace(')', '')
        wrong = programme[:-3] + ('7' if programme[-3] != '7' else '8') + programme[-2:]
        collection = self.sim.query('SELECT name FROM util.collections')[0]['name']
        for folder, said in (('night/MUSES/2018-06-04', "no instrument 'MUSES'; the nearest: MUSE"),
                             ('night/MUSES', "no instrument 'MUSES'; the nearest: MUSE"),
                             ('night/20180604', 'did you mean 2018-06-04?'),
                             (f'collection/{collection}x', f"no collection '{collection}x'; the nearest: {collection}"),
                             (f'programme/{wrong}/raw', f'; the nearest: {programme}')):
            self.assert_errno(errno.ENOENT, os.listdir, self.mount / f'browse/{folder}')
            self.assertIn(f'/browse/{folder} ENOENT ', self.mount.errors())
            self.assertIn(said, self.mount.errors().splitlines()[-1])
        # A known instrument has nights without frames.
        self.assertEqual(fits(self.mount / 'browse/night/MUSE/1999-01-01'), [])

    def test_collections_are_listed_from_the_archive(self):
        names = sorted({row['name'] for row in self.sim.query('SELECT name FROM util.collections')})
        self.assertEqual(sorted(os.listdir(self.mount / 'browse/collection')), names)
        first = names[0]
        self.assertEqual(fits(self.mount / f'browse/collection/{first}'),
                         self.ids(f"SELECT dp_id FROM ivoa.ObsCore WHERE obs_collection = '{first}'"))

    def test_names_that_tools_probe_cost_no_request(self):
        folders = ['browse', 'browse/cone', 'browse/object', 'browse/programme', 'browse/night', 'browse/collection',
                   'browse/night/MUSE', f'browse/cone/{NGC253}']
        for folder in folders:
            for name in ('X.fits', 'X.fits.fits', 'X.fits[1]', '@X.fits', 'login.cl', 'uparmimtool.par', '.git', '%s'):
                self.assert_errno(errno.ENOENT, os.stat, self.mount / f'{folder}/{name}')
        self.assertEqual(self.sim.requests(), [])

    def test_browse_is_read_only(self):
        folder = self.mount / f'browse/cone/{NGC253}/phase3'
        fits(folder)
        self.assert_errno(errno.EROFS, open, folder + '/query.adql', 'w')
        self.assert_errno(errno.EROFS, os.unlink, folder + '/query.adql')
        self.assert_errno(errno.EROFS, os.unlink, folder + '/table/result.vot')
        self.assert_errno(errno.EROFS, os.mkdir, self.mount / 'browse/cone/new')
        self.assert_errno(errno.EROFS, open, folder + '/new.txt', 'w')
        self.assert_errno(errno.EROFS, os.rename, folder + '/query.adql', folder + '/other.adql')
        self.sim.reset()
        os.utime(folder + '/query.adql')  # touch: ask again
        fits(folder)
        harness.until(lambda: len(self.sim.requests('/tap_obs/sync')) == 1, 'the refresh')

    def test_a_failure_gives_its_errno_and_shows_in_status(self):
        self.sim.fault(path='/ssap', fail_next=-1, status=500)
        folder = self.mount / 'browse/cone/10_10_1/spectra'
        self.assert_errno(errno.EIO, os.listdir, folder)
        self.assertIn('FAILED', read(folder + '/status.txt').decode())


class Limits(harness.MountTest):
    mount_options = ('maxrec=3',)

    def test_a_long_listing_says_how_it_was_limited(self):
        for leaf in ('raw', 'spectra'):
            folder = self.mount / f'browse/cone/26.017_-15.9375_0.1/{leaf}'
            self.assertEqual(len(fits(folder)), 3)
            status = read(folder + '/status.txt').decode()
            self.assertIn('truncated: there are more than 3 rows', status)
            self.assertIn('maxrec', status)


class OwnTemplates(harness.MountTest):
    def write(self, name, text):
        os.makedirs(os.path.join(self.home.config, 'browse'), exist_ok=True)
        with open(os.path.join(self.home.config, 'browse', name), 'w', encoding='utf-8') as file:
            file.write(text)

    def test_a_new_template_appears_without_a_remount(self):
        self.write('target.adql', '-- By target name.\n-- path: {name:text}\n'
                                  "SELECT * FROM ivoa.ObsCore WHERE target_name = {name}\n")
        harness.until(lambda: 'target' in os.listdir(self.mount / 'browse'), 'the template')
        names = {row['target_name'] for row in self.sim.query('SELECT DISTINCT target_name FROM ivoa.ObsCore')}
        self.assertIn('M83', names)
        expected = self.sim.query("SELECT dp_id FROM ivoa.ObsCore WHERE target_name = 'M83'")
        self.assertEqual(len(fits(self.mount / 'browse/target/M83')), len(expected))
        # An argument stays an argument.
        sly = self.mount / "browse/target/M83' OR target_name LIKE 'M83"
        self.assertEqual(fits(sly), [])
        self.assertIn("= 'M83'' OR target_name LIKE ''M83'", read(sly + '/query.adql').decode())

    def test_a_bad_template_is_reported_and_the_others_work(self):
        self.write('bad.adql', '-- a comment\nSELECT * FROM ivoa.ObsCore\nWHERE s_ra = {x:degree}\n')
        self.write('good.adql', 'SELECT * FROM ivoa.ObsCore WHERE dp_id = {id:text}\n')
        harness.until(lambda: 'good' in os.listdir(self.mount / 'browse'), 'the template')
        self.assertNotIn('bad', os.listdir(self.mount / 'browse'))
        text = read(self.mount / 'browse/README.txt').decode()
        self.assertIn("template bad.adql, line 3: {x:degree}: no type 'degree'; did you mean 'deg'?", text)
        self.assertIn('bad.adql', self.mount.errors())
        self.assertIn('bad.adql', self.mount.status()['browse']['problems'][0])
        self.assertIn('{x:degree}', read(self.mount / 'browse/.templates/bad.adql').decode())
        self.mount.unmount()
        self.assertIn('cone', os.listdir(self.mounted() / 'browse'))


class OtherArchives(harness.MountTest):
    def test_a_bare_tap_url_has_only_the_standard_templates(self):
        mount = self.mounted(archive=self.sim.url + '/tap_obs')
        self.assertEqual(sorted(set(os.listdir(mount / 'browse')) - {'README.txt', '.templates'}),
                         ['collection', 'cone', 'night'])
        self.assertEqual(os.listdir(mount / f'browse/cone/{NGC253}'), ['obscore'])
        told = read(mount / 'README.txt').decode()
        self.assertIn('browse/cone/83.82_-5.39_10arcmin/obscore', told)
        self.assertNotIn('phase3', told)
        self.assertGreater(len(fits(mount / f'browse/cone/{NGC253}/obscore')), 0)
        self.assertIn('MUSE', os.listdir(mount / 'browse/collection'))
        self.assertGreater(len(fits(mount / 'browse/collection/MUSE')), 0)


if __name__ == '__main__':
    harness.main()
