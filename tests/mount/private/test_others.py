"""What other users of this machine see of private data on a mount with allow_other: files, files made of a private one, and
what is left after a logout, an expiry and somebody else's login. Needs root, to act as another user; skipped otherwise.
"""
import concurrent.futures
import errno
import json
import os
import sys

import harness
from harness import read, run, until
from private_test import NOBODY, PRIVATE, PrivateTest

HIDDEN = 'ADP.2017-10-16T11:04:19.247'  # made private, with its rows and links, by the tests that need it
RAW = 'FORS2.2026-09-02'


class OthersTest(PrivateTest):
    mount_options = ('allow_other',)

    def other(self, *words):
        """What another user of this machine gets: the bytes, or the error message."""
        done = run('setpriv', '--reuid', NOBODY, '--regid', NOBODY, '--clear-groups', *words, check=False, text=False)
        return done.stdout if done.returncode == 0 else done.stderr.decode(errors='replace')

    def assert_denied(self, *words):
        self.assertIn('Permission denied', str(self.other(*words)), words)

    def login_as(self, user):
        self.login(user)
        until(lambda: self.login_state()['user'] == user and self.login_state()['state'] == 'logged in', f'the login of {user}')

    def logged_out(self):
        self.logout()
        self.until_state('nobody')

    def raw(self):
        return min(row['dp_id'] for row in self.sim.query("SELECT dp_id FROM dbo.raw WHERE release_date > '2099-01-01'"))


class Files(OthersTest):
    def setUp(self):
        super().setUp()
        self.login('pi')
        self.until_state('logged in')

    def test_private_files_are_for_the_mounting_user_even_if_cached(self):
        data = read(self.path())
        with open(self.path(), 'rb') as held:  # its pages are in the page cache, and stay there
            held.read()
            self.assertIn('Permission denied', self.other('cat', self.path()))
            self.assertIn('Permission denied', self.other('head', '-c', '10', self.path()))
        query = self.mount.save('all', "SELECT * FROM ivoa.ObsCore WHERE target_name='NGC253'")
        os.listdir(query)
        self.assertIn('Permission denied', self.other('cat', os.path.join(query, PRIVATE + '.fits')))
        self.assertEqual(read(self.path()), data)

    def test_a_cold_file_is_refused_to_others_too(self):
        self.assertIn('Permission denied', self.other('cat', self.path()))
        self.assertTrue(read(self.path()))

    def test_public_files_are_for_everybody(self):
        rows = self.sim.query("SELECT dp_id FROM ivoa.ObsCore WHERE target_name='M83' AND access_estsize < 1000")
        public = min(row['dp_id'] for row in rows)
        data = read(self.path(public))
        self.assertEqual(self.other('cat', self.path(public)), data)

    def test_links_found_with_the_login_are_for_the_mounting_user(self):
        self.assertTrue(read(self.mount / f'datasets/{PRIVATE}/links.vot'))
        self.assertIn('Permission denied', self.other('cat', self.mount / f'datasets/{PRIVATE}/links.vot'))

    def test_queries_made_with_the_login_are_for_the_mounting_user(self):
        self.remounted('authorised_tap')
        query = self.mount.save('all', "SELECT * FROM ivoa.ObsCore WHERE target_name='NGC253'")
        names = os.listdir(query)
        os.stat(os.path.join(query, PRIVATE + '.fits'))  # the kernel knows the name now
        self.assertIn(PRIVATE + '.fits', names)
        for words in (('ls', query), ('cat', os.path.join(query, 'table/result.vot')),
                      ('stat', os.path.join(query, PRIVATE + '.fits')), ('ls', self.mount / 'queries')):
            self.assertIn('Permission denied', self.other(*words), words)
        self.assertIn(b'README.txt', self.other('ls', self.mount.path))

    def test_share_private_opens_private_files_to_others(self):
        self.remounted('share_private')
        self.assertEqual(self.other('cat', self.path()), read(self.path()))


