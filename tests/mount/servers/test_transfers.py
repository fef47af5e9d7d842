"""Files on other archives' web servers: mirrors, signed URLs, cookies, malformed URLs, and messages in place of files.
"""
import errno
import itertools
import os
import re

import archive_server
import harness
from archive_server import error_votable, fits, obscore
from harness import read

LARGE = fits('large', 3_000_000)
DATED = {'Last-Modified': 'Wed, 01 Jan 2020 00:00:00 GMT'}
TAGGED = {'ETag': '"one"', **DATED}


class Transfers(archive_server.ArchiveTest):
    def mounted_file(self, handle, *options, path='/f/x', name='x', routes=(), form='application/fits'):
        """The path of the one file of an archive."""
        self.server, self.mount, folder = self.mounted_tables(obscore([(f'ivo://a/{name}', path, form)]),
                                                              [('/f/.*', handle), *routes], *options)
        self.files(folder)
        return f'{folder}/{name}.fits'

    def test_each_range_has_its_own_signed_url(self):
        count = itertools.count()
        used = set()

        def signed(request, number):
            if number in used:
                request.answer('expired', 403)
                return
            used.add(number)
            request.file(LARGE, 'binary/octet-stream', ETag='"one"')
        path = self.mounted_file(
            lambda request: request.answer(b'', 302, Location=f'{request.base}/store/{next(count)}?X-Amz-Signature=secret'),
            routes=[('/store/(.*)', signed)])
        self.assert_bytes(path, LARGE)
        self.assertGreater(len(used), 1)
        self.assertNotIn('secret', self.mount.errors())

    def test_mirrors_with_different_versions_are_read_in_one_answer(self):
        count = itertools.count()
        path = self.mounted_file(lambda request: request.file(LARGE, ETag=f'"{next(count)}"'))
        self.assert_errno(errno.ESTALE, read, path)
        self.assert_bytes(path, LARGE)
        self.assertNotIn('Range', self.server.log[-1][2])
        asked = len(self.server.log)
        harness.drop_caches(path)
        self.assert_bytes(path, LARGE)
        self.assertEqual(len(self.server.log), asked)

    def file_that_changes_its_headers(self, first, later):
        """A file whose head and tail come with the one, and whatever is asked for then with the other."""
        count = itertools.count()
        return self.mounted_file(lambda request: request.file(LARGE, **(first if next(count) < 2 else later)))

    def assert_far_bytes(self, path):
        with open(path, 'rb', buffering=0) as file:
            self.assertEqual(os.pread(file.fileno(), 4096, 1_500_000), LARGE[1_500_000:1_504_096])

    def test_an_etag_that_is_weak_or_left_out_is_no_other_version(self):
        weak = {'ETag': 'W/"one"', **DATED}  # Apache in a file's first second
        for first, later in ((TAGGED, DATED), (DATED, TAGGED), (weak, TAGGED), (TAGGED, weak)):
            with self.subTest(later):
                path = self.file_that_changes_its_headers(first, later)
                self.assert_far_bytes(path)
                self.assert_bytes(path, LARGE)
                self.assertEqual(self.mount.errors(), '')
                self.assertTrue(all('Range' in headers for _, _, headers, _ in self.server.requests('/f/')))

    def test_a_server_that_stops_telling_versions_is_asked_for_ranges(self):
        for first in (TAGGED, {'ETag': '"one"'}, DATED):
            with self.subTest(first):
                path = self.file_that_changes_its_headers(first, {})
                self.assert_errno(errno.ESTALE, self.assert_far_bytes, path)
                self.assertRegex(self.mount.errors(), 'the server sends no ETag and no Last-Modified in place of')
                self.assert_far_bytes(path)
                self.assert_bytes(path, LARGE)
                self.assertTrue(all('Range' in headers for _, _, headers, _ in self.server.requests('/f/')))

    def test_mirrors_of_which_one_tells_no_version_are_read_in_one_answer(self):
        count = itertools.count()
        path = self.mounted_file(lambda request: request.file(LARGE, **({} if next(count) % 3 == 2 else TAGGED)))
        answers = []
        for _ in range(3):
            try:
                answers.append(read(path) == LARGE)
            except OSError as error:
                answers.append(error.errno)
        self.assertEqual(answers, [errno.ESTALE, errno.ESTALE, True])
        self.assertNotIn('Range', self.server.log[-1][2])

    def test_a_cookie_that_a_redirect_sets_is_sent_back_and_not_kept(self):
        def gate(request):
            if request.path.startswith('/f/in') and 'seen=yes' in request.headers.get('Cookie', ''):
                request.file(LARGE)
            else:
                request.answer(b'', 302, Location='/f/in', Set_Cookie='seen=yes; Path=/')
        path = self.mounted_file(gate)
        self.assert_bytes(path, LARGE)
        first = [headers for _, target, headers, _ in self.server.log if target == '/f/x']
        self.assertGreater(len(first), 1)
        self.assertFalse(any('Cookie' in headers for headers in first))

    def test_a_cookie_does_not_reach_another_server(self):
        other = self.serve([('/.*', lambda request: request.file(LARGE))])
        path = self.mounted_file(lambda request: request.answer(b'', 302, Location=other.url + '/x', Set_Cookie='secret=1; Path=/'))
        self.assert_bytes(path, LARGE)
        self.assertFalse(any('Cookie' in headers for _, _, headers, _ in other.log))

    def test_only_blanks_and_accents_in_urls_are_encoded(self):
        path = self.mounted_file(lambda request: request.file(LARGE), path='/f/a b/é?ID=ivo://a/b?c|d%2Fe {f}&x=1')
        self.assert_bytes(path, LARGE)
        asked = {target for _, target, _, _ in self.server.log if target.startswith('/f/')}
        self.assertEqual(asked, {'/f/a%20b/%C3%A9?ID=ivo://a/b?c|d%2Fe%20{f}&x=1'})

    def test_a_redirect_to_a_url_with_a_blank_is_followed(self):
        path = self.mounted_file(lambda request: request.answer(b'', 301, Location=request.base + '/g/a b.fits'),
                                 routes=[('/g/.*', lambda request: request.file(LARGE))])
        self.assert_bytes(path, LARGE)

    def test_the_whole_file_is_read_if_ranges_come_without_a_size(self):
        def ranges(request):
            asked = request.headers.get('Range')
            if not asked:
                request.answer(LARGE)
                return
            first, last = (int(number) for number in asked.removeprefix('bytes=').split('-'))
            part = LARGE[first:last + 1]
            request.answer(part, 206, Content_Range=f'bytes {first}-{first + len(part) - 1}/*')
        self.assert_bytes(self.mounted_file(ranges), LARGE)

    def test_a_packed_file_is_recognised_by_its_url(self):
        packed = fits('packed')
        path = self.mounted_file(lambda request: request.file(packed), path='/f/x.fits.fz')
        self.assert_bytes(path, packed)
        self.assertIn('x.fits.fz', os.listdir(self.mount / 'datasets/x'))

    def test_a_message_in_place_of_a_file_is_shown(self):
        answers = {
            'gone': (404, 'text/plain', 'was withdrawn', errno.ENOENT),
            'denied': (403, 'text/html', '<html><head><title>Data are proprietary</title></head></html>', errno.EACCES),
            'broken': (500, 'text/plain', 'the tape robot is broken', errno.EIO),
            'down': (500, 'application/json', '{"message": "the database is down"}', errno.EIO),
            'xml': (500, 'text/xml', '<error><code>7</code><message><![CDATA[no such & such]]></message></error>', errno.EIO),
            'votable': (500, 'text/xml', error_votable('TransientFault: come back later').decode(), errno.EIO),
            'staging': (202, 'text/plain', 'is being staged from tape', errno.EIO),
            'sentence': (200, 'text/plain', 'ERROR: quota exceeded', errno.EIO),
            'page': (200, 'text/html', '<!DOCTYPE html><title>Please log in</title>', errno.EIO),
            'unnamed': (200, None, '<html><head><title>Please accept the terms</title></head></html>', errno.EIO),
            'nothing': (200, 'application/fits', '', errno.EIO)}
        said = {'gone': 'HTTP 404 from', 'denied': 'a web page, "Data are proprietary"', 'broken': 'the tape robot is broken',
                'down': 'the database is down', 'xml': '7 no such & such', 'votable': 'TransientFault: come back later',
                'staging': 'HTTP 202 instead of the file: is being staged from tape', 'sentence': 'ERROR: quota exceeded',
                'page': 'a login page?) instead of the file: a web page, "Please log in"',
                'unnamed': 'a login page?) instead of the file: a web page, "Please accept the terms"',
                'nothing': 'the file is empty'}

        def refuse(request, name):
            status, content_type, body, _ = answers[name]
            request.answer(body, status, content_type)
        for form in ('application/fits', None):
            with self.subTest(form):
                _, mount, folder = self.mounted_tables(
                    obscore([(f'ivo://a/{name}', f'/f/{name}', form) for name in answers]), [('/f/(.*)', refuse)], 'attempts=1')
                self.assertEqual(len(self.files(folder)), len(answers))
                for name, (_, _, _, code) in answers.items():
                    with self.subTest(name):
                        self.assert_errno(code, read, f'{folder}/{name}.fits')
                        self.assertRegex(mount.errors(), f'/{name}.fits .*' + re.escape(said[name]))

    def test_a_refusal_that_breaks_off_is_still_a_refusal(self):
        def cut(request):
            request.send_response(403)
            request.send_header('Content-Length', '1000')
            request.end_headers()
            request.wfile.write(b'the data are propr')
            request.close_connection = True
        self.assert_errno(errno.EACCES, read, self.mounted_file(cut))
        self.assertIn('HTTP 403', self.mount.errors())


if __name__ == '__main__':
    harness.main()
