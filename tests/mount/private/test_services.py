"""Jobs, cutouts and calibrations made with a login."""
import errno
import json
import os
import re
import unittest
import urllib.request

import harness
from harness import read, run, sha, until
from private_test import NOBODY, PRIVATE, PrivateTest, basic

HIDDEN = 'ADP.2017-10-16'
ROWS = "SELECT dp_id FROM ivoa.ObsCore WHERE target_name='M83'"
JOB_CUTOUT = 'ADP.2022-03-01T10:00:00.100'  # of a service that makes cutouts in jobs only


def bearers(requests):
    return [request['authorization'].startswith('Bearer ') for request in requests]


class Jobs(PrivateTest):
    """Asynchronous queries of pi, the only user who may see the rows of HIDDEN."""
    mount_options = ('authorised_tap',)

    def setUp(self):
        super().setUp()
        self.sim.access(hidden=[HIDDEN], users=[{'name': 'pi', 'password': 'pi-password', 'rights': ['ADP.']},
                                                {'name': 'visitor', 'password': 'visitor-password', 'rights': []}])
        self.addCleanup(self.sim.tap, sync_limit_ms=None, sync_delay_ms=0, job_delay_ms=0)
        self.login('pi')
        self.until_state('logged in')
        self.sim.reset()

    def job(self, *names, mount=None):
        return os.path.join((mount or self.mount) / 'jobs/obs', *names)

    def phase(self, name):
        return read(self.job(name, 'phase')).decode().strip()

    def done(self, name='mine'):
        os.mkdir(self.job(name))
        with open(self.job(name, 'query.adql'), 'w', encoding='utf-8') as file:
            file.write(ROWS + '\n')
        with open(self.job(name, 'phase'), 'w', encoding='utf-8') as file:
            file.write('RUN\n')
        until(lambda: self.phase(name) in ('COMPLETED', 'ERROR'), 'the end of the job')
        self.assertEqual(self.phase(name), 'COMPLETED')
        return os.getxattr(self.job(name), 'user.esofs.url').decode().rpartition('/')[2]

    def listed(self, mount):
        mount.save('m83', ROWS.replace('dp_id', '*'))
        return [name for name in os.listdir(mount / 'queries/m83') if name.startswith(HIDDEN)]

    def test_a_job_carries_the_token_in_every_request(self):
        self.done()
        rows = read(self.job('mine', 'results/result.vot'))
        self.assertIn(HIDDEN.encode(), rows)
        asked = self.sim.requests('/tap_obs/async')
        said = [(request['method'], request['target'].partition('/async')[2].partition('/')[2].partition('/')[2].partition('?')[0])
                for request in asked]
        for part in (('POST', ''), ('POST', 'phase'), ('GET', 'results/result')):
            self.assertIn(part, said)
        self.assertTrue(all(bearers(asked)), asked)

    def test_a_query_that_becomes_a_job_carries_the_token(self):
        self.sim.tap(sync_limit_ms=1, sync_delay_ms=1)
        self.assertTrue(self.listed(self.mount))
        asked = self.sim.requests('/tap_obs/')
        self.assertTrue([request for request in asked if '/results/' in request['target']], asked)
        self.assertTrue(all(bearers(asked)), asked)
        self.logout()
        self.until_state('nobody')
        self.sim.tap(sync_limit_ms=None, sync_delay_ms=0)
        self.assertEqual(self.listed(self.mount), [])

    def test_results_of_a_job_are_shown_to_its_login_only(self):
        number = self.done()
        rows = read(self.job('mine', 'results/result.vot'))
        self.assertIn(number, read(self.job('mine', 'job.xml')).decode())
        self.logout()
        self.until_state('nobody')
        self.nothing_of(number)
        self.login('visitor')
        self.until_state('logged in')
        self.nothing_of(number)
        self.login('pi')
        until(lambda: self.login_state()['user'] == 'pi', 'the login of pi')
        self.assertEqual(read(self.job('mine', 'results/result.vot')), rows)
        self.assertEqual(os.getxattr(self.job('mine'), 'user.esofs.url').decode().rpartition('/')[2], number)

    def nothing_of(self, number):
        for name in ('job.xml', 'results/result.vot'):
            self.assertRaises(OSError, read, self.job('mine', name))
        self.assertNotIn('results', os.listdir(self.job('mine')))
        self.assertEqual(self.phase('mine'), 'PENDING')  # the query text is the user's own and may run again
        self.assertNotIn(number, os.listdir(self.job()))
        self.assertRaises(OSError, os.listdir, self.job(number, 'results'))
        for request in self.sim.requests('/tap_obs/async/' + number):
            if not request['authorization']:
                self.assertEqual(request['status'], 403)

    def test_a_mount_without_the_option_shows_no_jobs_and_no_rows(self):
        number = self.done()
        self.assertTrue(self.listed(self.mount))
        self.mount_options = ()
        other = self.mounted()
        self.assertEqual(self.listed(other), [])
        self.assertNotIn(number, os.listdir(self.job(mount=other)))
        self.assertFalse(os.path.exists(self.job('mine', 'results/result.vot', mount=other)))


