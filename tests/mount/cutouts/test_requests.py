"""Cutouts: one request for all readers, kept whole or not at all, refused with the reason, and listed in queries."""
import errno
import os
import signal
import subprocess

import harness
from harness import MountTest, read, run, sha, until

SODA = '/dataPortal/soda/sync'
IMAGE = 'ADP.2014-11-12T16:17:07.630'
OTHER = 'ADP.2016-06-21T08:15:12.100'  # a cube
GIANT = 'ADP.2018-06-21T20:32:57.736'  # a cube of 3 GB, of which a cutout has some megabytes


class CutoutTest(MountTest):
    def folder(self, dp_id=IMAGE):
        return self.mount / f'datasets/{dp_id}/cutout'

    def offers(self, dp_id=IMAGE):
        """The lines "key value" of README.txt."""
        text = read(self.folder(dp_id) + '/README.txt').decode()
        return dict(line.split(None, 1) for line in text.splitlines() if line.startswith(('takes', 'field', 'band', 'example')))

    def example(self, dp_id=IMAGE):
        return self.folder(dp_id) + '/' + self.offers(dp_id)['example']

    def centre(self, dp_id=IMAGE):
        words = self.offers(dp_id)['field'].split()
        return float(words[1]), float(words[2]), float(words[4])

    def asked(self):
        return self.sim.requests(SODA)

    def cached_segments(self):
        found = []
        for folder, _, files in os.walk(os.path.join(self.home.cache, 'content')):
            found += [os.path.join(folder, name) for name in files]
        return found


class OneRequest(CutoutTest):
    def test_a_cutout_is_exact_fits_and_two_reads_are_one_request(self):
        path = self.example()
        data = read(path)
        self.assertEqual(data[:9], b'SIMPLE  =')
        self.assertEqual(len(data) % 2880, 0)
        self.assertEqual(os.stat(path).st_size, len(data))
        self.assertEqual(sha(read(path)), sha(data))
        self.assertEqual(len(self.asked()), 1)
        self.assertEqual(os.getxattr(path, 'user.esofs.size_state'), b'exact')
        self.assertIn(SODA.encode(), os.getxattr(path, 'user.esofs.url'))

    def test_it_is_kept_beside_its_dataset(self):
        read(self.mount / f'datasets/{IMAGE}/{IMAGE}.fits')
        path = self.example()
        with open(path, 'rb') as file:
            data = file.read()
            self.assertEqual(sha(read(path)), sha(data))
        self.assertEqual(len(self.asked()), 1)

    def test_it_is_kept_across_mounts(self):
        path = self.example()
        data = read(path)
        relative = os.path.relpath(path, self.mount.path)
        self.mount.unmount()
        mount = self.mounted()
        self.assertEqual(sha(read(mount / relative)), sha(data))
        self.assertEqual(len(self.asked()), 1)

    def test_equal_specs_are_one_cutout_under_each_typed_name(self):
        ra, dec, radius = self.centre()
        names = [f'circle_{ra}_{dec}_{radius / 4:.6f}.fits', f'circle_{ra}deg_{dec}_{round(radius / 4, 6) * 3600:.4f}arcsec.fits']
        data = [read(self.folder() + '/' + name) for name in names]
        self.assertEqual(sha(data[0]), sha(data[1]))
        self.assertEqual(len({os.stat(self.folder() + '/' + name).st_ino for name in names}), 1)
        self.assertEqual(len(self.asked()), 1)
        self.assertEqual(set(os.listdir(self.folder())) & set(names), set(names))

    def test_fifty_processes_at_once_are_one_request(self):
        path = self.example()
        self.sim.fault(path=SODA, delay=1000)
        readers = [subprocess.Popen(['sha256sum', path], stdout=subprocess.PIPE, text=True) for _ in range(50)]
        sums = {reader.communicate(timeout=harness.PATIENCE)[0] for reader in readers}
        self.assertEqual({reader.returncode for reader in readers}, {0})
        self.assertEqual(len(sums), 1)
        self.assertEqual(len(self.asked()), 1)

    def test_a_missing_content_length_changes_nothing(self):
        self.sim.fault(path=SODA, no_length=True)
        path = self.example()
        data = read(path)
        self.assertEqual(os.stat(path).st_size, len(data))
        self.assertEqual(sha(read(path)), sha(data))
        self.assertEqual(len(self.asked()), 1)

    def test_tools_can_read_a_cutout(self):
        path = self.example()
        copy = os.path.join(self.home.path, 'copy.fits')
        run('cp', path, copy)
        self.assertEqual(sha(read(copy)), sha(read(path)))
        self.assertIn('NAXIS', run(harness.programs['listhead'], path).stdout)
        self.assertEqual(len(self.asked()), 1)