class Derived(OthersTest):
    """Files made of a private one. Only the file service of this archive takes credentials."""

    def setUp(self):
        super().setUp()
        self.profile = os.path.join(self.home.path, 'files.json')
        with open(self.profile, 'w', encoding='utf-8') as file:
            json.dump({'extends': 'eso', 'name': 'eso-sim', 'base_url': self.sim.url, 'authorised': [
                {'url': self.sim.url + path, 'schemes': ['bearer', 'basic']} for path in ('/dataPortal/file/', '/dataPortal/soda/')]}, file)
        self.sim.access(users=[{'name': 'pi', 'password': 'pi-password', 'rights': ['']}])
        self.addCleanup(self.users_as_they_were)
        self.mount.unmount()
        self.mount = self.mounted(archive=self.profile)
        self.login_as('pi')

    def users_as_they_were(self):
        self.sim.access(private=[], users=[{'name': name, 'password': word, 'rights': rights} for name, word, rights in (
            ('observer', 'secret', ['']), ('pi', 'pi-password', ['ADP.2026-02-02']),
            ('coi', 'coi-password', ['FORS2.2026-09-02']), ('visitor', 'visitor-password', []))])

    def for_who_mounted_only(self, path):
        data = read(path)
        self.assertTrue(data)
        self.assert_denied('cat', path)  # from the cache
        with open(path, 'rb') as held:  # its pages are in the page cache, and stay there
            held.read()
            self.assert_denied('cat', path)
            self.assert_denied(sys.executable, '-c',
                               f'import mmap; mmap.mmap(open({str(path)!r}, "rb").fileno(), 0, access=mmap.ACCESS_READ)[:]')
        self.assertEqual(read(path), data)
        self.logged_out()
        self.assert_errno(errno.EACCES, read, path)
        self.assert_denied('cat', path)
        return data

    def test_header_txt_is_private(self):
        self.assertIn(b'SIMPLE', self.for_who_mounted_only(self.mount / f'datasets/{PRIVATE}/header.txt'))

    def test_both_forms_of_a_packed_file_are_private(self):
        raw = self.raw()
        self.assertTrue(self.for_who_mounted_only(self.path(raw)).startswith(b'SIMPLE'))
        self.login_as('pi')
        packed = next(name for name in os.listdir(self.mount / f'datasets/{raw}') if name.endswith(('.Z', '.fz', '.gz')))
        self.for_who_mounted_only(self.mount / f'datasets/{raw}/{packed}')
        self.login_as('pi')
        self.for_who_mounted_only(self.mount / f'datasets/{raw}/header.txt')

    def test_previews_side_files_and_night_logs_are_private(self):
        cube = min(row['dp_id'] for row in self.sim.query(
            "SELECT dp_id FROM ivoa.ObsCore WHERE dp_id LIKE 'ADP.2016-06-21%' AND target_name='NGC253'"))
        night = 'MUSE.2018-06-05T01:06:59.418'
        seen = []
        self.sim.access(private=['ADP.2016-06-21', night])
        for section in ('preview', 'auxiliary'):
            folder = self.mount / f'datasets/{cube}/{section}'
            for name in sorted(os.listdir(folder)):
                try:
                    read(os.path.join(folder, name))
                except OSError:
                    continue
                if os.getxattr(os.path.join(folder, name), 'user.esofs.version').decode().endswith('\nfor pi'):
                    self.for_who_mounted_only(os.path.join(folder, name))
                    seen.append(section)
                    self.login_as('pi')
        self.assertTrue(seen)
        self.for_who_mounted_only(self.mount / f'datasets/{night}/night_log.txt')


