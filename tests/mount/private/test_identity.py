"""-o identity=caller on a real mount: each user of the machine can read what the user's own login opens, and nothing more."""
import json
import os
import shutil
import tempfile
import threading

import callers
import harness
from callers import COI, PI, USERS, CallerTest, home_of
from harness import read, run, sha, until
from private_test import SECRETS, basic


class Rights(CallerTest):
    def test_users_read_only_their_own_files_in_any_order(self):
        self.both_logged_in()
        mine, yours = self.account_bytes('pi', PI), self.account_bytes('coi', COI)
        self.assertEqual(self.cat('anna', self.path(PI)), mine)
        self.assert_denied('anna', self.path(COI))  # cold
        self.assertEqual(self.cat('bert', self.path(COI)), yours)
        self.assert_denied('bert', self.path(PI))  # after the other has cached it
        self.assert_denied('anna', self.path(COI))
        self.sim.reset()
        self.assertEqual(self.cat('anna', self.path(PI)), mine)
        self.assertEqual(self.cat('bert', self.path(COI)), yours)
        self.assertEqual(self.sim.requests(), [])  # both from the cache, and not even asked for as nobody
        for user in ('carl', 'root'):
            self.assert_denied(user, self.path(PI))
            self.assert_denied(user, self.path(COI))

    def test_users_read_only_their_own_files_at_the_same_time(self):
        self.both_logged_in()
        expected = {('anna', PI): self.account_bytes('pi', PI), ('bert', COI): self.account_bytes('coi', COI)}
        wrong = []

        def reader(user, dp_id):
            for _ in range(5):
                got = self.cat(user, self.path(dp_id))
                if got != expected.get((user, dp_id), 'Permission denied'):
                    wrong.append((user, dp_id, got[:100]))

        threads = [threading.Thread(target=reader, args=(user, dp_id))
                   for user in ('anna', 'bert', 'carl') for dp_id in (PI, COI)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])

    def test_the_page_cache_opens_nothing(self):
        self.both_logged_in()
        expected = self.account_bytes('pi', PI)
        with self.holding('anna', self.path(PI)) as reader:
            self.assertEqual(reader.said, self.as_read(expected))
            for user in ('bert', 'carl', 'root'):
                self.assert_denied(user, self.path(PI))
        self.assert_denied('bert', self.path(PI))

    def test_public_files_are_for_everybody_and_fetched_once(self):
        self.both_logged_in()
        dp_id = self.public()
        data = self.cat('carl', self.path(dp_id))
        self.assertEqual(sha(data), sha(self.sim.file(dp_id)))
        self.sim.reset()
        for user in USERS:
            self.assertEqual(self.cat(user, self.path(dp_id)), data)
        self.assertEqual(self.sim.requests('/dataPortal/file'), [])

    def test_two_users_with_access_to_one_file_read_it_together(self):
        self.rights(pi=[PI], coi=[PI])
        self.both_logged_in()
        expected = self.account_bytes('pi', PI)
        with self.holding('anna', self.path(PI)) as first, self.holding('bert', self.path(PI)) as second:
            self.assertEqual(first.said, self.as_read(expected))
            self.assertEqual(second.said, self.as_read(expected))  # by a shared mapping, too, beside the other's
        self.assert_denied('carl', self.path(PI))

    def test_a_packed_file_and_its_headers_are_private(self):
        self.rights(pi=['FORS2.2026-09-02'])
        self.both_logged_in()
        raw = min(row['dp_id'] for row in self.sim.query("SELECT dp_id FROM dbo.raw WHERE release_date > '2099-01-01'"))
        data = self.cat('anna', self.path(raw))
        self.assertTrue(data.startswith(b'SIMPLE  ='), data[:100])
        self.assertEqual(len(data) % 2880, 0)
        header = self.mount / f'datasets/{raw}/header.txt'
        self.assertIn(b'SIMPLE  =', self.cat('anna', header))
        self.assert_denied('bert', header)
        self.assert_denied('bert', self.path(raw))

    def test_cutouts_of_private_files_are_private(self):
        self.both_logged_in()
        folder = self.mount / f'datasets/{PI}/cutout'
        told = read(os.path.join(folder, 'README.txt')).decode()
        spec = next(word for word in told.split() if word.startswith('circle_') and word[7].isdigit())
        cut = self.cat('anna', os.path.join(folder, spec))
        self.assertIsInstance(cut, bytes, (cut, spec, self.mount.errors()))
        self.assertTrue(cut.startswith(b'SIMPLE  ='), cut[:100])
        self.assert_denied('bert', os.path.join(folder, spec))
        with self.holding('anna', os.path.join(folder, spec)) as reader:
            self.assertEqual(reader.said, self.as_read(cut))
        self.assert_denied('carl', os.path.join(folder, spec))

    def test_hidden_datasets_are_there_for_users_who_may_see_them(self):
        hidden = 'ADP.2017-10-16T11:04:19.247'
        self.sim.access(hidden=[hidden])
        self.rights(pi=[hidden])
        self.both_logged_in()
        self.assertEqual(self.cat('bert', self.path(hidden)), 'No such file or directory')
        self.assertEqual(self.cat('anna', self.path(hidden)), self.account_bytes('pi', hidden))
        self.assertEqual(self.cat('bert', self.path(hidden)), 'No such file or directory')

    def test_a_login_page_with_200_is_a_refusal(self):
        self.sim.access(login_pages=True)
        self.login_as('anna', 'pi')
        self.assertEqual(self.cat('anna', self.path(PI)), self.account_bytes('pi', PI))
        self.login_as('bert', 'coi')
        self.assert_denied('bert', self.path(PI))


