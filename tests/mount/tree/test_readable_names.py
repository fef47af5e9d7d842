"""names=readable: files of listings under names that say what they show."""
import os
import re

import harness


class ReadableNames(harness.MountTest):
    mount_options = ('names=readable',)

    def files(self, folder):
        return sorted(name for name in os.listdir(folder) if name.endswith('.fits'))

    def test_names_are_unique_and_the_archives_names_work(self):
        folder = self.mount.save('q', 'SELECT TOP 200 * FROM ivoa.ObsCore')
        rows = self.sim.query('SELECT TOP 200 dp_id, target_name FROM ivoa.ObsCore')
        names = self.files(folder)
        self.assertEqual(len(names), len({row['dp_id'] for row in rows}))
        self.assertTrue(all(re.fullmatch(r'[A-Za-z0-9][A-Za-z0-9._+-]*\.fits', name) for name in names), names)
        self.assertTrue(any(name.startswith('NGC253_') for name in names), names)
        by_inode = {os.stat(os.path.join(folder, name)).st_ino for name in names}
        for row in rows:
            self.assertIn(os.stat(os.path.join(folder, row['dp_id'] + '.fits')).st_ino, by_inode)
        self.assert_errno(2, os.stat, self.mount / f'datasets/{names[0][:-5]}')
        self.assertIn('takes the one that `getfattr -n user.eso.dp_id FILE` gives', self.mount.errors())
        dp_id = os.getxattr(os.path.join(folder, names[0]), 'user.eso.dp_id').decode()
        self.assertTrue(os.path.isdir(self.mount / f'datasets/{dp_id}'))
        summary = harness.read(os.path.join(folder, 'table/summary.txt')).decode()
        self.assertIn(names[0][:-5], summary)

    def test_they_stay_after_a_refresh_and_a_remount(self):
        folder = self.mount.save('q', 'SELECT TOP 200 * FROM ivoa.ObsCore')
        before = {name: os.stat(os.path.join(folder, name)).st_ino for name in self.files(folder)}
        self.mount = self.mount.remount('names=readable')
        folder = self.mount / 'queries/q'
        os.utime(os.path.join(folder, 'query.adql'))
        asked = len(self.sim.requests('/tap_obs'))
        os.listdir(folder)
        harness.until(lambda: len(self.sim.requests('/tap_obs')) > asked)
        self.assertEqual({name: os.stat(os.path.join(folder, name)).st_ino for name in self.files(folder)}, before)

    def test_files_and_cutouts_are_read_by_them(self):
        folder = self.mount.save('q', "SELECT * FROM ivoa.ObsCore WHERE dp_id = 'ADP.2014-11-12T16:17:07.630'")
        (name,) = self.files(folder)
        self.assertEqual(harness.read(os.path.join(folder, name)),
                         harness.read(os.path.join(folder, 'ADP.2014-11-12T16:17:07.630.fits')))
        row = self.sim.query("SELECT s_ra, s_dec FROM ivoa.ObsCore WHERE dp_id = 'ADP.2014-11-12T16:17:07.630'")[0]
        cut = os.path.join(folder, f"cutout/circle_{row['s_ra']}_{row['s_dec']}_10arcsec")
        self.assertEqual(os.listdir(cut), [name])
        self.assertTrue(harness.read(os.path.join(cut, name)).startswith(b'SIMPLE'))


if __name__ == '__main__':
    harness.main()
