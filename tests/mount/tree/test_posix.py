"""What the tree looks like to programs: types, modes, times, attributes, names (fs/SEMANTICS.md)."""
import errno
import json
import os
import stat

import harness
from harness import read, run


class Tree(harness.MountTest):
    def setUp(self):
        super().setUp()
        self.folder = self.mount.save('q', 'SELECT TOP 30 * FROM ivoa.ObsCore WHERE access_estsize < 20000')
        self.names = [name for name in sorted(os.listdir(self.folder)) if name.endswith('.fits')]
        self.path = os.path.join(self.folder, self.names[0])
        self.dp_id = self.names[0][:-len('.fits')]

    def test_data_are_plain_read_only_files_of_one_link(self):
        for name in self.names:
            seen = os.lstat(os.path.join(self.folder, name))
            self.assertEqual(stat.filemode(seen.st_mode), '-r--r--r--')
            self.assertEqual(seen.st_nlink, 1)
            self.assertGreater(seen.st_size, 0)
            self.assertGreater(min(seen.st_mtime, seen.st_ctime), 315532800)
            self.assertLess(seen.st_mtime, 1.9e9)

    def test_a_dataset_is_the_same_file_in_every_directory(self):
        self.assertEqual(os.stat(self.path).st_ino, os.stat(self.mount / f'datasets/{self.dp_id}/{self.names[0]}').st_ino)

    def test_columns_are_attributes_but_are_not_listed(self):
        row = self.sim.query(f"SELECT * FROM ivoa.ObsCore WHERE dp_id='{self.dp_id}'")[0]
        self.assertEqual(os.getxattr(self.path, 'user.eso.target_name').decode(), row['target_name'])
        self.assertEqual(float(os.getxattr(self.path, 'user.eso.s_ra')), row['s_ra'])
        self.assertEqual(os.listxattr(self.path), [])
        self.assert_errno(errno.ENODATA, os.getxattr, self.path, 'user.eso.no_such_column')
        for name in ('security.selinux', 'system.posix_acl_access'):
            self.assert_errno(errno.EOPNOTSUPP, os.getxattr, self.path, name)
        self.assertNotIn('selinux', self.mount.errors())
        self.assertEqual(os.getxattr(self.path, 'user.esofs.size_state'), b'estimated')
        read(self.path)
        self.assertEqual(os.getxattr(self.path, 'user.esofs.size_state'), b'exact')
        self.assertIn(self.dp_id, os.getxattr(self.path, 'user.esofs.url').decode())
        self.assertEqual(int(os.getxattr(self.path, 'user.esofs.cached_bytes')), os.stat(self.path).st_size)

    def test_attributes_are_listed_on_demand(self):
        self.mount.unmount()
        mount = self.mounted('list_xattrs')
        self.assertIn('user.eso.target_name', os.listxattr(mount / f'queries/q/{self.names[0]}'))

    def test_a_dataset_directory_shows_all_that_is_known(self):
        folder = self.mount / f'datasets/{self.dp_id}'
        for name in (self.names[0], 'links.vot', 'metadata.json'):
            self.assertIn(name, os.listdir(folder))
        metadata = json.loads(read(os.path.join(folder, 'metadata.json')))
        self.assertEqual(metadata['dp_id'], self.dp_id)
        self.assertIsInstance(metadata['s_ra'], float)
        links = self.sim.get(f'/datalink/links?ID=ivo://eso.org/ID?{self.dp_id}')
        self.assertEqual(read(os.path.join(folder, 'links.vot')), links)
        self.assertIn(self.dp_id, os.listdir(self.mount / 'datasets'))

    def test_result_vot_is_the_servers_bytes(self):
        body = read(os.path.join(self.folder, 'table/result.vot'))
        self.assertIn(b'<VOTABLE', body)
        self.assertEqual(body.count(b'<TR>'), 30)

    def test_safe_names_are_shown_and_both_forms_are_found(self):
        self.mount.unmount()
        mount = self.mounted('names=safe')
        shown = [name for name in os.listdir(mount / 'queries/q') if name.endswith('.fits')]
        self.assertFalse([name for name in shown if ':' in name])
        self.assertIn(self.names[0].replace(':', '_'), shown)
        self.assertTrue(os.path.exists(mount / f'queries/q/{self.names[0]}'))
        self.assertTrue(os.path.exists(mount / f'datasets/{self.dp_id}/{self.names[0]}'))

    def test_the_readme_and_the_control_files_can_be_read(self):
        self.assertIn('queries', read(self.mount / 'README.txt').decode())
        self.assertEqual(self.mount.status()['pid'], self.mount.pid)
        json.loads(read(self.mount / '.esofs/config.json'))
        self.assertTrue(read(self.mount / '.esofs/version').strip())
        run('df', self.mount.path)

    def test_names_that_tools_probe_cost_no_request(self):
        self.sim.reset()
        for name in ('x.imh', self.names[0] + '.fits', self.names[0] + '[1]', '@' + self.names[0], 'login.cl', 'NAXIS1'):
            self.assert_errno(errno.ENOENT, os.stat, os.path.join(self.folder, name))
        self.assertEqual(self.sim.requests(), [])


class AnyTapService(harness.MountTest):
    """A bare TAP URL: no profile, everything discovered."""

    def test_a_bare_tap_url_lists_and_reads(self):
        mount = self.mounted(archive=self.sim.url + '/tap_obs')
        folder = mount.save('q', 'SELECT TOP 3 * FROM ivoa.ObsCore WHERE access_estsize BETWEEN 50 AND 5000')
        names = [name for name in os.listdir(folder) if name.endswith('.fits')]
        self.assertEqual(len(names), 3)
        for name in names:
            self.assertEqual(harness.sha(read(os.path.join(folder, name))),
                             harness.sha(self.sim.file(name[:-len('.fits')])))


if __name__ == '__main__':
    harness.main()
