"""datasets/<dp_id>/calibrations/: the calibrations of a raw observation, from calSelector."""
import errno
import http.server
import json
import os
import threading

import harness
from harness import read, run, sha

MUSE = 'MUSE.2018-06-05T01:06:59.418'
FORS = 'FORS2.2021-01-02T00:59:12.533'
HAWKI = 'HAWKI.2015-06-07T06:20:31.133'
NEW = 'FORS2.2026-09-02T03:10:44.017'
BIAS = 'FORS2.2021-01-02T11:02:00.101'
SERVICE = '/calselector/'


class Calibrations(harness.MountTest):
    def folder(self, dp_id, mode, mount=None):
        return (mount or self.mount) / f'datasets/{dp_id}/calibrations/{mode}'

    def status(self, dp_id, mode):
        return read(os.path.join(self.folder(dp_id, mode), 'status.txt')).decode()

    def fits(self, folder):
        return sorted(name for name in os.listdir(folder) if name.endswith('.fits'))

    def test_ls_of_one_kind_is_one_request_and_find_none(self):
        folder = self.folder(MUSE, 'master')
        names = run('ls', folder).stdout.split()
        self.assertEqual([r['target'] for r in self.sim.requests()],
                         [f'{SERVICE}v1/associations?dp_id={MUSE}&mode=Raw2Master&responseformat=votable'])
        self.assertIn('M.MUSE.2018-06-11T08:52:34.073.fits', names)
        self.assertEqual(len([name for name in names if name.endswith('.fits')]), 8)
        self.assertIn('status.txt', names)
        run('ls', '-lR', os.path.dirname(folder), check=False)
        self.assertEqual(len(self.sim.requests('Raw2Master')), 1)
        run('find', folder)
        os.stat(os.path.join(folder, 'M.MUSE.2018-06-11T08_52_34.073.fits'))
        self.assertEqual(len(self.sim.requests('Raw2Master')), 1)
        self.assertEqual(self.sim.requests('/dataPortal'), [])

    def test_a_second_mount_within_the_ttl_asks_nothing(self):
        before = {mode: os.listdir(self.folder(MUSE, mode)) for mode in ('raw', 'master')}
        texts = {mode: self.status(MUSE, mode) for mode in before}
        tree = read(self.folder(MUSE, 'raw') + '/associations.xml')
        self.mount.unmount()
        self.sim.reset()
        self.mount = self.mounted()
        for mode, names in before.items():
            self.assertEqual(os.listdir(self.folder(MUSE, mode)), names)
            self.assertEqual(self.status(MUSE, mode), texts[mode])
            run('ls', '-l', self.folder(MUSE, mode))
        self.assertEqual(read(self.folder(MUSE, 'raw') + '/associations.xml'), tree)
        self.assertEqual(self.sim.requests(), [])

    def test_cp_of_all_gives_the_files_of_the_archive(self):
        for mode in ('raw', 'master'):
            target = os.path.join(self.home.path, mode)
            run('cp', '-r', self.folder(MUSE, mode), target)
            names = self.fits(target)
            self.assertEqual(len(names), {'raw': 3, 'master': 8}[mode])
            for name in names:
                self.sim.reset()
                own = self.mount / f'datasets/{name[:-5]}/{name}'
                listed = os.path.join(self.folder(MUSE, mode), name)
                self.assertEqual(sha(read(os.path.join(target, name))), sha(read(own)))
                self.assertEqual(self.sim.requests('/dataPortal'), [], 'one file, one cache')
                self.assertEqual(os.stat(own).st_ino, os.stat(listed).st_ino, 'one file, one inode')
                own_names = os.listdir(os.path.dirname(own))
                self.assertIn(self.sim.delivered_name(name[:-5]), own_names)
                self.sim.reset()
                if mode == 'master':
                    self.assertEqual(sha(read(listed)), sha(self.sim.file(name[:-5])))

    def test_a_packed_calibration_is_plain_fits(self):
        folder = self.folder(FORS, 'raw')
        script = 'import sys; from astropy.io import fits; print(fits.open(sys.argv[1])[0].data.shape)'
        name = self.fits(folder)[0]
        self.assertTrue(self.sim.delivered_name(name[:-5]).endswith('.fits.Z'))
        self.assertIn('(100, 200)', run('/usr/bin/python3', '-c', script, os.path.join(folder, name)).stdout)

    def test_reading_calibrations_does_not_fill_datasets(self):
        folder = self.folder(MUSE, 'master')
        for name in self.fits(folder):
            read(os.path.join(folder, name))
        self.assertEqual(os.listdir(self.mount / 'datasets'), [])

    def test_the_tree_is_the_servers_document_fetched_on_read(self):
        folder = self.folder(MUSE, 'master')
        os.listdir(folder)
        tree = read(os.path.join(folder, 'associations.xml'))
        self.assertEqual(tree, self.sim.get(f'{SERVICE}v1/associations?dp_id={MUSE}&mode=Raw2Master'))
        self.assertEqual(os.path.getsize(os.path.join(folder, 'associations.xml')), len(tree))

    def test_status_shows_what_the_archive_said(self):
        text = self.status(MUSE, 'master')
        for line in (f'dataset: {MUSE}', 'asked: Raw2Master', 'mode: Raw2Master', 'complete: yes', 'certified: yes',
                     'files: 8'):
            self.assertIn(line + '\n', text)
        self.assertRegex(text, r'MASTER_BIAS +M\.MUSE\.2018-06-11T08:52:34\.073\.fits\n')
        self.assertNotIn('warning', text)
        self.assertIn('certified: no\n', self.status(NEW, 'raw'))
        text = self.status(HAWKI, 'raw')
        self.assertIn('complete: no\n', text)
        self.assertIn('message: No BIAS found', text)
        self.assertEqual(os.listdir(self.folder(HAWKI, 'raw')), ['status.txt'])

    def test_status_says_if_masters_were_answered_with_raw_files(self):
        self.assertEqual(self.fits(self.folder(FORS, 'master')), self.fits(self.folder(FORS, 'raw')))
        text = self.status(FORS, 'master')
        self.assertIn('asked: Raw2Master\nphase: COMPLETED\nmode: Raw2Raw\nwarning: these are raw calibrations', text)
        self.assertNotIn('warning', self.status(FORS, 'raw'))

    def test_a_file_type_without_calibrations_is_asked_only_once(self):
        folder = self.folder(BIAS, 'raw')
        self.assertEqual(os.listdir(folder), ['status.txt'])
        self.assertIn('message: No association could be established: this file type is not supported\n',
                      self.status(BIAS, 'raw'))
        os.listdir(folder)
        self.assertEqual(len(self.sim.requests(SERVICE)), 1)

    def test_only_raw_science_frames_have_calibrations(self):
        for dp_id in ('ADP.2016-06-21T08:15:12.100', 'M.MUSE.2018-06-11T08:52:34.073'):
            self.assert_errno(errno.ENOENT, os.stat, self.mount / f'datasets/{dp_id}/calibrations')
            self.assertNotIn('calibrations', os.listdir(self.mount / f'datasets/{dp_id}'))
        self.assertNotIn('calibrations', os.listdir(self.mount / f'datasets/{BIAS}'), 'its links name none')
        self.assertIn('calibrations', os.listdir(self.mount / f'datasets/{MUSE}'))
        self.assertEqual(self.sim.requests(SERVICE), [])

    def test_a_protected_observation_is_eacces_and_status_says_so(self):
        self.sim.fault(path=SERVICE, fail_next=-1, status=401)
        folder = self.folder(NEW, 'raw')
        self.assert_errno(errno.EACCES, os.listdir, folder)
        text = self.status(NEW, 'raw')
        self.assertIn('phase: FAILED\n', text)
        self.assertIn('EACCES', text)
        self.assertEqual(len(self.sim.requests(SERVICE)), 1, 'the refusal is remembered')
        self.assertIn('EACCES', self.mount.errors())

    def test_other_failures_have_their_errno(self):
        self.sim.fault(path=SERVICE, fail_next=-1, status=500)
        self.assert_errno(errno.EIO, os.listdir, self.folder(MUSE, 'raw'))
        self.sim.clear()
        self.sim.fault(path=SERVICE, login_page=True)
        self.assert_errno(errno.EIO, os.listdir, self.folder(FORS, 'raw'))
        self.assertIn('last error: EIO', self.status(FORS, 'raw'))
        self.sim.clear()
        self.assert_errno(errno.ENOENT, os.listdir, self.folder('MUSE.1999-01-01T00:00:00.000', 'raw'))

    def test_names_that_tools_probe_cost_no_request(self):
        folder = self.folder(MUSE, 'raw')
        for name in ('NAXIS1', 'login.cl', '@x.fits', 'x.fits.imh', 'x.fits[1]', 'x.fits,1', '.hidden'):
            self.assert_errno(errno.ENOENT, os.stat, os.path.join(folder, name))
        self.assertEqual(self.sim.requests(), [])
        self.assert_errno(errno.ENOENT, os.stat, os.path.join(folder, f'{MUSE}.fits'))
        self.assertEqual(len(self.sim.requests()), 1, 'a possible name asks for the listing')

    def test_calibrations_are_read_only(self):
        folder = self.folder(MUSE, 'raw')
        self.assert_errno(errno.EROFS, open, os.path.join(folder, 'status.txt'), 'w')
        self.assert_errno(errno.EROFS, os.mkdir, os.path.join(folder, 'x'))

    def test_a_slow_service_gives_eagain_and_then_the_listing(self):
        self.mount.unmount()
        self.mount = self.mounted('query_wait=1s')
        self.sim.fault(path=SERVICE, stall_after=10)
        folder = self.folder(MUSE, 'raw')
        self.assert_errno(errno.EAGAIN, os.listdir, folder)
        self.sim.release()
        self.sim.clear()
        self.mount.settle()  # who asks before the answer has come may ask the service again
        harness.until(lambda: 'status.txt' in self.listed(folder), 'the listing')
        self.assertEqual(len(self.sim.requests(SERVICE)), 1)

    @staticmethod
    def listed(folder):
        try:
            return os.listdir(folder)
        except BlockingIOError:
            return []