class Sizes(CallerTest):
    def test_a_size_is_exact_from_the_first_open_and_after_remounts(self):
        self.login_as('anna', 'pi')
        expected = self.account_bytes('pi', PI)
        query = self.mount.save('all', "SELECT * FROM ivoa.ObsCore WHERE target_name='NGC253'")
        os.listdir(query)
        path = os.path.join(query, PI + '.fits')
        self.assertNotEqual(os.stat(path).st_size, len(expected))  # an estimate
        with self.holding('anna', path) as reader:
            self.assertEqual(reader.said, self.as_read(expected))
        self.assertEqual(os.stat(path).st_size, len(expected))
        for words in (('cp', path, home_of('anna')), ('dd', f'if={path}', f'of={home_of("anna")}/dd', 'bs=1000'),
                      ('tar', 'cf', home_of('anna') + '/tar', '-C', query, PI + '.fits')):
            done = self.act('anna', *words)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(read(home_of('anna') + f'/{PI}.fits'), expected)
        self.assertEqual(read(home_of('anna') + '/dd'), expected)
        self.assertEqual(run('tar', 'xOf', home_of('anna') + '/tar', text=False).stdout, expected)
        self.assert_denied('bert', path)
        self.remounted()
        path = self.mount / f'queries/all/{PI}.fits'
        os.listdir(os.path.dirname(path))
        self.assertEqual(os.stat(path).st_size, len(expected))
        self.sim.reset()
        self.assertEqual(self.cat('anna', path), expected)
        self.assertEqual(self.sim.requests(), [])  # from the disk, under the same uid