class Cutouts(PrivateTest):
    mount_options = ('allow_other',) if os.geteuid() == 0 else ()

    def cutout(self, dp_id=PRIVATE):
        text = read(self.mount / f'datasets/{dp_id}/cutout/README.txt').decode()
        example = next(line.split()[1] for line in text.splitlines() if line.startswith('example'))
        return self.mount / f'datasets/{dp_id}/cutout/{example}'

    @staticmethod
    def pixels(data):
        """The cutout without the cards that differ in every cutout."""
        return re.sub(rb'(DATE    |CHECKSUM|DATASUM )=.{71}', b'', data, flags=re.S)

    def other(self, path):
        return run('setpriv', '--reuid', NOBODY, '--regid', NOBODY, '--clear-groups', 'cat', path, check=False,
                   text=False)

    def test_cutting_out_of_a_private_file_needs_the_login(self):
        path = self.cutout()
        self.assert_errno(errno.EACCES, read, path)
        self.assertIn('run `esofs login ', self.mount.errors())
        self.login('pi')
        self.until_state('logged in')
        data = read(path)
        url = os.getxattr(path, 'user.esofs.url').decode()
        with urllib.request.urlopen(urllib.request.Request(url, headers={'Authorization': basic('pi')}),
                                    timeout=harness.PATIENCE) as answer:
            self.assertEqual(sha(self.pixels(data)), sha(self.pixels(answer.read())))
        self.assertTrue(bearers(self.sim.requests('/soda/sync'))[-2])
        self.sim.reset()
        self.assertEqual(read(path), data)
        self.assertEqual(self.sim.requests('/soda/'), [])  # it is in the cache …
        self.logout()
        self.until_state('nobody')
        self.assert_errno(errno.EACCES, read, path)  # … and stays there

    def test_a_login_without_access_to_the_file_gets_no_cutout(self):
        self.login('visitor')
        self.until_state('logged in')
        self.assert_errno(errno.EACCES, read, self.cutout())
        self.assertIn('visitor has no right to it', self.mount.errors())

    @unittest.skipIf(os.geteuid() != 0, 'another user is needed, which root can be')
    def test_a_cached_cutout_is_for_the_mounting_user(self):
        self.login('pi')
        self.until_state('logged in')
        path = self.cutout()
        with open(path, 'rb') as held:
            data = held.read()
            self.assertIn(b'Permission denied', self.other(path).stderr)
        self.assertEqual(read(path), data)

    def test_a_cutout_job_carries_the_token_in_every_request(self):
        self.sim.access(private=[JOB_CUTOUT], users=[
            {'name': 'pi', 'password': 'pi-password', 'rights': ['ADP.']},
            {'name': 'visitor', 'password': 'visitor-password', 'rights': []}])
        self.addCleanup(self.sim.access, private=[])
        profile = os.path.join(self.home.path, 'jobs.json')
        with open(profile, 'w', encoding='utf-8') as file:
            json.dump({'extends': 'eso', 'name': 'eso-sim', 'base_url': self.sim.url, 'authorised': [
                {'url': self.sim.url + path, 'schemes': ['bearer']}
                for path in ('/dataPortal/file/', '/datalink/', '/casda_data_access/')]}, file)
        self.mount.unmount()
        self.mount = self.mounted(archive=profile)
        path = self.mount / f'datasets/{JOB_CUTOUT}/cutout/circle_60.5_-20.25_2arcsec.fits'
        self.assert_errno(errno.EACCES, read, path)
        self.assertIn('run `esofs login ', self.mount.errors())
        self.login('visitor')
        self.until_state('logged in')
        self.assert_errno(errno.EACCES, read, path)
        self.login('pi')
        until(lambda: self.login_state()['user'] == 'pi', 'the login of pi')
        self.sim.reset()
        data = read(path)
        self.assertEqual(data[:9], b'SIMPLE  =')
        asked = self.sim.requests('/casda_data_access/data/async')
        self.assertEqual([request['method'] for request in asked][0], 'POST')
        self.assertEqual([request['method'] for request in asked][-1], 'DELETE')
        served = [request for request in asked if request['status'] < 400]
        self.assertTrue(all(bearers(served)), asked)
        self.assertTrue(any('/results/' in request['target'] for request in served), asked)
        self.logout()
        self.until_state('nobody')
        self.assert_errno(errno.EACCES, read, path)


class Calibrations(PrivateTest):
    mount_options = ('allow_other',) if os.geteuid() == 0 else ()

    def test_calibrations_found_with_a_login_are_private(self):
        raw = min(row['dp_id'] for row in self.sim.query("SELECT dp_id FROM dbo.raw WHERE release_date > '2099-01-01'"))
        self.login('coi')
        self.until_state('logged in')
        self.sim.reset()
        folder = self.mount / f'datasets/{raw}'
        for root, _, _ in os.walk(folder):
            self.assertTrue(root.startswith(folder))
        self.assertTrue(all(bearers(self.sim.requests('/calselector/') + self.sim.requests('/datalink/'))))
        self.assertTrue(self.sim.requests('/datalink/'))
        if os.geteuid() == 0:
            told = [name for name in os.listdir(folder)
                    if name == 'links.vot' or os.path.isdir(os.path.join(folder, name))]
            self.assertIn('calibration', ' '.join(told))
            for name in told:
                path = os.path.join(folder, name)
                done = run('setpriv', '--reuid', NOBODY, '--regid', NOBODY, '--clear-groups',
                           'ls' if os.path.isdir(path) else 'cat', path, check=False)
                self.assertIn('Permission denied', done.stderr, name)


if __name__ == '__main__':
    harness.main()