class Ended(OthersTest):
    """Rows and links that a login has shown, after that login has ended."""
    mount_options = ('allow_other', 'authorised_tap')

    def setUp(self):
        super().setUp()
        self.sim.access(hidden=[HIDDEN], users=[
            {'name': 'pi', 'password': 'pi-password', 'rights': ['ADP.']},
            {'name': 'visitor', 'password': 'visitor-password', 'rights': []}])
        self.login_as('pi')
        self.query = self.mount.save('m83', "SELECT * FROM ivoa.ObsCore WHERE target_name='M83'")
        self.listed = os.path.join(self.query, HIDDEN + '.fits')
        self.beside = self.mount / f'datasets/{HIDDEN}'

    def look_at_everything(self):
        """Looks at all that the login opens."""
        self.assertIn(HIDDEN + '.fits', os.listdir(self.query))
        self.assertTrue(read(self.listed))
        self.assertEqual(self.row_value(self.listed), b'M83')
        self.assertTrue(os.listdir(self.beside))
        for name in ('metadata.json', 'links.vot', 'links.json', 'header.txt'):
            self.assertTrue(read(os.path.join(self.beside, name)), name)
        for name in os.listdir(os.path.join(self.query, 'table')):
            self.assertIn(HIDDEN.encode(), read(os.path.join(self.query, 'table', name)), name)

    @staticmethod
    def row_value(path):
        try:
            return os.getxattr(path, 'user.eso.target_name')
        except OSError:
            return None

    def nothing_is_shown(self):
        """To neither another user nor the mounting user."""
        for words in (('ls', self.query), ('cat', self.query + '/table/result.csv'), ('cat', self.query + '/table/result.vot'),
                      ('cat', self.listed), ('ls', self.beside), ('cat', self.beside + '/metadata.json'),
                      ('cat', self.beside + '/links.json'), ('cat', self.beside + '/header.txt'),
                      ('getfattr', '-n', 'user.eso.target_name', '--only-values', self.listed),
                      ('getfattr', '-n', 'user.eso.target_name', '--only-values', self.beside + f'/{HIDDEN}.fits')):
            shown = self.other(*words)
            if isinstance(shown, bytes):
                self.assertNotIn(HIDDEN.encode(), shown, words)
                self.assertNotIn(b'M83', shown if words[0] == 'getfattr' else b'', words)
        self.assertNotIn(HIDDEN + '.fits', os.listdir(self.query))
        self.assertFalse(os.path.exists(self.listed))
        self.assertIsNone(self.row_value(self.beside + f'/{HIDDEN}.fits'))
        self.assertRaises(OSError, read, self.beside + '/metadata.json')
        for name in ('result.csv', 'result.vot', 'result.json'):
            self.assertNotIn(HIDDEN.encode(), read(os.path.join(self.query, 'table', name)))

    def test_nothing_is_shown_after_a_logout(self):
        self.look_at_everything()
        self.logged_out()
        self.nothing_is_shown()

    def test_nothing_is_shown_after_an_expiry(self):
        self.sim.access(token_life=6)
        self.login_as('pi')
        self.look_at_everything()
        self.until_state('expired')
        self.nothing_is_shown()

    def test_nothing_is_shown_to_somebody_elses_login(self):
        self.look_at_everything()
        self.login_as('visitor')
        self.nothing_is_shown()

    def test_open_files_of_one_user_open_nothing_for_others(self):
        self.look_at_everything()
        held = [open(self.listed, 'rb'), open(self.query + '/table/result.csv', 'rb'), open(self.beside + '/metadata.json', 'rb')]
        for file in held:
            self.addCleanup(file.close)
            self.assertTrue(file.read())
        folder = os.open(self.query, os.O_RDONLY | os.O_DIRECTORY)
        self.addCleanup(os.close, folder)
        self.logged_out()
        self.nothing_is_shown()

    def test_everything_is_there_again_with_the_next_login(self):
        self.look_at_everything()
        self.logged_out()
        self.nothing_is_shown()
        self.login_as('pi')
        self.look_at_everything()


class Flights(OthersTest):
    """Opens that begin while a request with another login is under way."""

    def stalled(self):
        return json.loads(self.sim.get('/_sim/counters'))['stalled']

    def test_an_open_after_a_logout_does_not_join_one_before_it(self):
        query = self.mount.save('all', "SELECT * FROM ivoa.ObsCore WHERE target_name='NGC253'")
        path = os.path.join(query, PRIVATE + '.fits')
        self.login_as('pi')
        os.listdir(query)  # the release date is known: credentials are sent at once
        self.sim.fault(path='/dataPortal/file/' + PRIVATE, stall_after=1000)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            first = pool.submit(read, path)
            until(self.stalled, 'the answer to the first')
            self.logged_out()
            try:
                self.assert_denied('cat', path)
                self.assert_errno(errno.EACCES, read, path)
                self.assertTrue(self.stalled())  # they have not waited for it
            finally:
                self.sim.clear()
            first.exception(harness.PATIENCE)


if __name__ == '__main__':
    if os.geteuid() != 0:
        print('skipped: needs root')
        sys.exit(77)
    harness.main()