class Logins(CallerTest):
    def test_a_login_and_a_logout_are_noticed_for_that_user_only(self):
        self.rights(pi=[PI], coi=[PI])
        self.assert_denied('anna', self.path(PI))
        self.assertIn('uid 61001 is not logged in: run `esofs login`', self.mount.errors())
        self.both_logged_in()
        until(lambda: self.cat('anna', self.path(PI)) != 'Permission denied', 'the login')
        data = self.cat('bert', self.path(PI))
        self.logout_as('anna')
        self.until_denied('anna', self.path(PI))
        self.assertEqual(self.cat('bert', self.path(PI)), data)
        self.login_as('anna', 'pi')
        until(lambda: self.cat('anna', self.path(PI)) == data, 'the next login')

    def test_a_session_that_has_ended_opens_nothing(self):
        self.sim.access(token_life=3)
        self.login_as('anna', 'pi')
        self.sim.access(token_life=28800)
        self.login_as('bert', 'coi')
        self.cat('anna', self.path(PI))
        self.until_denied('anna', self.path(PI))
        self.assertIn('the session of uid 61001 has ended: run `esofs login`', self.mount.errors())
        self.assertEqual(self.cat('bert', self.path(COI)), self.account_bytes('coi', COI))

    def test_a_login_without_access_gets_an_error_without_names(self):
        self.both_logged_in()
        self.assert_denied('bert', self.path(PI))
        told = self.mount.errors()
        self.assertIn('the login of uid 61002 has no right to it', told)
        for name in ('coi', home_of('bert'), 'bert'):
            self.assertNotIn(name, told.replace('datasets', ''))

    def test_a_netrc_file_is_used_and_nothing_is_written_into_homes(self):
        path = os.path.join(home_of('anna'), '.netrc')
        shutil.move(self.netrc('pi'), path)
        os.chown(path, USERS['anna'], USERS['anna'])
        before = os.stat(path)
        self.assertEqual(self.cat('anna', self.path(PI)), self.account_bytes('pi', PI))
        self.assertEqual(len(self.sim.requests('/sso/oidc/token')), 1)
        self.assertEqual(os.listdir(home_of('anna')), ['.netrc'])
        self.assertEqual(os.stat(path).st_mtime_ns, before.st_mtime_ns)
        os.chmod(path, 0o644)
        self.until_denied('anna', self.path(PI))
        self.assertIn('the login of uid 61001 is not used', self.mount.errors())

    def test_the_mounting_users_login_serves_nobody_else(self):
        self.login('pi')  # in the state directory of the mount
        self.assert_denied('root', self.path(PI))
        self.login_as('root', 'pi')
        until(lambda: self.cat('root', self.path(PI)) == self.account_bytes('pi', PI), "root's own login")
        for user in ('anna', 'carl'):
            self.assert_denied(user, self.path(PI))

    def test_status_says_that_logins_belong_to_users(self):
        self.both_logged_in()
        self.cat('anna', self.path(PI))
        self.assertEqual(self.login_state(), {'state': "each user's own"})
        shown = self.act('carl', harness.programs['esofs'], 'status', self.mount.path).stdout
        self.assertIn("login     each user's own", shown)
        status = self.mount.status()
        self.assertGreater(status['cache']['requests'], 0)
        self.assertNotIn('pi', [word.strip('",:') for word in json.dumps(status).split()])


class Planted(CallerTest):
    """Files that a user plants in a home directory do not give that user the access of another one."""

    def setUp(self):
        super().setUp()
        self.login_as('anna', 'pi')
        self.data = self.cat('anna', self.path(PI))
        self.assertEqual(self.data, self.account_bytes('pi', PI))

    def folder(self):
        """The path that a session of carl would have."""
        self.act('carl', 'mkdir', '-p', home_of('carl') + '/.local/state/esofs/sessions')
        return os.path.join(home_of('carl'), '.local/state/esofs/sessions', os.path.basename(self.session_of('anna')))

    def assert_useless(self):
        # Twice: esofs looks at these files once a second, so the second attempt comes after another look.
        self.assert_denied('carl', self.path(PI))
        until(lambda: self.looked_again(), 'another look')
        self.assert_denied('carl', self.path(PI))
        self.assertEqual(self.cat('anna', self.path(PI)), self.data)

    def looked_again(self):
        """True once the login of bert, a third user, was noticed: the files have been looked at since."""
        if not os.path.exists(home_of('bert') + '/.local'):
            self.cat('bert', self.path(COI))
            self.login_as('bert', 'coi')
        return self.cat('bert', self.path(COI)) != 'Permission denied'

    def test_a_symbolic_link_to_anothers_session(self):
        os.symlink(self.session_of('anna'), self.folder())
        self.assert_useless()

    def test_a_symbolic_link_to_anothers_directories(self):
        for place in ('.local', '.local/state', '.local/state/esofs', '.local/state/esofs/sessions'):
            shutil.rmtree(home_of('carl') + '/.local', ignore_errors=True)
            os.makedirs(os.path.dirname(os.path.join(home_of('carl'), place)), exist_ok=True)
            os.symlink(os.path.join(home_of('anna'), place), os.path.join(home_of('carl'), place))
            self.assert_denied('carl', self.path(PI))
            os.unlink(os.path.join(home_of('carl'), place))
        shutil.rmtree(home_of('carl') + '/.local', ignore_errors=True)
        os.symlink(home_of('anna') + '/.local', os.path.join(home_of('carl'), '.local'))
        self.assert_useless()

    def test_a_hard_link_to_anothers_session(self):
        os.link(self.session_of('anna'), self.folder())  # as if the kernel did not protect hard links
        self.assert_useless()

    def test_a_link_to_roots_own_login(self):
        self.login_as('root', 'pi')
        os.symlink(self.session_of('root'), self.folder())
        self.assert_useless()
        netrc = shutil.move(self.netrc('pi'), home_of('root') + '/.netrc')
        os.chown(netrc, 0, 0)
        os.symlink(netrc, home_of('carl') + '/.netrc')
        self.assert_useless()

    def test_a_fifo_and_a_directory(self):
        os.mkfifo(self.folder())
        os.chown(self.folder(), USERS['carl'], USERS['carl'])
        self.assert_useless()
        os.unlink(self.folder())
        self.act('carl', 'mkdir', self.folder())
        self.assert_useless()

    def test_a_session_forged_for_another_user_opens_nothing_cached(self):
        with open(self.session_of('anna'), encoding='utf-8') as file:
            session = json.load(file)
        for name in (session['user'], session['user'] + ' of uid 61001'):
            forged = json.dumps({**session, 'user': name, 'token': 'forged.forged.forged', 'expires': 0})
            self.act('carl', 'sh', '-c', 'umask 077; cat > "$0"', self.folder(), input=forged)
            self.assert_useless()


