"""Lists of positions beside a query."""
import csv
import errno
import os
import shutil
import subprocess

import harness
from astropy.io import fits

QUERY = ("SELECT * FROM ivoa.ObsCore WHERE INTERSECTS(s_region, CIRCLE('ICRS', {ra}, {dec}, 0.01)) = 1"
         " AND dataproduct_type = 'image'")


class Positions(harness.MountTest):
    def setUp(self):
        super().setUp()
        self.folder = self.mount.save('q', QUERY)
        self.list = os.path.join(self.folder, 'positions.csv')
        rows = self.sim.query("SELECT dp_id, s_ra, s_dec FROM ivoa.ObsCore WHERE dataproduct_type = 'image'"
                              " AND s_ra IS NOT NULL AND s_region IS NOT NULL")
        self.places = {row['dp_id']: (row['s_ra'], row['s_dec']) for row in rows}
        self.one, self.other = 'ADP.2014-11-12T16:17:07.630', 'ADP.2022-03-01T10:00:00.020'

    def text(self, *ids):
        return 'name,RA,DEC\n' + ''.join(f'{i},{self.places[i][0]},{self.places[i][1]}\n' for i in ids)

    def files(self):
        return sorted(name for name in os.listdir(self.folder) if name.endswith('.fits'))

    def asked_for(self, dp_id):
        ra, dec = self.places[dp_id]
        rows = self.sim.query(QUERY.replace('{ra}', repr(ra)).replace('{dec}', repr(dec)))
        return {row['dp_id'] + '.fits' for row in rows}

    def test_another_word_in_braces_is_told_which_are_known(self):
        folder = self.mount.save('braces', QUERY.replace('{ra}', '{s_ra}'))
        self.assert_errno(errno.EINVAL, os.listdir, folder)
        self.assertIn('{s_ra} stands for nothing: only {ra} and {dec} are known', harness.read(folder + '/status.txt').decode())

    def test_a_radius_without_unit_is_told_to_have_one(self):
        with open(self.list, 'w', encoding='utf-8') as file:
            file.write(self.text(self.one))
        os.listdir(self.folder)
        why = harness.run(harness.programs['esofs'], 'why', os.path.join(self.folder, 'cutout/at_30'), check=False).stdout
        self.assertIn("'30' has no unit: write at_30arcsec, or at_30deg for degrees", why)

    def test_the_listing_is_the_union_and_one_request(self):
        with open(self.list, 'w', encoding='utf-8') as file:
            file.write(self.text(self.one, self.other))
        wanted = self.asked_for(self.one) | self.asked_for(self.other)
        self.sim.reset()
        self.assertEqual(set(self.files()), wanted)
        self.assertEqual(len(self.sim.requests('/tap_obs')), 1)
        with open(os.path.join(self.folder, 'table/positions.csv'), encoding='utf-8') as file:
            rows = list(csv.DictReader(file))
        self.assertIn((self.one, self.one + '.fits'), {(row['POSITION'], row['FILE']) for row in rows})
        self.assertEqual({row['FILE'] for row in rows}, wanted)

    def test_an_answer_that_cannot_be_matched_is_never_said_to_be_empty(self):
        with open(self.list, 'w', encoding='utf-8') as file:
            file.write(self.text(self.one, self.other))
        table, around = self.folder + '/table/positions.csv', self.folder + '/cutout/at_5arcsec'
        for query, sentence in ((QUERY.replace('*', 'TOP 1 *'), 'remove TOP 1'),
                                ('-- maxrec: 1\n' + QUERY, "raise '-- maxrec: NUMBER'"),
                                (QUERY.replace('*', 'dp_id, target_name'), 'add s_ra, s_dec or s_region to the SELECT'),
                                (QUERY.replace('*', 'COUNT(*)'), 'names no datasets')):
            self.mount.save('q', query)
            self.files()
            with self.assertRaises(OSError):
                harness.read(table)
            why = harness.run(harness.programs['esofs'], 'why', table, check=False).stdout
            self.assertIn(sentence, why)
            self.assertIn(sentence, harness.read(self.folder + '/status.txt').decode())
            self.assertNotIn('positions.csv', os.listdir(self.folder + '/table'))
        self.mount.save('q', QUERY.replace('*', 'dp_id, target_name'))
        self.files()
        self.assert_errno(errno.EINVAL, os.listdir, around)
        why = harness.run(harness.programs['esofs'], 'why', around, check=False).stdout
        self.assertIn('add s_ra, s_dec or s_region to the SELECT', why)

    def test_cp_echo_sed_and_rm_work_and_a_remount_keeps_it(self):
        source = os.path.join(self.home.path, 'list.csv')
        with open(source, 'w', encoding='utf-8') as file:
            file.write(self.text(self.one))
        shutil.copy(source, self.list)
        self.assertEqual(set(self.files()), self.asked_for(self.one))
        ra, dec = self.places[self.other]
        subprocess.run(f'echo "other,{ra},{dec}" >> positions.csv', shell=True, cwd=self.folder, check=True)
        both = self.asked_for(self.one) | self.asked_for(self.other)
        self.assertEqual(set(self.files()), both)
        harness.run('sed', '-i', 's/other/another/', self.list)
        self.assertIn(b'another', harness.read(self.list))
        self.mount.unmount()
        self.mount = self.mounted()
        self.folder, self.list = self.mount / 'queries/q', self.mount / 'queries/q/positions.csv'
        self.sim.reset()
        self.assertIn(b'another', harness.read(self.list))
        self.assertEqual(set(self.files()), both)
        self.assertEqual(self.sim.requests(), [])
        os.remove(self.list)
        self.assert_errno(errno.EINVAL, os.listdir, self.folder)
        self.mount.save('q', 'SELECT TOP 2 * FROM ivoa.ObsCore')
        self.assertEqual(len(self.files()), 2)

    def test_a_bad_line_is_refused_at_close_with_its_number(self):
        with self.assertRaises(OSError) as refused:
            with open(self.list, 'w', encoding='utf-8') as file:
                file.write('ra,dec\n1,2\n3,ninety\n')
        self.assertEqual(refused.exception.errno, errno.EINVAL)
        self.assertIn("positions.csv line 3: 'ninety'", self.mount.errors())
        self.assertEqual(harness.read(self.list), b'ra,dec\n1,2\n3,ninety\n')
        self.assert_errno(errno.EINVAL, os.listdir, self.folder)
        self.assertIn('line 3', harness.read(os.path.join(self.folder, 'status.txt')).decode())

    def test_cutouts_are_around_each_files_own_position(self):
        with open(self.list, 'w', encoding='utf-8') as file:
            file.write(self.text(self.one))
        self.files()
        cut = os.path.join(self.folder, 'cutout/at_10arcsec')
        self.assertIn(self.one + '.fits', os.listdir(cut))
        name = os.path.join(cut, self.one + '.fits')
        said = os.getxattr(name, 'user.esofs.cutout').decode()
        ra, dec = self.places[self.one]
        self.assertTrue(said.startswith(f'circle_{ra:g}'[:12]), said)
        with fits.open(name) as file:
            self.assertGreater(len(file), 0)
        harness.run('cp', name, self.home.path)

    def test_cutouts_follow_positions_that_change(self):
        ra, dec = self.places[self.one]
        moved = f'{ra + 0.001:.6f}', f'{dec - 0.001:.6f}'
        cut = os.path.join(self.folder, 'cutout/at_10arcsec')

        def spec(*label):
            return os.getxattr(os.path.join(cut, '__'.join((self.one,) + label) + '.fits'),
                               'user.esofs.cutout').decode()

        def save(*lines):
            with open(self.list, 'w', encoding='utf-8') as file:
                file.write('name,ra,dec\n' + '\n'.join(lines) + '\n')

        save(f'x,{ra},{dec}')
        self.files()
        harness.run('ls', '-l', cut)
        old = spec()
        save(f'x,{moved[0]},{moved[1]}')
        new = spec()
        self.assertNotEqual(new, old)
        self.assertTrue(new.startswith(f'circle_{moved[0]}'.rstrip('0')), new)
        save(f'x,{ra},{dec}', f'y,{moved[0]},{moved[1]}')
        harness.run('ls', '-l', cut)
        self.assertEqual((spec('x'), spec('y')), (old, new))
        save(f'y,{ra},{dec}', f'x,{moved[0]},{moved[1]}')
        self.assertEqual((spec('x'), spec('y')), (new, old))
        save(f'p,{ra},{dec}', f'q,{moved[0]},{moved[1]}')
        self.assertEqual((spec('p'), spec('q')), (old, new))
        self.assert_errno(errno.ENOENT, spec, 'x')
        self.assertIn(self.one + '__p.fits', os.listdir(cut))

    def test_rm_r_removes_the_query_with_its_positions(self):
        with open(self.list, 'w', encoding='utf-8') as file:
            file.write(self.text(self.one))
        self.files()
        harness.run('rm', '-r', self.folder)
        self.assertEqual(os.listdir(os.path.join(self.home.config, 'queries')), [])


if __name__ == '__main__':
    harness.main()