class Hostile(http.server.BaseHTTPRequestHandler):
    """A calSelector that answers what the test wants."""
    answer = b''
    content_type = 'application/xml'

    def do_GET(self):
        self.send_response(200)
        self.send_header('Content-Type', self.content_type)
        self.send_header('Content-Length', str(len(self.answer)))
        self.end_headers()
        try:
            self.wfile.write(self.answer)
        except OSError:
            pass

    def log_message(self, *arguments):
        pass


class HostileAnswers(harness.MountTest):
    def setUp(self):
        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Hostile)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        super().setUp()

    def mounted(self, *options, archive=None):
        with open(self.sim.profile, encoding='utf-8') as file:
            profile = json.load(file)
        profile['calselector_url'] = f'http://127.0.0.1:{self.server.server_address[1]}/associations'
        own = os.path.join(self.home.path, 'hostile.json')
        with open(own, 'w', encoding='utf-8') as file:
            json.dump(profile, file)
        return super().mounted(*options, archive=own)

    def folder(self, answer, content_type='application/xml'):
        Hostile.answer = answer.encode()
        Hostile.content_type = content_type
        return self.mount / f'datasets/{MUSE}/calibrations/raw'

    def table(self, rows):
        fields = ('ID', 'access_url', 'semantics', 'description', 'content_type', 'eso_category')
        text = '<VOTABLE version="1.3"><RESOURCE type="results"><TABLE>'
        text += ''.join(f'<FIELD name="{name}" datatype="char" arraysize="*"/>' for name in fields)
        text += '<DATA><TABLEDATA>'
        for url in rows:
            text += f'<TR><TD/><TD>{url}</TD><TD>#calibration</TD><TD/><TD>application/fits</TD><TD>X</TD></TR>'
        return text + '</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>'

    def assert_alive(self):
        os.listdir(self.mount.path)
        os.listdir(self.mount / f'datasets/{FORS}')

    def test_names_stay_inside_their_directory(self):
        urls = ['http://h/%2e%2e%2f%2e%2e%2fetc%2fpasswd', 'http://h/..', 'http://h/a%00b', 'http://h/%0a%1b%5b2J.fits',
                'http://h/status.txt', 'http://h/' + 'n' * 10000, 'http://h/1/same.fits', 'http://h/2/same.fits',
                'file:///etc/passwd', 'javascript:alert(1)', 'http://h/']
        folder = self.folder(self.table(urls))
        names = os.listdir(folder)
        self.assertEqual(len(names), 9 + 2)
        self.assertEqual(len(set(names)), len(names))
        for name in names:
            self.assertNotIn('/', name)
            self.assertNotIn(name, ('.', '..'))
            self.assertTrue(all(ord(c) >= 32 for c in name), name)
            self.assertTrue(os.path.isfile(os.path.join(folder, name)), name)
        self.assertIn('2 files were left out', read(os.path.join(folder, 'status.txt')).decode())
        self.assert_alive()

    def test_many_links_leave_the_mount_responsive(self):
        folder = self.folder(self.table(f'http://h/{i}.fits' for i in range(5000)))
        self.assertEqual(len(os.listdir(folder)), 5002)
        self.assert_alive()
        self.mount.unmount()
        self.home.close()
        os.makedirs(self.home.path)
        self.mount = self.mounted()
        folder = self.folder(self.table(f'http://h/{i}.fits' for i in range(20001)))
        self.assert_errno(errno.EFBIG, os.listdir, folder)
        self.assertIn('EFBIG', read(os.path.join(folder, 'status.txt')).decode())
        self.assert_alive()

    def test_hostile_xml_is_an_error_or_text(self):
        for document in ('<association>' * 100000, '<a' + 'x' * (40 << 20) + '/>', '\0\1\2', '<association',
                         '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'):
            folder = self.folder(document)
            with self.assertRaises(OSError) as caught:
                os.listdir(folder)
            self.assertIn(caught.exception.errno, (errno.EIO, errno.EFBIG))
            self.assertNotIn('root:', read(os.path.join(folder, 'status.txt')).decode())
            self.assert_alive()
            self.mount.unmount()
            self.mount = self.mounted()

    def test_a_table_and_a_tree_in_one_answer_are_one_request(self):
        tree = f'<association mode="Raw2Raw" complete="true"><mainFiles><file name="{MUSE}"/></mainFiles></association>'
        body = f'--b\r\n\r\n{self.table(["http://h/M.MUSE.2018-06-11T08:52:34.073"])}\r\n--b\r\n\r\n{tree}\r\n--b--'
        folder = self.folder(body, 'multipart/mixed; boundary=b')
        self.assertEqual(sorted(os.listdir(folder)),
                         ['M.MUSE.2018-06-11T08:52:34.073.fits', 'associations.xml', 'status.txt'])
        Hostile.answer = b'gone'
        self.assertEqual(read(os.path.join(folder, 'associations.xml')).decode(), tree)
        self.assertIn('mode: Raw2Raw', read(os.path.join(folder, 'status.txt')).decode())


if __name__ == '__main__':
    harness.main()