class OtherArchives(CutoutTest):
    """Services described as other archives describe them."""

    def cut(self, ending, region, *services):
        path = self.folder('ADP.2022-03-01T10:00:00.' + ending) + f'/circle_{region}.fits'
        data = read(path)
        self.assertEqual(data[:9], b'SIMPLE  =')
        self.assertEqual(sha(read(path)), sha(data))
        asked = [request for request in self.sim.requests() if '/datalink/' not in request['target']]
        self.assertTrue(any(service in request['target'] for service in services for request in asked), asked)
        return asked

    def test_the_urls_query_and_fixed_parameters_are_sent_back(self):
        asked = self.cut('080', '88.77_-67.78_5arcsec', '/caom2ops/sync?')
        self.assertEqual(len(asked), 1)

    def test_a_service_with_only_jobs_gets_a_job_that_is_deleted(self):
        asked = self.cut('100', '60.5_-20.25_2arcsec', '/casda_data_access/data/async')
        self.assertEqual(asked[0]['method'], 'POST')
        self.assertEqual(asked[-1]['method'], 'DELETE')
        self.assertEqual(len([request for request in asked if request['target'].endswith('/async')]), 1)

    def test_a_descriptor_with_parameters_first_and_options_works(self):
        self.assertEqual(len(self.cut('120', '88.77_-67.78_5arcsec', '/dlget')), 1)

    def test_pos_works_with_an_id_by_reference(self):
        dp_id = 'ADP.2022-03-01T10:00:00.140'
        self.assertIn('band', self.offers(dp_id)['takes'])
        data = read(self.folder(dp_id) + '/circle_10.25_5.5_2arcsec.fits')
        self.assertEqual(data[:9], b'SIMPLE  =')
        self.assertEqual(len(self.sim.requests('/cutouts/sync')), 1)

    def test_a_job_that_nobody_waits_for_is_deleted(self):
        path = self.folder('ADP.2022-03-01T10:00:00.100') + '/circle_60.5_-20.25_2arcsec.fits'
        self.sim.get('/_sim/soda', b'{"job_delay_ms": 600000}')
        self.addCleanup(self.sim.get, '/_sim/soda', b'{"job_delay_ms": 0}')
        reader = subprocess.Popen(['cat', path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(lambda: self.sim.requests('/phase'), 'the job')
        reader.kill()
        reader.wait(harness.PATIENCE)
        until(lambda: [r for r in self.sim.requests('/async/') if r['method'] == 'DELETE'], 'the end of the job')


class Interrupted(CutoutTest):
    def reader(self, path):
        reader = subprocess.Popen(['cat', path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(reader.wait)
        self.addCleanup(reader.kill)
        return reader

    @staticmethod
    def asleep(pid):
        with open(f'/proc/{pid}/stat', encoding='utf-8') as file:
            return file.read().rpartition(')')[2].split()[0] in 'SD'

    def transfers(self):
        return self.mount.status()['transfers']

    def idle(self):
        load = self.transfers()
        return load['running'] == 0 and load['queued'] == 0

    def test_a_reader_killed_before_the_first_byte_leaves_nothing(self):
        path = self.example()
        segments = self.cached_segments()
        self.sim.fault(path=SODA, delay=600_000)
        reader = self.reader(path)
        until(lambda: self.transfers()['running'] > 0, 'the request')
        os.kill(reader.pid, signal.SIGKILL)
        reader.wait(harness.PATIENCE)
        until(self.idle, 'the end of the request')
        self.assertEqual(self.cached_segments(), segments)
        self.sim.clear()
        self.assertEqual(read(path)[:9], b'SIMPLE  =')

    def half_a_cutout(self):
        """A reader of a cutout that is partly in the cache, and the path of the cutout."""
        path = self.folder(GIANT) + '/' + self.offers(GIANT)['example']
        self.sim.fault(path=SODA, no_length=True, stall_after=1_000_000)
        reader = self.reader(path)
        until(self.cached_segments, 'the first part')
        return path, reader

    def test_a_reader_killed_in_the_middle_leaves_nothing(self):
        path, reader = self.half_a_cutout()
        os.kill(reader.pid, signal.SIGKILL)
        reader.wait(harness.PATIENCE)
        until(self.idle, 'the end of the request')
        self.assertEqual(self.cached_segments(), [])
        self.sim.clear()
        data = read(path)
        self.assertGreater(len(data), 1_000_000)
        self.assertEqual(len(data) % 2880, 0)

    def test_a_daemon_killed_in_the_middle_leaves_nothing(self):
        path, reader = self.half_a_cutout()
        relative = os.path.relpath(path, self.mount.path)
        self.mount.kill()
        reader.wait(harness.PATIENCE)
        self.assertNotEqual(self.cached_segments(), [])
        self.sim.clear()
        mount = self.mount.remount()
        self.addCleanup(self._end, mount)
        self.assertEqual(self.cached_segments(), [])
        data = read(mount / relative)
        self.assertEqual(data[:9], b'SIMPLE  =')
        self.assertEqual(len(data) % 2880, 0)

    def test_one_of_two_readers_may_leave(self):
        path = self.example()
        self.sim.fault(path=SODA, delay=3000)
        stays = subprocess.Popen(['sha256sum', path], stdout=subprocess.PIPE, text=True)
        until(lambda: self.transfers()['running'] > 0, 'the request')
        leaves = self.reader(path)
        until(lambda: self.asleep(leaves.pid), 'the second reader')
        leaves.kill()
        output = stays.communicate(timeout=harness.PATIENCE)[0]
        self.assertEqual(stays.returncode, 0)
        self.assertEqual(output.split()[0], sha(read(path)))
        self.assertEqual(len(self.asked()), 1)

    def test_a_slow_cutout_delays_nobody_else(self):
        path = self.example()
        self.sim.fault(path=SODA, delay=600_000)
        readers = [self.reader(path.replace('.fits', f'__prefix_x{i}.fits')) for i in range(20)]
        until(lambda: self.transfers()['running'] >= len(readers), 'the requests')
        self.assertEqual(len(read(self.mount / f'datasets/{OTHER}/{OTHER}.fits')) % 2880, 0)
        self.assertTrue(os.listdir(self.folder()))
        for reader in readers:
            reader.kill()
        until(self.idle, 'the end of the requests')


class Refused(CutoutTest):
    def refused(self, path):
        with self.assertRaises(OSError) as caught:
            read(path)
        return caught.exception.errno

    def test_a_cutout_known_not_to_be_offered_does_not_exist(self):
        ra, dec, radius = self.centre()
        for name in (f'circle_{(ra + 90) % 360}_{dec}_{radius}.fits', 'band_1um_2um.fits'):
            self.assertFalse(os.path.exists(self.folder() + '/' + name), name)
        self.assertEqual(self.asked(), [])

    def test_open_fails_if_the_offer_was_not_known_before(self):
        self.assertEqual(self.refused(self.folder() + '/circle_200_80_1arcsec.fits'), errno.ENODATA)
        self.assertEqual(self.asked(), [])

    def test_a_field_without_pixels_is_enodata(self):
        self.sim.fault(path=SODA, fail_next=-1, status=204)
        self.assertEqual(self.refused(self.example()), errno.ENODATA)

    def test_errors_shows_the_services_own_words(self):
        for number, (status, text, code) in enumerate(((400, 'UsageError: bad CIRCLE', errno.EINVAL),
                                                       (422, 'radius too small', errno.EINVAL),
                                                       (403, 'AuthorizationError: not yours', errno.EACCES),
                                                       (500, 'Error: no disk', errno.EIO))):
            self.sim.clear()
            self.sim.fault(path=SODA, fail_next=-1, status=status, error_text=text)
            path = self.example().replace('.fits', f'__prefix_e{number}.fits')
            self.assertEqual(os.strerror(self.refused(path)), os.strerror(code), text)
            self.assertIn(text, self.mount.errors())

    def test_a_login_page_is_no_cutout(self):
        self.sim.fault(path=SODA, login_page=True)
        self.assertEqual(self.refused(self.example()), errno.EIO)

    def test_a_busy_service_is_asked_again(self):
        self.sim.fault(path=SODA, fail_next=2, status=503, retry_after=0)
        self.assertEqual(read(self.example())[:9], b'SIMPLE  =')
        self.assertEqual(len(self.asked()), 3)

    def test_a_cutout_that_breaks_off_is_an_error_and_never_a_part(self):
        self.sim.fault(path=SODA, cut_after=20_000)
        path = self.example()
        self.assertIn(self.refused(path), (errno.EIO, errno.ESTALE))
        self.sim.clear()
        until(lambda: self.read_or_none(path) is not None, 'the cutout')
        self.assertEqual(len(read(path)) % 2880, 0)

    def read_or_none(self, path):
        try:
            return read(path)
        except OSError:
            return None

    def test_names_that_tools_probe_cost_no_request(self):
        path = self.example()
        self.sim.reset()
        for name in (path + '[1]', path + ',1', path + '.fits', path + '.imh', path[:-5], os.path.dirname(path) + '/login.cl'):
            self.assertFalse(os.path.exists(name), name)
        self.assertEqual(self.sim.requests(), [])

    def test_a_dataset_without_cutouts_has_no_such_directory(self):
        raw = 'MUSE.2018-06-05T01:06:59.418'
        self.assertNotIn('cutout', os.listdir(self.mount / f'datasets/{raw}'))
        self.assertFalse(os.path.exists(self.folder(raw)))


class TooSlow(CutoutTest):
    mount_options = ('cutout_timeout=300ms',)

    def test_a_slow_cutout_is_etimedout(self):
        self.sim.fault(path=SODA, delay=600_000)
        self.assert_errno(errno.ETIMEDOUT, read, self.example())


class Queries(CutoutTest):
    def setUp(self):
        super().setUp()
        ra, dec, radius = self.centre()
        self.spec = f'circle_{ra}_{dec}_{radius * 900:.2f}arcsec'
        self.query = self.mount.save('q', f"SELECT * FROM ivoa.ObsCore WHERE dp_id IN ('{IMAGE}', '{OTHER}')")

    def test_every_dataset_of_a_listing_can_be_cut_out(self):
        folder = f'{self.query}/cutout/{self.spec}'
        self.assertEqual(sorted(os.listdir(folder)), sorted([IMAGE + '.fits', OTHER + '.fits']))
        self.assertEqual(self.asked(), [], 'to list is not to cut')
        data = read(f'{folder}/{IMAGE}.fits')
        self.assertEqual(len(self.asked()), 1)
        self.assertEqual(sha(read(f'{self.folder()}/{self.spec}.fits')), sha(data))
        self.assertEqual(len(self.asked()), 1)
        self.assertEqual(os.getxattr(f'{folder}/{IMAGE}.fits', 'user.eso.dp_id').decode(), IMAGE)

    def test_why_says_that_no_file_can_be_cut_so(self):
        ra, dec, radius = self.centre()
        for spec, sentence in ((self.spec, 'it can be read\n'),
                               (f'circle_{(ra + 90) % 360}_{dec}_{radius}', 'but see why\n  why         no part can be cut out of these files: ')):
            self.assertIn(sentence, run(harness.programs['esofs'], 'why', f'{self.query}/cutout/{spec}').stdout)
        self.assertEqual(self.asked(), [])

    def test_the_directory_lists_used_cutouts_even_after_a_remount(self):
        self.assertEqual(os.listdir(self.query + '/cutout'), [])
        os.listdir(f'{self.query}/cutout/{self.spec}')
        self.assertEqual(os.listdir(self.query + '/cutout'), [self.spec])
        self.assertIn('cutout', os.listdir(self.query))
        self.mount.unmount()
        mount = self.mounted()
        self.assertEqual(os.listdir(mount / 'queries/q/cutout'), [self.spec])

    def test_a_query_with_cutouts_is_removed(self):
        read(f'{self.query}/cutout/{self.spec}/{IMAGE}.fits')
        run('rm', '-r', self.query)
        self.assertFalse(os.path.exists(self.query))
        self.mount.save('q', f"SELECT * FROM ivoa.ObsCore WHERE dp_id = '{IMAGE}'")
        self.assertEqual(os.listdir(self.query + '/cutout'), [])

    def test_find_cuts_nothing(self):
        os.listdir(f'{self.query}/cutout/{self.spec}')
        found = run('find', self.mount.path, '-size', '+0', '-print').stdout
        self.assertIn(f'cutout/{self.spec}/{IMAGE}.fits', found)
        self.assertEqual(self.asked(), [])


if __name__ == '__main__':
    harness.main()
