"""Tokens that are renewed in time, and sessions that the archive ends."""
import errno
import os
import shutil
import threading
import time

import harness
from harness import read, run, until
from private_test import PrivateTest

HIDDEN = 'ADP.2017-10-16'
ROWS = "SELECT dp_id FROM ivoa.ObsCore WHERE target_name='M83'"


class Renewal(PrivateTest):
    def setUp(self):
        super().setUp()
        self.private = sorted(row['dp_id'] for row in self.sim.query(
            "SELECT dp_id FROM ivoa.ObsCore WHERE dp_id LIKE 'ADP.2026-02-02%'"))
        self.assertGreaterEqual(len(self.private), 2)

    def tokens(self):
        return self.sim.requests('/sso/oidc/token')

    def test_a_token_is_renewed_ten_minutes_before_its_end(self):
        self.sim.access(token_life=603)
        self.remounted(f'credentials={self.netrc()}')
        self.sim.reset()
        began = time.monotonic()
        self.assertTrue(read(self.path(self.private[0])))
        self.assertEqual(len(self.tokens()), 1)
        until(lambda: time.monotonic() - began > 4, 'the last ten minutes')
        self.assertTrue(read(self.path(self.private[1])))
        self.assertGreaterEqual(len(self.tokens()), 2)
        self.assertEqual([request for request in self.sim.requests() if request['status'] == 401 and request['authorization']], [])

    def test_many_readers_cause_one_renewal(self):
        self.remounted(f'credentials={self.netrc()}')
        self.sim.reset()
        self.sim.fault(path='/sso/oidc/token', delay=1000)
        paths = [self.path(dp_id) for dp_id in self.private] * 8
        outcomes = [None] * len(paths)

        def reader(index):
            outcomes[index] = len(read(paths[index]))

        threads = [threading.Thread(target=reader, args=(index,)) for index in range(len(paths))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(harness.PATIENCE)
        self.assertNotIn(None, outcomes)
        self.assertEqual(len(self.tokens()), 1)

    def test_a_token_file_that_others_can_read_is_refused(self):
        path = os.path.join(self.home.path, 'token')
        with open(path, 'w', encoding='utf-8') as file:
            file.write('a-token\n')
        os.chmod(path, 0o604)
        self.remounted(f'token_file={path}')
        self.assert_errno(errno.EACCES, read, self.path())
        self.assertIn(path, self.mount.errors())
        self.assertIn('0604', self.mount.errors())
        self.assertEqual(set(self.sent()) & {'Bearer a-token'}, set())


class EndedByTheArchive(PrivateTest):
    """Tokens that the archive refuses although they are valid by this machine's clock: it is wrong, or they were revoked."""
    mount_options = ('authorised_tap',)

    def setUp(self):
        super().setUp()
        self.sim.access(hidden=[HIDDEN], users=[{'name': 'pi', 'password': 'pi-password', 'rights': ['ADP.']}])
        rows = self.sim.query("SELECT dp_id FROM ivoa.ObsCore WHERE target_name='NGC253' AND access_estsize < 1000 "
                              "AND obs_release_date < '2020-01-01'")
        self.public = min(row['dp_id'] for row in rows)
        self.login('pi')
        self.until_state('logged in')

    def names(self):
        return [name for name in os.listdir(self.mount.save('m83', ROWS.replace('dp_id', '*'))) if name.startswith('ADP')]

    def test_it_is_reported_at_once_and_public_files_stay_readable(self):
        for end in ({'clock': 28800 + 60}, {'revoke': True}):
            with self.subTest(end):
                self.sim.access(**end)
                self.assertIn(self.public + '.fits', os.listdir(self.mount / f'datasets/{self.public}'))
                self.assertEqual(self.login_state()['state'], 'expired')
                self.assertIn('the archive does not take the session of pi any more: run `esofs login ', self.mount.errors())
                self.assertIn('does not take', run(harness.programs['esofs'], 'status', self.mount.path).stdout)
                self.assert_errno(errno.EACCES, read, self.path())
                self.login('pi')
                self.until_state('logged in')
                self.assertTrue(read(self.path()))
                self.mount.unmount()
                shutil.rmtree(self.home.cache)
                self.mount = self.mounted()

    def test_a_listing_cut_by_the_refusal_is_an_error(self):
        self.assertTrue([name for name in self.names() if name.startswith(HIDDEN)])
        self.sim.access(revoke=True)
        self.mount.save('m83', ROWS.replace('dp_id', '*') + ' AND 1=1')
        with self.assertRaises(OSError) as caught:
            os.listdir(self.mount / 'queries/m83')
        self.assertIn(caught.exception.errno, (errno.EACCES, errno.EAGAIN))
        self.until_state('expired')
        self.assertTrue(os.listdir(self.mount / 'queries/m83'))  # the public rows
        self.assertFalse([name for name in self.names() if name.startswith(HIDDEN)])


if __name__ == '__main__':
    harness.main()