class Secrets(CallerTest):
    def test_secrets_are_found_only_in_the_homes(self):
        self.both_logged_in()
        path = os.path.join(home_of('carl'), '.netrc')
        shutil.move(self.netrc('visitor'), path)
        os.chown(path, USERS['carl'], USERS['carl'])
        for user in USERS:
            for dp_id in (PI, COI):
                self.cat(user, self.path(dp_id))
        with open(self.session_of('anna'), encoding='utf-8') as file:
            token = json.load(file)['token']
        secrets = [token, token.split('.')[1], *(SECRETS[name] for name in ('pi', 'coi', 'visitor'))]
        self.assertTrue(any('Bearer' in value for value in self.sent('/dataPortal/file')))
        self.assert_nowhere([*secrets, *(basic(name).split()[1] for name in ('pi', 'coi', 'visitor'))])

    def test_the_daemon_leaves_no_core_dump_and_its_cache_is_private(self):
        self.both_logged_in()
        self.cat('anna', self.path(PI))
        with open(f'/proc/{self.mount.pid}/limits', encoding='utf-8') as file:
            core = next(line for line in file if line.startswith('Max core file size'))
        self.assertEqual(core.split()[4:6], ['0', '0'])
        for place in self.files(self.home.cache, self.home.state):
            self.assertEqual((os.stat(place).st_mode & 0o077, os.stat(place).st_uid), (0, 0), place)


class Refusals(CallerTest):
    def refused(self, *options, user='root'):
        place = tempfile.mkdtemp(dir=callers.homes)
        os.chown(place, USERS[user], USERS[user])
        words = []
        for option in ('identity=caller', *options):
            words += ['-o', option]
        done = self.act(user, harness.programs['esofs'], 'mount', self.sim.profile, place, *words)
        self.assertNotEqual(done.returncode, 0)
        self.assertFalse(os.path.ismount(place))
        return done.stderr

    def test_conflicting_options_are_refused(self):
        self.assertIn('identity=caller needs allow_other', self.refused())
        for option in (f'credentials={self.netrc()}', 'token_file=/t', 'token_command=id', 'authorised_tap', 'share_private'):
            self.assertIn(f'identity=caller and {option.split("=")[0]} exclude each other',
                          self.refused('allow_other', option))

    def test_only_root_can_mount_for_callers(self):
        self.assertIn('identity=caller needs a mount by root', self.refused('allow_other', user='anna'))


if __name__ == '__main__':
    callers.main(__file__)
